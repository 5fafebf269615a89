"""llama-index's own ``CitationQueryEngine`` as a peer, over the passages that our search finds.

It asks a language model to write with numbered sources and hands back text: which source a number
means is kept only by order, and nothing is checked. Its answers are put into our form as they
are, so that the same metrics apply: each sentence with the markers it carries, shown whether or
not they support it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evals.cases import Case
from evals.systems import Footnote, cited
from index.sentences import sentences
from rag.schema import Answer, Passage, Sentence
from rag.writers.usage import Meter

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from rag.assistant import Assistant

# The timeout of the settings is for silence; here a whole answer comes at once, and late where
# the machine is busy.
_PATIENCE = 30
_MARKER = re.compile(r"\s*\[(?:source\s*)?(\d+)\]", re.IGNORECASE)
# How an answer of free text says that it has none; its prompt asks it to say so.
_REFUSAL = re.compile(
    r"\b(?:empty response|none of the (?:provided )?sources|(?:do|does|did) not (?:provide|contain|"
    r"mention|specify|say)|no (?:information|mention)|(?:cannot|can't|could not|unable to) "
    r"(?:be )?(?:answer|determine|find)|not (?:helpful|enough information)|i don't know)\b",
    re.IGNORECASE,
)


class CitationEngine(Footnote):
    """The peer: our search, its prompt, the model of the settings or the bundled one."""

    name = "citation-engine"

    def __init__(self, assistant: Assistant) -> None:
        super().__init__(assistant)
        self._model = _model(assistant.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The assistant's settings; the language model is the bundled one if none is set."""
        settings = super().settings
        return settings | {"llm": settings.get("llm") or "bundled"}

    def answer(self, case: Case) -> Answer:
        """Have it answer from the passages that were found for the question."""
        from llama_index.core.query_engine import CitationQueryEngine
        from llama_index.core.retrievers import BaseRetriever
        from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

        asked = self.found(case)

        class Found(BaseRetriever):
            def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
                nodes = [TextNode(id_=p.id, text=p.text) for p in asked.passages]
                return [NodeWithScore(node=node, score=1.0) for node in nodes]

        engine = CitationQueryEngine(Found(), llm=self._model)
        with _metered() as meter:
            response = engine.query(asked.standalone_question)
        answer = self.read(asked, str(response), asked.passages)
        return answer.model_copy(update={"usage": meter.usage})

    def read(self, asked: Answer, text: str, passages: Sequence[Passage]) -> Answer:
        """Return a written text in our form; a marker without a source is left out."""
        shown: list[tuple[str, list[int]]] = []
        numbers: dict[int, int] = {}
        for start, end in sentences(text):
            sentence = text[start:end]
            used = [int(n) for n in _MARKER.findall(sentence)]
            fair = [n for n in dict.fromkeys(used) if 1 <= n <= len(passages)]
            markers = [numbers.setdefault(n, len(numbers) + 1) for n in fair]
            words = _MARKER.sub("", sentence).strip()
            if re.search(r"\w", words):
                shown.append((words, markers))
            elif shown:  # the marker stands after the full stop
                shown[-1][1].extend(m for m in markers if m not in shown[-1][1])
        refuses = not shown or (not numbers and _REFUSAL.search(text) is not None)
        fields: dict[str, Any] = {
            "status": "not_found" if refuses else "answered",
            "sentences": () if refuses else tuple(_said(*item) for item in shown),
            "citations": () if refuses else tuple(
                cited(marker, passages[n - 1], self) for n, marker in numbers.items()
            ),
            "withheld": (),
            "message": text if refuses else None,
            "writer": self.name,
        }  # fmt: skip
        return asked.model_copy(update=fields)

    def confidence(self, answer: Answer) -> float | None:
        """It has none: 1 if it answered, 0 if it refused."""
        return float(answer.status != "not_found")


@contextmanager
def _metered() -> Iterator[Meter]:
    """Count what this thread asks a model for: llama-index tells of it by events."""
    from llama_index.core import instrumentation
    from llama_index.core.instrumentation.event_handlers import BaseEventHandler
    from llama_index.core.instrumentation.events.llm import LLMChatEndEvent

    meter, here = Meter(), threading.get_ident()

    class Listener(BaseEventHandler):
        def handle(self, event: Any, **kwargs: Any) -> None:
            ours = threading.get_ident() == here
            if ours and isinstance(event, LLMChatEndEvent) and event.response is not None:
                meter.ask(event.messages)
                meter.hear(event.response.message.content or "", event.response.raw)

    root = instrumentation.get_dispatcher()  # type: ignore[attr-defined] # not in its __all__
    listener = Listener()
    root.add_event_handler(listener)
    try:
        yield meter
    finally:
        root.event_handlers.remove(listener)


def _said(text: str, markers: list[int]) -> Sentence:
    return Sentence(text=text, citations=tuple(markers), support=1.0, verdict="supported")


def _model(settings: Any) -> LLM:
    from rag.writers.endpoints import connect, parse

    key = settings.llm_api_key
    return connect(
        parse(settings.llm or "bundled"),
        key.get_secret_value() if key else None,
        _PATIENCE * settings.llm_timeout,
        settings.llm_context,
        settings.llm_max_tokens,
    )
