"""Fit what the reader's word and the other signs count for: rag/weights/chances.json.

    python -m tools.reader.weigh HELD_OUT.jsonl OTHERS.jsonl READER.safetensors OUT.json [--most N]

Each held-out question is asked of the five nearest passages among all that were written about, its
own always among them, as the assistant would ask it. An answerable one is asked again without its
own passage and is then unanswerable: so off-topic questions are as well represented as near misses.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from index.embedder import SentenceEmbedding
from rag.chances import ANSWERED, SENTENCE, answer_signs, promise, sentence_signs
from rag.evidence import LOOKED_AT, Candidate, EvidenceReader
from rag.questions import analyse
from rag.reading import CrossReader
from rag.refusal import gaps
from rag.schema import Passage
from tools.reader.examples import Example, load, show
from tools.reader.model import page

_PASSAGES = 5

Floats = npt.NDArray[np.float64]


@dataclass
class Rows:
    """The signs of one question's sentences with their labels, and of its answer."""

    signs: Floats
    labels: Floats
    answer: Floats
    answered: bool


class Pool:
    """All passages that were written about, and the nearest of a question."""

    def __init__(self, examples: Sequence[Example], embedder: SentenceEmbedding) -> None:
        self._embedder = embedder
        self.passages: dict[str, Passage] = {}
        self.pages = {}
        for example in examples:
            held = page(example)
            if held.text not in self.pages:
                self.pages[held.text] = held
                self.passages[held.text] = Passage(
                    id=str(len(self.passages)), document="", title=example.title, source="",
                    start=0, end=len(held.text), text=held.text,
                )  # fmt: skip
        self._texts = list(self.passages)
        framed = [f"{p.title}\n{p.text}" for p in self.passages.values()]
        self._vectors = np.asarray(embedder.embed(framed))

    def nearest(self, question: str, own: str, with_own: bool) -> list[Passage]:
        """Return the five nearest passages to ``question``, with or without its ``own``."""
        near = self._vectors @ np.asarray(self._embedder.embed([question])[0])
        scores = dict(zip(self._texts, near.tolist(), strict=True))
        texts = [self._texts[n] for n in np.argsort(-near)[: _PASSAGES + 1]]
        others = [text for text in texts if text != own]
        kept = [*others[: _PASSAGES - 1], own] if with_own else others[:_PASSAGES]
        return [
            self.passages[text].model_copy(update={"dense_score": scores[text]}) for text in kept
        ]


def rows(example: Example, pool: Pool, reader: EvidenceReader) -> Iterator[Rows]:
    """Yield the signs of a question, and if it is answerable those without its passage."""
    own = page(example).text
    for with_own in (True, False) if example.answered else (True,):
        question = analyse(example.question)
        found, signs = reader.signs(question, pool.nearest(example.question, own, with_own))
        order = np.argsort(-promise(signs), kind="stable")[:LOOKED_AT].tolist()
        missing = {n: gaps(question, found[n], reader.closeness) for n in order}
        labels = [_label(found[n], example, pool.passages[own].id) for n in order]
        yield Rows(
            sentence_signs(signs, missing),
            np.array(labels, dtype=np.float64),
            answer_signs(signs, missing),
            example.answered and with_own,
        )


def _label(candidate: Candidate, example: Example, own: str) -> int:
    """1 if the candidate is one of the sentences that answer, -1 if it may be shown."""
    if candidate.passage.id != own:
        return 0
    held = page(example)
    return max(
        (
            label
            for label, (start, end) in zip(example.labels, held.sentences, strict=True)
            if 2 * (min(end, candidate.end) - max(start, candidate.start))
            >= min(end - start, candidate.end - candidate.start)
        ),
        key=abs,
        default=0,
    )


def fitted(name: str, names: Sequence[str], signs: Floats, labels: Floats) -> dict[str, object]:
    """Fit one of the models; how well it orders is shown cross-validated."""
    model = LogisticRegression(C=1.0, max_iter=2000)
    chance = cross_val_predict(model, signs, labels, cv=10, method="predict_proba")[:, 1]
    show(name, len(labels), "rows, cross-validated AUROC", round(roc_auc_score(labels, chance), 3))
    model.fit(signs, labels)
    weights = dict(zip(names, np.round(model.coef_[0], 4).tolist(), strict=True))
    show(weights, round(float(model.intercept_[0]), 4))
    return {"weights": weights, "bias": round(float(model.intercept_[0]), 4)}


def main() -> None:
    """Fit both models as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("others", type=Path, help="whose passages are in the pool as well")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", help="all-mpnet-base-v2, for the large reader")
    parser.add_argument("--most", type=int, default=10**9, help="questions that are asked")
    args = parser.parse_args()
    examples = [e for e in load(args.held_out) if e.supported is None]
    random.Random(1).shuffle(examples)
    embedder = SentenceEmbedding()
    pool = Pool([*load(args.held_out), *load(args.others)], embedder)
    reader = EvidenceReader(embedder, CrossReader(args.base, args.weights), cache=2000)
    found = [row for e in examples[: args.most] for row in rows(e, pool, reader)]
    answered = [row for row in found if row.answered]
    signs = np.concatenate([row.signs for row in answered])
    labels = np.concatenate([row.labels for row in answered])
    stored = {
        "sentence": fitted("sentence", SENTENCE, signs[labels >= 0], labels[labels >= 0]),
        "answered": fitted(
            "answered",
            ANSWERED,
            np.stack([row.answer for row in found]),
            np.array([float(row.answered) for row in found]),
        ),
    }
    args.out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
