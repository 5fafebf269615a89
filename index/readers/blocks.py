"""Build a document's text block by block, with the exact place of each heading and page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from index.document import Document, Heading, Page

MAX_REPEATED = 200  # characters of a table cell that are said again in other rows
_MAX_INDENT = 20
_FORBIDDEN = re.compile(r"[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    r"""Return ``text`` with ``\n`` as its only newline, without NUL and lone surrogates."""
    return _FORBIDDEN.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


def a(noun: str) -> str:
    """Return ``noun`` with its article, such as "a PDF" or "an e-mail"."""
    return f"{'an' if noun[0] in 'AEeH' else 'a'} {noun}"


def table_rows(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Write a table as one line a row: ``Header: value; Header: value``, empty cells left out.

    A header too long to be said in every row is written as a row.
    """
    names = [one_line(name) for name in header]
    if any(len(name) > MAX_REPEATED for name in names):
        rows, names = [names, *rows], []
    lines = []
    for row in rows:
        cells = [(names[n] if n < len(names) else "", one_line(cell)) for n, cell in enumerate(row)]
        lines.append("; ".join(f"{n}: {cell}" if n else cell for n, cell in cells if cell))
    return "\n".join(line for line in lines if line)


def note_on(numbers: Sequence[int], what: str, unit: str = "page") -> tuple[str, ...]:
    """Such as "page 3 has no text" or "pages 3, 5-9 have no text"; nothing without numbers."""
    if not numbers:
        return ()
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda e: e[1] - e[0])]
    listed = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    one = len(numbers) == 1
    return (f"{unit} {listed} has {what}" if one else f"{unit}s {listed} have {what}",)


class TextBuilder:
    r"""Collects blocks of text, one blank line apart, and where headings and pages stand.

    What is added while a list is open stands under its item: a marker before the first line,
    indented by two spaces for each list around it, and no blank lines inside a list.

    >>> builder = TextBuilder()
    >>> builder.add("Missions", level=1)
    >>> builder.add("Two began in 2003.")
    >>> builder.document().text
    'Missions\n\nTwo began in 2003.'
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._page_starts: list[tuple[int, int]] = []
        self._page: int | None = None  # the page that the next block begins
        self._numbers: list[int | None] = []  # next number of each open list, None for bullets
        self._markers: list[str] = []  # of each open item, blank once it is written
        self._last_is_item = False

    def add(self, text: str, level: int | None = None, separator: str = "\n\n") -> None:
        """Append a block, ``separator`` after the one before; blank text adds nothing.

        With a ``level`` the block is a heading: one line, outside any list.
        """
        text = clean(text).strip("\n") if level is None else one_line(clean(text))
        if not text.strip():
            return
        is_item = bool(self._markers) and level is None
        if is_item:
            text = self._as_item(text)
            separator = "\n" if self._last_is_item else separator
        self._last_is_item = is_item
        if self._parts:
            self._append(separator)
        start = self._length
        if self._page is not None:
            self._page_starts.append((self._page, start))
            self._page = None
        self._append(text)
        if level is not None:
            self._headings.append(Heading(level, start, self._length))

    def extend(self, other: TextBuilder) -> None:
        """Append what another builder built, its headings and pages at their places."""
        if not other._parts:
            return
        if self._parts:
            self._append("\n\n")
        start, self._last_is_item = self._length, False
        if self._page is not None:
            self._page_starts.append((self._page, start))
            self._page = None
        self._page_starts += [(number, start + at) for number, at in other._page_starts]
        self._headings += [
            Heading(heading.level, start + heading.start, start + heading.end)
            for heading in other._headings
        ]
        self._append(other.text)

    def open_list(self, first: int | None = None) -> None:
        """Open a list, numbered from ``first``, or of bullets."""
        if not self._numbers:
            self._last_is_item = False
        self._numbers.append(first)

    def close_list(self) -> None:
        """Close the innermost list."""
        self._numbers.pop()

    def open_item(self) -> None:
        """Open an item of the innermost list; without an open list it is a bullet."""
        number = self._numbers[-1] if self._numbers else None
        if number is not None:
            self._numbers[-1] = number + 1
        self._markers.append("- " if number is None else f"{number}. ")

    def close_item(self) -> None:
        """Close the innermost item."""
        self._markers.pop()

    def add_item(self, text: str, depth: int = 0, number: int | None = None) -> None:
        """Append one list item, inside ``depth`` other lists; a bullet without a ``number``."""
        around = self._markers
        self._markers = [""] * depth + ["- " if number is None else f"{number}. "]
        self.add(text)
        self._markers = around

    def start_page(self, number: int) -> None:
        """What is added from here on stands on page ``number``."""
        self._page = number

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._parts)

    @property
    def has_headings(self) -> bool:
        """Whether there is a heading so far."""
        return bool(self._headings)

    def first_heading(self) -> str | None:
        """The first heading of level 1, or one that the text begins with; None if there is none."""
        for heading in self._headings:
            if heading.level == 1 or heading.start == 0:
                return self.text[heading.start : heading.end]
        return None

    def document(
        self,
        title: str | None = None,
        metadata: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
    ) -> Document:
        """Return what was built."""
        return Document(
            text=self.text,
            title=title,
            pages=tuple(self._pages()),
            headings=tuple(self._headings),
            metadata=dict(metadata or {}),
            notes=tuple(notes),
        )

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _as_item(self, text: str) -> str:
        indent = "  " * min(len(self._markers) - 1, _MAX_INDENT)
        marker, self._markers[-1] = self._markers[-1], "  "
        return indent + marker + text.replace("\n", "\n  " + indent)

    def _pages(self) -> list[Page]:
        """Pages that hold text; each ends where the next begins."""
        ends = [start for _, start in self._page_starts[1:]] + [self._length]
        spans = zip(self._page_starts, ends, strict=False)
        return [Page(number, start, end) for (number, start), end in spans]
