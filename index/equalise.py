"""Make a Chroma collection hold, and find, the points of the catalog."""

from __future__ import annotations

from collections.abc import Callable

from index.chroma import BATCH, Chroma
from index.embeddings import Embeddings

Counted = Callable[[int, int], None]  # gets the rows written and the rows to write

_MENDINGS = 4  # times that unreachable points are inserted again
_SAMPLE = 8  # points that must find themselves


class Damaged(RuntimeError):
    """Chroma does not hold, or does not find, what was given to it."""


def equalise(chroma: Chroma, embeddings: Embeddings, progress: Counted) -> tuple[int, list[str]]:
    """Write and delete what differs; return how many did, and points no search leads to.

    Raises:
        Damaged: if a point that should be reachable is not found by its own vector.
    """
    expected, present = embeddings.points(), chroma.points()
    surplus, missing = sorted(present - expected), sorted(expected - present)
    chroma.delete(surplus)
    for n in range(0, len(missing), BATCH):
        chroma.upsert(*embeddings.vectors(missing[n : n + BATCH]))
        progress(min(n + BATCH, len(missing)), len(missing))
    lost = _mend(chroma, embeddings, expected)
    reached = sorted(expected - lost)
    check_sample(chroma, embeddings, reached[:: max(len(reached) // _SAMPLE, 1)])
    return len(surplus) + len(missing), sorted(lost)


def check_sample(chroma: Chroma, embeddings: Embeddings, points: list[str]) -> None:
    """Search for ``points`` by their own vectors; raises Damaged if one is not found."""
    if not all(chroma.finds(vector) for vector in embeddings.vectors(points)[1]):
        raise Damaged("a passage is not found by its own vector")


def _mend(chroma: Chroma, embeddings: Embeddings, expected: set[str]) -> set[str]:
    """Insert again the points that no path leads to; return those that there still are.

    HNSW prunes links, and can cut a point off from the graph; inserted anew it gets others.
    """
    lost = expected - chroma.reachable()
    for _ in range(_MENDINGS):
        if not lost or len(lost) > len(expected) / 2:
            break
        chroma.delete(sorted(lost))
        chroma.upsert(*embeddings.vectors(sorted(lost)))
        lost = expected - chroma.reachable()
    return lost
