"""Answers from quotes alone: the sentences that answer, word for word, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from rag.conversation import standalone
from rag.evidence import Evidence, EvidenceReader
from rag.quantities import Quantity
from rag.questions import Kind, Question, analyse, date_spans, dates, gives_reason
from rag.refusal import Gap, actors, bodies, counted, gaps, places
from rag.schema import Message, Passage
from rag.terms import Term, same_term, terms
from rag.writers.base import Draft, Drafted

NOT_FOUND = "The documents don't say."

# Relevance (rag.evidence, from 0 to 1.5) below which nothing is an answer, and the share of the
# highest relevance that a sentence must have: one far behind only happens to meet the demands.
FLOOR = 0.42
NEAR = 0.70
# How far behind the first a further sentence may be: of an answer in prose, of a list.
PROSE_MARGIN, LIST_MARGIN = 0.06, 0.15
PROSE_MOST, LIST_MOST = 2, 4
# A sentence right after the best one joins it from this share of its relevance on.
FOLLOW = 0.65
FOLLOWING = 2
_LOOKED_AT = 8  # candidates whose gaps are examined, best first

_FACTS: frozenset[Kind] = frozenset({"date", "number", "person", "body", "place"})
_PARTS = re.compile(r",?\s+(?:and|or)\s+(?=(?:who|whom|when|where|why|how|what|which)\b)", re.I)

_LEANING = re.compile(r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their)\b", re.I)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The evidence for one part of a question, scored; ``open`` are each candidate's gaps."""

    question: Question
    evidence: Evidence
    relevance: np.ndarray
    order: list[int]
    open: dict[int, list[Gap]]

    def answers(self) -> list[int]:
        """Candidates that meet every demand, best first."""
        least = max(FLOOR, NEAR * float(self.relevance.max(initial=0.0)))
        return [n for n in self.order if not self.open[n] and self.relevance[n] >= least]


class QuotesWriter:
    """Selects and orders the sentences that answer; nothing can be invented. Deterministic."""

    name = "quotes"

    def __init__(self, reader: EvidenceReader) -> None:
        self._reader = reader

    def load(self) -> None:
        """Load the models that read now."""
        self._reader.load()

    def write(self, question: str, passages: Sequence[Passage]) -> Draft:
        """Return the sentences of ``passages`` that answer each part of ``question``."""
        if not terms(question, keep_stopwords=True):
            return Draft("not_found", message=f"{NOT_FOUND} There are no words in the question.")
        readings = [self._read(part, passages) for part in parts(question)]
        chosen = [self._choose(reading) for reading in readings]
        drafted = _unique(
            [
                self._drafted(reading, n)
                for reading, found in zip(readings, chosen, strict=True)
                for n in found
            ]
        )
        unanswered = [reading for reading, found in zip(readings, chosen, strict=True) if not found]
        if not drafted:
            return Draft("not_found", message=f"{NOT_FOUND} {_missing(unanswered[0])}".strip())
        if unanswered:
            open_parts = " or ".join(_asked(reading.question.text) for reading in unanswered)
            message = f"The documents answer part of this, but not {open_parts}."
            return Draft("partial", drafted, message)
        for reading, found in zip(readings, chosen, strict=True):
            if differing := self._difference(reading, found):
                return Draft("conflicting", drafted, differing)
        return Draft("answered", drafted)

    def _read(self, part: str, passages: Sequence[Passage]) -> _Reading:
        question = analyse(part)
        evidence = self._reader.read(question, passages)
        relevance = evidence.relevance
        order = np.argsort(-relevance, kind="stable")[:_LOOKED_AT].tolist()
        missing = {n: gaps(question, evidence.candidates[n], self._reader.closeness) for n in order}
        return _Reading(question, evidence, relevance, order, missing)

    def _choose(self, reading: _Reading) -> list[int]:
        answers = reading.answers()
        if not answers:
            return []
        chosen = answers[:1]
        if reading.question.kind == "reason":  # stable: the most relevant that gives one
            where = reading.evidence.candidates
            answers.sort(key=lambda n: not gives_reason(where[n].text))
            chosen = answers[:1]
        for n in answers[1:]:
            if self._adds(reading, chosen, n):
                chosen.append(n)
        if _leans(reading, chosen[0]) and chosen[0] - 1 not in chosen:
            chosen.append(chosen[0] - 1)
        if reading.question.kind not in _FACTS:
            chosen += _continued(reading, chosen[0], chosen)
        return _reading_order(reading, chosen)

    def _adds(self, reading: _Reading, chosen: list[int], n: int) -> bool:
        """Whether a further sentence is worth its place: a differing figure, or more of a list."""
        behind = reading.relevance[chosen[0]] - reading.relevance[n]
        if reading.question.many:
            return bool(behind <= LIST_MARGIN) and len(chosen) < LIST_MOST
        if reading.question.kind == "number":
            return self._differs(reading, chosen, n)
        if reading.question.kind == "date":
            return len(chosen) < PROSE_MOST and _dated_otherwise(reading, chosen[0], n)
        if reading.question.kind in _FACTS:
            return False
        return bool(behind <= PROSE_MARGIN) and len(chosen) < PROSE_MOST

    def _differs(self, reading: _Reading, chosen: list[int], n: int) -> bool:
        known = [q for c in chosen for q in self._counted(reading, c)]
        new = [q for q in self._counted(reading, n) if q.value not in {k.value for k in known}]
        return any(_rival(one, other) for one in new for other in known)

    def _counted(self, reading: _Reading, n: int) -> list[Quantity]:
        candidate = reading.evidence.candidates[n]
        return counted(reading.question, candidate, self._reader.closeness)

    def _difference(self, reading: _Reading, chosen: list[int]) -> str | None:
        """How the chosen sentences differ in what is asked for, None if they do not."""
        where = reading.evidence.candidates
        if reading.question.kind == "date":
            rivals = [n for n in chosen if any(_dated_otherwise(reading, k, n) for k in chosen)]
            given = dict.fromkeys(date for n in rivals for date in dates(where[n].text))
            return f"The documents give different dates: {' and '.join(given)}." if given else None
        if reading.question.kind != "number":
            return None
        counts = {n: self._counted(reading, n) for n in chosen if reading.open.get(n) == []}
        figures: dict[str, None] = {}
        for one, other in combinations(counts, 2):
            for q, r in product(counts[one], counts[other]):
                if _rival(q, r):
                    figures[where[one].text[q.start : q.end]] = None
                    figures[where[other].text[r.start : r.end]] = None
        return (
            f"The documents give different figures: {' and '.join(figures)}." if figures else None
        )

    def _drafted(self, reading: _Reading, n: int) -> Drafted:
        candidate = reading.evidence.candidates[n]
        return Drafted(candidate.text, (candidate,), self._highlights(reading, n))

    def _highlights(self, reading: _Reading, n: int) -> tuple[tuple[int, int], ...]:
        """The words of the sentence that are of the kind asked for."""
        text, question = reading.evidence.candidates[n].text, reading.question
        match question.kind:
            case "date":
                return tuple(date_spans(text))
            case "number":
                return tuple((q.start, q.end) for q in self._counted(reading, n))
            case "person":
                return tuple(actors(text, question))
            case "body":
                return tuple(bodies(text, question))
            case "place":
                return tuple(places(text, question))
        return ()


def parts(question: str) -> list[str]:
    """Split "when was X founded and who leads it" into its questions, each standing alone."""
    found = [part.strip() for part in _PARTS.split(question) if part.strip()]
    first = [Message(role="user", content=found[0])] if found else []
    return [*found[:1], *(standalone(part, first) for part in found[1:])]


def _reading_order(reading: _Reading, chosen: list[int]) -> list[int]:
    """Best passage first, sentences of one passage as they stand in it."""
    first = {
        reading.evidence.candidates[n].passage.id: k for k, n in reversed(list(enumerate(chosen)))
    }
    where = reading.evidence.candidates
    return sorted(chosen, key=lambda n: (first[where[n].passage.id], where[n].start))


def _continued(reading: _Reading, first: int, chosen: list[int]) -> list[int]:
    """The sentences after the best one that go on with its subject.

    A text names its subject once and says the thing asked for in the next sentence.
    """
    found = []
    where = reading.evidence.candidates
    for n in range(first + 1, min(first + 1 + FOLLOWING, len(where))):
        goes_on = where[n].passage.id == where[first].passage.id
        if not goes_on or reading.relevance[n] < FOLLOW * reading.relevance[first]:
            break
        if n not in chosen:
            found.append(n)
    return found


def _leans(reading: _Reading, n: int) -> bool:
    """Whether a sentence opens with a pronoun that the sentence before it explains."""
    candidate = reading.evidence.candidates[n]
    return bool(candidate.before) and _LEANING.match(candidate.text) is not None


def _rival(one: Quantity, other: Quantity) -> bool:
    """Two figures for the same thing that are near enough to be two counts of it."""
    low, high = sorted((one.value, other.value))
    things = [terms(quantity.thing) for quantity in (one, other)]
    alike = any(same_term(a, b) for a in things[0] for b in things[1]) or not all(things)
    return alike and 0 < low < high <= 2 * low


def _dated_otherwise(reading: _Reading, first: int, n: int) -> bool:
    """Whether a sentence says of the same thing that it was at another date.

    Both must hold the same words of the question, two or more, and share no date.
    """
    texts = [reading.evidence.candidates[k].text for k in (first, n)]
    held = [{t.stem for t in reading.question.terms if _among(t, terms(x))} for x in texts]
    given = [set(dates(text)) for text in texts]
    shared = any(one in other or other in one for one, other in product(*given))
    return len(held[0]) > 1 and held[0] == held[1] and all(given) and not shared


def _among(term: Term, others: Sequence[Term]) -> bool:
    return any(same_term(term, other) for other in others)


def _unique(sentences: list[Drafted]) -> list[Drafted]:
    """The sentences without repeats; of the same words in two places the first stays."""
    seen: set[str] = set()
    kept = []
    for sentence in sentences:
        key = " ".join(sentence.text.lower().split())
        if key not in seen:
            kept.append(sentence)
            seen.add(key)
    return kept


def _missing(reading: _Reading) -> str:
    """Which demand of the question the nearest sentence leaves open."""
    if not reading.order:
        return "There is nothing in them yet."
    nearest = reading.open[reading.order[0]]
    names = [gap.missing for gap in nearest if gap.kind in ("name", "figure", "topic")]
    if names:
        return f"The nearest passages don't mention {' '.join(names)}."
    wanted = [gap.missing for gap in nearest]
    return f"The nearest passages don't give {' or '.join(wanted)}." if wanted else ""


def _asked(question: str) -> str:
    """The question in quotation marks, as the message repeats it."""
    return f"“{question.strip()}”"
