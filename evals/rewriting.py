"""Follow-up questions made to stand alone, against those that people wrote: rows and metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from evals.datasets.rewrites import Turn
from evals.intervals import Estimate, estimate
from evals.matching import normalise
from evals.metrics import Score
from evals.results import RewriteRow
from evals.texts import rouge_l, token_f1
from rag.schema import Message

Rewrite = Callable[[str, Sequence[Message]], str]
Embed = Callable[[Sequence[str]], np.ndarray]

MEANT = "rewrite_f1", "rewrite_rouge_l", "rewrite_cosine", "rewrite_found"


def footnote_rewrite(question: str, history: Sequence[Message]) -> str:
    """Make a question stand alone as the assistant does (``rag.conversation.standalone``)."""
    from rag.conversation import standalone

    return standalone(question, history)


def rewrite(turn: Turn, embed: Embed, method: Rewrite = footnote_rewrite) -> RewriteRow:
    """Rewrite one question and score it against the one a person wrote.

    It is right if it has the person's words; ``rewrite_cosine`` is what retrieval would see.
    """
    clock = time.perf_counter()
    rewritten = method(turn.question, turn.history)
    seconds = time.perf_counter() - clock
    given, wanted = embed([rewritten, turn.rewrite])
    same = sorted(normalise(rewritten).split()) == sorted(normalise(turn.rewrite).split())
    return RewriteRow(
        id=turn.id,
        group=turn.group,
        scores={
            "right": Score(float(same)),
            "rewrite_f1": Score(token_f1(rewritten, turn.rewrite)),
            "rewrite_rouge_l": Score(rouge_l(rewritten, turn.rewrite)),
            "rewrite_cosine": Score(float(given @ wanted)),
        },
        problems=() if same else (f"“{rewritten}”; a person: “{turn.rewrite}”",),
        seconds=seconds,
        turn=turn,
        rewritten=rewritten,
    )


def found(rows: Sequence[RewriteRow], embed: Embed) -> list[RewriteRow]:
    """Return the rows with ``rewrite_found``: is the person's question nearest to ours?

    Among the questions people wrote for the whole set; the same words twice are one question.
    """
    wanted = list(dict.fromkeys(normalise(row.turn.rewrite) for row in rows))
    if not rows:
        return []
    nearest = (embed([row.rewritten for row in rows]) @ embed(wanted).T).argmax(axis=1)
    hits = [wanted[n] == normalise(row.turn.rewrite) for n, row in zip(nearest, rows, strict=True)]
    return [
        row.model_copy(update={"scores": row.scores | {"rewrite_found": Score(float(hit))}})
        for row, hit in zip(rows, hits, strict=True)
    ]


def aggregate(rows: Sequence[RewriteRow]) -> dict[str, Estimate]:
    """Return the mean of every metric over ``rows``."""
    values = {n: estimate([row.scores.get(n) for row in rows]) for n in ("right", *MEANT)}
    return {name: value for name, value in values.items() if value is not None}
