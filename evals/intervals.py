"""Aggregates over cases with a bootstrap confidence interval, and percentiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from evals.metrics import Score

RESAMPLES = 2000
LEVEL = 0.95


class Estimate(BaseModel):
    """A metric over ``cases`` cases it applies to, with its 95 % confidence interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float
    cases: int


def estimate(*parts: Sequence[Score | None], seed: int = 0) -> Estimate | None:
    """Return the mean over ``parts`` of the sum of points over the sum of weights.

    ``parts`` are scores of the same cases, in order; one part is a plain ratio, two give for
    instance balanced accuracy. The interval is the percentile bootstrap over cases (Efron and
    Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13), so sentences of one case
    stay together. It has no width when every case scores the same: then, with n cases, what was
    not seen may still happen at a rate up to about 3 / n.

    Returns None if some part has no weight at all.
    """
    table = np.array([[score or (0, 0) for score in part] for part in parts], dtype=float)
    if table.size == 0:
        return None
    table = table[:, table[:, :, 1].any(axis=0)]
    cases = table.shape[1]
    if not table[:, :, 1].any(axis=1).all():
        return None
    draws = np.random.default_rng(seed).multinomial(cases, [1 / cases] * cases, RESAMPLES)
    with np.errstate(invalid="ignore"):
        sums = np.einsum("rc,pcx->prx", draws, table)
        resampled = (sums[:, :, 0] / sums[:, :, 1]).mean(axis=0)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(resampled, [tail, 100 - tail])
    value = (table[:, :, 0].sum(axis=1) / table[:, :, 1].sum(axis=1)).mean()
    return Estimate(value=float(value), low=float(low), high=float(high), cases=cases)


def interval(
    statistic: Callable[[npt.NDArray[np.intp]], float],
    cases: int,
    seed: int = 0,
    resamples: int = RESAMPLES // 4,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic that is no ratio of sums.

    ``statistic`` is given the numbers of the cases drawn. Fewer resamples than for ``estimate``:
    such a statistic (AUROC, F1) is computed anew for each.
    """
    random = np.random.default_rng(seed)
    drawn = [statistic(random.integers(0, cases, cases)) for _ in range(resamples)]
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return float(low), float(high)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which ``share`` percent of ``values`` lie; None if there are none."""
    return float(np.percentile(values, share)) if values else None


def risk_coverage(graded: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Return the risk-coverage curve of answers given as (confidence, right).

    For each confidence that occurs, highest first: the share of answers with at least that
    confidence, and the share of wrong ones among them (El-Yaniv and Wiener, "On the foundations
    of noise-free selective classification", JMLR 2010). Equal confidences are one point.
    """
    points = []
    for least in sorted({confidence for confidence, _ in graded}, reverse=True):
        kept = [right for confidence, right in graded if confidence >= least]
        points.append((len(kept) / len(graded), kept.count(False) / len(kept)))
    return points
