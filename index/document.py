"""What a reader returns: the text of one file and the places in it a person can find again."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """Characters ``start`` to ``end`` of the text stand on page ``number`` (from 1)."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """Characters ``start`` to ``end`` of the text are a heading of ``level`` (1 is the title)."""

    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file, as it is stored, searched and cited.

    ``text`` is what a person reads, free of markup; every offset in Footnote points into it.
    ``metadata`` holds strings only: ``published`` (as the document gives it), ``author``,
    ``publisher`` and ``url`` where the file says so.
    ``notes`` are remarks for the person who owns the file ("page 3 has no text").
    """

    text: str
    title: str | None = None
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class UnreadableFile(Exception):
    """A file cannot be read: ``reason`` says why, ``remedy`` what its owner can do about it."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy
