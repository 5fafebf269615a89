"""Split a document into passages of whole sentences that know where they stand.

A passage never crosses a heading and holds as many sentences as fit; a sentence too long for one
passage is cut at white space. Passages carry offsets into the document's text, so a passage is
always ``text[start:end]``, verbatim.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.document import Document, Heading, Page
from index.sentences import sentences

# MiniLM reads 256 tokens; 900 characters of English are about 200.
MAX_CHARACTERS = 900

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """A passage of a document: its place in it, the page it starts on and its heading."""

    ordinal: int
    start: int
    end: int
    page: int | None
    heading: str | None


def split(document: Document, max_characters: int = MAX_CHARACTERS) -> list[PassageSpan]:
    """Split ``document`` into passages of at most ``max_characters`` characters each.

    Every sentence outside a heading is in exactly one passage; a heading is carried by the
    passages below it. A document of headings only has its headings as passages.

    Raises:
        ValueError: if ``max_characters`` is less than 1.
    """
    if max_characters < 1:
        raise ValueError(f"max_characters must be at least 1, not {max_characters}")
    text, headings = document.text, document.headings
    spans = list(_packed(_pieces(text, _body(text, headings), max_characters), max_characters))
    if not spans:
        spans = list(_packed(_pieces(text, [(0, len(text))], max_characters), max_characters))
    return [
        PassageSpan(n, start, end, page_at(document.pages, start), heading_at(document, start))
        for n, (start, end) in enumerate(spans)
    ]


def page_at(pages: Sequence[Page], offset: int) -> int | None:
    """Return the number of the page that holds ``offset``, None in a format without pages."""
    n = bisect_right([page.start for page in pages], offset)
    return pages[max(n - 1, 0)].number if pages else None


def heading_at(document: Document, offset: int) -> str | None:
    """Return the headings above ``offset``, outermost first, joined by " › "; None if none."""
    path: list[Heading] = []
    for heading in document.headings:
        if heading.start > offset:
            break
        path = [outer for outer in path if outer.level < heading.level] + [heading]
    names = [" ".join(document.text[h.start : h.end].split()) for h in path]
    return " › ".join(name for name in names if name and name != document.title) or None


def _body(text: str, headings: Sequence[Heading]) -> list[Span]:
    """The stretches of text between headings."""
    starts = [0, *(heading.end for heading in headings)]
    ends = [*(heading.start for heading in headings), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _pieces(text: str, sections: Sequence[Span], limit: int) -> Iterator[list[Span]]:
    """The sentences of each section, cut where one is longer than ``limit``."""
    for start, end in sections:
        spans = [(start + a, start + b) for a, b in sentences(text[start:end])]
        yield [piece for span in spans for piece in _cut(text, span, limit)]


def _cut(text: str, span: Span, limit: int) -> Iterator[Span]:
    """Cut a span at its last white space within ``limit``, a word that is longer anywhere."""
    start, end = span
    while end - start > limit:
        spaces = [n for n in range(start + 1, start + limit + 1) if text[n].isspace()]
        cut = spaces[-1] if spaces else start + limit
        kept = start + len(text[start:cut].rstrip())
        yield start, kept
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end


def _packed(sections: Iterator[list[Span]], limit: int) -> Iterator[Span]:
    """Join the sentences of a section into runs, of about equal length, within ``limit``."""
    for spans in sections:
        if not spans:
            continue
        length = spans[-1][1] - spans[0][0]
        target = length / -(-length // limit)
        start, end = spans[0]
        for next_start, next_end in spans[1:]:
            if next_end - start > limit or (end - start) >= target:
                yield start, end
                start = next_start
            end = next_end
        yield start, end
