"""Split a document into passages of whole sentences that know where they stand.

A passage never crosses a heading and holds as many sentences as fit; a sentence too long for one
passage is cut at white space. A list that fits is in one passage, with the line that leads in to
it. What fits is bounded by characters, and by what the embedding model reads: in scripts and in
code where a token is a character or two, that is less. Passages carry offsets into the document's
text, so a passage is always ``text[start:end]``, verbatim.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from index.document import Document, Heading, Page
from index.lists import is_item, leads_in
from index.sentences import sentences
from index.tokens import count_tokens, token_starts
from index.types import frame

MAX_CHARACTERS = 900  # of English are about 200 tokens
MAX_TOKENS = 254  # MiniLM reads 256, two of which mark start and end
_LEAST_TOKENS = 32  # of a passage, however long its title and heading are

Span = tuple[int, int]
_Section = tuple[int, int, str | None]  # a stretch of text, and the headings above it
_Piece = tuple[int, int, int]  # a sentence or a part of one: start, end, tokens
_Bond = Callable[[Sequence[_Piece], _Piece], bool]  # whether a piece belongs to those before it


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """A passage of a document: its place in it, the page it starts on and its heading."""

    ordinal: int
    start: int
    end: int
    page: int | None
    heading: str | None


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a passage may hold."""

    characters: int
    tokens: int


def split(
    document: Document, max_characters: int = MAX_CHARACTERS, max_tokens: int = MAX_TOKENS
) -> list[PassageSpan]:
    """Split ``document`` into passages of at most ``max_characters`` characters each.

    With its title and headings, as the model reads it, a passage has at most ``max_tokens``
    tokens. Every sentence outside a heading is in exactly one passage; a heading is carried by the
    passages below it. A document of headings only has its headings as passages.

    Raises:
        ValueError: if ``max_characters`` is less than 1.
    """
    if max_characters < 1:
        raise ValueError(f"max_characters must be at least 1, not {max_characters}")
    limits = _Limits(max_characters, max_tokens)
    found = list(_passages(document, _sections(document), limits))
    if not found:
        whole = (0, len(document.text), None)
        found = [
            (start, end, heading_at(document, start))
            for start, end, _ in _passages(document, [whole], limits)
        ]
    starts = [page.start for page in document.pages]
    return [
        PassageSpan(n, start, end, _number_at(document.pages, starts, start), heading)
        for n, (start, end, heading) in enumerate(found)
    ]


def page_at(pages: Sequence[Page], offset: int) -> int | None:
    """Return the number of the page that holds ``offset``, None in a format without pages."""
    return _number_at(pages, [page.start for page in pages], offset)


def heading_at(document: Document, offset: int) -> str | None:
    """Return the headings above ``offset``, outermost first, joined by " › "; None if none."""
    path: list[Heading] = []
    for heading in document.headings:
        if heading.start > offset:
            break
        path = _below(path, heading)
    return _shown(document, path)


def _number_at(pages: Sequence[Page], starts: Sequence[int], offset: int) -> int | None:
    return pages[max(bisect_right(starts, offset) - 1, 0)].number if pages else None


def _below(path: Sequence[Heading], heading: Heading) -> list[Heading]:
    """The headings above a text right below ``heading``, which stands below those in ``path``."""
    return [outer for outer in path if outer.level < heading.level] + [heading]


def _shown(document: Document, path: Sequence[Heading]) -> str | None:
    names = [" ".join(document.text[h.start : h.end].split()) for h in path]
    return " › ".join(name for name in names if name and name != document.title) or None


def _sections(document: Document) -> Iterator[_Section]:
    """The stretches of text between headings."""
    path: list[Heading] = []
    begin = 0
    for heading in document.headings:
        if begin < heading.start:
            yield begin, heading.start, _shown(document, path)
        path, begin = _below(path, heading), heading.end
    if begin < len(document.text):
        yield begin, len(document.text), _shown(document, path)


def _passages(
    document: Document, sections: Iterable[_Section], limits: _Limits
) -> Iterator[_Section]:
    """The passages of each section, with its heading."""
    for start, end, heading in sections:
        spans = [(start + a, start + b) for a, b in sentences(document.text[start:end])]
        if spans:
            (frame_tokens,) = count_tokens([frame(document.title, heading)])
            tokens = max(limits.tokens - frame_tokens, _LEAST_TOKENS)
            fits = _Limits(limits.characters, tokens)
            pieces = list(_pieces(document.text, spans, fits))
            units = list(_units(document.text, pieces, fits))
            yield from ((start, end, heading) for start, end in _packed(units, fits))


def _pieces(text: str, spans: Sequence[Span], limits: _Limits) -> Iterator[_Piece]:
    """Sentences with their number of tokens, cut where one is beyond the limits."""
    counts = count_tokens([text[start:end] for start, end in spans])
    for (start, end), tokens in zip(spans, counts, strict=True):
        if end - start > limits.characters or tokens > limits.tokens:
            yield from _cut(text, (start, end), limits)
        else:
            yield start, end, tokens


def _cut(text: str, span: Span, limits: _Limits) -> Iterator[_Piece]:
    """Cut a span at its last white space within the limits, a word that is longer anywhere."""
    start, end = span
    while start < end:
        window = text[start : min(end, start + limits.characters)]
        starts = token_starts(window)
        reach = max(starts[limits.tokens], 1) if len(starts) > limits.tokens else len(window)
        if start + reach >= end:
            yield start, end, len(starts)
            return
        spaces = [n for n in range(1, reach + 1) if text[start + n].isspace()]
        cut = spaces[-1] if spaces else reach
        kept = len(text[start : start + cut].rstrip())
        yield start, start + kept, bisect_right(starts, kept - 1)
        start += cut
        start += len(text[start:end]) - len(text[start:end].lstrip())


def _units(text: str, pieces: Sequence[_Piece], limits: _Limits) -> Iterator[_Piece]:
    """Pieces that are not to be parted, as one: a list that fits, a lead-in and what follows it."""
    items = [each for run in _runs(pieces, _in_one_item(text)) for each in _joined(run, limits)]
    for run in _runs(items, _in_one_list(text)):
        if len(whole := _joined(run, limits)) == 1:
            yield from whole
        else:
            yield from _joined(run[:2], limits)
            yield from run[2:]


def _joined(run: Sequence[_Piece], limits: _Limits) -> Sequence[_Piece]:
    """The pieces of a run as one, if that is within the limits."""
    start, end, tokens = run[0][0], run[-1][1], sum(piece[2] for piece in run)
    fits = end - start <= limits.characters and tokens <= limits.tokens
    return [(start, end, tokens)] if fits else run


def _runs(pieces: Sequence[_Piece], belong: _Bond) -> Iterator[list[_Piece]]:
    """Cut ``pieces`` where one does not belong to the run before it."""
    run: list[_Piece] = []
    for piece in pieces:
        if run and not belong(run, piece):
            yield run
            run = []
        run.append(piece)
    yield run


def _in_one_item(text: str) -> _Bond:
    """An item goes on to the end of its line."""
    return lambda run, piece: is_item(text, run[0][0]) and "\n" not in text[run[-1][1] : piece[0]]


def _in_one_list(text: str) -> _Bond:
    """Items belong to the items before them, and anything to a lead-in right before it."""
    return lambda run, piece: (
        leads_in(text[run[-1][0] : run[-1][1]])
        or (is_item(text, run[-1][0]) and is_item(text, piece[0]))
    )


def _packed(pieces: Sequence[_Piece], limits: _Limits) -> Iterator[Span]:
    """Join the units of a section into runs, of about equal length, within the limits."""
    length, tokens = pieces[-1][1] - pieces[0][0], sum(piece[2] for piece in pieces)
    runs = max(-(-length // limits.characters), -(-tokens // limits.tokens))
    start, end, tokens = pieces[0]
    for next_start, next_end, more in pieces[1:]:
        is_over = next_end - start > limits.characters or tokens + more > limits.tokens
        if is_over or (end - start) >= length / runs:
            yield start, end
            start, tokens = next_start, 0
        end, tokens = next_end, tokens + more
    yield start, end
