"""How likely the passages answer a question, and which of their sentences do.

Two logistic models over the same signs: what the trained reader says of a sentence and of its
passage as a whole, how well the words match (MaxSim), how near the passage is, how far a sentence
is behind the best, and which demands of the question it leaves open. One says whether the
passages answer at all, the other which sentences do if so. Their weights (``weights/chances.json``)
were fitted on questions that the reader was not trained on, for each reader its own:
``tools/reader/weigh.py``, ``docs/reader.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from rag.reading import Size
from rag.refusal import Gap

Floats = npt.NDArray[np.float32]

MOST = 8.0  # log-odds of the reader are cut to ± this
ABOUT = (
    "name",
    "figure",
    "topic",
)  # gaps in what a sentence is about; the others: in what it gives
GAPS = (*ABOUT, "date", "number", "person", "body", "place")
_FILES: dict[Size, str] = {"small": "chances.json", "large": "chances-large.json"}
# The signs of each model, in the order of its columns.
SENTENCE = (
    "odds", "matched", "whole", "odds_behind", "matched_behind", "whole_behind",
    *(f"gap_{kind}" for kind in GAPS),
)  # fmt: skip
ANSWERED = (
    "whole_of_likeliest", "whole", "met", "matched", "near", "gap_about", "gap_kind",
)  # fmt: skip

# What the log-odds of a sentence count for: candidates of one page stand or fall together, and
# chances fitted as if they did not are too sure to show a second one (docs/experiments.md).
_SOFTENED = 0.5
_MATCHED = 4.0  # log-odds that a full match of the words is worth, where order is all that counts


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of each candidate, shape (n,).

    ``matched`` is MaxSim, from 0 to 1.5; ``odds`` are the reader's log-odds that the sentence
    answers, -inf where it was not read, and ``whole`` that its passage does. ``near`` is the
    cosine of the question and the passage, 0 where it was found by words alone.
    """

    matched: Floats
    odds: Floats
    whole: Floats
    near: Floats

    def __post_init__(self) -> None:
        for name in ("odds", "whole"):
            object.__setattr__(self, name, np.clip(getattr(self, name), -MOST, MOST))


def promise(signs: Signs) -> Floats:
    """Return by what candidates are ordered before their gaps are known."""
    return signs.odds + _MATCHED * signs.matched


def sentence_signs(signs: Signs, missing: Mapping[int, Sequence[Gap]]) -> npt.NDArray[np.float64]:
    """Return a row for each candidate in ``missing``: what speaks for it against the others."""
    at = list(missing)
    kinds = [[gap.kind for gap in missing[n]] for n in at]
    open_gaps = np.array([[kind in found for kind in GAPS] for found in kinds], dtype=np.float64)
    given = np.stack([signs.odds, signs.matched, signs.whole], axis=1)
    behind = given - given.max(axis=0, initial=-MOST)
    columns = [given[at], behind[at], open_gaps.reshape(len(at), len(GAPS))]
    return np.concatenate(columns, axis=1).astype(np.float64)


def answer_signs(signs: Signs, missing: Mapping[int, Sequence[Gap]]) -> npt.NDArray[np.float64]:
    """Return one row: what speaks for it that the passages answer."""
    if not len(signs.odds):
        return np.array([-MOST, -MOST, -MOST, 0.0, 0.0, 1.0, 1.0])
    likeliest = int(promise(signs).argmax())
    about = [gap.kind in ABOUT for gap in missing.get(likeliest, ())]
    met = [signs.odds[n] for n, found in missing.items() if not found]
    return np.array(
        [
            signs.whole[likeliest],
            signs.whole.max(),
            max(met, default=-MOST),  # the likeliest sentence that leaves nothing open
            signs.matched.max(),
            signs.near.max(),
            any(about),
            not all(about),
        ],
        dtype=np.float64,
    )


def chances(
    signs: Signs, missing: Mapping[int, Sequence[Gap]], size: Size = "small"
) -> tuple[float, Floats]:
    """Return how likely the passages answer, and if so how likely each candidate does.

    ``missing`` are the gaps of the candidates that were looked at; the others have no chance.
    ``size`` is that of the reader.
    """
    chance = np.zeros(len(signs.odds), dtype=np.float32)
    if missing:
        odds = _log_odds(size, "sentence", sentence_signs(signs, missing))
        chance[list(missing)] = _chance(_SOFTENED * odds)
    return float(_chance(_log_odds(size, "answered", answer_signs(signs, missing)))), chance


def _log_odds(size: Size, name: str, signs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    weights, bias = _weights(size)[name]
    total: npt.NDArray[np.float64] = signs @ weights + bias
    return total


def _chance(odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-odds)))


@lru_cache(maxsize=2)
def _weights(size: Size) -> dict[str, tuple[npt.NDArray[np.float64], float]]:
    stored = json.loads(
        resources.files("rag").joinpath("weights", _FILES[size]).read_text(encoding="utf-8")
    )
    return {
        model: (
            np.array([stored[model]["weights"][name] for name in names]),
            float(stored[model]["bias"]),
        )
        for model, names in (("sentence", SENTENCE), ("answered", ANSWERED))
    }
