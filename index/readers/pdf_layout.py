"""The paragraphs and headings that lines on PDF pages make.

A PDF holds neither: only pieces of text at coordinates. What is a heading is judged by type size
and weight against the body text, what is a paragraph by the gaps between lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.readers.pdf_lines import Line, body_size

_BULLET = re.compile(r"[•◦▪‣·∙■●○–*-]\s+(?=\S)")
_ITEM = re.compile(rf"{_BULLET.pattern}|\(?(?:\d{{1,3}}|[a-z])[.)]\s+\S")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？:][\"'”’»)\]]*$")
_HYPHEN = re.compile(r"([^\W\d_]+)[-\u2010]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_MAX_HEADING = 150
_LARGER = 1.12  # a heading's type size, at least, over the body's
_GAP = 1.3  # a paragraph's distance, at least, over that of lines


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, as one text; a heading has a level, an item no bullet."""

    text: str
    level: int | None = None
    is_item: bool = False


class Layout:
    """The measures of one document: its body type, its line distance, its words."""

    def __init__(self, pages: Sequence[list[Line]]) -> None:
        lines = [line for page in pages for line in page]
        bold = sum(len(line.text) for line in lines if line.bold)
        self._bold_stands_out = 2 * bold < sum(len(line.text) for line in lines)
        least = _LARGER * body_size(lines)
        larger = {line.size for line in lines if line.size >= least}
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
