"""Plain reasons against a claim: what it says that its source does not, or says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag.language import parse
from rag.support.comparison import Comparison, mentions
from rag.support.figures import Figure, given_in
from rag.support.places import Place
from rag.support.polarity import Polarity
from rag.support.reading import Reading, Word
from rag.terms import same_name

# From these weights on a clash is certain enough to withhold a sentence for it alone: fewer than
# 2 in 100 people's supported claims have one (docs/experiments.md).
NEGATED = 0.1
OPPOSED = 0.35
MISPLACED = 0.85


def doubts(
    polarity: Polarity, question: Reading, placed: Iterable[tuple[Place, float]]
) -> Iterator[str]:
    """Yield the plain reasons against the claim, the plainest first.

    ``placed`` are its names and figures with how sure it is that each is misplaced.
    """
    comparison = polarity.comparison
    for figure in missing_figures(comparison, question):
        yield f"the figure {figure.text.strip()} is not in the source"
    for name in missing_names(comparison, question):
        yield f"{name} is not named in the source"
    if (clash := polarity.added) and clash.weight >= NEGATED:
        yield f"the source does not negate this (“{clash.against} … {clash.word}”)"
    if (clash := polarity.dropped) and clash.weight >= OPPOSED:
        yield f"the source negates this (“{clash.against} … {clash.word}”)"
    if (clash := polarity.opposite) and clash.weight >= OPPOSED:
        yield f"the source says “{clash.against}”, not “{clash.word}”"
    for place, sure in placed:
        if sure >= MISPLACED:
            yield misplaced(place)


def misplaced(place: Place) -> str:
    """Say in words that a name or figure is not where the source has it."""
    said = place.mention.text
    if place.rival is None:
        return f"the source does not say this of {said}"
    if place.mention.figure is not None:
        return f"the source has {place.rival} here, not {said}"
    return f"the source says this of {place.rival}, not of {said}"


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
    claim, runs = comparison.claim, comparison.claim.kept(mentions)
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
