"""What the grounding check reads off each claim of the public sets, worked out once and kept.

A row is one claim, or one claim after a minimal edit; taking it apart is slow, training is not.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evals.datasets import json_lines
from evals.datasets.claims import Claim, attributionbench, begin, dialfact, faithdial, wice
from evals.minimal_edits import Edit, edits
from index.embedder import SentenceEmbedding
from index.sentences import sentences
from rag.support.comparison import Comparison
from rag.support.features import coverage, turned
from rag.support.places import places
from rag.support.polarity import Polarity
from rag.support.reading import Reading
from rag.terms import stems

LABELLED = {
    "begin": (begin, "begin"),
    "ab": (attributionbench, "attributionbench"),
    "fd": (faithdial, "faithdial_audit"),
    "df": (dialfact, "dialfact"),
    "wice": (wice, "wice"),
}
LONGEST = 60_000  # characters of a source that are read


@dataclass(frozen=True, slots=True)
class Row:
    """``kind`` is "real" or that of the edit; ``mentions`` are (edited, its place features)."""

    corpus: str
    group: str
    id: str
    text: str
    supported: bool
    kind: str
    features: dict[str, float]
    mentions: tuple[tuple[bool, tuple[float, ...]], ...]


def rows(corpus: str, data: Path, cache: Path, embedder: SentenceEmbedding | None) -> list[Row]:
    """Return the rows of a corpus: one of ``LABELLED``, "clapnq" or "mtrag" (with their edits).

    Without ``embedder``, as the check reads them without a model. ``cache`` keeps them; empty it
    when the features change.
    """
    kept = cache / f"{corpus}-{'vectors' if embedder else 'words'}.pickle"
    if kept.exists():
        with kept.open("rb") as file:
            return list(pickle.load(file))
    read = _Reader(embedder)
    found = [row for claim, edit in _claims(corpus, data) if (row := read(corpus, claim, edit))]
    cache.mkdir(parents=True, exist_ok=True)
    with kept.open("wb") as file:
        pickle.dump(found, file)
    return found


def _claims(corpus: str, data: Path) -> Iterator[tuple[Claim, Edit | None]]:
    if corpus in LABELLED:
        read, folder = LABELLED[corpus]
        yield from ((claim, None) for claim in read(data / folder))
        return
    for claim in clapnq(data) if corpus == "clapnq" else mtrag(data):
        yield claim, None
        for edit in edits(claim.text, claim.cited, seed=1):
            changed = {"text": edit.text, "supported": False, "label": edit.kind}
            yield claim.model_copy(update=changed), edit


def clapnq(data: Path) -> Iterator[Claim]:
    """Yield the sentences of ClapNQ's gold answers, each citing the whole passage."""
    for row in json_lines(data / "clapnq" / "answerable.jsonl"):
        for output in row["output"]:
            yield from _sentences(row["id"], output["answer"], row["passages"][0]["text"])


def mtrag(data: Path) -> Iterator[Claim]:
    """Yield the sentences of MTRAG-UN's answers to what its passages answer."""
    for row in json_lines(data / "mtrag_un" / "tasks.jsonl"):
        answerable = str(row.get("answerability")).upper()
        if "ANSWERABLE" in answerable and "UNANSWERABLE" not in answerable and row["targets"]:
            cited = "\n".join(context["text"] for context in row["contexts"])[:8000]
            yield from _sentences(row["conversation_id"], row["targets"][0]["text"], cited)


def _sentences(name: str, answer: str, cited: str) -> Iterator[Claim]:
    for start, end in sentences(answer):
        yield Claim(
            id=name, group=name, text=answer[start:end], cited=cited, supported=True, label="real"
        )


class _Reader:
    """Takes claims apart; the source of the claim before is kept, as claims come by source."""

    def __init__(self, embedder: SentenceEmbedding | None) -> None:
        self._encode = embedder.encode if embedder else None
        self._source = Reading("")
        self._cited = ""

    def __call__(self, corpus: str, claim: Claim, edit: Edit | None) -> Row | None:
        """Return the row of a claim, None where there is nothing to compare."""
        if claim.cited != self._cited:
            self._source = Reading(claim.cited[:LONGEST], self._encode)
            self._cited = claim.cited
        said = Reading(claim.text, self._encode)
        if not said.words or not self._source.words:
            return None
        comparison = Comparison(said, self._source, with_vectors=self._encode is not None)
        asked = frozenset(stems(claim.question))
        return Row(
            corpus=corpus,
            group=claim.group,
            id=claim.id,
            text=claim.text,
            supported=claim.supported,
            kind=edit.kind if edit else "real",
            features={**coverage(comparison, asked), **turned(Polarity(comparison))},
            mentions=tuple(
                (_touched(edit, said.words[place.mention.first].start), place.row)
                for place in places(comparison, asked)
            ),
        )


def _touched(edit: Edit | None, start: int) -> bool:
    if edit is None or edit.kind not in ("number", "name", "exchange"):
        return False
    return edit.start <= start < edit.start + len(edit.now)
