"""Where sentences begin and end, as exact character spans.

Boundaries inside a line are found by sentencex (Wikimedia), which knows abbreviations, initials
and quotations; a line break always ends a sentence unless the line visibly goes on. The number of
an item ("4.") is part of what it numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from index.lists import ENUMERATOR, begins_line

# A hard-wrapped line goes on: it ends mid-sentence and the next starts in lower case.
_LINE = re.compile(r"[^\n]+(?:(?<![.!?:;。！？\n])\n(?=[^\S\n]*[^\W\d_A-ZÀ-ÞА-Я一-鿿])[^\n]+)*")
_MAX_LINE = 20_000  # characters handed to the boundary finder at once
_STRANDED = re.compile(r"^[\W_]+$")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the ``(start, end)`` spans of the sentences of ``text``, in order.

    Spans do not overlap, are not empty and carry no surrounding white space; everything outside
    them is white space. ``text[start:end]`` is verbatim.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        for start, end in _boundaries(line.group()):
            span = _trimmed(text, line.start() + start, line.start() + end)
            if span is None:
                continue
            if spans and _belong_together(text, spans[-1], span):
                spans[-1] = (spans[-1][0], span[1])
            else:
                spans.append(span)
    return spans


def _boundaries(line: str) -> Iterator[tuple[int, int]]:
    """Spans that tile ``line``; offsets are counted here, whatever unit the library counts in.

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
    """Whether one of two was cut off from the other: a closing quote or bracket, an item's number.

    A number counts as one only where its line begins; "It grew from 2 to 3." may end in one.
    """
    if "\n" in text[previous[1] : span[0]]:
        return False
    if _STRANDED.match(text[span[0] : span[1]]):
        return True
    return bool(ENUMERATOR.fullmatch(text, *previous)) and begins_line(text, previous[0])
