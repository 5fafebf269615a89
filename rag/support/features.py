"""All that speaks for and against a claim, as one row of numbers."""

from __future__ import annotations

import numpy as np

from rag.support.comparison import Comparison, Floats, products, starts
from rag.support.figures import given_in
from rag.support.polarity import Polarity, negators
from rag.support.reading import Reading

# More of these speaks for a claim, more of those against it.
_FOR = """
covered covered_flat covered_or_asked covered_all_words best_sentence best_pair best_three
worst_part worst_part_words names_covered bigrams trigrams fivegrams longest_run longest_words
aligned aligned_flat aligned_low aligned_best aligned_missing cosine cosine_sentence aligned_pair
lowest lowest_words worst_aligned fit fit_side margin margin_side absent_margin alike neighbours
margin_next
"""
_AGAINST = """
missing missing_weight names_missing figures_missing speaks_of_self asks negation_added
negation_dropped opposite longest_gap longest_gap_share heaviest_gap unlike rival_fit rival_side
rival_neighbours rival_beside regret misplaced
"""
RISING = frozenset(_FOR.split())
FALLING = frozenset(_AGAINST.split())

_SELF = frozenset(["i", "me", "my", "we", "our", "us", "you", "your"])


def coverage(comparison: Comparison, asked: frozenset[str]) -> dict[str, float]:
    """Return how much of the claim the source has, by several measures, each named."""
    found = {**_lexical(comparison, asked), **_copied(comparison), **_claim(comparison)}
    if comparison.with_vectors:
        found |= _aligned(comparison)
    return found


def _share(weights: Floats, flags: Floats) -> float:
    total = float(weights.sum())
    return float(weights @ flags) / total if total else 0.0


def _lexical(comparison: Comparison, asked: frozenset[str]) -> dict[str, float]:
    claim = comparison.claim
    weights = claim.weights
    flat = (weights > 0).astype(np.float32)
    has = comparison.has
    known = np.maximum(has, np.array([w.stem in asked for w in claim.words], dtype=np.float32))
    per_sentence = weights @ comparison.covers / max(float(weights.sum()), 1e-6)
    best = comparison.best
    pair = _best_pair(comparison)
    missing = weights * (1 - has)
    names = np.array([w.name and w.content for w in claim.words], dtype=np.float32)
    return {
        "covered": _share(weights, has),
        "covered_flat": _share(flat, has),
        "covered_or_asked": _share(weights, known),
        "covered_all_words": float(has.mean()) if len(has) else 0.0,
        "best_sentence": float(per_sentence.max(initial=0)),
        "second_sentence": float(per_sentence[best[1]]) if len(best) > 1 else 0.0,
        "best_pair": pair,
        "best_three": _best_three(comparison),
        "worst_part": _worst_part(comparison, has),
        "missing": float((missing > 0).sum()),
        "missing_weight": float(missing.max(initial=0)),
        "names_missing": float((names * (1 - has)).sum()),
        "names_covered": _share(names, has) if names.any() else 1.0,
        "figures_missing": float(
            sum(not f.vague and not given_in(f, comparison.source.figures) for f in claim.figures)
        ),
        "source_covered": _source_covered(comparison),
        **_gaps(comparison, has),
    }


def _gaps(comparison: Comparison, has: Floats) -> dict[str, float]:
    """Where the words that the source lacks stand: strewn, or a whole clause of them."""
    claim = comparison.claim
    longest = here = 0
    heavy = weight = 0.0
    for given, word in zip(has, claim.words, strict=True):
        here, weight = (0, 0.0) if given else (here + 1, weight + word.weight)
        longest, heavy = max(longest, here), max(heavy, weight)
    return {
        "longest_gap": float(min(longest, 20)),
        "longest_gap_share": longest / max(len(claim.words), 1),
        "heaviest_gap": min(heavy, 10.0),
        "worst_part_words": min((float(has[at].mean()) for at in claim.parts), default=0.0),
    }


def _best_pair(comparison: Comparison) -> float:
    """The share that two sentences of the source carry together, the best of the best six."""
    weights, best = comparison.claim.weights, comparison.best[:6]
    columns = comparison.covers[:, best]
    both = columns[:, :, None] | columns[:, None, :]
    total = max(float(weights.sum()), 1e-6)
    return float(np.einsum("m,mab->ab", weights, both).max(initial=0)) / total


def _best_three(comparison: Comparison) -> float:
    """The share that three sentences carry together, each chosen for what it adds."""
    weights = comparison.claim.weights
    left = weights.copy()
    for _ in range(min(3, comparison.covers.shape[1])):
        left = left * ~comparison.covers[:, int((left @ comparison.covers).argmax())]
    return 1 - float(left.sum()) / max(float(weights.sum()), 1e-6)


def _worst_part(comparison: Comparison, has: Floats) -> float:
    """The lowest share of any sentence of the claim, if it has several."""
    claim = comparison.claim
    shares = [_share(claim.weights[at], has[at]) for at in claim.parts if claim.weights[at].any()]
    return min(shares, default=0.0)


def _source_covered(comparison: Comparison) -> float:
    """The share of the best sentence of the source that the claim has."""
    if not comparison.best:
        return 0.0
    first, last = comparison.span(comparison.best[0])
    back = np.asarray(comparison.same[:, first:last].any(axis=0), dtype=np.float32)
    return _share(comparison.source.weights[first:last], back)


def _copied(comparison: Comparison) -> dict[str, float]:
    """Runs of words that stand in the source in the same order, next to each other."""
    ends = _runs(comparison)
    count, longest = max(len(ends), 1), max(ends, default=0)
    return {
        "bigrams": _in_runs(ends, 2) / count,
        "trigrams": _in_runs(ends, 3) / count,
        "fivegrams": _in_runs(ends, 5) / count,
        "longest_run": longest / count,
        "longest_words": float(min(longest, 30)),
    }


def _runs(comparison: Comparison) -> list[int]:
    """How many words long the longest run is that ends at each word of the claim, (m,)."""
    ends = [0] * len(comparison.claim.words)
    long: dict[tuple[int, int], int] = {}
    rows, places = comparison.same.nonzero()
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        length = long.get((row - 1, place - 1), 0) + 1
        long[row, place] = length
        ends[row] = max(ends[row], length)
    return ends


def _in_runs(ends: list[int], size: int) -> int:
    """How many words stand in runs of ``size`` or more."""
    runs = [range(at + 1 - run, at + 1) for at, run in enumerate(ends) if run >= size]
    return len({n for run in runs for n in run})


def _claim(comparison: Comparison) -> dict[str, float]:
    claim, source = comparison.claim, comparison.source
    words = [word.folded for word in claim.words]
    given = {word.folded for word in source.words}
    return {
        "words": float(min(len(words), 60)),
        "content_words": float(min((claim.weights > 0).sum(), 30)),
        "weight": float(claim.weights.mean()) if words else 0.0,
        "sentences": float(min(len(claim.sentences), 5)),
        "source_words": float(np.log1p(len(source.words))),
        "speaks_of_self": float(sum(w in _SELF for w in words if w not in given)),
        "asks": float("?" in claim.text),
    }


def _aligned(comparison: Comparison) -> dict[str, float]:
    claim, close = comparison.claim, comparison.close
    weights = claim.weights
    if not close.size:
        names = "aligned aligned_flat aligned_low aligned_best aligned_second aligned_missing"
        more = "aligned_back cosine cosine_sentence aligned_pair lowest lowest_words unlike"
        return dict.fromkeys((*names.split(), *more.split(), "worst_aligned"), 0.0)
    top = close.max(axis=1)
    content = weights > 0
    total = max(float(weights.sum()), 1e-6)
    per_sentence = np.sort(weights @ comparison.nears / total)[::-1]
    ordered = np.sort(top[content])
    unmatched = content & ~comparison.same.any(axis=1)
    first, last = comparison.span(comparison.best[0])
    back = close[:, first:last].max(axis=0)
    return {
        "aligned": float(weights @ top) / total,
        "aligned_flat": float(top.mean()),
        "aligned_low": _quantile(ordered, 0.15) if len(ordered) else 0.0,
        "aligned_best": float(per_sentence[0]),
        "aligned_second": float(per_sentence[1]) if len(per_sentence) > 1 else 0.0,
        "aligned_missing": float(top[unmatched].min()) if unmatched.any() else 1.0,
        "aligned_back": _share(comparison.source.weights[first:last], back),
        "cosine": float(claim.vector @ comparison.source.vector),
        "cosine_sentence": _best_cosine(comparison),
        "aligned_pair": _aligned_pair(comparison) / total,
        "lowest": float(ordered[:3].mean()) if len(ordered) else 0.0,
        "lowest_words": float(np.sort(top)[:4].mean()),
        "unlike": float(weights @ (1 - comparison.likeness.max(axis=1))),
        "worst_aligned": min(float(top[at].mean()) for at in claim.parts),
    }


def _quantile(ordered: Floats, share: float) -> float:
    """``np.quantile`` of numbers in order, without the many steps it takes for any array."""
    below, step = divmod(share * (len(ordered) - 1), 1)
    low, high = ordered[int(below)], ordered[min(int(below) + 1, len(ordered) - 1)]
    return float(low + (high - low) * step if step < 0.5 else high - (high - low) * (1 - step))


def _aligned_pair(comparison: Comparison) -> float:
    """How close two sentences together come to the words of the claim, the best of six."""
    near = comparison.nears[:, comparison.best[:6]]
    both = np.maximum(near[:, :, None], near[:, None, :])
    return float(np.einsum("m,mab->ab", comparison.claim.weights, both).max(initial=0))


def _best_cosine(comparison: Comparison) -> float:
    """The cosine of the claim's mean word with that of the closest sentence of the source."""
    sums, norms = comparison.source.kept(_sums)
    return float((products(comparison.claim.vector[None], sums)[0] / norms).max())


def _sums(source: Reading) -> tuple[Floats, Floats]:
    """The sum of the word vectors of each sentence that has words, and its length."""
    sums = np.add.reduceat(source.vectors, source.kept(starts), axis=0)
    return sums, np.maximum(np.linalg.norm(sums, axis=1), 1e-9)


def turned(polarity: Polarity) -> dict[str, float]:
    """Return how far the source denies what the claim says, by several signs, each named."""
    comparison = polarity.comparison
    near = comparison.best[:1]
    given = [w for s in near for w in comparison.source.words[slice(*comparison.span(s))]]
    return {
        "negation_added": polarity.added.weight if polarity.added else 0.0,
        "negation_dropped": polarity.dropped.weight if polarity.dropped else 0.0,
        "opposite": polarity.opposite.weight if polarity.opposite else 0.0,
        "negations": float(len(comparison.claim.kept(negators))),
        "negations_given": float(sum(w.folded in ("not", "no", "never") for w in given)),
        **{f"said_{group}": value for group, value in polarity.counts.items()},
    }
