"""Sentences of ClapNQ with the smallest change that makes them wrong.

``paraphrases`` are the sentences of the gold answers, which annotators put in words of their own;
``verbatim`` are those that they chose from the passage. Each comes as it is, supported, and after
one edit of each kind that it allows (``evals.minimal_edits``), not supported. What it cites is the
whole passage. Questions are taken in even steps, so that a set has about a thousand claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.cases import spread
from evals.datasets import json_lines
from evals.datasets.claims import Claim
from evals.minimal_edits import edits
from index.sentences import sentences

_PARAPHRASED, _VERBATIM = 125, 100  # questions, of which about a thousand claims are made


def paraphrases(folder: Path) -> list[Claim]:
    """Return the sentences of gold answers, as they are and edited."""
    rows = spread(list(json_lines(folder / "answerable.jsonl")), _PARAPHRASED)
    return [claim for row in rows for claim in _claims(row, _answer(row))]


def verbatim(folder: Path) -> list[Claim]:
    """Return sentences of the passages, as they are and edited."""
    rows = spread(list(json_lines(folder / "answerable.jsonl")), _VERBATIM)
    chosen = ((row, dict.fromkeys(row["output"][0]["selected_sentences"])) for row in rows)
    return [claim for row, said in chosen for claim in _claims(row, list(said))]


def _answer(row: dict[str, Any]) -> list[str]:
    answer = row["output"][0]["answer"]
    return list(dict.fromkeys(answer[start:end] for start, end in sentences(answer)))


def _claims(row: dict[str, Any], said: list[str]) -> Iterator[Claim]:
    cited = row["passages"][0]["text"]
    for n, sentence in enumerate(said):
        name = f"edits-{row['id']}-{n}"
        yield _claim(name, sentence, cited, "unchanged")
        for edit in edits(sentence, cited, seed=1):
            yield _claim(f"{name}-{edit.kind}", edit.text, cited, edit.kind)


def _claim(name: str, text: str, cited: str, label: str) -> Claim:
    return Claim(
        id=name,
        group="clapnq",
        text=text,
        cited=cited,
        supported=label == "unchanged",
        label=label,
    )
