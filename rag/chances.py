"""How likely the passages answer a question, and which of their sentences do.

Two logistic models over the same signs: what the trained reader says of a sentence and of its
passage as a whole, how well the words match (MaxSim), how far a sentence is behind the best, and
which demands of the question it leaves open. One says whether the passages answer at all, the
other which sentences do if so. Their weights (``weights/chances.json``) were fitted on questions
that the reader was not trained on: ``tools/reader/weigh.py``, ``docs/reader.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from rag.refusal import Gap

Floats = npt.NDArray[np.float32]

MOST = 8.0  # log-odds of the reader are cut to ± this
GAPS = ("name", "figure", "topic", "date", "number", "person", "body", "place")
# The signs of each model, in the order of its columns.
SENTENCE = ("odds", "matched", "odds_behind", "matched_behind", *(f"gap_{kind}" for kind in GAPS))
ANSWERED = ("whole_of_likeliest", "whole", "odds", "matched")

_MATCHED = 4.0  # log-odds that a full match of the words is worth, where order is all that counts


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of each candidate, shape (n,).

    ``matched`` is MaxSim, from 0 to 1.5; ``odds`` are the reader's log-odds that the sentence
    answers, -inf where it was not read, and ``whole`` that its passage does.
    """

    matched: Floats
    odds: Floats
    whole: Floats

    def __post_init__(self) -> None:
        for name in ("odds", "whole"):
            object.__setattr__(self, name, np.clip(getattr(self, name), -MOST, MOST))


def promise(signs: Signs) -> Floats:
    """Return by what candidates are ordered before their gaps are known."""
    return signs.odds + _MATCHED * signs.matched


def sentence_signs(signs: Signs, missing: Mapping[int, Sequence[Gap]]) -> npt.NDArray[np.float64]:
    """Return a row for each candidate in ``missing``: what speaks for it against the others."""
    at = list(missing)
    best = (signs.odds.max(initial=-MOST), signs.matched.max(initial=0.0))
    kinds = [[gap.kind for gap in missing[n]] for n in at]
    open_gaps = np.array([[kind in found for kind in GAPS] for found in kinds], dtype=np.float64)
    odds, matched = signs.odds[at], signs.matched[at]
    columns = np.stack([odds, matched, odds - best[0], matched - best[1]], axis=1)
    return np.concatenate([columns, open_gaps.reshape(len(at), len(GAPS))], axis=1)


def answer_signs(signs: Signs) -> npt.NDArray[np.float64]:
    """Return one row: what speaks for it that the passages answer."""
    if not len(signs.odds):
        return np.array([-MOST, -MOST, -MOST, 0.0])
    likeliest = int(promise(signs).argmax())
    whole = signs.whole
    return np.array(
        [whole[likeliest], whole.max(), signs.odds.max(), signs.matched.max()], dtype=np.float64
    )


def chances(signs: Signs, missing: Mapping[int, Sequence[Gap]]) -> tuple[float, Floats]:
    """Return how likely the passages answer, and if so how likely each candidate does.

    ``missing`` are the gaps of the candidates that were looked at; the others have no chance.
    """
    chance = np.zeros(len(signs.odds), dtype=np.float32)
    if missing:
        chance[list(missing)] = _logistic("sentence", sentence_signs(signs, missing))
    return float(_logistic("answered", answer_signs(signs))), chance


def _logistic(name: str, signs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    weights, bias = _weights()[name]
    total: npt.NDArray[np.float64] = 1 / (1 + np.exp(-(signs @ weights + bias)))
    return total


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[npt.NDArray[np.float64], float]]:
    stored = json.loads(
        resources.files("rag").joinpath("weights", "chances.json").read_text(encoding="utf-8")
    )
    return {
        model: (
            np.array([stored[model]["weights"][name] for name in names]),
            float(stored[model]["bias"]),
        )
        for model, names in (("sentence", SENTENCE), ("answered", ANSWERED))
    }
