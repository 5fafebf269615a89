"""What one sentence reports twice: "the treasurer reckons with 74,000, the engineer 81,500"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.quantities import Quantity, rival
from rag.terms import among, terms
from rag.times import clock_spans, date_spans, weekdays

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
_ACCORDING = re.compile(r"\baccording to\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:ends?|ended|closes?|closed|finish\w*|until|till)\b", re.IGNORECASE)
SAYS = re.compile(
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


def clocked_twice(text: str) -> list[str]:
    """Return the times of the day that ``text``, one sentence, sets against each other.

    "Nora says that it fell at half past three, whereas Tom says a quarter to six".
    """
    if weekdays(text) or _ENDS.search(text):
        return []
    for one, other in pairwise(clock_spans(text)):
        if _both_told(text, *one, other[0]):
            return [text[slice(*span)] for span in (one, other)]
    return []


def _both_told(text: str, start: int, end: int, other: int) -> bool:
    """Whether somebody tells what is at ``start`` to ``end``, and another what is at ``other``."""
    told = False
    if halves := _parted(text, _EACH, end, other):
        told = all(_ACCORDING.search(half) for half in halves)
    if halves := _parted(text, _TURNS, end, other):
        left, right = halves
        told |= bool(SAYS.search(left) and (SAYS.search(right) or _ELSEWHERE.match(right)))
    if said := SAYS.search(text[:start]):
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
