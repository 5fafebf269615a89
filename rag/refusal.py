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
    from rag.evidence import Candidate

Closeness = Callable[[str, str], float]

# Cosine of two words or phrases encoded alone, from which on one may stand for the other.
SYNONYM = 0.65  # a name for another
RELATED = 0.50  # a thing that is counted

_AGENTS = frozenset({"ORG", "GPE", "NORP"})


@dataclass(frozen=True, slots=True)
class Gap:
    """A demand of the question that a sentence does not meet, and what is missing."""

    kind: str
    missing: str


def gaps(question: Question, candidate: Candidate, closeness: Closeness) -> list[Gap]:
    """Return the demands of ``question`` that ``candidate``, read in its passage, leaves open."""
    here = terms(candidate.text)
    around = terms(f"{candidate.around}\n{candidate.passage.text}")
    found = [_name_gap(name, here, around, closeness) for name in question.names]
    found += _figure_gaps(question.figures, values(here) | values(around))
    found.append(_kind_gap(question, candidate, closeness))
    return [gap for gap in found if gap]


def _name_gap(
    name: Term, here: Sequence[Term], around: Sequence[Term], closeness: Closeness
) -> Gap | None:
    if any(same_name(name.stem, other.stem) for other in (*here, *around)):
        return None
    capitalised = [other for other in here if other.text[0].isupper()]
    if any(closeness(name.text, other.text) >= SYNONYM for other in capitalised):
        return None
    return Gap("name", name.text)


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


def places(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of the places in ``text``, and of names after "in", "at" …, new to the question."""
    doc = parse(text)
    spans = [(e.start_char, e.end_char) for e in doc.ents if e.label_ in PLACES | {"ORG"}]
    for token in doc:
        if token.pos_ == "PROPN" and token.head.lower_ in ("in", "at", "from", "near", "to"):
            spans.append((token.left_edge.idx, token.idx + len(token)))
    return [span for span in dict.fromkeys(spans) if _is_new(text[slice(*span)], question)]


def _is_new(name: str, question: Question) -> bool:
    """Not even in part: "Hugo Chávez" is no news to a question about Chávez."""
    return not any(same_term(one, term) for one in terms(name) for term in question.terms)


def _count_gap(question: Question, candidate: Candidate, closeness: Closeness) -> Gap | None:
    if counted(question, quantities(candidate.text), closeness):
        return None
    thing = question.counted
    return Gap("number", f"a number of {thing}" if thing else "a number")


def counted(question: Question, found: Sequence[Quantity], closeness: Closeness) -> list[Quantity]:
    """Return the quantities of the thing that ``question`` counts, any if it names none."""
    asked = values(question.terms)
    new = [quantity for quantity in found if quantity.value not in asked]
    if question.noun is None or question.counted is None:
        return new
    head, phrase = question.noun, question.counted
    return [
        quantity
        for quantity in new
        if any(same_name(head.stem, term.stem) for term in terms(quantity.thing))
        or closeness(phrase, quantity.thing) >= RELATED
    ]
