"""What a writer is: it turns a question and its evidence into the sentences of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rag.evidence import Candidate
from rag.schema import Passage, Status


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as written, the candidates it rests on, and the words in it that answer."""

    text: str
    sources: tuple[Candidate, ...]
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer returns; ``message`` is Footnote's own voice: what is missing or differs."""

    status: Status
    sentences: list[Drafted] = field(default_factory=list)
    message: str | None = None


class Writer(Protocol):
    """Composes answers from passages."""

    name: str

    def write(self, question: str, passages: Sequence[Passage]) -> Draft:
        """Return the draft of an answer to ``question``, a refusal if ``passages`` hold none."""
