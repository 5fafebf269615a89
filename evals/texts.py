"""How near one text is to another, word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from evals.matching import normalise

_ARTICLES = frozenset({"a", "an", "the"})


def token_f1(given: str, reference: str) -> float:
    """Return the F1 of the words of ``given`` against those of ``reference``, as a bag.

    Rajpurkar et al., "SQuAD" (EMNLP 2016), section 6.1: lower case, without punctuation and
    articles; two empty texts are equal.
    """
    one, other = (Counter(_squad_words(text)) for text in (given, reference))
    return _f1((one & other).total(), one.total(), other.total())


def rouge_l(given: str, reference: str) -> float:
    """Return ROUGE-L, the F1 of the longest common subsequence of words.

    Lin, "ROUGE" (2004), section 3.1, with equal weight on precision and recall and words as
    Google's ``rouge_score`` takes them without a stemmer: lower case, runs of a-z and 0-9.
    """
    one, other = (re.findall(r"[a-z0-9]+", text.lower()) for text in (given, reference))
    return _f1(_common(one, other), len(one), len(other))


def best(metric_values: Iterable[float]) -> float:
    """Return the best value over several references, 0 without any."""
    return max(metric_values, default=0.0)


def _squad_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", normalise(text)) if word not in _ARTICLES]


def _f1(shared: int, given: int, wanted: int) -> float:
    if not given and not wanted:
        return 1.0
    return 2 * shared / (given + wanted)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, row by row (Wagner and Fischer 1974)."""
    row = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for n, candidate in enumerate(other, start=1):
            diagonal, row[n] = (
                row[n],
                diagonal + 1 if word == candidate else max(row[n], row[n - 1]),
            )
    return row[-1]
