"""The lines of text on a PDF's pages, without the heads and feet that run through them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": ""}
)
_LEADER = re.compile(r"(?:\s?\.){4,}\s*")  # dots that lead to a page number
_BOLD = re.compile(r"(?i)bold|black|heavy|cmbx")
_FOLIO = re.compile(r"(?i)^\d{1,4}\b|\b\d{1,4}$|(?<=page )\d{1,4}\b")
_EDGE = 2  # lines at the top and at the bottom of a page that may be running
_MAX_RUNNING = 60  # characters of a line that counts pages


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, where it starts, in points from the lower left, and how it is set."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


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
    """The pieces as one line, set as most characters are; none if it is blank or undecodable."""
    joined = "".join(piece.text for piece in pieces).translate(_LIGATURES)
    text = " ".join(_LEADER.sub(" … ", joined).split())
    inked = [piece for piece in pieces if piece.text.strip()]
    if not inked or 2 * text.count("\ufffd") >= len(text):
        return []
    main = max(inked, key=lambda piece: len(piece.text.strip()))
    return [Line(text, inked[0].x, inked[0].y, round(main.size, 1), main.bold)]


def body_size(lines: Iterable[Line]) -> float:
    """Return the type size that most characters are set in, 0 without lines."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def without_running_lines(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Drop running heads and feet: lines that most pages share, or that count the pages.

    The first occurrence of a shared line stays: it may be the title, and no words are lost.
    """
    body = body_size(line for page in pages for line in page)
    edges = [[*lines[:_EDGE], *lines[_EDGE:][-_EDGE:]] for lines in pages]
    shared = _common([{_place(line) for line in edge} for edge in edges])
    counting = _common(
        [{key for line in edge for key in _counts(line, n, body)} for n, edge in enumerate(edges)]
    )
    seen: set[Hashable] = set()
    kept = []
    for n, (lines, edge) in enumerate(zip(pages, edges, strict=True)):
        again = {_place(line) for line in edge if _place(line) in shared & seen}
        running = [x for x in edge if _place(x) in again or _counts(x, n, body) & counting]
        seen |= {_place(line) for line in edge}
        kept.append([line for line in lines if not any(line is head for head in running)])
    return kept


def _common(keys: Sequence[set[Hashable]]) -> set[Hashable]:
    """The keys of most of the pages that have any, and of two at least."""
    counts = Counter(key for page in keys for key in page)
    needed = max(2, math.ceil(0.6 * sum(map(bool, keys))))
    return {key for key, count in counts.items() if count >= needed}


def _place(line: Line) -> Hashable:
    return line.text, _height(line)


def _counts(line: Line, page: int, body: float) -> set[Hashable]:
    """How far the numbers at a short line's ends are ahead of the page's, at its height."""
    if line.size > body or len(line.text) > _MAX_RUNNING:
        return set()
    return {(int(number) - page, _height(line)) for number in _FOLIO.findall(line.text)}


def _height(line: Line) -> int:
    return round(line.y / 3)
