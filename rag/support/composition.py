"""How the parts of the check become one score: does the source carry it, was it altered?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.support.features import FALLING, RISING, coverage, turned
from rag.support.places import PLACE_FEATURES, Place, places
from rag.support.polarity import Polarity
from rag.support.trees import trees

# The features that the support trees see, all of which speak one way: a claim that is longer or a
# source that is another kind of text must not count for or against it.
SUPPORT = tuple(sorted((RISING | FALLING) - {*PLACE_FEATURES, "misplaced"}))
_TURNS = (
    "figures_missing",
    "names_missing",
    "negation_added",
    "negation_dropped",
    "opposite",
    "said_all",
    "said_part",
    "said_only",
    "said_more",
    "said_less",
    "said_before",
    "said_after",
    "covered",
    "covered_flat",
    "best_pair",
    "bigrams",
    "missing",
    "missing_weight",
)
ALTERED = ("misplaced", *_TURNS)


@dataclass(frozen=True, slots=True)
class Score:
    """``carried``: how sure it is that the source says this much; ``altered``: that it was bent.

    ``places`` are the names and figures with how sure it is that each is misplaced.
    """

    carried: float
    altered: float
    places: tuple[tuple[Place, float], ...]

    @property
    def support(self) -> float:
        """Both together, in [0, 1]."""
        return composed(self.carried, self.altered)


def composed(carried: float, altered: float) -> float:
    """Return how sure it is that a claim is carried and was not altered, as if independent."""
    return carried * (1 - altered)


def alterations(features: Mapping[str, float], misplaced: float) -> list[float]:
    """Return the row that the altered trees see, in the order of ``ALTERED``."""
    return [misplaced, *(features[name] for name in _TURNS)]


def score(polarity: Polarity, asked: frozenset[str]) -> Score:
    """Score a claim against its source; ``asked`` are the stems of the question."""
    comparison = polarity.comparison
    suffix = "" if comparison.with_vectors else "_words"
    features = {**coverage(comparison, asked), **turned(polarity)}
    found = places(comparison, asked)
    sure: Sequence[float] = []
    if found:
        sure = [float(p) for p in trees(f"place{suffix}").probability([p.row for p in found])]
    row = alterations(features, max(sure, default=0.0))
    return Score(
        carried=trees(f"support{suffix}").of(features),
        altered=float(trees(f"altered{suffix}").probability([row])[0]),
        places=tuple(zip(found, sure, strict=True)),
    )
