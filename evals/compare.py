"""Two runs over the same cases: is a difference more than chance, and which cases changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.catalogue import METRICS
from evals.intervals import interval
from evals.results import Row, Run, UnreadableRun

PERMUTATIONS = 10_000
LEVEL = 0.05  # a difference with a smaller p is called more than chance

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric before and after, over the cases both runs have it for.

    ``low`` and ``high`` bound the difference at 95 % (paired bootstrap); ``p`` is the chance of
    one as large if it did not matter which run an answer came from.
    """

    metric: str
    before: float
    after: float
    low: float
    high: float
    p: float
    cases: int

    @property
    def verdict(self) -> str:
        """Better, worse, or within chance."""
        if self.p >= LEVEL or self.before == self.after:
            return "within chance"
        up = self.after > self.before
        return "better" if up == (METRICS[self.metric].better == "higher") else "worse"


@dataclass(frozen=True, slots=True)
class Changed:
    """A case that was right in one run and is not in the other."""

    before: Row
    after: Row

    @property
    def gained(self) -> bool:
        """Whether it is right now."""
        return self.after.right


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs; ``only_one`` are ids of cases that one of them lacks."""

    differences: tuple[Difference, ...]
    changed: tuple[Changed, ...]
    only_one: tuple[str, ...]
    shared: int


def compare(before: Run, after: Run) -> Comparison:
    """Compare two runs case by case.

    Raises:
        UnreadableRun: if they have no case in common.
    """
    rows = {row.id: row for row in before.rows}
    pairs = [(rows[row.id], row) for row in after.rows if row.id in rows]
    if not pairs:
        raise UnreadableRun(f"{before.name} and {after.name} have no case in common")
    ids = {row.id for row in after.rows}
    found = (_difference(name, pairs) for name, m in METRICS.items() if not m.over_rows)
    return Comparison(
        differences=tuple(difference for difference in found if difference),
        changed=tuple(Changed(one, other) for one, other in pairs if one.right is not other.right),
        only_one=tuple(sorted(rows.keys() ^ ids)),
        shared=len(pairs),
    )


def _difference(name: str, pairs: Sequence[tuple[Row, Row]]) -> Difference | None:
    """The metric over the cases where both runs have it; a mean of metrics is left out."""
    scored = [
        (one.scores[name], other.scores[name])
        for one, other in pairs
        if name in one.scores and name in other.scores
    ]
    if METRICS[name].mean_of or not scored:
        return None
    before, after = (np.array(side, dtype=float) for side in zip(*scored, strict=True))
    if not before[:, 1].any() or not after[:, 1].any():
        return None
    low, high = interval(lambda at: _ratio(after[at]) - _ratio(before[at]), len(scored))
    return Difference(
        metric=name,
        before=_ratio(before),
        after=_ratio(after),
        low=low,
        high=high,
        p=permutation_p(before, after),
        cases=len(scored),
    )


def permutation_p(before: Points, after: Points, seed: int = 0) -> float:
    """Return the p value of a paired permutation test on two ratios of sums, two-sided.

    ``before`` and ``after`` hold points and weight of the same cases, shape (n, 2). Each case's
    two scores are exchanged with chance one half (Fisher's randomisation test; Smucker, Allan and
    Carterette, CIKM 2007, section 3.1). The observed order counts as one draw, so p is never 0.
    """
    random = np.random.default_rng(seed)
    observed = abs(_ratio(after) - _ratio(before))
    as_large, done = 1, 1
    for _ in range(PERMUTATIONS // 1000):
        swap = random.random((1000, len(before))) < 0.5
        one = np.where(swap[:, :, None], after, before).sum(axis=1)
        other = np.where(swap[:, :, None], before, after).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = np.abs(other[:, 0] / other[:, 1] - one[:, 0] / one[:, 1])
        as_large += int((np.nan_to_num(drawn) >= observed - 1e-12).sum())
        done += 1000
    return as_large / done


def _ratio(scores: Points) -> float:
    weight = scores[:, 1].sum()
    return float(scores[:, 0].sum() / weight) if weight else float("nan")
