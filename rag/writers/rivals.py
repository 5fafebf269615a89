"""Whether two sentences speak of the same thing, and then whether they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from rag.evidence import Evidence
from rag.given import actors
from rag.rows import asked_span, cells, is_row
from rag.terms import among, stem, stems, terms
from rag.times import (
    clock_spans,
    clock_times,
    dates,
    of_different_years,
    of_other_years,
    seasons,
    weekdays,
)
from rag.writers.reports import SAYS

LIKELY = 0.5  # chance that a sentence answers, from which on it may put things in words of its own
LEAST = 0.15  # … under which it is not shown
PLACED = 0.3  # … and from which on what its heading says counts as said by it

_ASKED_TIME = re.compile(
    r"\b(?:what|which) (?P<what>year|date|day|month|century|time)\b", re.IGNORECASE
)
_BY_ONE = stems(  # what one does: others may speak, play and teach besides
    "founded built designed discovered noticed invented wrote composed painted elected appointed "
    "won mended repaired found chaired bought owns leads drove caused"
)
_OF_ANOTHER = re.compile(  # "it was not Tom", "mayor until 2015", "when she is ill"
    r"\b(?:not|never|nor|until|before|former|formerly|then|later|when|if|joined|helped|with)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|can|could|may|must|will|would|has|have|had|should)\b", re.I
)
_RANK = re.compile(r"\b(?:first|second|third|fourth|fifth|last|next)\b")
_WHOSE = re.compile(  # whom a figure is for
    r"\bfor (?:\w+ ){0,2}?(adults?|child(?:ren)?|kids|pupils|students?|schools?|members|non-members"
    r"|guests?|groups?|pensioners|seniors|famil(?:y|ies)|residents|firms|companies|clubs|women|men)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(  # what goes more than once a day
    r"\b(?:bus(?:es)?|trains?|ferr(?:y|ies)|boats?|trams?|coach(?:es)?|flights?|shuttles?|tours?)\b",
    re.IGNORECASE,
)
_IN_A_SPAN = re.compile(r"\ds\b|centur")
_BOUND = re.compile(r"\b(from|until|till|by|before|after)\b", re.I)
_ROUGH_TIME = re.compile(r"\b(?:about|around|shortly|roughly|early|late|again|also|second)\b", re.I)
_ONCE = re.compile(r"\b(?:first|last|next|morning|noon|afternoon|evening|night)s?\b", re.I)
_LEAVE = stems("allowed permitted welcome open possible used")
_NOT = re.compile(
    r"(?:\bnot|n['’]t|\bnever|\bno longer|\bcannot|\bno)(?: (?:to )?be)? (?P<what>[a-z]+)", re.I
)
_CLOSED = re.compile(
    r"(?<!never )(?<!not )\b(?P<what>closed|shut|forbidden|prohibited|banned|cancelled)\b", re.I
)
_AFFIRMS = re.compile(
    r"\b(?:may|can|could|open|opens|opened|allowed|permitted|welcome|possible|free to)\b",
    re.IGNORECASE,
)


def of_one_thing(evidence: Evidence, one: int, other: int) -> bool:
    """Whether the figures of two sentences can be of the same thing.

    Rows of tables are of different ones. Where the question does not say what is counted, both
    must hold the same words of it.
    """
    if evidence.question.noun is None:
        return _speak_alike(evidence, one, other)
    return not _told_apart(evidence, one, other)


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


def words_held(evidence: Evidence, n: int) -> set[str]:
    """Return the words of the question that a sentence, or a row in its cells, holds, as stems.

    The year of "what year" says what is asked for, not of what.
    """
    text = evidence.candidates[n].text
    return _held(evidence, cells(text) if is_row(text) else text)


def _held(evidence: Evidence, text: str) -> set[str]:
    there = terms(text)
    asked = _ASKED_TIME.search(evidence.question.text)
    at = asked.start("what") if asked else -1
    return {t.stem for t in evidence.question.terms if t.start != at and among(t, there)}


def _speak_alike(evidence: Evidence, one: int, other: int) -> bool:
    """Whether two sentences that answer speak of the same, by the words of the question in them.

    Two words at least must be in both. If each holds another one besides, both must be likely to
    answer, or a third word be in both. In two documents what the title and the heading say counts
    if both answer fairly likely, and the less likely lacks nothing then that the other holds.
    """
    if not _can_be_one(evidence, one, other):
        return False
    less, more = sorted((one, other), key=lambda n: evidence.chance[n])
    weak, strong = (_held(evidence, evidence.candidates[n].text) for n in (less, more))
    likely, fairly = (bool(evidence.chance[less] >= least) for least in (LIKELY, PLACED))
    shared = len(weak & strong)
    nested = weak <= strong or strong <= weak or likely
    alike = shared > 2 or (shared > 1 and nested)
    verb = evidence.question.verb
    # What cost 40 euros "came to" 50, and what one designed is "the work of" another.
    designed = likely and evidence.question.kind == "person"
    free = verb is None or designed or bool(evidence.question.measures)
    if alike and (free or verb is None or verb.stem in weak or verb.stem not in strong):
        return True
    apart = len({evidence.candidates[n].passage.document for n in (one, other)}) > 1
    if not apart or not fairly or not (free or verb is None or verb.stem in weak):
        return False
    placed = {n: evidence.candidates[n] for n in (less, more)}
    weak, strong = (_held(evidence, f"{c.around}\n{c.text}") for c in placed.values())
    return len(weak & strong) > 1 and strong <= weak


def _can_be_one(evidence: Evidence, one: int, other: int) -> bool:
    """Whether nothing tells two sentences apart, and they are not two things of one passage.

    In one passage nobody contradicts himself, unless he reports: two averages there are of
    different things.
    """
    texts = [evidence.candidates[n].text for n in (one, other)]
    passages = {evidence.candidates[n].passage.id for n in (one, other)}
    reported = len(passages) > 1 or any(map(SAYS.search, texts))
    return reported and not _told_apart(evidence, one, other)


def _told_apart(evidence: Evidence, one: int, other: int) -> bool:
    """Whether two sentences are of different seasons, weekdays, years, places in a row or people.

    The first train leaves at another time than the second, and pupils pay less than adults.
    """
    question = evidence.question
    texts = [evidence.candidates[n].text for n in (one, other)]
    when = [seasons(text) or _bare_weekdays(text) for text in texts]
    if all(map(is_row, texts)) or (all(when) and not when[0] & when[1]):
        return True
    if any(of_other_years(question.text, text) for text in texts):
        return True
    if question.kind != "date" and of_different_years(*texts):
        return True
    asked = _ranks(question.text)
    if any(asked and _ranks(text) and not _ranks(text) & asked for text in texts):
        return True
    whose = [{stem(w) for w in _WHOSE.findall(text)} - stems(question.text) for text in texts]
    return question.noun is None and whose[0] != whose[1]


def _ranks(text: str) -> set[str]:
    return set(_RANK.findall(text.lower()))


def _bare_weekdays(text: str) -> set[str]:
    """The days of the week that a sentence without a date names."""
    return set() if any(map(str.isdigit, "".join(dates(text)))) else weekdays(text)


def dated_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence says of the same thing that it was at another date.

    A weekday is no other date than one with figures, nor is 1874 another than the 1870s.
    """
    if evidence.question.clock or any(is_row(evidence.candidates[k].text) for k in (first, n)):
        return False
    given = [told_dates(evidence.candidates[k].text) for k in (first, n)]
    if any(_IN_A_SPAN.search(date) for found in given for date in found):
        return False
    exact = [any(map(str.isdigit, "".join(found))) for found in given]
    shared = any(_in_other(one, other) or _in_other(other, one) for one, other in product(*given))
    return all(given) and not shared and exact[0] == exact[1] and _speak_alike(evidence, first, n)


def clocked_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence, or a row, says of the same thing that it was at another time of day.

    Trains leave at several times, in the morning perhaps at one.
    """
    if _SEVERAL.search(evidence.question.text) and not _ONCE.search(evidence.question.text):
        return False
    texts = [_asked_of(evidence, k) for k in (first, n)]
    times = [clock_times(text) for text in texts]
    days = [set(dates(text)) - weekdays(text) for text in texts]
    weekday = [bool(weekdays(evidence.candidates[k].text)) for k in (first, n)]
    bounds = [{word.lower() for word in _BOUND.findall(text)} for text in texts]
    if any(len(given) != 1 for given in times) or times[0] == times[1]:
        return False
    if (all(days) and not days[0] & days[1]) or (all(bounds) and not bounds[0] & bounds[1]):
        return False
    if weekday[0] != weekday[1] or any(map(_ROUGH_TIME.search, texts)):
        return False
    return _speak_alike(evidence, first, n)


def named_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a sentence names somebody else for what only one can have done."""
    verb = evidence.question.verb
    texts = [evidence.candidates[k].text for k in (first, n)]
    if verb is None or verb.stem not in _BY_ONE or any(map(_OF_ANOTHER.search, texts)):
        return False
    names = [{t.stem for name in told_names(evidence, k) for t in terms(name)} for k in (first, n)]
    apart = all(names) and not names[0] & names[1]
    return apart and _speak_alike(evidence, first, n)


def answers(evidence: Evidence, n: int) -> bool:
    """Whether a sentence leaves nothing open, or is likely and leaves only open whose it is."""
    open_gaps = {gap.kind for gap in evidence.gaps[n]}
    likely_name = open_gaps == {"name"} and evidence.question.kind == "person"
    return not open_gaps or (likely_name and bool(evidence.chance[n] >= LIKELY))


def denied_otherwise(evidence: Evidence, first: int, n: int) -> bool:
    """Whether a yes-or-no question is affirmed by one of two sentences and denied by the other."""
    if not _YES_OR_NO.match(evidence.question.text):
        return False
    rows = {k for k in (first, n) if is_row(evidence.candidates[k].text)}
    texts = [
        cells(_asked_of(evidence, k)) if k in rows else _asked_of(evidence, k) for k in (first, n)
    ]
    stances = {_stance(evidence, text) for text in texts}
    return stances == {-1, 1} and _speak_alike(evidence, first, n)


def _stance(evidence: Evidence, text: str) -> int:
    """Whether a sentence affirms (1) or denies (-1) what is asked, or neither (0).

    It denies that something is open by "closed" or "not open", not by "no lifeguard".
    """
    asked = stems(evidence.question.text)
    denied = [stem(m["what"]) in asked | _LEAVE for m in _NOT.finditer(text)]
    denied += [stem(m["what"]) not in asked for m in _CLOSED.finditer(text)]
    if any(denied):
        return -1
    return 0 if denied or not _AFFIRMS.search(text) else 1


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
