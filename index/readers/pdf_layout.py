"""Lines on a PDF's pages, and the paragraphs and headings they make.

A PDF holds neither: only pieces of text at coordinates. What is a heading is judged by type size
and weight against the body text, what is a paragraph by the gaps between lines.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pypdf import PageObject

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": ""}
)
_BOLD = re.compile(r"(?i)bold|black|heavy|semibold|CMBX")
_BULLET = re.compile(r"[•◦▪‣·∙■●○–*-]\s+(?=\S)")
_ITEM = re.compile(rf"{_BULLET.pattern}|\(?(?:\d{{1,3}}|[a-z])[.)]\s+\S")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？:][\"'”’»)\]]*$")
_HYPHEN = re.compile(r"([^\W\d_]+)[-\u2010]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEADER = re.compile(r"(?:\s?\.){4,}\s*")  # dots that lead to a page number
_FOLIO = re.compile(r"^\d{1,4}\b|\b\d{1,4}$")
_LARGE_TYPE = 12  # points
_EDGE = 2  # lines at the top and bottom of a page that may be running heads and feet
_MAX_HEADING = 150
_LARGER = 1.12  # a heading's type size, at least, over the body's
_GAP = 1.3  # a paragraph's distance, at least, over that of lines


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, where it starts, in points from the lower left, and how it is set."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, as one text; a heading has a level, an item no bullet."""

    text: str
    level: int | None = None
    is_item: bool = False


def lines_of(page: PageObject) -> list[Line]:
    """Return the lines of a page in the order in which it draws them."""
    lines: list[Line] = []
    pieces: list[Line] = []

    def visit(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = size * math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
        bold = bool(_BOLD.search(str((font or {}).get("/BaseFont", ""))))
        for n, part in enumerate(text.split("\n")):
            if n:
                lines.extend(_line(pieces))
                pieces.clear()
            pieces.append(Line(part, x, y, height, bold))

    page.extract_text(visitor_text=visit)
    lines.extend(_line(pieces))
    return lines


def _line(pieces: Sequence[Line]) -> list[Line]:
    """The pieces as one line, set as most of its characters are; nothing if they are blank."""
    joined = "".join(piece.text for piece in pieces).translate(_LIGATURES)
    text = " ".join(_LEADER.sub(" … ", joined).split())
    inked = [piece for piece in pieces if piece.text.strip()]
    if not text or not inked:
        return []
    main = max(inked, key=lambda piece: len(piece.text.strip()))
    return [Line(text, inked[0].x, inked[0].y, round(main.size, 1), main.bold)]


def without_running_lines(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Drop the heads and feet of pages: lines that most share, or that count the pages.

    The first occurrence of a head that holds words in large type stays: it may be the title.
    """
    edges = [[*lines[:_EDGE], *lines[_EDGE:][-_EDGE:]] for lines in pages]
    keys = [{key for line in edge for key in _keys(line, n)} for n, edge in enumerate(edges)]
    counts = Counter(key for page in keys for key in page)
    needed = max(2, math.ceil(0.6 * sum(map(bool, pages))))
    running = {key for key, count in counts.items() if count >= needed}
    seen: set[str] = set()
    kept = []
    for n, (lines, edge) in enumerate(zip(pages, edges, strict=True)):
        heads = [line for line in edge if running & _keys(line, n) and not _is_title(line, seen)]
        kept.append([line for line in lines if not any(line is head for head in heads)])
    return kept


def _keys(line: Line, page: int) -> set[tuple[str, int]]:
    """What a running line shares with others at its height: its words, or number less page."""
    height = round(line.y / 3)
    keys = {(re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.lower()), height)}
    number = _FOLIO.search(line.text) if len(line.text) <= _MAX_HEADING else None
    return keys | {(f"page {int(number.group()) - page:+}", height)} if number else keys


def _is_title(line: Line, seen: set[str]) -> bool:
    is_first = line.text not in seen and line.size > _LARGE_TYPE and not _FOLIO.search(line.text)
    seen.add(line.text)
    return is_first


class Layout:
    """The measures of one document: its body type, its line distance, its words."""

    def __init__(self, pages: Sequence[list[Line]]) -> None:
        lines = [line for page in pages for line in page]
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[line.size] += len(line.text)
        self._body = sizes.most_common(1)[0][0] if sizes else 0.0
        bold = sum(len(line.text) for line in lines if line.bold)
        self._bold_stands_out = 2 * bold < sizes.total()
        larger = {line.size for line in lines if line.size >= _LARGER * self._body}
        self._levels = {size: min(n, 6) for n, size in enumerate(sorted(larger, reverse=True), 1)}
        gaps = Counter(round(a.y - b.y, 0) for page in pages for a, b in _pairs(page) if a.y > b.y)
        self._leading = gaps.most_common(1)[0][0] if gaps else 0.0
        self._words = {word.lower() for line in lines for word in _WORD.findall(line.text)}

    def paragraphs(self, lines: Sequence[Line]) -> list[Paragraph]:
        """Return the paragraphs and headings that the lines of a page make."""
        runs: list[list[Line]] = []
        for line in lines:
            if runs and not self._breaks(runs[-1], line):
                runs[-1].append(line)
            else:
                runs.append([line])
        width = _usual_width(lines)
        return [self._paragraph(run, width) for run in runs]

    def join(self, above: str, below: str) -> str:
        """Return ``above`` and ``below`` as running text, a word cut by a hyphen put together."""
        hyphen = _HYPHEN.search(above)
        if hyphen is None or not below[:1].isalpha():
            return above + ("" if above.endswith("-") and below[:1].isalnum() else " ") + below
        word = _WORD.match(below)
        first, second = hyphen.group(1).lower(), (word.group() if word else below).lower()
        is_compound = f"{first}-{second}" in self._words and first + second not in self._words
        if is_compound or below[0].isupper() or "-" in above[: hyphen.end(1)].split()[-1]:
            return above + below
        return above[: hyphen.end(1)] + below

    def runs_on(self, above: Paragraph, below: Paragraph) -> bool:
        """Whether a sentence goes on from the end of a page to the top of the next."""
        is_body = above.level is None and below.level is None
        return is_body and not _ENDS_SENTENCE.search(above.text) and below.text[:1].islower()

    def divide(self, above: str, below: str) -> tuple[str, str]:
        """Return both parts of what ``join`` makes of them, divided where the page ends."""
        joined = self.join(above, below)
        cut = len(above) if joined.startswith(above) else len(above) - 1
        return joined[:cut], joined[cut:]

    def _breaks(self, run: Sequence[Line], line: Line) -> bool:
        """Whether ``line`` begins a new paragraph."""
        last, gap = run[-1], run[-1].y - line.y
        if self._is_larger(last) != self._is_larger(line) or abs(last.size - line.size) > 2:
            return True
        if gap < -1:  # the top of a new column: a sentence may go on there
            return bool(_ENDS_SENTENCE.search(last.text)) or not line.text[0].islower()
        leading = max(self._leading, line.size) if not self._is_larger(line) else 1.4 * line.size
        changes_weight = last.bold != line.bold and len(run) == 1 and self._is_bold_heading(run)
        indented = line.x - last.x > line.size and _ENDS_SENTENCE.search(last.text)
        return bool(gap > _GAP * leading or _ITEM.match(line.text) or changes_weight or indented)

    def _paragraph(self, run: Sequence[Line], width: int) -> Paragraph:
        text = self._text(run, width)
        if bullet := _BULLET.match(text):
            return Paragraph(text[bullet.end() :], is_item=True)
        return Paragraph(text, self._level(run))

    def _text(self, run: Sequence[Line], width: int) -> str:
        text = run[0].text
        for above, line in _pairs(run):
            room = width - len(above.text) - 1 - len(line.text.split(maxsplit=1)[0])
            on_purpose = (room > 0.15 * width and not line.text[0].islower()) or " … " in above.text
            text = f"{text}\n{line.text}" if on_purpose else self.join(text, line.text)
        return text

    def _level(self, run: Sequence[Line]) -> int | None:
        length = sum(len(line.text) for line in run)
        has_words = any(char.isalpha() for char in run[0].text) and " … " not in run[0].text
        if length > _MAX_HEADING or not has_words:
            return None
        if self._is_larger(run[0]):
            return self._levels[run[0].size]
        return min(len(self._levels) + 1, 6) if self._is_bold_heading(run) else None

    def _is_larger(self, line: Line) -> bool:
        return line.size in self._levels

    def _is_bold_heading(self, run: Sequence[Line]) -> bool:
        sure = self._bold_stands_out and all(line.bold for line in run) and len(run) <= 2
        return sure and not _ENDS_SENTENCE.search(run[-1].text) and not _ITEM.match(run[0].text)


def _pairs(lines: Sequence[Line]) -> Iterable[tuple[Line, Line]]:
    return pairwise(lines)


def _usual_width(lines: Sequence[Line]) -> int:
    """The length, in characters, of a full line: nine in ten are no longer."""
    lengths = sorted(len(line.text) for line in lines)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
