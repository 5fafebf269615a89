"""What is told of something, where no question is asked: "tell me about Operation Robinson"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rag.evidence import Candidate, Evidence
from rag.language import parse
from rag.rows import is_row
from rag.terms import among, terms

MOST = 6  # sentences
_OF_SECTION = 3  # sentences of a section that bears the name of what is asked about


def overview(evidence: Evidence, likely: Sequence[int]) -> list[int]:
    """Return the sentences that tell of what is asked about, the likeliest first.

    They are those of ``likely``, which may be none, and those that name it, or begin a section
    that is headed by it. A line that says nothing, such as a signature, is none.
    """
    where = evidence.candidates
    telling = [n for n in range(len(where)) if _names(evidence, n) or _opens_section(evidence, n)]
    telling.sort(key=lambda n: -float(evidence.chance[n]))
    found = [n for n in dict.fromkeys([*likely, *telling]) if _says(where[n].text)]
    return found[:MOST] or list(likely)


def _names(evidence: Evidence, n: int) -> bool:
    """Whether a sentence holds every word that is asked about, and near each other."""
    asked = evidence.question.terms
    there = terms(evidence.candidates[n].text)
    held = [[t for t in there if among(term, [t])] for term in asked]
    if not all(held):
        return False
    first = held[0]
    return any(
        all(min(abs(t.start - one.start) for t in of) <= len(evidence.question.text) for of in held)
        for one in first
    )


def _opens_section(evidence: Evidence, n: int) -> bool:
    """Whether a sentence is one of the first under a heading of what is asked about."""
    candidate = evidence.candidates[n]
    heading = terms(candidate.passage.heading or "")
    if not heading or not all(among(term, heading) for term in evidence.question.terms):
        return False
    return n - _first_of(evidence.candidates, n) < _OF_SECTION


def _first_of(where: Sequence[Candidate], n: int) -> int:
    """The first sentence of the passage that sentence ``n`` is in."""
    while n and where[n - 1].passage.id == where[n].passage.id:
        n -= 1
    return n


@lru_cache(maxsize=4096)
def _says(text: str) -> bool:
    """Whether there is a verb in it, or it is a row of a table."""
    return is_row(text) or any(token.pos_ in ("VERB", "AUX") for token in parse(text))
