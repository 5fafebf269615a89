"""Why a sentence that sounds right is still no answer.

A question and a near miss ("how many doctors in Bolivia?") are as similar to the evidence as a
real one. What tells them apart is what the question demands: the entities and figures it speaks
of, a date if it asks when, a count of the very thing it counts. ``gaps`` lists the demands that a
candidate sentence does not meet, in words a reader understands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.language import PLACES, parse
from rag.quantities import Quantity, quantities
from rag.questions import Question, dates
from rag.terms import Term, same_name, same_term, terms, values

if TYPE_CHECKING:
    from spacy.tokens import Token

    from rag.evidence import Candidate

Closeness = Callable[[str, str], float]

# Cosine of two words or phrases encoded alone, from which on one may stand for the other.
SYNONYM = 0.70  # a name for another
RELATED = 0.50  # a thing that is counted

_PLACED = frozenset({"in", "at", "from", "near"})
_AGENTS = frozenset({"ORG", "GPE", "NORP"})


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
    missing = _missing_names(question.names, here, near, around, closeness)
    found = [Gap("name", name.text) for name in missing]
    found += _figure_gaps(question.figures, values(around))
    if gap := _kind_gap(question, candidate, closeness):
        found.append(gap)
    return found


def _missing_names(
    names: Sequence[Term],
    here: Sequence[Term],
    near: Sequence[Term],
    around: Sequence[Term],
    closeness: Closeness,
) -> list[Term]:
    """Names that the passage does not hold; all of them, if the sentence is about none of them."""
    capitalised = [term for term in here if term.text[0].isupper()]
    known = [
        name
        for name in names
        if _among(name, around)
        or any(closeness(name.text, other.text) >= SYNONYM for other in capitalised)
    ]
    missing = [name for name in names if name not in known]
    if not missing and names and not any(_among(name, near) for name in names):
        return list(names)
    return missing


def _among(name: Term, others: Sequence[Term]) -> bool:
    return any(same_name(name.stem, other.stem) for other in others)


def _figure_gaps(figures: Sequence[Term], given: set[float]) -> list[Gap]:
    """Figures that are not given; of alternatives ("1.5 or 1.8 million") one is enough."""
    missing = [figure for figure in figures if figure.number not in given]
    if len(figures) > 1 and len(missing) < len(figures):
        return []
    return [Gap("figure", figure.text) for figure in missing]


def _kind_gap(question: Question, candidate: Candidate, closeness: Closeness) -> Gap | None:
    match question.kind:
        case "date":
            given = [date for date in dates(candidate.text) if date not in question.text]
            return None if given else Gap("date", "a date")
        case "number":
            return _count_gap(question, candidate, closeness)
        case "person":
            return None if actors(candidate.text, question) else Gap("person", "a name")
        case "body":
            return None if bodies(candidate.text, question) else Gap("body", "a name")
        case "place":
            return None if places(candidate.text, question) else Gap("place", "a place")
    return None


def actors(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the people in ``text``, and of bodies that act, that the question does not name."""
    found = []
    for entity in parse(text).ents:
        root = entity.root
        modifies = root.dep_ == "compound" and root.head.pos_ == "NOUN"
        acts = root.dep_ in ("nsubj", "agent") or root.head.dep_ == "agent"
        person = entity.label_ == "PERSON" and not modifies
        if (person or (entity.label_ in _AGENTS and acts)) and _is_new(entity.text, question):
            found.append((entity.start_char, entity.end_char))
    return found


def bodies(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the organisations in ``text`` that the question does not name."""
    return [
        (entity.start_char, entity.end_char)
        for entity in parse(text).ents
        if entity.label_ == "ORG" and _is_new(entity.text, question)
    ]


def places(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the places in ``text``, and of names after "in", "at" …, new to the question."""
    doc = parse(text)
    spans = [(e.start_char, e.end_char) for e in doc.ents if e.label_ in PLACES]
    spans += [
        (token.left_edge.idx, token.idx + len(token))
        for token in doc
        if token.pos_ == "PROPN" and _is_placed(token)
    ]
    return [span for span in dict.fromkeys(spans) if _is_new(text[slice(*span)], question)]


def _is_placed(token: Token) -> bool:
    """As in "in Mérida" or "from the state of Portuguesa", but not "in May"."""
    above = [head.lower_ for head, _ in zip(token.ancestors, range(3), strict=False)]
    return bool(_PLACED & set(above)) and token.ent_type_ not in ("DATE", "TIME")


def _is_new(name: str, question: Question) -> bool:
    """Not even in part: "Hugo Chávez" is no news to a question about Chávez."""
    return not any(same_term(one, term) for one in terms(name) for term in question.terms)


def _count_gap(question: Question, candidate: Candidate, closeness: Closeness) -> Gap | None:
    if counted(question, candidate, closeness):
        return None
    thing = question.counted
    return Gap("number", f"a number of {thing}" if thing else "a number")


def counted(question: Question, candidate: Candidate, closeness: Closeness) -> list[Quantity]:
    """Return the quantities in the sentence of what ``question`` counts, any if it names nothing.

    A figure with no word for what it counts ("the number has become 1.571 billion") counts what
    the sentence before it speaks of.
    """
    asked = values(question.terms)
    found = [q for q in quantities(candidate.text) if q.value not in asked]
    if question.noun is None or question.counted is None:
        return found
    noun, phrase = question.noun, question.counted
    before = terms(candidate.before)
    return [
        q
        for q in found
        if _among(noun, terms(q.thing) if q.thing else before)
        or (q.thing and closeness(phrase, q.thing) >= RELATED)
    ]
