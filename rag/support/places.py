"""Is each name and figure of a claim where the source has it, or does another belong there?

A false figure is often a true one of the wrong thing. What is said around a mention is looked for
around each place where the source has it (``fit``) and around every other name or figure of its
kind: where another fits better, the source says this of another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.support.comparison import Comparison, Floats, Mention, mentions, unit
from rag.support.figures import same_figure
from rag.support.reading import Reading
from rag.terms import same_name

REACH = 6.0  # words: how fast what is said around a mention loses weight with distance
SPREAD = 10.0  # words: the same in the source, where it may be put at more length

PLACE_FEATURES = (
    "fit",
    "fit_side",
    "rival_fit",
    "rival_side",
    "margin",
    "margin_side",
    "absent_margin",
    "alike",
    "rival_alike",
    "occurrences",
    "rivals",
    "regret",
    "figure",
    "date",
    "words",
    "asked",
    "near_copy",
    "context",
    "neighbours",
    "rival_neighbours",
    "margin_next",
    "rival_beside",
    "topic",
    "leans",
    "first",
)
Wide = npt.NDArray[np.float64]
Words = tuple[int, int]

_PRONOUNS = frozenset({"he", "she", "it", "they", "his", "her", "its", "their", "this", "these"})
_WIDE = 24  # words on either side
_LEAST = 2  # content words: "4." has no place to be wrong about
_OWN, _RIVALS, _SENTENCES = 6, 12, 6  # how many places are compared, in how many sentences


@dataclass(frozen=True, slots=True)
class Place:
    """One mention of the claim, what fits best in its place, and the numbers that speak of it."""

    mention: Mention
    rival: str | None
    row: tuple[float, ...]


def places(comparison: Comparison, asked: frozenset[str]) -> list[Place]:
    """Return a ``Place`` for every mention of the claim that the source has.

    ``asked`` are the stems of the question: what it names, an answer may name anywhere.
    """
    if int((comparison.claim.weights > 0).sum()) < _LEAST:
        return []
    rank = {sentence: n for n, sentence in enumerate(comparison.best)}
    ranked = [(rank[comparison.sentence_of(m.first)], m) for m in comparison.given]
    ranked.sort(key=lambda found: found[0])
    near = [m for place, m in ranked if place < _SENTENCES]
    stems = comparison.source.kept(_stems)
    surroundings = _Surroundings(comparison)
    found = []
    for mention in comparison.said:
        mine = _stems_of(comparison.claim, mention)
        own = [m for _, m in ranked if _is_same(mention, mine, m, stems[m.words])]
        if own:
            rivals = [m for m in near if m.kind() == mention.kind() and m not in own]
            found.append(_place(surroundings, mention, own, rivals, asked))
    return found


class _Surroundings:
    """What the claim says of the surroundings of each mention of the source, worked out once."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self._near: dict[Words, tuple[Wide, Wide, Wide]] = {}

    def near(self, given: Mention) -> tuple[Wide, Wide, Wide]:
        """How far each word of the claim is said around ``given``, before and after it, (m,)."""
        if given.words not in self._near:
            low, fade = self.comparison.source.kept(fades)[given.words]
            like = self.comparison.likeness[:, low : low + len(fade)] * fade
            self._near[given.words] = (
                like.max(axis=1, initial=0),
                like[:, : max(0, given.first - low)].max(axis=1, initial=0),
                like[:, given.last - low :].max(axis=1, initial=0),
            )
        return self._near[given.words]

    def alike(self, said: Mention, given: Mention) -> float:
        """The cosine of two mentions where they stand; 0 without vectors."""
        if not self.comparison.with_vectors:
            return 0.0
        return float(_unit(self.comparison.claim, said) @ _unit(self.comparison.source, given))


def _unit(reading: Reading, mention: Mention) -> Floats:
    known = reading.kept(_units)
    if mention.words not in known:
        known[mention.words] = unit(reading.vectors[mention.first : mention.last])
    return known[mention.words]


def _units(_: Reading) -> dict[Words, Floats]:
    """The unit vectors of its mentions, worked out as they are asked for."""
    return {}


def fades(source: Reading) -> dict[Words, tuple[int, Wide]]:
    """Return ``_fade`` of each mention of ``source``, by its words."""
    return {given.words: _fade(source, given) for given in source.kept(mentions)}


def _fade(source: Reading, given: Mention) -> tuple[int, Wide]:
    """Where the surroundings of ``given`` begin, and how much each word there counts."""
    low, high = max(0, given.first - _WIDE), min(len(source.words), given.last + _WIDE)
    at = np.arange(low, high)
    distance = np.where(at < given.first, given.first - at, at - given.last + 1)
    fade = np.exp(-(np.maximum(distance, 1) - 1) / SPREAD)
    fade[(at >= given.first) & (at < given.last)] = 0
    sentence = source.of_sentence
    return low, np.where(sentence[low:high] == sentence[given.first], fade, 0.5 * fade)


def _is_same(said: Mention, mine: list[str], given: Mention, theirs: list[str]) -> bool:
    """Whether two mentions are one figure, or have a word in common; given are their stems."""
    if said.figure or given.figure:
        return bool(said.figure and given.figure and same_figure(said.figure, given.figure))
    return any(a[:2] == b[:2] and same_name(a, b) for a in mine for b in theirs)


def _stems(source: Reading) -> dict[Words, list[str]]:
    return {mention.words: _stems_of(source, mention) for mention in source.kept(mentions)}


def _stems_of(reading: Reading, mention: Mention) -> list[str]:
    return [word.stem for word in reading.words[mention.first : mention.last]]


def _place(
    surroundings: _Surroundings,
    mention: Mention,
    own: list[Mention],
    rivals: list[Mention],
    asked: frozenset[str],
) -> Place:
    comparison = surroundings.comparison
    occurrences, sentences = len(own), {comparison.sentence_of(m.first) for m in own}
    rivals = [m for m in rivals if not _inside(comparison, m, mention)]
    own, rivals, count = own[:_OWN], rivals[:_RIVALS], len(rivals)
    around = _around(comparison, mention)
    fits = [_fit(surroundings, mention, around, m) for m in own]
    others = [_fit(surroundings, mention, around, m) for m in rivals]
    absent = [f[0] for m, f in zip(rivals, others, strict=True) if not _said(comparison, m)]
    same = [comparison.sentence_of(m.first) in sentences for m in rivals]
    fit, side = (max(f[n] for f in fits) for n in (0, 1))
    rival, rival_side = (max((f[n] for f in others), default=0.0) for n in (0, 1))
    carried = comparison.support_of
    stems = _stems_of(comparison.claim, mention)
    best_rival = max(range(len(rivals)), key=lambda n: others[n][0], default=None)
    row = (
        fit,
        side,
        rival,
        rival_side,
        fit - rival,
        side - rival_side,
        fit - max(absent, default=0.0),
        max(surroundings.alike(mention, m) for m in own),
        max((surroundings.alike(mention, m) for m in rivals), default=0.0),
        min(occurrences, 5),
        min(count, 20),
        float(carried.max() - max(carried[n] for n in sentences)),
        float(mention.figure is not None),
        float(mention.kind() == "date"),
        float(mention.last - mention.first),
        float(not asked.isdisjoint(stems)),
        float(carried.max()),
        float(around.sum()),
        max(f[2] for f in fits),
        max((f[2] for f in others), default=0.0),
        max(f[2] for f in fits) - max((f[2] for f in others), default=0.0),
        max((f[1] for f, here in zip(others, same, strict=True) if here), default=0.0),
        float(0 in sentences),
        _leans(comparison),
        float(mention.first <= 1),
    )
    return Place(mention, rivals[best_rival].text if best_rival is not None else None, row)


def _leans(comparison: Comparison) -> float:
    """1 if the sentence that carries most of the claim opens with a pronoun, else 0."""
    first, _ = comparison.span(comparison.best[0])
    return float(any(w.folded in _PRONOUNS for w in comparison.source.words[first : first + 3]))


def _around(comparison: Comparison, mention: Mention) -> Floats:
    """How much each word of the claim says of what stands at ``mention``, (m,)."""
    at = np.arange(len(comparison.claim.words))
    distance = np.where(at < mention.first, mention.first - at, at - mention.last + 1)
    weight = np.maximum(comparison.claim.weights, 0.12) * np.exp(-(distance - 1) / REACH)
    weight[mention.first : mention.last] = 0
    return np.asarray(weight, dtype=np.float32)


def _fit(
    surroundings: _Surroundings, mention: Mention, around: Floats, given: Mention
) -> tuple[float, float, float]:
    """How well what is said around ``mention`` is said around ``given``: anyhow, by side, next."""
    total = float(around.sum())
    if not total:
        return 0.0, 0.0, 0.0
    anyhow, left, right = surroundings.near(given)
    before, after = around[: mention.first], around[mention.last :]
    sided = before @ left[: mention.first] + after @ right[mention.last :]
    return (
        float(around @ anyhow) / total,
        float(sided) / total,
        _next(surroundings.comparison, mention, given),
    )


def _next(comparison: Comparison, mention: Mention, given: Mention) -> float:
    """Whether the very next words on either side are the same or close, from 0 to 2."""
    score = 0.0
    m, n = comparison.same.shape
    for step in (1, 2):
        for one, other in (
            (mention.first - step, given.first - step),
            (mention.last - 1 + step, given.last - 1 + step),
        ):
            if 0 <= one < m and 0 <= other < n:
                score += 0.5 * float(comparison.likeness[one, other])
    return score


def _inside(comparison: Comparison, given: Mention, mention: Mention) -> bool:
    return bool(comparison.same[mention.first : mention.last, given.first : given.last].any())


def _said(comparison: Comparison, given: Mention) -> bool:
    return bool(comparison.same[:, given.first : given.last].any())
