"""The grounding check on claims that people judged: one row a claim, then the metrics."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from evals.classification import (
    Labels,
    Scores,
    auroc,
    balanced_accuracy,
    calibration_error,
    caught_at,
    estimated,
    macro_f1,
    transferred,
)
from evals.datasets.claims import Claim
from evals.intervals import Estimate
from evals.metrics import Score
from evals.results import ClaimRow


class Outcome(Protocol):
    """What a check says: ``rag.grounding.Check`` is one."""

    @property
    def supported(self) -> bool: ...  # noqa: D102
    @property
    def support(self) -> float: ...  # noqa: D102
    @property
    def reason(self) -> str | None: ...  # noqa: D102


Check = Callable[[str, str, str], Outcome]


@functools.cache
def _assistants_check() -> Check:
    from index.embedder import SentenceEmbedding
    from rag.grounding import GroundingCheck

    return GroundingCheck(SentenceEmbedding())


def footnote_check(sentence: str, cited: str, question: str = "") -> Outcome:
    """Check a sentence as the assistant does, with the packaged embedding."""
    return _assistants_check()(sentence, cited, question)


def judge(claim: Claim, check: Check = footnote_check) -> ClaimRow:
    """Check one claim and score it; a claim is right when the verdict is the annotators'."""
    clock = time.perf_counter()
    outcome = check(claim.text, claim.cited, claim.question)
    seconds = time.perf_counter() - clock
    right = outcome.supported == claim.supported
    wrong = "passed" if outcome.supported else f"withheld: {outcome.reason or 'no reason given'}"
    return ClaimRow(
        id=claim.id,
        group=claim.group,
        scores={"right": Score(float(right))},
        problems=() if right else (f"{wrong}; people say: {claim.label}",),
        seconds=seconds,
        claim=claim,
        supported=outcome.supported,
        support=outcome.support,
        reason=outcome.reason,
    )


def aggregate(rows: Sequence[ClaimRow]) -> dict[str, Estimate]:
    """Return every metric over ``rows``; the verdict's metrics, then those of the score."""
    labels = np.array([row.claim.supported for row in rows])
    support = np.array([row.support for row in rows])
    verdict = np.array([float(row.supported) for row in rows])
    groups = [row.group for row in rows]
    found = {
        "right": estimated(_accuracy, labels, verdict),
        "auroc": estimated(auroc, labels, support),
        "balanced_accuracy": estimated(balanced_accuracy, labels, verdict),
        "transferred_accuracy": estimated(
            balanced_accuracy, labels, transferred(labels, support, groups)
        ),
        "macro_f1": estimated(macro_f1, labels, verdict),
        "mean_macro_f1": _mean_over(rows) if len(set(groups)) > 1 else None,
        "caught_at_5": estimated(caught_at(0.05), labels, support),
        "calibration_error": estimated(calibration_error, labels, support),
    }
    return {name: value for name, value in found.items() if value is not None}


def _accuracy(labels: Labels, decisions: Scores) -> float:
    return float(((decisions >= 0.5) == labels).mean())


def _mean_over(rows: Sequence[ClaimRow]) -> Estimate | None:
    """Macro F1 of each source, then their plain mean, as AttributionBench reports it."""
    names = np.array([row.group for row in rows])

    def mean(labels: Labels, coded: Scores) -> float:
        values = [
            macro_f1(labels[coded // 2 == n], coded[coded // 2 == n] % 2)
            for n in range(len(np.unique(names)))
            if (coded // 2 == n).any()
        ]
        return float(np.mean(values))

    source = np.unique(names, return_inverse=True)[1]
    coded = source * 2 + np.array([float(row.supported) for row in rows])  # source and verdict
    return estimated(mean, np.array([row.claim.supported for row in rows]), coded)
