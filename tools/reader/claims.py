"""Claims to learn from: those that were written, copied ones, small edits, other evidence.

    python -m tools.reader.claims WRITTEN.jsonl OUT.jsonl

The written claims are paraphrases over their whole passage, the wrong ones subtly so. An answer
also copies, cites two sentences instead of ten, gets a figure wrong or speaks of something else:

| | supported |
|---|---|
| written claims | as written |
| … over just the sentences that were named with them | as written |
| … over their passage without these, over a near passage on another topic | no |
| sentences of the passages, word for word | yes |
| these and the supported claims after one minimal edit (``evals.minimal_edits``) | no |
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from evals.minimal_edits import edits
from tools.reader.elsewhere import elsewhere, without
from tools.reader.examples import Example, load, show

_NARROWED = 0.4  # of the written claims
_WITHOUT = 0.25  # of the supported ones
_EDITED = 0.5  # of the supported and of the copied ones
_COPIED = 2  # sentences of a passage
_WORDS = 6  # that a copied sentence has at least


def narrowed(claim: Example) -> Example:
    """Return ``claim`` over just the sentences that were named with it."""
    named = [n for n, label in enumerate(claim.labels) if label]
    return replace(
        claim,
        sentences=tuple(claim.sentences[n] for n in named),
        labels=tuple(claim.labels[n] for n in named),
    )


def copied(written: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield some sentences of each passage as claims."""
    passages = {tuple(example.sentences): example for example in written}
    for sentences, example in passages.items():
        said = [n for n, sentence in enumerate(sentences) if len(sentence.split()) >= _WORDS]
        for n in rng.sample(said, min(_COPIED, len(said))):
            labels = tuple(int(k == n) for k in range(len(sentences)))
            yield Example(
                sentences[n], example.title, sentences, labels, None, example.source, True
            )


def edited(claim: Example, rng: random.Random) -> Example | None:
    """Return ``claim`` after one minimal edit; None if it allows none."""
    made = edits(claim.question, " ".join(claim.sentences), seed=rng.randrange(1000))
    if not made:
        return None
    labels = tuple(-abs(label) for label in claim.labels)
    return replace(claim, question=rng.choice(made).text, labels=labels, supported=False)


def main(written: str, out: str) -> None:
    """Write the claims that are trained on."""
    rng = random.Random(4)
    found = load(Path(written))
    claims = [e for e in found if e.supported is not None]
    right = [e for e in claims if e.supported]
    said = list(copied(found, rng))
    kept = {
        "written": claims,
        "narrowed": [narrowed(e) for e in claims if rng.random() < _NARROWED],
        "without": [e for c in right if rng.random() < _WITHOUT and (e := without(c))],
        "elsewhere": list(elsewhere(right, rng)),
        "copied": said,
        "edited": [e for c in (*right, *said) if rng.random() < _EDITED and (e := edited(c, rng))],
    }
    show({name: len(some) for name, some in kept.items()})
    lines = (e.line() + "\n" for some in kept.values() for e in some)
    Path(out).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
