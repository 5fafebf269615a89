"""Numbered headings of plain text: "4. EQUIPMENT", "3.1 If it smokes".

They look like items of a list. What tells them apart: they have a blank line before them and a
text of their own below, and together they count through the file, 1, 2, 2.1, 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.document import Heading
from index.readers.metadata import dated

_MAX_HEADING = 80
_PROSE = 100  # a line this long is a paragraph
_TOP_LEVEL = 2  # the title of the file is above
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})[.)]?[^\S\n]+(?=\S)")
_SAYS = re.compile(  # a statement, or a figure that is no year; not "If it smokes", a case
    r"(?!if|when|how|what|where|why|who)(?:.*\b)?(?:is|are|was|were|has|have|had|must|may|can|shall"
    r"|should|will|not|does|do|did)\b|.*\d(?!\d)(?<!\b(?:19|20)\d\d)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[-*•–]\s")
_ENDS = re.compile(r"[.!?…:;,–—-][\"'”’»)\]]*\s*$")

Span = tuple[int, int]
_Number = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A numbered line, short and not a sentence, that stands where a heading may."""

    number: _Number
    start: int
    end: int
    is_capitals: bool


def numbered(text: str, lines: Sequence[Span]) -> list[Heading]:
    """Return the numbered headings among ``lines``, the spans of those that are not blank.

    A single one is no count, so it must be in capitals.
    """
    found = list(_counted(list(_candidates(text, lines))))
    if len(found) == 1 and not found[0].is_capitals:
        return []
    return [Heading(_TOP_LEVEL + len(f.number) - 1, f.start, f.end) for f in found]


def _counted(lines: Sequence[_Line]) -> Iterator[_Line]:
    """The lines that go on counting from the one before, of which the first is 1 or 1.1."""
    last: _Number = ()
    for line in lines:
        if _follows(line.number, last):
            yield line
            last = line.number


def _follows(number: _Number, last: _Number) -> bool:
    """Whether a section may have this number after that: 2, 2.1 or, ending a chapter, 3."""
    if not last:
        return set(number) == {1}
    first_within = number == (*last, 1)
    above = last[: len(number)]
    return first_within or (len(above) == len(number) and number == (*above[:-1], above[-1] + 1))


def _candidates(text: str, lines: Sequence[Span]) -> Iterator[_Line]:
    for n, (start, end) in enumerate(lines[:-1]):
        if match := _NUMBERED.match(text, start, min(end, start + _MAX_HEADING)):
            words = text[match.end() : end].rstrip()
            line = _Line(_number(match), start, match.end() + len(words), words == words.upper())
            marked = not match.group(1).isdigit() or match.group()[len(match.group(1))] in ".)"
            is_heading = (
                (marked or line.is_capitals) and _names(words) and not dated(text[start : line.end])
            )
            if is_heading and _has_room(text, lines, n, line) and not _is_listed(text, lines, n):
                yield line


def _number(match: re.Match[str]) -> _Number:
    return tuple(map(int, match.group(1).split(".")))


def _names(words: str) -> bool:
    """Whether they may name a section: few, no sentence, and with a capital at the start."""
    is_short = len(words) <= _MAX_HEADING and not _ENDS.search(words)
    return is_short and words[0].isalpha() and not words[0].islower() and not _SAYS.match(words)


def _has_room(text: str, lines: Sequence[Span], n: int, line: _Line) -> bool:
    """Whether a blank line is above, and what is below is a block of its own.

    In capitals a line is a heading right above its text, too; so it is above a long paragraph and
    above bullets.
    """
    below, below_end = lines[n + 1]
    is_first = n == 0 or text.count("\n", lines[n - 1][1], line.start) > 1
    is_apart = text.count("\n", line.end, below) > 1
    bulleted = _BULLET.match(text, text.rfind("\n", 0, below) + 1)
    is_above = line.is_capitals or below_end - below >= _PROSE or bulleted
    return is_first and bool(is_apart or is_above)


def _is_listed(text: str, lines: Sequence[Span], n: int) -> bool:
    """Whether the line before or after is the item before or after this one."""
    near = [_NUMBERED.match(text, *span) for span in lines[max(n - 1, 0) : n + 2]]
    numbers = [_number(match) for match in near if match]
    return any(b == (*a[:-1], a[-1] + 1) for a, b in pairwise(numbers))
