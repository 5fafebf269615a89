"""What a writer is: it turns a question and its evidence into the sentences of an answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from rag.evidence import Candidate
from rag.schema import Passage, Status, Usage


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as written, the spans it rests on, and the words in it that answer.

    ``withhold`` is the writer's own reason not to show it, if it has one.
    """

    text: str
    sources: tuple[Candidate, ...]
    highlights: tuple[tuple[int, int], ...] = ()
    withhold: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer returns; ``message`` is Footnote's own voice: what is missing or differs.

    ``writer`` names who wrote it, where that is not the writer that was asked; ``confidence`` is
    how likely the passages answer at all, ``usage`` what it took of a language model.
    """

    status: Status
    sentences: list[Drafted] = field(default_factory=list)
    message: str | None = None
    writer: str | None = None
    confidence: float | None = None
    usage: Usage = field(default_factory=Usage)


Steps = Generator[Drafted | Draft | None, None, None]


class Writer(Protocol):
    """Composes answers from passages."""

    name: str

    def load(self) -> None:
        """Load now what writing needs, so that the first question need not wait for it."""

    def write(self, question: str, passages: Sequence[Passage]) -> Draft:
        """Return the draft of an answer to ``question``, a refusal if ``passages`` hold none."""


@runtime_checkable
class StreamingWriter(Protocol):
    """Composes answers as it goes: its sentences can be checked and shown before it is done."""

    name: str

    def load(self) -> None:
        """Load now what writing needs; see ``Writer``."""

    def stream(self, question: str, passages: Sequence[Passage]) -> Steps:
        """Yield each sentence, None at times while there is none, and the draft at the end.

        The draft's own sentences are those that were not yielded before it. Closing the iterator
        stops the writing.
        """


def drafting(writer: Writer | StreamingWriter, question: str, passages: Sequence[Passage]) -> Steps:
    """Yield what ``writer`` writes, as ``StreamingWriter.stream`` does, whichever kind it is."""
    if isinstance(writer, StreamingWriter):
        yield from writer.stream(question, passages)
    else:
        yield writer.write(question, passages)
