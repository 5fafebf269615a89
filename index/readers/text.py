"""Plain text: kept verbatim, newlines apart; headings are guessed from how lines stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from index.document import Document, Heading
from index.readers.encoding import decode
from index.readers.metadata import dated
from index.readers.numbered import numbered

_MAX_TITLE = 120
_MAX_HEADING = 80
_PROSE = 100  # a line this long, in a file of one paragraph a line, is a paragraph
_TOP = 50  # lines that show how wide a file is set
_LINE = re.compile(r"\S[^\n]*")
_BYLINE = re.compile(r"(?i)\s*(by|photo|image|picture|sources?|credit|author|caption|tags?)\b")
_CREDIT = re.compile(r"(?i)\b(photo|image|credit)s?:")
_ITEM = re.compile(r"[-*•–+>|#]|\d+[.)]\s")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*$")
_ENDS_OPEN = re.compile(r"[,:;–—-]\s*$")

Span = tuple[int, int]


def parse(data: bytes) -> Document:
    """Read a text file; its text is the file's, verbatim but for the kind of newline.

    Raises:
        UnreadableFile: if ``data`` is not text.
    """
    text, notes = decode(data)
    title = _title(text)
    headings = [Heading(1, *title)] if title else []
    found = {span[0]: Heading(2, *span) for span in _headings(text)}
    found |= {heading.start: heading for heading in numbered(text, list(_lines(text)))}
    headings += [found[start] for start in sorted(found) if not title or start > title[0]]
    return Document(
        text=text,
        title=text[slice(*title)] if title else None,
        headings=tuple(headings),
        notes=notes,
    )


def _lines(text: str) -> Iterator[Span]:
    """Spans of the lines that are not blank, without the white space before them."""
    return (match.span() for match in _LINE.finditer(text))


def _title(text: str) -> Span | None:
    """The first line, if it is short, not a sentence, and not the start of a wrapped paragraph."""
    lines = list(islice(_lines(text), _TOP))
    if len(lines) < 2:
        return None
    start, end = _trimmed(text, lines[0])
    line = text[start:end]
    is_sentence = line.endswith((".", ",", ";", ":"))
    if len(line) > _MAX_TITLE or is_sentence or not _can_head(line) or _wraps(text, lines):
        return None
    return start, end


def _wraps(text: str, lines: list[Span]) -> bool:
    """Whether the second line goes on with the first: its first word had no room before it."""
    (start, end), (below, below_end) = lines[:2]
    if text[end:below].count("\n") > 1:
        return False
    word = text[below:below_end].split(maxsplit=1)[0]
    width = max(end - start for start, end in lines)
    return word[0].islower() or end - start + 1 + len(word) > width


def _headings(text: str) -> Iterator[Span]:
    """The short lines that stand alone above longer prose."""
    lines = _lines(text)
    above, line = next(lines, (0, 0)), next(lines, (0, 0))
    for below in lines:
        if line[1] - line[0] < below[1] - below[0] and _stands_alone(text, above, line, below):
            start, end = _trimmed(text, line)
            if end - start <= _MAX_HEADING and _is_heading(text[start:end]):
                yield start, end
        above, line = line, below


def _stands_alone(text: str, above: Span, line: Span, below: Span) -> bool:
    """Between blank lines, or between paragraphs of one line each, and not a label's value."""
    before = text[slice(*above)]
    if before.rstrip().endswith(":"):
        return False
    if below[1] - below[0] >= _PROSE:
        is_whole = bool(_ENDS_SENTENCE.search(before[-20:]) or _ITEM.match(before))
        return is_whole or _gap(text, above, line)
    is_prose = below[1] - below[0] >= _PROSE / 2 or text[slice(*below)].rstrip().endswith(".")
    return is_prose and _gap(text, above, line) and _gap(text, line, below)


def _gap(text: str, above: Span, below: Span) -> bool:
    return text.count("\n", above[1], below[0]) > 1


def _is_heading(line: str) -> bool:
    return not (_ENDS_SENTENCE.search(line) or _ENDS_OPEN.search(line)) and _can_head(line)


def _can_head(line: str) -> bool:
    """Whether a line may be a title at all: words, and no list item, credit or date."""
    if not any(char.isalpha() for char in line) or line[0].islower():
        return False
    aside = _BYLINE.match(line) or _CREDIT.search(line) or _ITEM.match(line)
    return not (aside or dated(line))


def _trimmed(text: str, span: Span) -> Span:
    start, end = span
    return start, start + len(text[start:end].rstrip())
