"""Plain reasons against a claim: what it says that its source does not, or says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rag.language import parse
from rag.support.comparison import Comparison, mentions
from rag.support.figures import Figure, given_in
from rag.support.polarity import Polarity
from rag.support.reading import Reading, Word
from rag.terms import same_name

Sort = Literal["figure", "name", "negation", "opposite", "place"]

# From these weights on a clash is certain enough to withhold a sentence for it alone: fewer than
# 2 in 100 people's supported claims have one (docs/experiments.md).
NEGATED = 0.1
OPPOSED = 0.35


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason against a claim, in words, and its ``sort``."""

    sort: Sort
    reason: str


def doubts(comparison: Comparison, question: Reading) -> Iterator[Doubt]:
    """Yield the plain reasons against the claim, the plainest first."""
    for figure in missing_figures(comparison, question):
        yield Doubt("figure", f"the figure {figure.text.strip()} is not in the source")
    for name in missing_names(comparison, question):
        yield Doubt("name", f"{name} is not named in the source")
    polarity = Polarity(comparison)
    if polarity.added and polarity.added.weight >= NEGATED:
        clash = polarity.added
        yield Doubt(
            "negation", f"the source does not negate this (“{clash.against} … {clash.word}”)"
        )
    if polarity.dropped and polarity.dropped.weight >= NEGATED:
        clash = polarity.dropped
        yield Doubt("negation", f"the source negates this (“{clash.against} … {clash.word}”)")
    if polarity.opposite and polarity.opposite.weight >= OPPOSED:
        clash = polarity.opposite
        yield Doubt("opposite", f"the source says “{clash.against}”, not “{clash.word}”")


def missing_figures(comparison: Comparison, question: Reading) -> list[Figure]:
    """Return the figures and dates of the claim that neither source nor question gives."""
    given = [*comparison.source.figures, *question.figures]
    return [
        figure
        for figure in comparison.claim.figures
        if not figure.vague and not given_in(figure, given)
    ]


def missing_names(comparison: Comparison, question: Reading) -> list[str]:
    """Return the names of the claim with a word that neither source nor question has."""
    claim, runs = comparison.claim, mentions(comparison.claim)
    taken = {n for run in runs for n in range(run.first, run.last)}
    found = [
        run.text
        for run in runs
        if run.figure is None
        and not all(_given(comparison, question, n) for n in range(run.first, run.last))
    ]
    for n, word in enumerate(claim.words):
        lone = word.opens and word.content and word.text[0].isupper() and n not in taken
        if lone and not _given(comparison, question, n) and _proper(claim.text, word):
            found.append(word.text)
    return found


def _given(comparison: Comparison, question: Reading, n: int) -> bool:
    word = comparison.claim.words[n]
    if not word.content or comparison.has[n]:
        return True
    return any(same_name(word.stem, root) for root in question.by_start.get(word.stem[:2], ()))


def _proper(text: str, word: Word) -> bool:
    """Whether a capital that a start explains is a proper noun all the same."""
    return any(t.idx == word.start and t.pos_ == "PROPN" for t in parse(text))
