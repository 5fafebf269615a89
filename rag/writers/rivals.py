"""Whether two sentences speak of the same thing, and then whether they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from rag.evidence import Evidence
from rag.quantities import Quantity
from rag.terms import among, same_term, terms
from rag.times import dates

# A row of a table, as the readers write it: "Item: Total; Budget: 350".
_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]*; [^:;\n]{1,60}: ")


def rival(one: Quantity, other: Quantity) -> bool:
    """Two figures for the same thing that are near enough to be two counts of it."""
    low, high = sorted((one.value, other.value))
    things = [terms(quantity.thing) for quantity in (one, other)]
    alike = any(same_term(a, b) for a in things[0] for b in things[1]) or not any(things)
    return (
        alike
        and (one.measure == other.measure or "" in (one.measure, other.measure))
        and 0 < low < high <= 2 * low
    )


def of_one_thing(evidence: Evidence, one: int, other: int) -> bool:
    """Whether the figures of two sentences can be of the same thing.

    Rows of tables are of different ones. Where the question does not say what is counted, both
    must hold the same words of it.
    """
    if all(_is_row(evidence, n) for n in (one, other)):
        return False
    return evidence.question.noun is not None or _speak_alike(evidence, one, other)


def _is_row(evidence: Evidence, n: int) -> bool:
    return _ROW.match(evidence.candidates[n].text) is not None


def rows_asked_for(evidence: Evidence, chosen: Sequence[int], order: Sequence[int]) -> list[int]:
    """The chosen ones, but of rows those of ``order`` that hold most of the question's words.

    All rows that were chosen, if none of any holds more than the others.
    """
    rows = {n: len(_held(evidence, n)) for n in order if _is_row(evidence, n)}
    most = max(rows.values(), default=0)
    if not any(n in rows for n in chosen) or all(rows.get(n, most) == most for n in chosen):
        return list(chosen)
    best = next(n for n in order if rows.get(n) == most)
    kept = [n for n in chosen if rows.get(n, most) == most]
    return kept if best in kept else [best, *kept]


def _held(evidence: Evidence, n: int) -> set[str]:
    """The words of the question that a sentence holds, or a row in its cells, by their stems."""
    text = evidence.candidates[n].text
    if _is_row(evidence, n):
        text = "; ".join(cell.partition(": ")[2] for cell in text.split("; "))
    there = terms(text)
    return {term.stem for term in evidence.question.terms if among(term, there)}


def _speak_alike(evidence: Evidence, one: int, other: int) -> bool:
    """Whether all words of the question that one of two sentences holds, two or more, are in both.

    One of them may hold further ones, but not the verb: what was opened was not closed.
    """
    verb = evidence.question.verb
    held = [_held(evidence, n) for n in (one, other)]
    fewer, more = sorted(held, key=len)
    same_deed = verb is None or (verb.stem in fewer) == (verb.stem in more)
    return len(fewer) > 1 and fewer <= more and same_deed


def dated_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence says of the same thing that it was at another date."""
    if _is_row(evidence, first) or _is_row(evidence, n):
        return False
    given = [set(dates(evidence.candidates[k].text)) for k in (first, n)]
    shared = any(one in other or other in one for one, other in product(*given))
    return all(given) and not shared and _speak_alike(evidence, first, n)
