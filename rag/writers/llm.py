"""Answers in the words of a language model, of which only what the documents support is shown.

The model gets one call and the passages. Each of its sentences is looked up as it is completed:
the fewest words of the passages that support it become its citation, and one that nothing
supports is withheld. Whether the documents answer at all is not left to the model, which tends
to answer anyway: that is read from the evidence, as for quotes. A model that finds nothing is
believed, but for the bundled one, which says so at random (docs/experiments.md).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.evidence import EvidenceReader
from rag.grounding import Checker
from rag.schema import Passage
from rag.writers import endpoints, tokens
from rag.writers.base import Draft, Steps
from rag.writers.endpoints import Endpoint
from rag.writers.judge import Judge
from rag.writers.markers import Reader, Written
from rag.writers.prompt import REFUSAL, messages
from rag.writers.quotes import QuotesWriter
from rag.writers.usage import Meter

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

MOST_SENTENCES = 12  # of one answer; a model that goes on is stopped

_UNSUPPORTED = "Nothing that the language model wrote is supported by the documents"
_CHARACTERS = 8  # at most, of one token, by which an endless answer is cut off
_SHORTEST_WINDOW = 512  # tokens
_REFUSES = re.compile(
    r"^(?!.*\b(?:but|however|although|though)\b).*(?:\b(?:documents?|passages?|sources?|texts?|articles?|context)\b.{0,60}?"
    r"\b(?:do(?:es)?(?: not|n['’]t)|did(?: not|n['’]t)|no)\b.{0,40}?"
    r"\b(?:say|sa?id|mention|contain|provide|state|answer|specif|give|include|information|indicat)"
    r"|\b(?:i (?:do not|don['’]t) know|(?:is|are) not (?:mentioned|stated|specified|provided|given"
    r"|in the (?:documents?|passages?))|no (?:information|mention)|cannot (?:answer|be answered)))",
    re.I,
)


class LLMWriter:
    """Writes with the model at ``endpoint``; ``quotes`` answers where the model does not.

    ``timeout`` is in seconds, ``window`` and ``most`` in tokens the model reads and writes.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        quotes: QuotesWriter,
        reader: EvidenceReader,
        check: Checker,
        key: str | None = None,
        timeout: float = 60.0,
        window: int | None = None,
        most: int = 400,
    ) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._quotes = quotes
        self._reader = reader
        self._check = check
        self._key = key
        self._timeout = timeout
        self._window = window
        self._most = most
        self._model: LLM | None = None
        self._connecting = threading.Lock()

    def load(self) -> None:
        """Load the package of the model now, and what runs here; contact nothing else.

        Raises:
            BadModel: if its package, its key or the bundled model is missing.
        """
        self._connected()
        self._reader.load()

    def stream(self, question: str, passages: Sequence[Passage]) -> Steps:
        """Yield the model's sentences as they come; see ``StreamingWriter``."""
        quoted = self._quotes.write(question, passages)
        if quoted.status in ("not_found", "conflicting"):
            yield quoted  # where the documents disagree each side is quoted
            return
        yield None
        shown = 0
        refused = False
        failure = None
        meter = Meter()
        judge = Judge(question, passages, self._check, self._reader)
        try:
            for written in self._sentences(question, passages, meter):
                if written is None:
                    yield None
                elif _REFUSES.search(written.text):
                    refused = True
                else:
                    drafted = judge.judge(written)
                    shown += drafted.withhold is None
                    yield drafted
        except tokens.ModelFailed as error:
            failure = f"The language model at {self._endpoint.place} {error}"
        yield replace(self._end(quoted, shown, refused, failure), usage=meter.usage)

    def _end(self, quoted: Draft, shown: int, refused: bool, failure: str | None) -> Draft:
        """How the answer ends: with what was shown, as a refusal, or with quotes instead."""
        if shown:
            of_quotes = quoted.status == "answered"  # what is said of a list that was quoted
            message = None if of_quotes else quoted.message
            message = f"{failure}; this is what it had written." if failure else message
            status = "answered" if failure else quoted.status
            return Draft(status, [], message, confidence=quoted.confidence)
        if refused and not failure and self._endpoint.provider != "bundled":
            return Draft("not_found", message=REFUSAL, confidence=quoted.confidence)
        found = "The language model says that the documents don't say" if refused else _UNSUPPORTED
        why = failure or found
        message = " ".join(filter(None, (f"{why}; these are quotes instead.", quoted.message)))
        return replace(quoted, message=message, writer=self._quotes.name)

    def _sentences(
        self, question: str, passages: Sequence[Passage], meter: Meter
    ) -> Iterator[Written | None]:
        """What the model writes, sentence by sentence; stops it when it repeats itself."""
        model = self._connected()
        window = endpoints.window_of(model, self._window)
        room = max(window, _SHORTEST_WINDOW) - self._most
        conversation, read = messages(question, passages, room)
        reader = Reader(len(read))
        said: set[str] = set()
        cut = False
        most = self._most * _CHARACTERS
        pieces = tokens.pieces(lambda: model, conversation, self._timeout, most, meter)
        with closing(pieces):
            for piece in pieces:
                if piece is None:
                    yield None
                    continue
                cut = cut or piece.cut  # the count of tokens may come after it
                for written in reader.feed(piece.text):
                    key = written.text.lower()
                    if key in said or len(said) >= MOST_SENTENCES:
                        return
                    said.add(key)
                    yield written
        yield from (w for w in reader.finish(cut) if w.text.lower() not in said)

    def _connected(self) -> LLM:
        with self._connecting:
            if self._model is None:
                self._model = endpoints.connect(
                    self._endpoint, self._key, self._timeout, self._window, self._most
                )
            return self._model
