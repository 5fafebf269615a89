"""Written questions put to passages that are near them and do not answer.

    python -m tools.reader.elsewhere WRITTEN.jsonl OUT.jsonl

The unanswerable questions that were written are near misses on their passage's own topic. A search
also brings passages on other topics: two of five answerable questions are read over one of those.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.embedder import SentenceEmbedding
from tools.reader.examples import Example, load, show

_SHARE = 0.4  # of the answerable questions
_NEAREST = 4  # passages of which one is drawn
_ALIKE = 0.85  # cosine to its own passage from which on another may answer as well


def elsewhere(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield unanswerable examples: a share of the questions, each over another's passage."""
    titles: dict[tuple[str, ...], str] = {}
    for example in examples:
        titles.setdefault(tuple(example.sentences), example.title)
    texts = list(titles)
    embedder = SentenceEmbedding()
    passages = embedder.embed([f"{titles[text]}\n{' '.join(text)}" for text in texts])
    asked = [e for e in examples if e.answered and e.supported is None]
    asked = [e for e in asked if rng.random() < _SHARE]
    near = embedder.embed([e.question for e in asked]) @ passages.T
    for example, row in zip(asked, near, strict=True):
        own = passages @ passages[texts.index(tuple(example.sentences))]
        others = [
            n
            for n in np.argsort(-row)[: 2 * _NEAREST + 1]
            if own[n] < _ALIKE and (titles[texts[n]] != example.title or not example.title)
        ]
        if others:
            text = texts[rng.choice(others[:_NEAREST])]
            yield replace(
                example,
                title=titles[text],
                sentences=text,
                labels=(0,) * len(text),
                answer=None,
                source=f"{example.source}/other",
            )


def main(written: str, out: str) -> None:
    """Write the questions of ``written`` with those that are put to other passages."""
    asked = [e for e in load(Path(written)) if e.supported is None]
    more = list(elsewhere(asked, random.Random(9)))
    show(len(asked), "questions,", len(more), "more put to other passages")
    Path(out).write_text("".join(e.line() + "\n" for e in (*asked, *more)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
