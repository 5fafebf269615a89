"""Where sentences begin and end, as exact character spans.

Boundaries inside a line are found by sentencex (Wikimedia), which knows abbreviations, initials
and quotations; a line break always ends a sentence unless the line visibly goes on, or stands in
a paragraph of prose that was wrapped to a width. The number of an item ("4.") is part of what it
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import sentencex

from index.lists import ENUMERATOR, begins_line, is_item

_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_ENDED = ".!?:;。！？"
_LOWER = re.compile(r"[^\S\n]*[^\W\d_A-ZÀ-ÞА-Я一-鿿]")
_OPEN = re.compile(  # no line of a list or of an address ends like this
    r"(?<!\w)(?:an?|the|of|within|until|into|than|and|or|mr|mrs|ms|dr)\s*$", re.IGNORECASE
)
_APART = re.compile(r"\s*(?:[#>|=*+`_-]|\d+\.\d)")  # a heading, a row, a bullet, a rule
_TABULAR = re.compile(r"\S(?:\t| {2,})\S|@|^[\t ]+\S")  # columns, addresses, code
_WIDTHS = range(40, 121)  # characters to which prose is wrapped
_MAX_LINE = 20_000  # characters handed to the boundary finder at once
# Abbreviations that sentencex takes for the end of a sentence.
_ABBREVIATED = re.compile(r"(?<!\w)(?:Ms|Mx|Dipl|Figs|Vol|Ch|approx)\.$")
STRANDED = re.compile(r"^[\W_]+$")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the ``(start, end)`` spans of the sentences of ``text``, in order.

    Spans do not overlap, are not empty and carry no surrounding white space; everything outside
    them is white space. ``text[start:end]`` is verbatim.
    """
    spans: list[tuple[int, int]] = []
    for first, last in _lines(text):
        for start, end in boundaries(text[first:last]):
            span = _trimmed(text, first + start, first + end)
            if span is None:
                continue
            if spans and _belong_together(text, spans[-1], span):
                spans[-1] = (spans[-1][0], span[1])
            else:
                spans.append(span)
    return spans


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines of ``text``; one that goes on in the next reaches to the end of it."""
    for paragraph in _PARAGRAPH.finditer(text):
        lines = paragraph.group().split("\n")
        full = _full(lines)
        start = end = paragraph.start()
        for n, line in enumerate(lines):
            end += len(line)
            if n + 1 == len(lines) or not _goes_on(line, lines[n + 1], full[n]):
                yield start, end
                start = end + 1
            end += 1


def _goes_on(line: str, after: str, full: bool) -> bool:
    """Whether the sentence that ``line`` ends with goes on in the line ``after`` it."""
    if not line or line[-1] in _ENDED:
        return False
    if _LOWER.match(after):
        return True
    if _APART.match(after) or is_item(after, 0):
        return False
    return full or _OPEN.search(line) is not None


def _full(lines: list[str]) -> list[bool]:
    """Which lines of a paragraph end because they were full; none, if it was not wrapped.

    The first word of the next line would not have fitted into a full one. A paragraph was wrapped
    if two and at least half of its lines are full, and a third of its lines go on in lower case.
    """
    if any(map(_TABULAR.search, lines)):
        return [False] * len(lines)
    lengths = [len(line.rstrip()) for line in lines]
    width = max(lengths)
    full = [
        bool(after.strip()) and length + 1 + len(after.split(maxsplit=1)[0]) > width
        for length, after in zip(lengths, lines[1:], strict=False)
    ]
    lower = [
        bool(line) and line[-1] not in _ENDED and _LOWER.match(after) is not None
        for line, after in pairwise(lines)
    ]
    wrapped = (
        width in _WIDTHS and sum(full) >= max(2, len(full) / 2) and sum(lower) >= len(full) / 3
    )
    return full if wrapped else [False] * len(full)


def boundaries(line: str) -> Iterator[tuple[int, int]]:
    """Yield spans that tile ``line``, with offsets in characters, whatever the library counts in.

    A line too long for one call is handed over in pieces; the last sentence of a piece, which may
    be cut, is read again with the next.
    """
    offset = 0
    while offset < len(line):
        spans = _segmented(line[offset : offset + _MAX_LINE])
        whole = offset + _MAX_LINE >= len(line)
        kept = spans if whole or len(spans) == 1 else spans[:-1]
        yield from ((offset + start, offset + end) for start, end in kept)
        offset += kept[-1][1]


def _segmented(piece: str) -> list[tuple[int, int]]:
    """Spans that tile ``piece``, a sentence each."""
    spans, position = [], 0
    for sentence in sentencex.segment("en", piece):
        words = sentence.strip()
        found = piece.find(words, position) if words else -1
        if found >= 0:
            spans.append((position, found + len(words)))
            position = found + len(words)
    if position < len(piece) or not spans:
        spans.append((position, len(piece)))
    return spans


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _belong_together(text: str, previous: tuple[int, int], span: tuple[int, int]) -> bool:
    """Whether one of two was cut off from the other.

    So are a closing quote or bracket, what follows "Ms.", and an item and its number, which counts
    as one only where its line begins; "It grew from 2 to 3." may end in one.
    """
    if "\n" in text[previous[1] : span[0]]:
        return False
    if STRANDED.match(text[span[0] : span[1]]) or _ABBREVIATED.search(text, *previous):
        return True
    return bool(ENUMERATOR.fullmatch(text, *previous)) and begins_line(text, previous[0])
