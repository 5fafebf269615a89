"""A second judge of sentences: any fact-checking model that a setting names.

It can only withhold. What our own check (``rag.grounding``) does not support it is not asked, and
what stands in the source word for word needs no second judge.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from rag.grounding import Check, Checker, stands_in
from rag.pairs import Floats, PairModel

AGREES = 0.5  # the chance of support from which on the second judge agrees

# What models call "the first text supports the second"; matched as whole words.
_SUPPORTS = re.compile(
    r"entail(?:s|ed|ment)?|support(?:s|ed)?|consistent|factual|grounded|faithful|attributable"
    r"|true|yes|correct"
)
_GENERIC = ["label_0", "label_1"]


class SecondJudge:
    """A check that supports what both ``first`` and a model support.

    The model is a ``CrossEncoder`` that reads (source, sentence): one for inference, with a label
    for entailment, or a fact checker with two labels or one score. Where the two differ the
    support is the geometric mean of theirs. Thread-safe.
    """

    def __init__(self, first: Checker, model: PairModel, cache: int = 512) -> None:
        self._first = first
        self._model = model
        self._chance = lru_cache(maxsize=cache)(self._read)

    def load(self) -> None:
        """Load the model now.

        Raises:
            BadModel: if it is not on this machine, or none of its labels says "supported".
        """
        self._supporting()

    def __call__(self, sentence: str, cited: str, question: str = "") -> Check:
        """Check ``sentence`` against the text it cites; see ``rag.grounding.GroundingCheck``."""
        found = self._first(sentence, cited, question)
        if not found.supported or stands_in(sentence, cited):
            return found
        chance = self._chance(cited, sentence)
        if chance >= AGREES:
            return found
        reason = f"the checker {self._model.title} gives it {chance:.2f}"
        return Check(False, (found.support * chance) ** 0.5, reason)

    def _read(self, cited: str, sentence: str) -> float:
        supporting = self._supporting()
        logits = self._model.logits([(cited, sentence)])[0]
        return _chances(logits)[supporting]

    def _supporting(self) -> int:
        """Which output says that the source supports the sentence."""
        labels = self._model.labels()
        if len(labels) == 1:
            return 0
        named = [n for n, label in enumerate(labels) if _says_supported(label)]
        if len(named) == 1:
            return named[0]
        if labels == _GENERIC:  # as MiniCheck has them: 1 is "supported"
            return 1
        raise self._model.unusable(
            f"is no fact checker: none of its labels ({', '.join(labels)}) says that a text "
            "supports another"
        )


def _says_supported(label: str) -> bool:
    words = re.split(r"[\W_]+", label)
    return any(_SUPPORTS.fullmatch(word) for word in words) and not {"not", "non"} & {*words}


def _chances(logits: Floats) -> list[float]:
    """The chance of each label; of a single score, that of its being true."""
    scores = logits.astype(np.float64)
    if len(scores) == 1:
        return [float(1 / (1 + np.exp(-scores[0])))]
    grown = np.exp(scores - scores.max())
    return [float(chance) for chance in grown / grown.sum()]
