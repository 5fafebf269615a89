"""Written questions put to pages that do not answer them.

    python -m tools.reader.elsewhere WRITTEN.jsonl OUT.jsonl

The unanswerable questions that were written are near misses on their passage's own topic. A search
also brings passages on other topics, and the right article's wrong section: two of five answerable
questions are read over a near passage on something else as well, and one of four over their own
without the sentences that answer.
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

_SHARE = 0.4  # of the answerable questions are read over another passage
_WITHOUT = 0.25  # … over their own without what answers
_LEAST = 3  # sentences that are left then
_NEAREST = 4  # passages of which one is drawn
_ALIKE = 0.85  # cosine to its own passage from which on another may answer as well


def elsewhere(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield a share of the questions, or supported claims, each over another's passage."""
    titles: dict[tuple[str, ...], str] = {}
    for example in examples:
        titles.setdefault(tuple(example.sentences), example.title)
    texts = list(titles)
    embedder = SentenceEmbedding()
    passages = embedder.embed([f"{titles[text]}\n{' '.join(text)}" for text in texts])
    asked = [e for e in examples if e.answered and rng.random() < _SHARE]
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
                supported=None if example.supported is None else False,
            )


def without(example: Example) -> Example | None:
    """Return ``example`` without each sentence that answers or may be shown, if enough are left."""
    left = tuple(s for s, k in zip(example.sentences, example.labels, strict=True) if k == 0)
    if len(left) < _LEAST:
        return None
    return replace(
        example,
        sentences=left,
        labels=(0,) * len(left),
        answer=None,
        source=f"{example.source}/without",
        supported=None if example.supported is None else False,
    )


def main(written: str, out: str) -> None:
    """Write the questions of ``written`` with those that are put to other passages."""
    asked = [e for e in load(Path(written)) if e.supported is None]
    rng = random.Random(9)
    more = list(elsewhere(asked, rng))
    some = [e for e in asked if e.answered and rng.random() < _WITHOUT]
    less = [example for e in some if (example := without(e))]
    show(len(asked), "questions,", len(more), "over other passages,", len(less), "without answers")
    kept = (*asked, *more, *less)
    Path(out).write_text("".join(e.line() + "\n" for e in kept), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
