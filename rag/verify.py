"""Does a saved answer still hold? Each quote looked up in the index as it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index import Index
from rag.schema import Answer, Citation

State = Literal["present", "moved", "gone"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a citation.

    ``present``: the document has the quote where the citation says. ``moved``: it has the quote
    elsewhere, or the same document is now at another path. ``gone``: neither. ``source``,
    ``start`` and ``end`` say where the quote stands now, None where it is gone.
    """

    citation: Citation
    state: State
    source: str | None = None
    start: int | None = None
    end: int | None = None


def verify(answer: Answer, index: Index) -> list[Checked]:
    """Check every citation of ``answer`` against ``index``, in the order of their markers."""
    return [_check(citation, index) for citation in answer.citations]


def _check(citation: Citation, index: Index) -> Checked:
    for document, source in _candidates(citation, index):
        start = _nearest(index.text(document), citation.quote, citation.start)
        if start is not None:
            still = start == citation.start and document == citation.document
            end = start + len(citation.quote)
            return Checked(citation, "present" if still else "moved", source, start, end)
    return Checked(citation, "gone")


def _candidates(citation: Citation, index: Index) -> list[tuple[str, str]]:
    """Id and source of the cited document, then of any with the very same text (renamed)."""
    documents = index.documents()
    cited = [info for info in documents if info.id == citation.document]
    same = [info for info in documents if info.content_hash == citation.content_hash]
    return [(info.id, info.source) for info in cited + same]


def _nearest(text: str, quote: str, offset: int) -> int | None:
    """Where ``quote`` stands in ``text``, the place nearest to ``offset``."""
    after = text.find(quote, offset)
    before = text.rfind(quote, 0, offset + len(quote))
    found = [place for place in (before, after) if place >= 0]
    return min(found, key=lambda place: abs(place - offset), default=None)
