"""What a sentence gives of the kind that a question asks for: people, places, times, figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.language import PLACES, parse
from rag.quantities import Quantity, lone_units, quantities
from rag.questions import Question
from rag.rows import asked_span, is_row, label
from rag.terms import Term, among, same_term, terms, values
from rag.times import WEEKDAY, clock_spans, time_spans

if TYPE_CHECKING:
    from spacy.tokens import Span

    from rag.evidence import Candidate

Closeness = Callable[[str, str], float]

RELATED = 0.74  # cosine of two things encoded alone, from which on one is counted for the other
_ASKS_YEAR, _YEAR = re.compile(r"\b(?:what|which) year\b", re.I), re.compile(r"\d{4}|\d0s")
_NUMBER_OF = re.compile(r"\b(?:number|total) of\b", re.I)
_PLACED = frozenset({"in", "at", "from", "near", "to", "on"})
# Answers to "how often?" and "what does it cost?" that give no figure.
_WORDED = (
    (
        re.compile(r"\bhow (?:often|frequently)\b", re.I),
        re.compile(
            r"\b(?:every|each|once|twice|times|hourly|daily|nightly|weekly|monthly|quarterly|yearly"
            rf"|annually|per (?:day|week|month|year)|{WEEKDAY})\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\b(?:costs?|price|fee|charge|pay|how much)\b", re.I),
        re.compile(r"\b(?:free|nothing|(?:no|without) (?:extra )?(?:charge|cost|fee)s?)\b", re.I),
    ),
)


def actors(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the people in ``text``, and of named bodies that act, new to the question."""
    doc = parse(text)
    spans = [
        (entity.start_char, entity.end_char)
        for entity in doc.ents
        if entity.label_ == "PERSON" and not _modifies(entity)
    ]
    for chunk in doc.noun_chunks:
        root = chunk.root
        by = root.dep_ == "pobj" and root.head.lower_ == "by"
        acts = by or root.dep_ in ("nsubj", "attr", "appos")
        if root.pos_ == "PROPN" and acts and root.ent_type_ not in ("DATE", "TIME"):
            spans.append(_name_in(chunk))
    new = [span for span in spans if _is_new(text[slice(*span)], question)]
    return _outermost(new)


def _modifies(name: Span) -> bool:
    """As a name that stands before a common noun: "the Robinson method".

    Not "Karl Wendel" of "elected Karl Wendel deputy chair".
    """
    token = name.root
    if token.dep_ != "compound" or token.head.pos_ != "NOUN":
        return False
    led = any(child.dep_ in ("det", "poss") for child in token.head.lefts)
    return led or len(name) < 2


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


def times(text: str, question: Question) -> list[tuple[int, int]]:
    """Return where ``text`` says when, as exactly as is asked: a time of the day, or a year."""
    spans = clock_spans(text) if question.clock else time_spans(text)
    if _ASKS_YEAR.search(question.text):
        return [span for span in spans if _YEAR.search(text, *span)]
    return spans


def counted(question: Question, candidate: Candidate, closeness: Closeness) -> list[Quantity]:
    """Return the quantities in the sentence of what ``question`` counts, any if it names nothing.

    A figure with no word for what it counts ("the number has become 1.571 billion") counts what
    the sentence before it speaks of. Of a row of a table the columns that are asked for are taken.
    Of what is no count any measure is one, "18 per cent" of heat.
    """
    asked = values(question.terms)
    found = [q for q in quantities(candidate.text) if q.value not in asked]
    if is_row(candidate.text):
        start, end = asked_span(candidate.text, question.terms)
        found = [q for q in found if start <= q.start < end]
        if question.noun is not None:
            row = candidate.text
            found = [replace(q, thing=f"{label(row, q.start)} {q.thing}") for q in found]
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
        or _is_number_of(noun, candidate.text[: q.start])
        or (in_mass and q.measure in ("", "percent", "weight", "volume"))
        or (q.thing and closeness(phrase, q.thing) >= RELATED)
    ]


def _is_number_of(noun: Term, before: str) -> bool:
    """Whether what stands before a figure says what it counts: "the number of volunteers is"."""
    named = _NUMBER_OF.search(before)
    return named is not None and among(noun, terms(before[named.end() :]))


def worded(question: Question, text: str) -> bool:
    """Return whether ``text`` answers "how often?" or "what does it cost?" without a figure."""
    return any(asked.search(question.text) and told.search(text) for asked, told in _WORDED)
