"""What the sentences of an answer contradict each other in, and how that is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product

from rag.evidence import Evidence
from rag.given import Closeness, counted
from rag.quantities import Quantity, quantities, rival
from rag.refusal import alternatives
from rag.writers.reports import clocked_twice, dated_twice, told_twice
from rag.writers.rivals import (
    LEAST,
    answers,
    clocked_otherwise,
    dated_otherwise,
    denied_otherwise,
    named_otherwise,
    of_one_thing,
    told_clocks,
    told_dates,
    told_names,
)

LEAST_DENIAL = 0.08  # chance that a sentence answers, from which on it may deny what another says

_RANGE_ON = re.compile(r"\s?(?:to|–|-)\s?[€£$]?\d")
_RANGE_FROM = re.compile(r"\d\s?(?:to|–|-)\s?[€£$]?$")
_PART = re.compile(r" of (?:them|these|those|which|whom)\b", re.I)


def contradicting(evidence: Evidence, first: int, closeness: Closeness) -> list[int]:
    """Return the sentences that give another answer to the same than ``first`` gives."""
    least = LEAST_DENIAL if evidence.question.kind == "other" else LEAST
    return [
        n
        for n in evidence.order
        if n != first
        and evidence.chance[n] >= least
        and answers(evidence, n)
        and _otherwise(evidence, first, n, closeness)
    ]


def _otherwise(evidence: Evidence, first: int, n: int, closeness: Closeness) -> bool:
    match evidence.question.kind:
        case "date":
            return dated_otherwise(evidence, first, n) or clocked_otherwise(evidence, first, n)
        case "person":
            return named_otherwise(evidence, first, n)
        case "other":
            return denied_otherwise(evidence, first, n)
        case "number":
            known, new = (_counted(evidence, k, closeness) for k in (first, n))
            same = {q.value for q in known}
            rivals = any(rival(q, r) for q, r in product(new, known) if q.value not in same)
            return rivals and of_one_thing(evidence, first, n)
    return False


def difference(evidence: Evidence, chosen: Sequence[int], closeness: Closeness) -> str | None:
    """Return how the chosen sentences differ in what is asked for, None if they do not."""
    if evidence.question.kind == "date":
        return _dates(evidence, chosen)
    if either(evidence, chosen):
        return "The documents give both figures."
    match evidence.question.kind:
        case "person":
            return _different("names", _told(evidence, chosen, named_otherwise, told_names))
        case "number":
            return _different("figures", _figures(evidence, chosen, closeness))
        case "other":
            pairs = combinations(chosen, 2)
            denied = any(denied_otherwise(evidence, *pair) for pair in pairs)
            return "The documents say different things about this." if denied else None
    return None


def _different(what: str, given: Mapping[str, None]) -> str | None:
    return f"The documents give different {what}: {' and '.join(given)}." if given else None


def _dates(evidence: Evidence, chosen: Sequence[int]) -> str | None:
    where = evidence.candidates
    given = _told(evidence, chosen, dated_otherwise, lambda _, n: told_dates(where[n].text))
    given |= {d: None for n in chosen for d in dated_twice(where[n].text)}
    times = _told(evidence, chosen, clocked_otherwise, told_clocks)
    times |= {t: None for n in chosen for t in clocked_twice(where[n].text)}
    return _different("dates", given) or _different("times", times)


def _told(
    evidence: Evidence,
    chosen: Sequence[int],
    otherwise: Callable[[Evidence, int, int], bool],
    told: Callable[[Evidence, int], list[str]],
) -> dict[str, None]:
    """What those of ``chosen`` tell that another of them tells otherwise, as written."""
    rivals = [n for n in chosen if any(otherwise(evidence, k, n) for k in chosen)]
    return dict.fromkeys(words for n in rivals for words in told(evidence, n))


def _figures(evidence: Evidence, chosen: Sequence[int], closeness: Closeness) -> dict[str, None]:
    """The figures, as written, that chosen sentences give for one thing."""
    where = evidence.candidates
    counts = {n: _counted(evidence, n, closeness) for n in chosen if evidence.gaps.get(n) == []}
    figures: dict[str, None] = {}
    for n, found in counts.items():
        for q in told_twice(where[n].text, found) or ():
            figures[where[n].text[q.start : q.end]] = None
    for one, other in combinations(counts, 2):
        if not of_one_thing(evidence, one, other):
            continue
        for q, r in product(counts[one], counts[other]):
            if rival(q, r):
                figures[where[one].text[q.start : q.end]] = None
                figures[where[other].text[r.start : r.end]] = None
    return figures


def _counted(evidence: Evidence, n: int, closeness: Closeness) -> list[Quantity]:
    """What a sentence counts; "seventeen of them" are a part, "5 to 8" a range."""
    candidate = evidence.candidates[n]
    text = candidate.text
    return [
        q
        for q in counted(evidence.question, candidate, closeness)
        if not _PART.match(text, q.end)
        and not _RANGE_ON.match(text, q.end)
        and not _RANGE_FROM.search(text, 0, q.start)
    ]


def either(evidence: Evidence, order: Sequence[int]) -> list[int]:
    """Return the likeliest sentences that give "1.5 or 1.8 million", one each, of the same thing.

    Nothing if the question has no such alternatives, or if they are not given like that.
    """
    figures = alternatives(evidence.question)
    if not figures:
        return []
    likely = [n for n in order if evidence.chance[n] >= LEAST]
    for one, other in product(likely, likely):
        pairs = product(
            *(_given(evidence, n, f) for n, f in zip((one, other), figures, strict=True))
        )
        if one != other and any(rival(q, r) and q.thing and r.thing for q, r in pairs):
            return [one, other]
    return []


def _given(evidence: Evidence, n: int, figure: set[float]) -> list[Quantity]:
    return [q for q in quantities(evidence.candidates[n].text) if q.value in figure]
