"""Whether two sentences speak of the same thing, and then whether they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product

from rag.evidence import Candidate, Evidence
from rag.quantities import Quantity
from rag.terms import among, same_term, terms
from rag.times import date_spans, dates, seasons

LIKELY = 0.5  # chance that a sentence answers, from which on it may put things in words of its own

# A row of a table, as the readers write it: "Item: Total; Budget: 350".
_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]*; [^:;\n]{1,60}: ")
# Between two figures: now somebody else speaks, or the same elsewhere.
_TURNS = re.compile(
    r"\b(?:while|whereas|but|although|though|yet|however|versus|later|elsewhere|in another)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"(?:later|elsewhere|in another)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:or|and)\b|[,;]", re.IGNORECASE)  # where both are "according to" somebody
_GAPPED = re.compile(  # "…, the one in Y at 7,900", "…, but the station 56"
    r"(?:,|\bbut|\band)\s+(?:the|an?|its|his|her|their|our)\s[\w\s.’'-]{2,50}$", re.IGNORECASE
)
_ASKED_TIME = re.compile(
    r"\b(?:what|which) (?P<what>year|date|day|month|century|time)\b", re.IGNORECASE
)
_ACCORDING = re.compile(r"\baccording to\b", re.IGNORECASE)
_SAYS = re.compile(
    r"\baccording to\b|\b(?:say|state|put|give|count|estimate|reckon|report|claim|speak|budget"
    r"|calculate|quote|cite|record|note|measure|assume|expect|believe|think|write|list"
    r"|maintain|insist|assess|suggest|indicate)(?:s|e?d|ting)?\b"
    r"|\b(?:said|gave|given|spoke|written|wrote|thought|arrived at|has it)\b",
    re.IGNORECASE,
)
_STATES = re.compile(r"\b(?:is|are|was|were|that|to|has|have|had)\b", re.IGNORECASE)
# What a second figure is of that the first is not.
_OF_OTHERS = re.compile(
    r"\b(?:if|further|additional|another|only|room|extra|more|for(?! the (?:years?|period)\b))\b",
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
    with a turn between them. What grew, was so in another year, or is of others, is told once.
    """
    if _GROWS.search(text):
        return None
    for one, other in pairwise(counted):
        if not (rival(one, other) and _nested(one, other)):
            continue
        halves = text[: other.start], text[one.end :]
        changed = all(map(date_spans, halves)) and len(date_spans(text)) > 1
        if not changed and _both_told(text, one.start, one.end, other.start):
            return one, other
    return None


def dated_twice(text: str) -> list[str]:
    """Return the dates that ``text``, one sentence, sets against each other, none if it does not.

    "Bought in April 2016 according to the invoice, but in 2017 according to the register".
    """
    spans = [span for span in date_spans(text) if any(map(str.isdigit, text[slice(*span)]))]
    for one, other in pairwise(spans):
        if not _GROWS.search(text) and _both_told(text, *one, other[0]):
            return [text[slice(*span)] for span in (one, other)]
    return []


def _both_told(text: str, start: int, end: int, other: int) -> bool:
    """Whether somebody tells what is at ``start`` to ``end``, and another what is at ``other``."""
    told = False
    if halves := _parted(text, _EACH, end, other):
        told = all(_ACCORDING.search(half) for half in halves)
    if halves := _parted(text, _TURNS, end, other):
        left, right = halves
        told |= bool(_SAYS.search(left) and (_SAYS.search(right) or _ELSEWHERE.match(right)))
    if said := _SAYS.search(text[:start]):
        gapped = _parted(text, _GAPPED, end, other)
        told |= gapped is not None and not _STATES.search(text, said.end(), start)
    return told


def _parted(text: str, turn: re.Pattern[str], end: int, other: int) -> tuple[str, str] | None:
    """The text before a turn that stands between ``end`` and ``other``, and from there on.

    None if there is no turn, or if what follows is of others.
    """
    found = turn.search(text[:other].rstrip("€£$ "), end)
    if found is None or _OF_OTHERS.search(text, found.start()):
        return None
    return text[: found.start()], text[found.start() :]


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
    if both are likely to answer. In one passage nobody contradicts himself, unless he reports: two
    averages there are of different things. So are widths in spring and in autumn.
    """
    verb, texts = evidence.question.verb, [evidence.candidates[n].text for n in (one, other)]
    passages = [evidence.candidates[n].passage.id for n in (one, other)]
    if passages[0] == passages[1] and not any(map(_SAYS.search, texts)):
        return False
    when = [seasons(text) for text in texts]
    if all(when) and when[0] != when[1]:
        return False
    held = [words_held(evidence, n) for n in (one, other)]
    fewer, more = sorted(held, key=len)
    same_deed = verb is None or (verb.stem in fewer) == (verb.stem in more)
    likely = min(evidence.chance[one], evidence.chance[other]) >= LIKELY
    return len(fewer & more) > 1 and (fewer <= more or bool(likely)) and same_deed


def dated_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence says of the same thing that it was at another date.

    A weekday is no other date than one with figures.
    """
    if evidence.question.clock or any(is_row(evidence.candidates[k]) for k in (first, n)):
        return False
    given = [told_dates(evidence.candidates[k].text) for k in (first, n)]
    exact = [any(map(str.isdigit, "".join(found))) for found in given]
    shared = any(_in_other(one, other) or _in_other(other, one) for one, other in product(*given))
    return all(given) and not shared and exact[0] == exact[1] and _speak_alike(evidence, first, n)


def told_dates(text: str) -> list[str]:
    """Return the dates of ``text`` as written, those with figures if there are any."""
    found = dates(text)
    return [date for date in found if any(map(str.isdigit, date))] or found


def _in_other(one: str, other: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(one)}s?(?!\w)", other, re.IGNORECASE) is not None
