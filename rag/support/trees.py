"""Gradient-boosted trees as plain arrays: a row of features becomes a probability.

Friedman, "Greedy Function Approximation" (Annals of Statistics 2001); trained with scikit-learn
by ``tools/train_grounding.py``, evaluated here without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rag.support.weights import stored


@dataclass(frozen=True, slots=True)
class Trees:
    """All trees in one table of nodes; a leaf has a ``value``, and itself on either side.

    ``roots`` are the first node of each tree, ``depth`` the most steps to a leaf. The sum of the
    leaves reached, plus ``bias``, is the log-odds; ``slope`` and ``shift`` calibrate it (Platt
    1999).
    """

    features: tuple[str, ...]
    roots: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    depth: int
    bias: float
    slope: float = 1.0
    shift: float = 0.0

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """Return the trees that ``plain`` writes down as lists, the ``feature`` of a leaf as -1."""
        whole = {name: np.array(plain[name], dtype=np.int64) for name in _WHOLE}
        leaves = np.flatnonzero(whole["feature"] < 0)
        whole["left"][leaves] = whole["right"][leaves] = leaves
        real = {name: np.array(plain[name], dtype=np.float64) for name in ("threshold", "value")}
        rest = {name: float(plain[name]) for name in ("bias", "slope", "shift")}
        depth = _depth(whole)
        return cls(tuple(plain["features"]), depth=depth, **{**whole, **real, **rest})  # type: ignore[arg-type]

    def probability(self, rows: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
        """Return the probability of each row, shape (r,); a row holds ``features`` in order."""
        table = np.asarray(rows, dtype=np.float32).astype(np.float64)
        odds = np.array([self._sum(row) for row in table]) + self.bias
        return np.asarray(1 / (1 + np.exp(-(self.slope * odds + self.shift))), dtype=np.float64)

    def _sum(self, row: npt.NDArray[np.float64]) -> float:
        """The sum of the leaves that ``row`` reaches."""
        # To decide at every node at once is quicker than to look up those that are met.
        after = np.where(row.take(self.feature) <= self.threshold, self.left, self.right)
        at = self.roots
        for _ in range(self.depth):
            at = after.take(at)
        return float(self.value.take(at).sum())

    def of(self, named: Mapping[str, float]) -> float:
        """Return the probability of one row given by name."""
        return float(self.probability([[named[name] for name in self.features]])[0])


def _depth(nodes: Mapping[str, npt.NDArray[np.int64]]) -> int:
    """The most steps from a root to a leaf."""
    depth, at = 0, nodes["roots"]
    while len(at := at[nodes["feature"][at] >= 0]):
        depth, at = depth + 1, np.concatenate([nodes["left"][at], nodes["right"][at]])
    return depth


_WHOLE = ("roots", "feature", "left", "right")


@lru_cache(maxsize=8)
def trees(name: str) -> Trees:
    """Return the stored trees called ``name``."""
    return Trees.read(stored()["trees"][name])
