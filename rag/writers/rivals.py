"""Whether two sentences speak of the same thing, and then whether they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product

from rag.evidence import Candidate, Evidence
from rag.quantities import Quantity
from rag.terms import among, same_term, terms
from rag.times import clock_spans, date_spans, dates

LIKELY = 0.5  # chance that a sentence answers, from which on it may put things in words of its own

# A row of a table, as the readers write it: "Item: Total; Budget: 350".
_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]*; [^:;\n]{1,60}: ")
# Between two figures: now somebody else speaks, or the same elsewhere; and that it is said at all.
_TURNS = re.compile(
    r"\b(?:while|whereas|but|although|though|yet|however|against|versus|later|elsewhere|another"
    r"|others?|instead|according to)\b|;",
    re.IGNORECASE,
)
_ASKED_TIME = re.compile(
    r"\b(?:what|which) (?P<what>year|date|day|month|century|time)\b", re.IGNORECASE
)
_GAPPED = re.compile(  # "…, the one in Y at 7,900", "…, the station 56"
    r",\s+(?:and\s+)?(?:the|an?|its|his|her|their|our)\s[\w\s.’'-]{2,50}$", re.IGNORECASE
)
_SAYS = re.compile(
    r"\baccording to\b|\b(?:say|state|put|give|count|estimate|reckon|report|claim|speak|budget"
    r"|calculate|quote|cite|record|note|mention|measure|assume|expect|believe|think|write|find"
    r"|arrive|maintain|insist|assess|suggest|indicate|show|list|name)(?:s|e?d|ting)?\b"
    r"|\b(?:said|gave|given|spoke|written|wrote|found|thought|shown|arrived at|has it)\b",
    re.IGNORECASE,
)
_GROWS = re.compile(
    r"\b(?:r[io]se|rising|risen|f[ae]ll(?:en|s)?|gr[eo]w(?:n|s)?|(?:in|de)creased?|climb\w*|dropp?\w*"
    r"|doubl\w+|(?:up|down) (?:from|to)|cut|rais\w+|reduc\w+|before|after|since|previous\w*)\b",
    re.IGNORECASE,
)


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


def told_twice(text: str, counted: Sequence[Quantity]) -> tuple[Quantity, Quantity] | None:
    """Return two figures for one thing that ``text``, one sentence, sets against each other.

    "The treasurer reckons with 74,000, while the engineer puts it at 81,500": both are reported,
    with a turn between them. What grew, or was so in another year, is told once.
    """
    if _GROWS.search(text) or not _SAYS.search(text):
        return None
    for one, other in pairwise(counted):
        turn = _TURNS.search(text, one.end, other.start) or _GAPPED.search(
            text[: other.start].rstrip("€£$ "), one.end
        )
        if turn is None or not rival(one, other) or not _nested(one, other):
            continue
        if not all(date_spans(part) for part in (text[: turn.start()], text[turn.end() :])):
            return one, other
    return None


def _nested(one: Quantity, other: Quantity) -> bool:
    """Whether one figure counts nothing that the other does not: herons, but not storks."""
    fewer, more = sorted((terms(one.thing), terms(other.thing)), key=len)
    return all(among(term, more) for term in fewer)


def of_one_thing(evidence: Evidence, one: int, other: int) -> bool:
    """Whether the figures of two sentences can be of the same thing.

    Rows of tables are of different ones. Where the question does not say what is counted, both
    must hold the same words of it.
    """
    if all(is_row(evidence.candidates[n]) for n in (one, other)):
        return False
    return evidence.question.noun is not None or _speak_alike(evidence, one, other)


def is_row(candidate: Candidate) -> bool:
    """Return whether a candidate is a row of a table."""
    return _ROW.match(candidate.text) is not None


def rows_asked_for(evidence: Evidence, chosen: Sequence[int], order: Sequence[int]) -> list[int]:
    """The chosen ones, but of rows those of ``order`` that hold most of the question's words.

    All rows that were chosen, if none of any holds more than the others.
    """
    rows = {n: len(words_held(evidence, n)) for n in order if is_row(evidence.candidates[n])}
    most = max(rows.values(), default=0)
    if not any(n in rows for n in chosen) or all(rows.get(n, most) == most for n in chosen):
        return list(chosen)
    best = next(n for n in order if rows.get(n) == most)
    kept = [n for n in chosen if rows.get(n, most) == most]
    return kept if best in kept else [best, *kept]


def words_held(evidence: Evidence, n: int) -> set[str]:
    """Return the words of the question that a sentence, or a row in its cells, holds, as stems.

    The year of "what year" says what is asked for, not of what.
    """
    text = evidence.candidates[n].text
    if is_row(evidence.candidates[n]):
        text = "; ".join(cell.partition(": ")[2] for cell in text.split("; "))
    there = terms(text)
    asked = _ASKED_TIME.search(evidence.question.text)
    at = asked.start("what") if asked else -1
    return {t.stem for t in evidence.question.terms if t.start != at and among(t, there)}


def _speak_alike(evidence: Evidence, one: int, other: int) -> bool:
    """Whether all words of the question that one of two sentences holds, two or more, are in both.

    One of them may hold further ones, but not the verb: what was opened was not closed. Both may
    if both are likely to answer. In one passage nobody contradicts himself: two averages there are
    of different things.
    """
    passages = [evidence.candidates[n].passage.id for n in (one, other)]
    if passages[0] == passages[1]:
        return False
    verb = evidence.question.verb
    held = [words_held(evidence, n) for n in (one, other)]
    fewer, more = sorted(held, key=len)
    same_deed = verb is None or (verb.stem in fewer) == (verb.stem in more)
    likely = min(evidence.chance[one], evidence.chance[other]) >= LIKELY
    return len(fewer & more) > 1 and (fewer <= more or bool(likely)) and same_deed


def dated_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence says of the same thing that it was at another date, or time of the day."""
    if any(is_row(evidence.candidates[k]) for k in (first, n)):
        return False
    given = [set(told_times(evidence, k)) for k in (first, n)]
    shared = any(_in_other(one, other) or _in_other(other, one) for one, other in product(*given))
    return all(given) and not shared and _speak_alike(evidence, first, n)


def told_times(evidence: Evidence, n: int) -> list[str]:
    """Return the dates of a sentence as written, the times of the day if they are asked for."""
    text = evidence.candidates[n].text
    if evidence.question.clock:
        return [text[slice(*span)] for span in clock_spans(text)]
    found = dates(text)
    dated = [date for date in found if any(map(str.isdigit, date))]
    by_weekday = re.search(r"\b(?:day|weekday)\b", evidence.question.text, re.I) and not dated
    return found if by_weekday else dated


def _in_other(one: str, other: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(one)}(?!\w)", other, re.IGNORECASE) is not None
