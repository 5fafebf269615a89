"""Texts that are nearly the same: each as the set of its runs of five words, compared by share.

A set is represented by its smallest hashes, a bottom-k sketch (Cohen and Kaplan, "Summarizing data
using bottom-k sketches", PODC 2007): the share of two sets' smallest common hashes estimates
their Jaccard similarity, to about ±0.06 for k = 256.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from heapq import nsmallest
from zlib import crc32

_WORDS = 5  # in a run
_SKETCH = 256  # hashes that stand for a text
_LOOKED_UP = 24  # of them that find the texts it is compared with
_MOST = 50  # texts it is compared with for each of those
_CHARACTERS = 2_000_000  # that are looked at
_WORD = re.compile(r"\w+")


def near_duplicates(
    texts: Iterable[tuple[str, str]], least: float = 0.8
) -> dict[str, tuple[str, float]]:
    """Return for each name the earlier name whose text is most like its own, and how much.

    ``texts`` are names with texts; similarity is in [``least``, 1]. Names without such an earlier
    text are left out. Of any two texts that are alike, the later is the duplicate.
    """
    found: dict[str, tuple[str, float]] = {}
    sketches: dict[str, list[int]] = {}
    by_hash: defaultdict[int, list[str]] = defaultdict(list)
    for name, text in texts:
        sketch = _sketch(text)
        near = {other for key in sketch[:_LOOKED_UP] for other in by_hash[key][:_MOST]}
        shares = [(_similarity(sketch, sketches[other]), other) for other in sorted(near)]
        best, original = max(shares, key=lambda share: share[0], default=(0.0, ""))
        if best >= least:
            found[name] = original, best
        sketches[name] = sketch
        for key in sketch[:_LOOKED_UP]:
            by_hash[key].append(name)
    return found


def _sketch(text: str) -> list[int]:
    """The smallest hashes of the runs of words in ``text``, in order."""
    words = _WORD.findall(text[:_CHARACTERS].lower())
    count = max(len(words) - _WORDS + 1, min(len(words), 1))
    runs = {crc32(" ".join(words[n : n + _WORDS]).encode()) for n in range(count)}
    return nsmallest(_SKETCH, runs)


def _similarity(one: list[int], other: list[int]) -> float:
    """The estimated Jaccard similarity of the sets two sketches stand for."""
    smallest = nsmallest(_SKETCH, {*one, *other})
    common = {*one} & {*other}
    return sum(key in common for key in smallest) / len(smallest) if smallest else 0.0
