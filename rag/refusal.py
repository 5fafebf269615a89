"""Why a sentence that sounds right is still no answer.

A question and a near miss ("how many doctors in Bolivia?") are as similar to the evidence as a
real one. What tells them apart is what the question demands: the entities and figures it speaks
of, a date if it asks when, a count of the very thing it counts. ``gaps`` lists the demands that a
candidate sentence does not meet, in words a reader understands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.given import Closeness, actors, bodies, counted, places, times, worded
from rag.language import parse
from rag.names import otherwise
from rag.questions import Question
from rag.terms import Term, among, mistyped, same_term, stem, terms, values
from rag.times import MONTH, SEASON, dates, of_other_years, seasons

if TYPE_CHECKING:
    from rag.evidence import Candidate

# Cosine of two words or phrases encoded alone, from which on one may stand for the other:
SYNONYM = 0.70  # a name for another,
AKIN = 0.36  # what was done
TOPIC = 0.50  # what a question without a name is about

_OTHER_SEASON = re.compile(  # it may be told of without its name
    rf"\b(?:{MONTH}|fall)\b"
    rf"|\b(?:outside|except|but|after|before|until|from)\b[^,;.]*\b{SEASON}\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:1[0-9]|20)\d\d(?!\d)")
_HAPPENED = frozenset({"happen", "occur", "take", "come", "follow"})

# Said of the same event, although the words are far apart for the model.
_SAME_DEED = tuple(
    frozenset(words)
    for words in (
        ("open", "found", "establish", "set up", "launch", "start", "begin", "create", "introduce"),
        ("close", "end", "stop", "finish", "shut", "abolish", "dissolve"),
    )
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A demand of the question that a sentence does not meet, and what is missing."""

    kind: str
    missing: str


def gaps(question: Question, candidate: Candidate, closeness: Closeness) -> list[Gap]:
    """Return the demands of ``question`` that ``candidate``, read in its passage, leaves open."""
    here = terms(candidate.text)
    near = [*here, *terms(candidate.around)]
    around = [*near, *terms(candidate.passage.text)]
    other = [
        otherwise(question.text, f"{candidate.around}\n{text}")
        for text in (candidate.text, candidate.passage.text)
    ]
    missing = _missing_names(question.names, here, near, around, closeness, *other)
    found = [Gap("name", name.text) for name in missing or _codes_left(question.names, candidate)]
    found += [Gap("name", season) for season in _seasons_left(question, candidate.text)]
    name = candidate.passage.source.rpartition("/")[2]  # "minutes-2024.md"
    dated = {float(year) for year in _YEAR.findall(name)}
    figures = _figure_gaps(question, values(around) | dated)
    found += figures or _year_gaps(question, candidate)
    plain = question.kind in ("date", "number", "person", "body", "place") and not question.names
    if plain and not _on_topic(question, near, closeness):
        found.append(Gap("topic", question.topic[0].text))
    if gap := _kind_gap(question, candidate, closeness):
        found.append(gap)
    return found


def _missing_names(
    names: Sequence[Term],
    here: Sequence[Term],
    near: Sequence[Term],
    around: Sequence[Term],
    closeness: Closeness,
    other_near: Sequence[tuple[int, int]],
    other_around: Sequence[tuple[int, int]],
) -> list[Term]:
    """Names that the passage does not hold; all of them, if the sentence is about none of them.

    ``other_near`` and ``other_around`` are spans of the question whose names are given in another
    form, by the sentence in its place and by the passage. Of "Thomas Ridsdale" a sentence is also
    about that goes on from one about Ridsdale, if the passage names him in full.
    """
    capitalised = [term for term in here if term.text[0].isupper()]
    known = [
        name
        for name in names
        if _told(name, around, other_around)
        or any(closeness(name.text, other.text) >= SYNONYM for other in capitalised)
    ]
    missing = [name for name in names if name not in known]
    told_near = [name for name in names if _told(name, near, other_near)]
    about = any(_told(name, here, other_near) for name in names) or any(
        all(name in told_near for name in whole)
        or (whole[-1] in told_near and all(name in known for name in whole))
        for whole in _whole_names(names)
    )
    return missing if missing or about else list(names)


def _whole_names(names: Sequence[Term]) -> list[list[Term]]:
    """The names by the runs that stand together: "Edmund Vane" is one."""
    found: list[list[Term]] = []
    for name in names:
        if found and name.start - found[-1][-1].end == 1:
            found[-1].append(name)
        else:
            found.append([name])
    return found


def _told(name: Term, there: Sequence[Term], other: Sequence[tuple[int, int]]) -> bool:
    """Whether ``name`` is told, as it is, in another form, as a code in two words, or mistyped."""
    if among(name, there) or any(start <= name.start < end for start, end in other):
        return True
    if name.is_code:
        return any(_spells(name, *words) for words in pairwise(there))
    return name.text.islower() and mistyped(name, there)


def _spells(code: Term, word: Term, figure: Term) -> bool:
    """Whether two words are ``code``: "PS 3" and "PlayStation 3" are "PS3", "page 3" is not."""
    letters = re.match(r"\D*", code.stem)
    spelt = letters.group() if letters else ""
    initials = "".join(filter(str.isupper, word.text)).lower()
    return figure.stem == code.stem[len(spelt) :] and len(spelt) > 1 and spelt in (
        word.stem, initials
    )  # fmt: skip


def _codes_left(names: Sequence[Term], candidate: Candidate) -> list[Term]:
    """The codes of the question, if the sentence is about another of the kind: E4, not E2."""
    heading = candidate.passage.heading or ""
    said = [t for t in terms(f"{heading}\n{candidate.text}") if t.is_code]
    return [
        name
        for name in names
        if name.is_code
        and not among(name, said)
        and any(term.stem.rstrip("0123456789") == name.stem.rstrip("0123456789") for term in said)
    ]


def _seasons_left(question: Question, text: str) -> list[str]:
    """The seasons that the question asks about, if the sentence speaks of others only."""
    asked, told = seasons(question.text), seasons(text)
    if not asked or not told or asked & told or _OTHER_SEASON.search(text):
        return []
    return sorted(asked)


def _on_topic(question: Question, near: Sequence[Term], closeness: Closeness) -> bool:
    """Whether a sentence, by itself or by its place, is about one of the question's things."""
    return not question.topic or any(
        mistyped(thing, near)
        or any(
            same_term(thing, other) or closeness(thing.text, other.text) >= TOPIC for other in near
        )
        for thing in question.topic
    )


def _figure_gaps(question: Question, given: set[float]) -> list[Gap]:
    """Figures that are not given; of alternatives ("1.5 or 1.8 million") one is enough."""
    either = " or " in question.text.lower()
    missing = [f for f in question.figures if not given & _meant(f, question, either)]
    if either and len(missing) < len(question.figures):
        return []
    return [Gap("figure", figure.text) for figure in missing]


def _year_gaps(question: Question, candidate: Candidate) -> list[Gap]:
    """The years that are asked about, if the sentence is of others, and its place not of them."""
    years = [f for f in question.figures if dates(f.text)]
    if not of_other_years(question.text, candidate.text):
        return []
    if any(year.text in candidate.around for year in years):
        return []
    return [Gap("figure", year.text) for year in years]


def alternatives(question: Question) -> tuple[set[float], set[float]] | None:
    """Return the values that "1.5 or 1.8 million" asks about; None if it asks about no two counts.

    Years are none: that one thing was in 2003 and another in 2004 is no contradiction.
    """
    if len(question.figures) != 2:
        return None
    one, other = question.figures
    if not re.fullmatch(r"\s*(?:\w+\s+)?or\s+", question.text[one.end : other.start], re.I):
        return None
    if dates(one.text) or dates(other.text):
        return None
    return _meant(one, question, True), _meant(other, question, True)


def _meant(figure: Term, question: Question, either: bool) -> set[float]:
    """The values that ``figure`` may have: in "1.5 or 1.8 million", 1.5 are millions too."""
    value, largest = figure.number or 0.0, max(f.number or 0.0 for f in question.figures)
    scale = next((n for n in (1e9, 1e6, 1e3) if largest >= n), 1.0)
    return {value, value * scale} if either and value < scale else {value}


def _kind_gap(question: Question, candidate: Candidate, closeness: Closeness) -> Gap | None:
    match question.kind:
        case "date":
            done = _done(question, candidate, closeness)
            told = (candidate.text[slice(*span)] for span in times(candidate.text, question))
            given = [time for time in told if time not in question.text]
            missing = "a time" if question.clock else "a date"
            return None if done and given else Gap("date", missing)
        case "number":
            return _count_gap(question, candidate, closeness)
        case "person":
            done = _done(question, candidate, closeness)
            found = done and actors(candidate.text, question)
            return None if found else Gap("person", "a name")
        case "body":
            return None if bodies(candidate.text, question) else Gap("body", "a name")
        case "place":
            done = _done(question, candidate, closeness)
            return None if done and places(candidate.text, question) else Gap("place", "a place")
    return None


def _done(question: Question, candidate: Candidate, closeness: Closeness) -> bool:
    """Whether the sentence, or its place, speaks of what was done: born, captured, set up."""
    verb, deed = question.verb, question.deed
    if verb is None or deed is None:
        return True
    near = terms(candidate.text)
    if not _tells_a_deed(candidate.text):
        near += terms(candidate.around)
    asked = {token.lemma_ for token in parse(question.text) if token.idx == verb.start} | {deed}
    forms = {stem(form) for form in asked}  # "fed" is "feeding"
    if any(
        same_term(verb, other) or other.stem in forms or closeness(deed, other.text) >= AKIN
        for other in near
    ):
        return True
    said = {token.lemma_ for token in parse(candidate.text) if token.pos_ == "VERB"}
    return any(asked & same and said & same for same in _SAME_DEED)


def _tells_a_deed(text: str) -> bool:
    """Whether the sentence has a deed of its own: "it treated 40,000" is none of founding."""
    return any(
        token.dep_ == "ROOT" and token.pos_ == "VERB" and token.lemma_ not in _HAPPENED
        for token in parse(text)
    )


def _count_gap(question: Question, candidate: Candidate, closeness: Closeness) -> Gap | None:
    if worded(question, candidate.text) or counted(question, candidate, closeness):
        return None
    thing = question.counted
    return Gap("number", f"a number of {thing}" if thing else "a number")
