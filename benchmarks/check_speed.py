"""How long does the check of one sentence take? ``python -m benchmarks.check_speed``.

Whole checks with the real model: the sentence is new to the check, so it is taken apart and
encoded. Its source has either been read ahead, as a passage is, or is new as well. The sentences
are minimal edits of those in ``documents/``: none stands in its source word for word. The model
has one thread, and has been warmed as a server warms it. On a busy machine CPU time says more than
the time that passed.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import torch

from benchmarks.grounding import documents
from evals.intervals import percentile
from evals.minimal_edits import edits
from index.embedder import SentenceEmbedding
from rag.grounding import GroundingCheck

Pair = tuple[str, str]  # a sentence and its source


def main() -> None:
    """Measure, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="print where the time goes, too")
    given = parser.parse_args()
    torch.set_num_threads(1)
    embedder = SentenceEmbedding()
    embedder.warm()
    pairs = sample(given.checks)
    times(embedder, pairs[:5], ahead=True)  # loads the weights of the check
    for ahead in (True, False):
        profile = cProfile.Profile() if given.profile else None
        with profile or nullcontext():
            passed, spent = times(embedder, pairs, ahead)
        name = "source read ahead" if ahead else "source new too"
        sys.stdout.write(f"{name}: {_shown('wall', passed)}; {_shown('CPU', spent)}\n")
        if profile:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


def sample(checks: int) -> list[Pair]:
    """Return up to ``checks`` sentences, with the paragraphs they are edits of."""
    pairs = sorted(set(_edited()))
    return random.Random(0).sample(pairs, min(checks, len(pairs)))


def _edited() -> Iterator[Pair]:
    for part, start, end in documents():
        yield from ((edit.text, part) for edit in edits(part[start:end], part, seed=2))


def times(
    embedder: SentenceEmbedding, pairs: Sequence[Pair], ahead: bool
) -> tuple[list[float], list[float]]:
    """Return the milliseconds that passed, and that were spent on CPUs, for each check."""
    check = GroundingCheck(embedder)
    passed, spent = [], []
    for sentence, source in pairs:
        if ahead:
            check.prepare(source)
        else:
            check = GroundingCheck(embedder)
        clock, cpu = time.perf_counter(), time.process_time()
        check(sentence, source)
        passed.append(1000 * (time.perf_counter() - clock))
        spent.append(1000 * (time.process_time() - cpu))
    return passed, spent


def _shown(name: str, values: Sequence[float]) -> str:
    return f"{name} p50 {percentile(values, 50):.1f} ms, p95 {percentile(values, 95):.1f} ms"


if __name__ == "__main__":
    main()
