"""How well a score tells yes from no, and whether it means what it says.

``labels`` are 1 for yes; ``scores`` are larger the surer the yes. Where a decision is needed that
the system did not take itself, its threshold is never chosen on the cases it is judged on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from evals.intervals import Estimate, interval

Labels = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]
Statistic = Callable[[Labels, Scores], float]


def auroc(labels: Labels, scores: Scores) -> float:
    """Return the area under the ROC curve: the chance that a yes scores above a no.

    Ties count half (Hanley and McNeil, Radiology 1982): the Mann-Whitney statistic, from the mean
    ranks of the yes. NaN with one class only.
    """
    yes = int(labels.sum())
    no = len(labels) - yes
    if not yes or not no:
        return float("nan")
    _, where, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[where]
    return float((ranks[labels].sum() - yes * (yes + 1) / 2) / (yes * no))


def balanced_accuracy(labels: Labels, decisions: Scores) -> float:
    """Return the mean of the share of yes and the share of no that were decided right.

    Brodersen et al., "The balanced accuracy and its posterior distribution" (ICPR 2010).
    """
    if not labels.any() or labels.all():
        return np.nan
    yes = decisions >= 0.5
    return float((yes[labels].mean() + (~yes[~labels]).mean()) / 2)


def macro_f1(labels: Labels, decisions: Scores) -> float:
    """Return the mean of the F1 of yes and that of no; a class nobody has or gives counts 0."""
    yes = decisions >= 0.5
    return (_f1(labels, yes) + _f1(~labels, ~yes)) / 2


def _f1(labels: Labels, decided: Labels) -> float:
    total = int(labels.sum() + decided.sum())
    return 2 * int((labels & decided).sum()) / total if total else 0.0


def caught_at(false_alarms: float) -> Statistic:
    """Return a statistic: the share of no that are caught where ``false_alarms`` of yes are.

    The threshold is the smallest score that no more than that share of yes are under.
    """

    def caught(labels: Labels, scores: Scores) -> float:
        if not labels.any() or labels.all():
            return np.nan
        ranked = np.sort(scores[labels])
        threshold = ranked[int(np.floor(false_alarms * len(ranked)))]
        return float((scores[~labels] < threshold).mean())

    return caught


def best_threshold(labels: Labels, scores: Scores) -> float:
    """Return the threshold of best balanced accuracy on these cases; yes is at or above it."""
    if not labels.any() or labels.all():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    yes = np.cumsum(labels[order]) / labels.sum()
    no = np.cumsum(~labels[order]) / (~labels).sum()
    ranked = scores[order]
    last = np.append(ranked[1:] != ranked[:-1], True)  # ties fall on the same side
    at = int(np.argmax(np.where(last, yes - no, -np.inf)))
    below = ranked[at + 1] if at + 1 < len(ranked) else ranked[at] - 1
    return float((ranked[at] + below) / 2)


def transferred(labels: Labels, scores: Scores, groups: Sequence[str], folds: int = 5) -> Scores:
    """Decide every case by a threshold chosen on others: 1 for yes, 0 for no.

    With several groups, the threshold for a group is chosen on all the others; with one, on the
    other folds of ``folds``, dealt in order.
    """
    names = np.asarray(groups)
    if len(set(groups)) == 1:
        names = (np.arange(len(labels)) % folds).astype(str)
    decided = np.zeros(len(labels))
    for name in np.unique(names):
        here = names == name
        decided[here] = scores[here] >= best_threshold(labels[~here], scores[~here])
    return decided


def calibration_error(labels: Labels, scores: Scores, bins: int = 10) -> float:
    """Return the expected calibration error of scores from 0 to 1.

    The mean over equal bins, weighted by how many fall in, of the distance between the mean
    score and the share of yes (Naeini, Cooper and Hauskrecht, AAAI 2015).
    """
    found = reliability(labels, scores, bins)
    return sum(abs(mean - share) * count for mean, share, count in found) / max(len(labels), 1)


def reliability(labels: Labels, scores: Scores, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return for each bin that holds a case: its mean score, its share of yes, its count."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        (
            float(scores[place == n].mean()),
            float(labels[place == n].mean()),
            int((place == n).sum()),
        )
        for n in range(bins)
        if (place == n).any()
    ]


def estimated(
    statistic: Statistic, labels: Labels, scores: Scores, seed: int = 0
) -> Estimate | None:
    """Return a statistic over all cases with its bootstrap interval; None where it is undefined."""
    if not len(labels):
        return None
    value = statistic(labels, scores)
    if np.isnan(value):
        return None
    low, high = interval(lambda at: statistic(labels[at], scores[at]), len(labels), seed)
    return Estimate(value=value, low=low, high=high, cases=len(labels))
