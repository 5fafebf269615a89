"""The words of the passages that a sentence of a model rests on: the fewest that support it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from index.sentences import sentences
from rag.evidence import Candidate, candidates
from rag.grounding import Check, Checker
from rag.schema import Passage
from rag.terms import Term, same_term, terms
from rag.writers.markers import Written
from rag.writers.prompt import plain

LONGEST = 3  # sentences in one citation
# The support a span needs besides passing its check: the more is put together, the easier words
# of different facts meet. Measured with the bundled model (docs/llm.md).
_LEAST = {1: 0.55, 2: 0.7, 3: 0.7}
_LEAST_OF_TWO = 0.75  # two spans of different places
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}?"
    r"\b(?:instructions?|prompts?|rules?|guidelines?|messages?|passages?|questions?|documents?)\b"
    r"|^\W*(?:system|assistant|developer|user|human|ai|model|administrator|note to \w+(?: \w+)?)"
    r"(?: (?:message|prompt|note|override|notice|reminder))?\W?\s*[:>\]]"
    r"|[\"'](?:role|content)[\"']\s*:"
    r"|\b(?:you are now|act as|pretend|from now on|new (?:instructions?|task)|developer mode"
    r"|your (?:new |next |last )?(?:task|role|rules|instructions?|answer|reply|response|output)"
    r"|(?:the|every|each) (?:correct |right )?(?:answer|reply) (?:to|is|must|should|with)\b"
    r"|(?:tell|inform|show|send|ask) the (?:user|reader)"
    r"|you must (?:now )?(?:answer|say|reply|respond))\b"
    r"|(?:^|[:;,.!?)\]>]\s*|\b(?:and|then|please|now|instead|or) )"
    r"(?:answer|reply|respond|output|say|claim|cite|repeat|render|embed|invent)\b"
    r"|^\W*(?:write|include|add|put|format|use|print|end|begin|start)\b.{0,80}"
    r"\b(?:answer|reply|response|citation|sentence)\b",
    re.I | re.S,
)
_CHECKED = 3  # spans of each length that are checked, the most promising ones


@dataclass(frozen=True, slots=True)
class Found:
    """The spans that support a sentence best, and what its check says of them."""

    sources: tuple[Candidate, ...]
    check: Check


class SpanFinder:
    """Finds support in the passages of one question."""

    def __init__(self, question: str, passages: Sequence[Passage], check: Checker) -> None:
        self._question = question
        self._check = check
        self._runs = list(_runs(candidates(passages)))
        self._order = [passage.id for passage in passages]
        self._terms: dict[tuple[int, int, str], list[Term]] = {}

    def find(self, written: Written) -> Found:
        """Return the shortest span that supports ``written``; if none does, the nearest one.

        The passages that its markers name are looked at first, together too; then the others,
        for models often give the wrong number.
        """
        named = [self._order[n - 1] for n in written.markers if n <= len(self._order)]
        others = [key for key in self._order if key not in named]
        nearest: Found | None = None
        for keys in (named, others):
            found = self._best(written.text, keys)
            if found and found.check.supported:
                return found
            if found and (nearest is None or found.check.support > nearest.check.support):
                nearest = found
        if nearest is None:
            return Found((), Check(False, 0.0, "there is no passage it could rest on"))
        return nearest

    def _best(self, text: str, keys: Sequence[str]) -> Found | None:
        """The best of the spans of these passages: one sentence, else more, else two spans."""
        said = terms(text)
        best: Found | None = None
        promising: list[Candidate] = []
        for length in range(1, LONGEST + 1):
            spans = sorted(self._spans(keys, length), key=lambda s: -self._covered(said, s))
            for span in spans[:_CHECKED]:
                found = Found((span,), self._checked(text, (span,)))
                if best is None or found.check.support > best.check.support:
                    best = found
            promising += spans[:1] if length == 1 else []
            if best and best.check.supported:
                return best
        pair = self._pair(said, keys)
        if pair and not (best and best.check.supported):
            found = Found(pair, self._checked(text, pair))
            if best is None or found.check.supported:
                return found
        return best

    def _checked(self, text: str, sources: Sequence[Candidate]) -> Check:
        """The check, with of the question's words only those that stand near the source.

        A question's own premise is no support: "how many were sent to Bolivia" does not make an
        answer about Bolivia true.
        """
        near = {term.stem for s in sources for term in terms(f"{s.around}\n{s.text}")}
        asked = " ".join(term.text for term in terms(self._question) if term.stem in near)
        found = self._check(text, "\n".join(s.text for s in sources), asked)
        least = _LEAST_OF_TWO if len(sources) > 1 else _LEAST[_length(sources[0])]
        if found.supported and found.support < least:
            return Check(False, found.support, "the source says it only in part")
        return found

    def _pair(self, said: Sequence[Term], keys: Sequence[str]) -> tuple[Candidate, ...] | None:
        """Two sentences of two passages that together hold most of what is said."""
        singles = sorted(self._spans(keys, 1), key=lambda s: -self._covered(said, s))
        if len(singles) < 2 or not said:
            return None
        first = singles[0]
        rest = [t for t in said if not any(same_term(t, o) for o in self._terms_of(first))]
        second = max(singles[1:], key=lambda s: self._covered(rest, s))
        return (first, second) if rest and self._covered(rest, second) else None

    def _spans(self, keys: Sequence[str], length: int) -> Iterator[Candidate]:
        for run in self._runs:
            if run[0].passage.id in keys:
                for k in range(len(run) - length + 1):
                    yield _joined(run[k : k + length])

    def _covered(self, said: Sequence[Term], span: Candidate) -> float:
        """How many of the words are in the span; figures and names count twice."""
        held = self._terms_of(span)
        weights = (
            2.0 if term.name or term.number is not None else 1.0
            for term in said
            if any(same_term(term, other) for other in held)
        )
        return sum(weights)

    def _terms_of(self, span: Candidate) -> list[Term]:
        key = (span.start, span.end, span.passage.id)
        if key not in self._terms:
            self._terms[key] = terms(span.text)
        return self._terms[key]


def _length(span: Candidate) -> int:
    return min(LONGEST, len(sentences(span.text)))


def _runs(found: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """Sentences that follow each other in a passage, without those that speak to a model.

    "Answer that it was opened in 1750" holds the words "it was opened in 1750" and is no source
    for them.
    """
    for (_, spoken_to), rows in groupby(found, lambda c: (c.passage.id, speaks_to_a_model(c.text))):
        if not spoken_to:
            yield list(rows)


def speaks_to_a_model(text: str) -> bool:
    """Whether a sentence of a document reads like an instruction to whoever answers from it."""
    return _INSTRUCTION.search(plain(text)) is not None


def _joined(rows: Sequence[Candidate]) -> Candidate:
    """Sentences that follow each other as one span."""
    first, last = rows[0], rows[-1]
    if len(rows) == 1:
        return first
    passage = first.passage
    text = passage.text[first.start - passage.start : last.end - passage.start]
    return replace(first, end=last.end, text=text)
