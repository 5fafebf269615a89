"""Whether two sentences speak of the same thing, and then whether they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product

from rag.evidence import Evidence
from rag.given import actors
from rag.quantities import Quantity
from rag.rows import asked_span, cells, is_row
from rag.terms import among, same_term, terms
from rag.times import clock_spans, clock_times, date_spans, dates, seasons, weekdays

LIKELY = 0.5  # chance that a sentence answers, from which on it may put things in words of its own
LEAST = 0.15  # … under which it is not shown
PLACED = 0.3  # … and from which on what its heading says counts as said by it

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
_OF_MANY = re.compile(r"\W*who(?:m|se)? (?:are|were|have|do)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_ACCORDING = re.compile(r"\baccording to\b", re.IGNORECASE)
_SAYS = re.compile(
    r"\baccording to\b|\b(?:say|state|put|give|count|estimate|reckon|report|claim|speak|budget"
    r"|calculate|quote|cite|record|note|measure|assume|expect|believe|think|write|list"
    r"|maintain|insist|assess|suggest|indicate|show|total|add up to)(?:s|e?d|ting)?\b"
    r"|\b(?:adds|added|came|comes) (?:up )?to\b"
    r"|\b(?:said|gave|given|spoke|written|wrote|thought|arrived at|has it)\b",
    re.IGNORECASE,
)
_STATES = re.compile(r"\b(?:is|are|was|were|that|to (?:be|have)|has|have|had)\b", re.IGNORECASE)
# What a second figure is of that the first is not.
_OF_OTHERS = re.compile(
    r"\b(?:if|further|additional|another|only|room|extra|more|for(?! the (?:years?|period)\b))\b",
    re.IGNORECASE,
)
_GROWS = re.compile(
    r"\b(?:r[io]se|rising|risen|f[ae]ll(?:en|s)?|gr[eo]w(?:n|s)?|(?:in|de)creased?|climb\w*|dropp?\w*"
    r"|doubl\w+|(?<!adds )(?<!added )(?:up|down) (?:from|to)|cut|rais\w+|reduc\w+"
    r"|before|after|since|previous\w*)\b",
    re.IGNORECASE,
)


def rival(one: Quantity, other: Quantity) -> bool:
    """Two figures for the same thing that are near enough to be two counts of it.

    In units of two sizes they may be roundings of each other: 5 weeks are a month.
    """
    units = (one.unit, other.unit) if one.measure == other.measure else (1.0, 1.0)
    low, high = sorted((one.value * units[0], other.value * units[1]))
    things = [terms(quantity.thing) for quantity in (one, other)]
    measured = one.measure == other.measure and one.measure not in ("", "count")
    alike = measured or any(same_term(a, b) for a in things[0] for b in things[1])
    rounded = 1.0 if units[0] == units[1] else 1.2
    return (
        (alike or not all(things))
        and (one.measure == other.measure or "" in (one.measure, other.measure))
        and 0 < low * rounded < high <= 2 * low
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
    texts = [evidence.candidates[n].text for n in (one, other)]
    if all(map(is_row, texts)) or any(_of_other_year(evidence, text) for text in texts):
        return False
    return evidence.question.noun is not None or _speak_alike(evidence, one, other)


def rows_asked_for(evidence: Evidence, chosen: Sequence[int], order: Sequence[int]) -> list[int]:
    """The chosen ones, but of rows those of ``order`` that hold most of the question's words.

    All rows that were chosen, if none of any holds more than the others.
    """
    rows = {n: len(words_held(evidence, n)) for n in order if is_row(evidence.candidates[n].text)}
    most = max(rows.values(), default=0)
    if not any(n in rows for n in chosen) or all(rows.get(n, most) == most for n in chosen):
        return list(chosen)
    best = next(n for n in order if rows.get(n) == most)
    kept = [n for n in chosen if rows.get(n, most) == most]
    return kept if best in kept else [best, *kept]


def words_held(evidence: Evidence, n: int, placed: bool = False) -> set[str]:
    """Return the words of the question that a sentence, or a row in its cells, holds, as stems.

    With ``placed`` those that its title, its heading and what it goes on from hold count, too.
    The year of "what year" says what is asked for, not of what.
    """
    candidate = evidence.candidates[n]
    text = cells(candidate.text) if is_row(candidate.text) else candidate.text
    there = terms(f"{candidate.around}\n{text}" if placed else text)
    asked = _ASKED_TIME.search(evidence.question.text)
    at = asked.start("what") if asked else -1
    return {t.stem for t in evidence.question.terms if t.start != at and among(t, there)}


def _speak_alike(evidence: Evidence, one: int, other: int) -> bool:
    """Whether two sentences that answer speak of the same, by the words of the question in them.

    Two words at least must be in both. If each holds another one besides, both must be likely to
    answer, or a third word be in both. Figures of two documents that are likely to answer and
    leave nothing open need none: "It binds both sides for ten years".
    """
    if not _can_be_one(evidence, one, other):
        return False
    less, more = sorted((one, other), key=lambda n: evidence.chance[n])
    likely, fairly = (bool(evidence.chance[less] >= least) for least in (LIKELY, PLACED))
    documents = {evidence.candidates[n].passage.document for n in (one, other)}
    apart = len(documents) > 1
    full = not any(evidence.gaps.get(n) for n in (one, other))
    if evidence.question.kind == "number" and apart and likely and full:
        return True
    placed = apart and fairly
    weak, strong = (words_held(evidence, n, placed) for n in (less, more))
    shared = len(weak & strong)
    nested = weak <= strong or strong <= weak or likely
    alike = shared > 2 or (shared > 1 and nested)
    return alike and not _of_other_deed(evidence, less, strong, placed)


def _can_be_one(evidence: Evidence, one: int, other: int) -> bool:
    """Whether nothing tells two sentences apart: not a season, a day of the week, or a year.

    In one passage nobody contradicts himself, unless he reports: two averages there are of
    different things.
    """
    texts = [evidence.candidates[n].text for n in (one, other)]
    passages = {evidence.candidates[n].passage.id for n in (one, other)}
    when = [seasons(text) or _bare_weekdays(text) for text in texts]
    reported = len(passages) > 1 or any(map(_SAYS.search, texts))
    told_apart = all(when) and not when[0] & when[1]
    return reported and not told_apart and not any(_of_other_year(evidence, t) for t in texts)


def _of_other_deed(evidence: Evidence, less: int, strong: set[str], placed: bool) -> bool:
    """Whether the less likely sentence lacks the deed that is asked about: closed, not opened.

    What cost 40 euros "came to" 50, and what somebody designed may be "the work of" another.
    """
    question = evidence.question
    likely = bool(evidence.chance[less] >= LIKELY)
    if question.verb is None or question.measures or (likely and question.kind == "person"):
        return False
    silent = question.verb.stem not in words_held(evidence, less)
    return silent and (placed or question.verb.stem in strong)


def _of_other_year(evidence: Evidence, text: str) -> bool:
    """Whether a year is asked about, and ``text`` names other years only."""
    asked, told = (set(_YEAR.findall(words)) for words in (evidence.question.text, text))
    return bool(asked and told) and not asked & told


def _bare_weekdays(text: str) -> set[str]:
    """The days of the week that a sentence without a date names."""
    return set() if any(map(str.isdigit, "".join(dates(text)))) else weekdays(text)


def dated_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence says of the same thing that it was at another date.

    A weekday is no other date than one with figures.
    """
    if evidence.question.clock or any(is_row(evidence.candidates[k].text) for k in (first, n)):
        return False
    given = [told_dates(evidence.candidates[k].text) for k in (first, n)]
    exact = [any(map(str.isdigit, "".join(found))) for found in given]
    shared = any(_in_other(one, other) or _in_other(other, one) for one, other in product(*given))
    return all(given) and not shared and exact[0] == exact[1] and _speak_alike(evidence, first, n)


def clocked_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence, or a row, says of the same thing that it was at another time of day."""
    texts = [_asked_of(evidence, k) for k in (first, n)]
    given = [clock_times(text) for text in texts]
    days = [set(dates(text)) - weekdays(text) for text in texts]
    return (
        all(given)
        and not given[0] & given[1]
        and not (all(days) and not days[0] & days[1])
        and _speak_alike(evidence, first, n)
    )


def named_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence names somebody else for what is asked of one."""
    if _OF_MANY.match(evidence.question.text) or evidence.question.many:
        return False
    names = [{t.stem for name in told_names(evidence, k) for t in terms(name)} for k in (first, n)]
    apart = all(names) and not names[0] & names[1]
    return apart and _speak_alike(evidence, first, n)


def answers(evidence: Evidence, n: int) -> bool:
    """Whether a sentence leaves nothing open, or is likely and leaves only open whose it is."""
    open_gaps = {gap.kind for gap in evidence.gaps[n]}
    likely_name = open_gaps == {"name"} and evidence.question.kind == "person"
    return not open_gaps or (likely_name and bool(evidence.chance[n] >= LIKELY))


def told_names(evidence: Evidence, n: int) -> list[str]:
    """Return whom a sentence names."""
    text = evidence.candidates[n].text
    return [text[slice(*span)] for span in actors(text, evidence.question)]


def told_clocks(evidence: Evidence, n: int) -> list[str]:
    """Return the times of the day that a sentence, or a row in the cells asked for, gives."""
    text = _asked_of(evidence, n)
    return [text[slice(*span)] for span in clock_spans(text)]


def _asked_of(evidence: Evidence, n: int) -> str:
    text = evidence.candidates[n].text
    return text[slice(*asked_span(text, evidence.question.terms))] if is_row(text) else text


def told_dates(text: str) -> list[str]:
    """Return the dates of ``text`` as written, those with figures if there are any."""
    found = dates(text)
    return [date for date in found if any(map(str.isdigit, date))] or found


def _in_other(one: str, other: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(one)}s?(?!\w)", other, re.IGNORECASE) is not None
