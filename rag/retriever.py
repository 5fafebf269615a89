"""Dense and lexical search as one: candidates of both, their scores mixed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.embedder import SentenceEmbedding
from index.index import Index
from index.sentences import sentences
from index.types import DocumentInfo, Hit, StoredPassage
from rag.context import Said
from rag.reranker import PairReranker
from rag.schema import Passage

# Weight of the cosine against BM25; measured on ClapNQ (docs/experiments.md), flat from 0.6 to 0.8.
DENSE_WEIGHT = 0.7
CANDIDATES = 50
LED_BY = 2  # sentences before a passage that are kept with it
RERANKED = 30  # the best of the candidates, which a reranker reads


class HybridRetriever(BaseRetriever):
    """Finds passages by meaning (Chroma) and by words (FTS5).

    The score is a convex combination of both scores, each divided by its best (Bruch, Gai and
    Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", section 4). A passage
    that only the lexical search found gets the lowest cosine that the dense search returned.
    With a ``reranker`` the best of them are put into its order before the first are taken.
    """

    def __init__(
        self,
        index: Index,
        embedder: SentenceEmbedding,
        top_k: int = 5,
        reranker: PairReranker | None = None,
    ) -> None:
        super().__init__()
        self._reranker = reranker
        self._index = index
        self._embedder = embedder
        self._top_k = top_k

    def load(self) -> None:
        """Load the reranker now, if there is one.

        Raises:
            BadModel: if it cannot be used.
        """
        if self._reranker is not None:
            self._reranker.load()

    def search(
        self,
        question: str,
        top_k: int | None = None,
        documents: Collection[str] | None = None,
        said: Sequence[Said] = (),
    ) -> list[Passage]:
        """Return the ``top_k`` best passages, best first, of the documents with these ids.

        ``said`` is what the conversation adds to the question (``rag.context.said``).
        """
        own, *others = self._embedder.embed([question, *(each.text for each in said)])
        mixed = own + sum(each.dense * v for each, v in zip(said, others, strict=True))
        dense = self._index.search_dense(mixed, CANDIDATES, documents)
        asked = [(1.0, question), *((each.lexical, each.text) for each in said if each.lexical)]
        lexical = _summed(
            [(w, self._index.search_lexical(text, CANDIDATES, documents)) for w, text in asked]
        )
        scores = _fused(dense, lexical)
        best = sorted(scores, key=lambda passage: (-scores[passage], passage))
        wanted = top_k or self._top_k
        read = max(wanted, RERANKED) if self._reranker else wanted
        found = self._reranked(question, self._passages(best[:read], dense, lexical, scores))
        return [
            passage.model_copy(update={"before": _before(self._index, passage)})
            for passage in found[:wanted]
        ]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_as_node(passage) for passage in self.search(query_bundle.query_str)]

    def _reranked(self, question: str, found: list[Passage]) -> list[Passage]:
        if self._reranker is None:
            return found
        by_id = {passage.id: passage for passage in found}
        nodes = [_as_node(passage) for passage in found]
        ordered = self._reranker.postprocess_nodes(nodes, query_str=question)
        return [
            by_id[node.node_id].model_copy(
                update={"rerank_rank": rank, "rerank_score": node.score, "score": node.score}
            )
            for rank, node in enumerate(ordered, start=1)
        ]

    def _passages(
        self,
        ids: Sequence[str],
        dense: Sequence[Hit],
        lexical: Sequence[Hit],
        scores: dict[str, float],
    ) -> list[Passage]:
        by_dense = {hit.passage_id: (rank, hit.score) for rank, hit in enumerate(dense, 1)}
        by_words = {hit.passage_id: (rank, hit.score) for rank, hit in enumerate(lexical, 1)}
        found = []
        for stored in self._index.passages(ids):
            info = self._index.document(stored.document)
            dense_rank, dense_score = by_dense.get(stored.id, (None, None))
            lexical_rank, lexical_score = by_words.get(stored.id, (None, None))
            found.append(
                as_passage(stored, info).model_copy(
                    update={
                        "dense_rank": dense_rank,
                        "dense_score": dense_score,
                        "lexical_rank": lexical_rank,
                        "lexical_score": lexical_score,
                        "score": scores[stored.id],
                    }
                )
            )
        return found


def _as_node(passage: Passage) -> NodeWithScore:
    return NodeWithScore(
        node=TextNode(
            id_=passage.id,
            text=passage.text,
            start_char_idx=passage.start,
            end_char_idx=passage.end,
            metadata=passage.model_dump(exclude={"text", "id", "before"}),
        ),
        score=passage.score,
    )


def _before(index: Index, passage: Passage) -> str:
    """The last sentences of the passage before, which "it" in the first one may mean."""
    found = index.neighbours(passage.id, before=1, after=0)
    if len(found) < 2 or found[0].heading != found[1].heading:
        return ""
    previous, stored = found
    said = sentences(previous.text)
    if not said:
        return ""
    start = previous.start + said[-LED_BY:][0][0]
    return index.text(stored.document)[start : stored.start]


def as_passage(stored: StoredPassage, info: DocumentInfo) -> Passage:
    """Return a stored passage with its document's title, source and date."""
    return Passage(
        id=stored.id,
        document=stored.document,
        title=info.title,
        source=info.source,
        published=info.published,
        page=stored.page,
        heading=stored.heading,
        start=stored.start,
        end=stored.end,
        text=stored.text,
    )


def _fused(dense: Sequence[Hit], lexical: Sequence[Hit]) -> dict[str, float]:
    cosines = {hit.passage_id: hit.score for hit in dense}
    words = {hit.passage_id: hit.score for hit in lexical}
    lowest, highest = min(cosines.values(), default=0.0), max(cosines.values(), default=1.0)
    most = max(words.values(), default=1.0)
    return {
        passage: DENSE_WEIGHT * cosines.get(passage, lowest) / max(highest, 1e-9)
        + (1 - DENSE_WEIGHT) * words.get(passage, 0.0) / max(most, 1e-9)
        for passage in {*cosines, *words}
    }


def _summed(searches: Sequence[tuple[float, Sequence[Hit]]]) -> list[Hit]:
    """Add up the weighted scores of several lexical searches, best first."""
    scores: dict[str, float] = {}
    for weight, hits in searches:
        for hit in hits:
            scores[hit.passage_id] = scores.get(hit.passage_id, 0.0) + weight * hit.score
    best = sorted(scores, key=lambda passage: (-scores[passage], passage))
    return [Hit(passage, scores[passage]) for passage in best]
