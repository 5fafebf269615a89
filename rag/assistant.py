"""The pipeline, top to bottom: from a question to its checked answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Self

from index.closing import Closing
from index.embedder import SentenceEmbedding
from index.index import Index
from index.types import Progress, SyncReport
from rag import grounding
from rag.checker import SecondJudge
from rag.clarify import clarification
from rag.context import said
from rag.conversation import standalone
from rag.evidence import Candidate, EvidenceReader
from rag.grounding import BrokenContract
from rag.pairs import PairModel
from rag.reading import CrossReader
from rag.reranker import PairReranker
from rag.retriever import HybridRetriever
from rag.schema import Answer, Citation, Event, Message, Passage, Sentence, Stage
from rag.settings import Settings
from rag.terms import terms
from rag.wording import plainly
from rag.writers import endpoints
from rag.writers.base import Draft, Drafted, StreamingWriter, Writer, drafting
from rag.writers.llm import LLMWriter
from rag.writers.quotes import NOT_FOUND, QuotesWriter, parts

_OF_A_PART = 2  # passages that are looked for with each part of "when … and who …" alone
_TRIES = 5  # times a question is asked again when a sync changes what it read


class Assistant(Closing):
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
        writer: Writer | StreamingWriter,
        retriever: HybridRetriever,
        check: grounding.Checker | None = None,
    ) -> None:
        self.settings = settings
        self.index = index
        self._embedder = embedder
        self._writer = writer
        self._retriever = retriever
        self._check = check or _check(settings, embedder)
        self._examples: tuple[int, list[str]] | None = None

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the index of ``settings``; the model is loaded at the first question.

        Raises:
            index.types.IndexLocked: if another process has the index open.
            index.types.IndexUnusable: if the catalog is damaged.
        """
        embedder = SentenceEmbedding(name=settings.embedding_model)
        index = Index.open(settings.data, embedder, settings.chroma_url)
        reranker = None
        if settings.reranker:
            reranker = PairReranker(PairModel(settings.reranker, "FOOTNOTE_RERANKER"))
        retriever = HybridRetriever(index, embedder, settings.top_k, reranker)
        check = _check(settings, embedder)
        writer = _writer(settings, embedder, check)
        return cls(settings, index, embedder, writer, retriever, check)

    def sync(
        self, progress: Callable[[Progress], None] | None = None, allow_empty: bool = False
    ) -> SyncReport:
        """Make the index equal to the documents folder; see ``Index.sync``."""
        return self.index.sync(self.settings.documents, progress, allow_empty)

    def load(self) -> None:
        """Load the models now, so that the first question need not wait for them.

        Raises:
            BadModel: if one that a setting names cannot be used.
        """
        from rag.language import parse

        if isinstance(self._check, SecondJudge):
            self._check.load()
        self._retriever.load()
        self._embedder.warm()
        parse("Ready.")
        self._writer.load()

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
    ) -> Generator[Event, None, None]:
        """Yield what is being done, then each checked sentence, then the whole answer.

        A "searching" after sentences takes them back: the documents changed meanwhile, and the
        answer begins anew. Closing the iterator stops a language model that is writing.
        """
        if not question.strip():
            raise ValueError("the question is empty")
        clock = _Clock()
        yield Stage(stage="searching")
        resolved = standalone(question, history)
        clock.lap("understand")
        for tries_left in reversed(range(_TRIES)):
            revision = self.index.revision
            try:
                passages = self._found(question, resolved, history, documents, top_k)
                clock.lap("search")
                back = clarification(question, resolved, history, passages)
                if back is not None:
                    answer = self._asked_back(question, back, passages)
                    break
                yield Stage(stage="reading")
                answer = yield from self._written(question, resolved, passages, clock)
                break
            except (
                BrokenContract,
                KeyError,
            ) as error:  # a sync may have changed what was just read
                same = self.index.revision == revision and isinstance(error, BrokenContract)
                if same or not tries_left:  # a KeyError may come before the new revision is told
                    raise
                yield Stage(stage="searching")
        clock.lap("check")
        yield answer.model_copy(update={"timings_ms": clock.timings})

    def search(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        top_k: int | None = None,
    ) -> list[Passage]:
        """Return the passages that ``question`` would be answered from; see ``ask``."""
        return self._found(question, standalone(question, history), history, documents, top_k)

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

    def _found(
        self,
        question: str,
        resolved: str,
        history: Sequence[Message],
        documents: Sequence[str],
        top_k: int | None,
    ) -> list[Passage]:
        chosen = self.index.match(documents) if documents else None
        context = said(question, resolved, history)
        asked = question if terms(question) else resolved  # "who is she?" finds nothing
        found = self._retriever.search(plainly(asked).text, top_k, chosen, context)
        several = parts(resolved)
        if len(several) < 2:
            return found
        own = [p for part in several for p in self._retriever.search(part, _OF_A_PART, chosen)]
        more = {p.id: p for p in own if p.id not in {f.id for f in found}}
        return [*found[: max(1, len(found) - len(more))], *more.values()][: len(found)]

    def _asked_back(self, question: str, back: str, passages: Sequence[Passage]) -> Answer:
        return Answer(
            status="needs_clarification",
            question=question,
            standalone_question=question,
            passages=tuple(passages),
            message=back,
            writer=self._writer.name,
        )

    def _written(
        self, question: str, resolved: str, passages: Sequence[Passage], clock: _Clock
    ) -> Generator[Event, None, Answer]:
        """Yield each sentence of the writer as soon as it is checked; return the answer."""
        sheet = _Sheet(self.index, self._check, f"{question} {resolved}")
        draft = Draft("not_found")
        with closing(drafting(self._writer, resolved, passages)) as steps:
            for number, step in enumerate(steps):
                if step is None or not number:
                    yield Stage(stage="writing")
                if isinstance(step, Draft):
                    draft = step
                elif step is not None:
                    yield sheet.take(step)
        clock.lap("write")
        for drafted in draft.sentences:
            yield sheet.take(drafted)
        nothing = not sheet.shown
        answer = Answer(
            status="not_found" if nothing else draft.status,
            question=question,
            standalone_question=resolved,
            sentences=tuple(sheet.shown),
            citations=tuple(sheet.citations),
            withheld=tuple(sheet.withheld),
            passages=tuple(passages),
            message=(draft.message or NOT_FOUND) if nothing else draft.message,
            writer=draft.writer or self._writer.name,
            confidence=draft.confidence,
            usage=draft.usage,
        )
        return grounding.enforce(answer, self.index, self._check)


def _check(settings: Settings, embedder: SentenceEmbedding) -> grounding.Checker:
    """The check that sentences must pass: our own, and a second judge if the settings name one."""
    own = grounding.GroundingCheck(embedder)
    if not settings.checker:
        return own
    return SecondJudge(own, PairModel(settings.checker, "FOOTNOTE_CHECKER"))


def _writer(
    settings: Settings, embedder: SentenceEmbedding, check: grounding.Checker | None = None
) -> Writer | StreamingWriter:
    """The writer that the settings ask for: quotes, or a language model with quotes behind it."""
    second = CrossReader(settings.reader) if settings.reader else None
    reader = EvidenceReader(embedder, CrossReader(), second)
    quotes = QuotesWriter(reader)
    if not settings.llm:
        return quotes
    return LLMWriter(
        endpoints.parse(settings.llm),
        quotes,
        reader,
        check or _check(settings, embedder),
        key=settings.llm_api_key.get_secret_value() if settings.llm_api_key else None,
        timeout=settings.llm_timeout,
        window=settings.llm_context,
        most=settings.llm_max_tokens,
    )


class _Sheet:
    """The sentences of one answer, checked, and the spans they cite in the order of first use."""

    def __init__(self, index: Index, check: grounding.Checker, question: str) -> None:
        self._index = index
        self._check = check
        self._question = question
        self._markers: dict[tuple[str, int, int], int] = {}
        self.citations: list[Citation] = []
        self.shown: list[Sentence] = []
        self.withheld: list[Sentence] = []

    def take(self, drafted: Drafted) -> Sentence:
        """Return the sentence: cited if its sources support it, else with the reason why not."""
        cited = "\n".join(source.text for source in drafted.sources)
        outcome = self._check(drafted.text, cited, self._question)
        if drafted.withhold:
            outcome = grounding.Check(False, min(outcome.support, 0.5), drafted.withhold)
        markers = [self._cite(source) for source in drafted.sources if outcome.supported]
        sentence = Sentence(
            text=drafted.text,
            citations=tuple(dict.fromkeys(markers)),
            support=outcome.support,
            verdict="supported" if outcome.supported else "unsupported",
            reason=outcome.reason,
            highlights=drafted.highlights,
        )
        (self.shown if outcome.supported else self.withheld).append(sentence)
        return sentence

    def _cite(self, source: Candidate) -> int:
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
