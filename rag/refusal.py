"""Why a sentence that sounds right is still no answer.

A question and a near miss ("how many doctors in Bolivia?") are as similar to the evidence as a
real one. What tells them apart is what the question demands: the entities and figures it speaks
of, a date if it asks when, a count of the very thing it counts. ``gaps`` lists the demands that a
candidate sentence does not meet, in words a reader understands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.language import PLACES, parse
from rag.names import otherwise
from rag.quantities import Quantity, lone_units, quantities
from rag.questions import Question
from rag.terms import Term, among, same_term, terms, values
from rag.times import clock_spans, dates, time_spans

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

    from rag.evidence import Candidate

Closeness = Callable[[str, str], float]

# Cosine of two words or phrases encoded alone, from which on one may stand for the other.
SYNONYM = 0.70  # a name for another
RELATED = 0.74  # a thing that is counted

_PLACED = frozenset({"in", "at", "from", "near", "to", "on"})

AKIN = 0.36  # what was done
TOPIC = 0.50  # what a question without a name is about

# Answers to "how often?" and "what does it cost?" that give no figure.
_WORDED = (
    (
        re.compile(r"\bhow (?:often|frequently)\b", re.I),
        re.compile(
            r"\b(?:every|each|once|twice|times|hourly|daily|nightly|weekly|monthly|quarterly|yearly"
            r"|annually|per (?:day|week|month|year)|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
            r"s?)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\b(?:costs?|price|fee|charge|how much)\b", re.I),
        re.compile(r"\b(?:free|nothing|(?:no|without) (?:extra )?(?:charge|cost|fee)s?)\b", re.I),
    ),
)
_WHY = re.compile(r"\bwhy\b|\bhow come\b", re.I)
# What a sentence that gives a reason has, or one that a purpose, a cause or a condition is in.
_GIVES_REASON = re.compile(
    r"\b(?:because|since|as|so|due to|owing to|thanks to|account of|for (?:fear|lack|want|the sake)"
    r"|reason\w*|therefore|thus|hence|why|caus\w+|led|leads?|leading|result\w*|avoid\w*|prevent\w*"
    r"|lest|otherwise|aim\w*|purpose|goal|intend\w*|meant|means|allow\w*|enabl\w+|help\w*|order to"
    r"|response|ensure\w*|if|unless|when|too|need\w*|want\w*|wish\w*|hop(?:e|ed|ing)|would|could"
    r"|afraid|fear\w*|object\w*|not|no|never|without|but|although|though|after|for [a-z]+ing"
    r"|against|protect\w*|complain\w*|explain\w*|argu\w+|blam\w+|made|makes?|gives?|gave)\b"
    r"|n['’]t\b|[:;–—]",
    re.IGNORECASE,
)
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
    found += _figure_gaps(question, values(around))
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
    form, by the sentence in its place and by the passage.
    """
    capitalised = [term for term in here if term.text[0].isupper()]
    known = [
        name
        for name in names
        if _told(name, around, other_around)
        or any(closeness(name.text, other.text) >= SYNONYM for other in capitalised)
    ]
    missing = [name for name in names if name not in known]
    about = any(_told(name, near, other_near) for name in names)
    return missing if missing or about else list(names)


def _told(name: Term, there: Sequence[Term], other: Sequence[tuple[int, int]]) -> bool:
    """Whether ``name`` is told, as it is, in another form, or as a code in two words."""
    if among(name, there) or any(start <= name.start < end for start, end in other):
        return True
    return name.is_code and any(_spells(name, *words) for words in pairwise(there))


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


def _on_topic(question: Question, near: Sequence[Term], closeness: Closeness) -> bool:
    """Whether a sentence, by itself or by its place, is about one of the question's things."""
    return not question.topic or any(
        same_term(thing, other) or closeness(thing.text, other.text) >= TOPIC
        for thing in question.topic
        for other in near
    )


def _figure_gaps(question: Question, given: set[float]) -> list[Gap]:
    """Figures that are not given; of alternatives ("1.5 or 1.8 million") one is enough."""
    either = " or " in question.text.lower()
    missing = [f for f in question.figures if not given & _meant(f, question, either)]
    if either and len(missing) < len(question.figures):
        return []
    return [Gap("figure", figure.text) for figure in missing]


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
            find = clock_spans if question.clock else time_spans
            times = (candidate.text[slice(*span)] for span in find(candidate.text))
            given = [time for time in times if time not in question.text]
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
        case "reason":
            given = not _WHY.search(question.text) or _gives_reason(candidate.text)
            return None if given else Gap("reason", "a reason")
    return None


def _done(question: Question, candidate: Candidate, closeness: Closeness) -> bool:
    """Whether the sentence, or its place, speaks of what was done: born, captured, set up."""
    verb, deed = question.verb, question.deed
    if verb is None or deed is None:
        return True
    near = terms(candidate.text)
    if not _tells_a_deed(candidate.text):
        near += terms(candidate.around)
    if any(same_term(verb, other) or closeness(deed, other.text) >= AKIN for other in near):
        return True
    said = {token.lemma_ for token in parse(candidate.text) if token.pos_ == "VERB"}
    asked = {token.lemma_ for token in parse(question.text) if token.idx == verb.start} | {deed}
    return any(asked & same and said & same for same in _SAME_DEED)


def _gives_reason(text: str) -> bool:
    """Whether a sentence may give a reason: it says so, or what somebody did something "to" do."""
    if _GIVES_REASON.search(text):
        return True
    return any(token.tag_ == "TO" for token in parse(text))


def _tells_a_deed(text: str) -> bool:
    """Whether the sentence has a deed of its own: "it treated 40,000" is none of founding."""
    return any(
        token.dep_ == "ROOT" and token.pos_ == "VERB" and token.lemma_ not in _HAPPENED
        for token in parse(text)
    )


def actors(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the people in ``text``, and of named bodies that act, new to the question."""
    doc = parse(text)
    spans = [
        (entity.start_char, entity.end_char)
        for entity in doc.ents
        if entity.label_ == "PERSON" and not _modifies(entity.root)
    ]
    for chunk in doc.noun_chunks:
        root = chunk.root
        by = root.dep_ == "pobj" and root.head.lower_ == "by"
        acts = by or root.dep_ in ("nsubj", "attr", "appos")
        if root.pos_ == "PROPN" and acts and root.ent_type_ not in ("DATE", "TIME"):
            spans.append(_name_in(chunk))
    new = [span for span in spans if _is_new(text[slice(*span)], question)]
    return _outermost(new)


def _modifies(token: Token) -> bool:
    """As a name that stands before a common noun: "the Robinson method"."""
    return token.dep_ == "compound" and token.head.pos_ == "NOUN"


def _name_in(chunk: Span) -> tuple[int, int]:
    """The proper nouns that end a phrase: "Ines Calder" of "the engineer Ines Calder"."""
    start = chunk.root.i
    while start > chunk.start and chunk.doc[start - 1].pos_ == "PROPN":
        start -= 1
    return chunk.doc[start].idx, chunk.root.idx + len(chunk.root)


def _outermost(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order without those that lie in, or cross, an earlier or longer one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def bodies(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the organisations in ``text`` that the question does not name."""
    return [
        (entity.start_char, entity.end_char)
        for entity in parse(text).ents
        if entity.label_ == "ORG" and _is_new(entity.text, question)
    ]


def places(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the places in ``text``, and of what follows "in", "at" …, new to the question."""
    doc = parse(text)
    spans = [(e.start_char, e.end_char) for e in doc.ents if e.label_ in PLACES]
    for chunk in doc.noun_chunks:
        above = [head.lower_ for head, _ in zip(chunk.root.ancestors, range(3), strict=False)]
        named = chunk.root.pos_ == "PROPN" or chunk.root.head.lower_ in _PLACED
        dated = chunk.root.ent_type_ in ("DATE", "TIME") or chunk.root.pos_ in ("PRON", "NUM")
        if named and not dated and _PLACED & set(above):
            spans.append((chunk.start_char, chunk.end_char))
    return _outermost([span for span in spans if _is_new(text[slice(*span)], question)])


def _is_new(name: str, question: Question) -> bool:
    """Not even in part: "Hugo Chávez" is no news to a question about Chávez."""
    return not any(same_term(one, term) for one in terms(name) for term in question.terms)


def _count_gap(question: Question, candidate: Candidate, closeness: Closeness) -> Gap | None:
    worded = any(
        asked.search(question.text) and told.search(candidate.text) for asked, told in _WORDED
    )
    if worded or counted(question, candidate, closeness):
        return None
    thing = question.counted
    return Gap("number", f"a number of {thing}" if thing else "a number")


def counted(question: Question, candidate: Candidate, closeness: Closeness) -> list[Quantity]:
    """Return the quantities in the sentence of what ``question`` counts, any if it names nothing.

    A figure with no word for what it counts ("the number has become 1.571 billion") counts what
    the sentence before it speaks of. Of what is no count any measure is one, "18 per cent" of heat.
    """
    asked = values(question.terms)
    found = [q for q in quantities(candidate.text) if q.value not in asked]
    if question.measures:
        measured = [*found, *lone_units(candidate.text)]
        return [q for q in measured if q.measure in ("", *question.measures)]
    if question.noun is None or question.counted is None:
        return found
    noun, phrase = question.noun, question.counted
    before = terms(candidate.led_by[-1] if candidate.led_by else "")
    in_mass = question.is_mass and among(noun, terms(candidate.text))
    return [
        q if q.thing else replace(q, thing=phrase)
        for q in found
        if among(noun, terms(q.thing) if q.thing else before)
        or (in_mass and q.measure not in ("count", "time"))
        or (q.thing and closeness(phrase, q.thing) >= RELATED)
    ]
