"""The pipeline, top to bottom: from a question to its checked answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from index.embedder import SentenceEmbedding
from index.index import Index
from index.types import Progress, SyncReport
from rag import grounding
from rag.context import said
from rag.conversation import standalone
from rag.evidence import Candidate, EvidenceReader
from rag.grounding import BrokenContract
from rag.retriever import HybridRetriever
from rag.schema import Answer, Citation, Event, Message, Passage, Sentence, Stage
from rag.settings import Settings
from rag.writers.base import Draft, Drafted, Writer
from rag.writers.quotes import NOT_FOUND, QuotesWriter

_TRIES = 5  # times a question is asked again when a sync changes what it read


class Assistant:
    """Answers questions from the documents of one index, every sentence cited.

    Thread-safe. ``sync`` may run while questions are asked.

    Example:
        with Assistant.open(Settings()) as assistant:
            assistant.sync()
            print(assistant.ask("When was it founded?").text)
    """

    def __init__(
        self,
        settings: Settings,
        index: Index,
        embedder: SentenceEmbedding,
        writer: Writer,
        retriever: HybridRetriever,
    ) -> None:
        self.settings = settings
        self.index = index
        self._embedder = embedder
        self._writer = writer
        self._retriever = retriever
        self._check = grounding.GroundingCheck(embedder)
        self._examples: tuple[int, list[str]] | None = None

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the index of ``settings``; the model is loaded at the first question.

        Raises:
            index.types.IndexLocked: if another process has the index open.
            index.types.IndexUnusable: if the catalog is damaged.
        """
        embedder = SentenceEmbedding(name=settings.embedding_model)
        index = Index.open(settings.data, embedder)
        retriever = HybridRetriever(index, embedder, settings.top_k)
        writer = QuotesWriter(EvidenceReader(embedder))
        return cls(settings, index, embedder, writer, retriever)

    def sync(self, progress: Callable[[Progress], None] | None = None) -> SyncReport:
        """Make the index equal to the documents folder; see ``Index.sync``."""
        return self.index.sync(self.settings.documents, progress)

    def load(self) -> None:
        """Load the models now, so that the first question need not wait for them."""
        from rag.language import parse

        self._embedder.load()
        parse("Ready.")

    def ask(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        top_k: int | None = None,
    ) -> Answer:
        """Return what the documents say to ``question``.

        ``history`` are the turns before it, oldest first; ``documents`` are globs that limit the
        search to matching sources; ``top_k`` is how many passages are read.

        Raises:
            ValueError: if ``question`` is empty.
        """
        *_, answer = self.stream(question, history, documents, top_k)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        top_k: int | None = None,
    ) -> Iterator[Event]:
        """Yield what is being done, then each checked sentence, then the whole answer."""
        if not question.strip():
            raise ValueError("the question is empty")
        clock = _Clock()
        yield Stage(stage="searching")
        resolved = standalone(question, history)
        clock.lap("understand")
        for tries_left in reversed(range(_TRIES)):
            revision = self.index.revision
            try:
                chosen = self.index.match(documents) if documents else None
                passages = self._retriever.search(
                    question, top_k, chosen, said(question, resolved, history)
                )
                clock.lap("search")
                yield Stage(stage="reading")
                draft = self._writer.write(resolved, passages)
                clock.lap("write")
                yield Stage(stage="writing")
                answer = self._checked(question, resolved, draft, passages)
                break
            except (BrokenContract, KeyError):  # a sync may have changed what was just read
                if self.index.revision == revision or not tries_left:
                    raise
        clock.lap("check")
        answer = answer.model_copy(update={"timings_ms": clock.timings})
        yield from answer.sentences
        yield from answer.withheld
        yield answer

    def examples(self, most: int = 4) -> list[str]:
        """Return up to ``most`` questions that the documents answer, made from their headings."""
        from rag.examples import examples

        revision = self.index.revision
        if self._examples is None or self._examples[0] != revision:
            self._examples = (revision, examples(self, most))
        return self._examples[1][:most]

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def _checked(
        self, question: str, resolved: str, draft: Draft, passages: Sequence[Passage]
    ) -> Answer:
        """Cite every sentence of ``draft``, withhold what its citations do not support."""
        sheet = _Citations(self.index)
        shown: list[Sentence] = []
        withheld: list[Sentence] = []
        for drafted in draft.sentences:
            cited = "\n".join(source.text for source in drafted.sources)
            outcome = self._check(drafted.text, cited, f"{question} {resolved}")
            if outcome.supported:
                markers = tuple(dict.fromkeys(sheet.cite(source) for source in drafted.sources))
                shown.append(_sentence(drafted, markers, outcome))
            else:
                withheld.append(_sentence(drafted, (), outcome))
        nothing = not shown
        answer = Answer(
            status="not_found" if nothing else draft.status,
            question=question,
            standalone_question=resolved,
            sentences=tuple(shown),
            citations=tuple(sheet.citations),
            withheld=tuple(withheld),
            passages=tuple(passages),
            message=(draft.message or NOT_FOUND) if nothing else draft.message,
            writer=self._writer.name,
        )
        return grounding.enforce(answer, self.index, self._check)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _sentence(drafted: Drafted, markers: tuple[int, ...], outcome: grounding.Check) -> Sentence:
    return Sentence(
        text=drafted.text,
        citations=markers,
        support=outcome.support,
        verdict="supported" if outcome.supported else "unsupported",
        reason=outcome.reason,
        highlights=drafted.highlights,
    )


class _Citations:
    """Numbers the spans that are cited, in the order of first use."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._markers: dict[tuple[str, int, int], int] = {}
        self.citations: list[Citation] = []

    def cite(self, source: Candidate) -> int:
        key = (source.passage.document, source.start, source.end)
        if key not in self._markers:
            self._markers[key] = len(self._markers) + 1
            self.citations.append(self._citation(self._markers[key], source))
        return self._markers[key]

    def _citation(self, marker: int, source: Candidate) -> Citation:
        document = self._index.document(source.passage.document)
        return Citation(
            marker=marker,
            document=document.id,
            title=document.title,
            source=document.source,
            published=document.published,
            page=self._index.page_at(document.id, source.start),
            heading=source.passage.heading,
            start=source.start,
            end=source.end,
            quote=source.text,
            content_hash=document.content_hash,
            passage=source.passage.id,
        )


class _Clock:
    """Milliseconds of each step since the one before."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.timings[step] = round((now - self._last) * 1000, 1)
        self._last = now
