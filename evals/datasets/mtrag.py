"""MTRAG-UN: conversations of people with a retrieval system, each ending in an open question.

IBM, mt-rag-benchmark (Katsis et al., "MTRAG", arXiv 2501.03468, and its successor for
unanswerable and underspecified questions). A sample (shortened)::

    {"task_id": "016c…<::>7", "answerability": ["UNANSWERABLE"], "Collection": "clapnq",
     "contexts": [{"document_id": "…", "title": "…", "text": "…"}],
     "input": [{"speaker": "user", "text": "who sings …"}, …],
     "targets": [{"text": "I am sorry …"}]}

The contexts of a question are the passages annotators judged relevant; all of them together are
the pool that is searched. An unanswerable question has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.cases import Case, Kind
from evals.datasets import json_lines
from evals.pool import Collection, Pool
from rag.schema import Message, Status

_OUTCOMES: dict[str, tuple[Kind, Status]] = {
    "ANSWERABLE": ("passage", "answered"),
    "PARTIAL": ("partial", "partial"),
    "UNDERSPECIFIED": ("underspecified", "needs_clarification"),
    "UNANSWERABLE": ("unanswerable", "not_found"),
}


def load(folder: Path) -> Collection:
    """Return every last turn with its history, to be answered from all passages of the set."""
    pool = Pool()
    add_passages(folder, pool)
    return Collection([_case(row, pool) for row in _rows(folder)], pool)


def add_passages(folder: Path, pool: Pool) -> None:
    """Put the passages of the set into ``pool``."""
    for row in _rows(folder):
        for context in row["contexts"]:
            pool.add(context.get("title", ""), context["text"])


def _rows(folder: Path) -> list[dict[str, Any]]:
    return list(json_lines(folder / "tasks.jsonl"))


def _case(row: dict[str, Any], pool: Pool) -> Case:
    (answerability,) = row["answerability"]
    kind, status = _OUTCOMES[answerability]
    answerable = status in ("answered", "partial")
    *turns, last = row["input"]
    relevant = dict.fromkeys(pool.source(context["text"]) for context in row["contexts"])
    return Case(
        id=f"mtrag-{row['task_id'].replace('<::>', '-')}",
        split="dev",
        kind=kind,
        history=tuple(_message(turn) for turn in turns),
        question=last["text"].strip(),
        answerable=status != "not_found",
        status=status,
        references=tuple(t["text"] for t in row["targets"]) if answerable else (),
        relevant=tuple(relevant) if answerable else (),
    )


def _message(turn: dict[str, Any]) -> Message:
    return Message(role="user" if turn["speaker"] == "user" else "assistant", content=turn["text"])
