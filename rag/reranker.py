"""Orders passages by what a model makes of question and passage read together."""

from __future__ import annotations

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from index.types import embedded_text
from rag.pairs import PairModel


class PairReranker(BaseNodePostprocessor):
    """Reranks with any ``CrossEncoder`` of one label, or of two of which the second is "fits".

    The score is what the model puts out, for two labels the difference; equal ones keep their
    order. llama-index's own reranker is not used: it runs code that comes with a model.
    """

    _model: PairModel = PrivateAttr()

    def __init__(self, model: PairModel) -> None:
        super().__init__()
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        """Return the name llama-index knows it by."""
        return "FootnotePairReranker"

    def load(self) -> None:
        """Load the model now.

        Raises:
            BadModel: if it is not on this machine, or is no reranker.
        """
        labels = self._model.labels()
        if len(labels) > 2:
            raise self._model.unusable(f"is no reranker: it tells apart {', '.join(labels)}")

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("a reranker needs the question")
        if not nodes:
            return []
        self.load()
        logits = self._model.logits([(query_bundle.query_str, _read(node)) for node in nodes])
        scores = logits[:, -1] - (logits[:, 0] if logits.shape[1] > 1 else 0)
        order = sorted(range(len(nodes)), key=lambda n: -scores[n])
        return [NodeWithScore(node=nodes[n].node, score=float(scores[n])) for n in order]


def _read(found: NodeWithScore) -> str:
    """What the model reads of a passage: where it stands, as the embedding model does, and it."""
    place = found.node.metadata
    return embedded_text(place.get("title"), place.get("heading"), found.node.get_content())
