"""One answer against its case: every score, and in words why points were lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evals import metrics
from evals.cases import Case, Evidence
from evals.intervals import Estimate, estimate
from evals.matching import verbatim
from evals.metrics import Score, Supports, TextOf
from evals.results import Row
from rag.schema import Answer

TOP = 5  # passages in which the right evidence is expected


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name in reports, what it means in a few words, and which way is better."""

    label: str
    meaning: str
    better: Literal["higher", "lower"] = "higher"
    mean_of: tuple[str, ...] = ()


METRICS: dict[str, Metric] = {
    "right": Metric(
        "handled right", "answered correctly, or refused where the documents are silent"
    ),
    "correct": Metric("correct", "answerable questions whose every part is in the shown text"),
    "status": Metric("status", "answered, partial, conflicting or not found, as expected"),
    "evidence_at_1": Metric("evidence in top 1", "all needed evidence is in the first passage"),
    "evidence_at_3": Metric("evidence in top 3", "all needed evidence is in the first 3 passages"),
    "evidence_at_5": Metric("evidence in top 5", "all needed evidence is in the first 5 passages"),
    "recall_at_5": Metric("recall@5", "share of the needed evidence in the first 5 passages"),
    "mrr": Metric("MRR", "1 / rank of the first passage with evidence"),
    "ndcg_at_10": Metric("nDCG@10", "evidence near the top, repetitions not counted"),
    "citation_precision": Metric("citation precision", "citations that point to fair evidence"),
    "citation_recall": Metric("citation recall", "needed evidence that is cited"),
    "citation_focus": Metric("citation focus", "cited characters that are fair evidence"),
    "support_recall": Metric("support recall", "shown sentences their citations support (ALCE)"),
    "support_precision": Metric("support precision", "citations that do some work (ALCE)"),
    "unsupported": Metric(
        "unsupported sentences", "shown sentences not grounded when checked anew", "lower"
    ),
    "contract": Metric("contract kept", "markers in order and used, no claim in a refusal"),
    "refusal_precision": Metric("refusal precision", "refused questions that are unanswerable"),
    "refusal_recall": Metric("refusal recall", "unanswerable questions that are refused"),
    "attempted": Metric("attempted", "answerable questions that are not refused"),
    "refusal_balanced": Metric(
        "refusal balanced accuracy",
        "mean of refusal recall and attempted",
        mean_of=("refusal_recall", "attempted"),
    ),
}


def score(
    case: Case,
    evidence: Evidence,
    answer: Answer,
    text_of: TextOf,
    seconds: float = 0.0,
    supports: Supports = verbatim,
) -> Row:
    """Score an answer to a case.

    Args:
        case: the question and what a right answer holds.
        evidence: where the case's evidence stands (``evals.cases.resolve``).
        answer: what the system said.
        text_of: stored text of a document id; KeyError if there is none.
        seconds: how long the answer took.
        supports: whether cited texts support a sentence; containment, for quotes.
    """
    ranks = metrics.first_ranks(evidence, answer.passages)
    faults = [*_ungrounded(answer, text_of, supports), *metrics.contract_faults(answer)]
    scores: dict[str, Score | None] = {
        "status": Score(float(answer.status == case.status)),
        "support_recall": metrics.support_recall(answer, supports),
        "support_precision": metrics.support_precision(answer, supports),
        "unsupported": metrics.unsupported(answer, text_of, supports),
        "contract": Score(float(not metrics.contract_faults(answer))),
        "refusal_precision": metrics.refusal_precision(answer, case.answerable),
        "refusal_recall": metrics.refusal_recall(answer, case.answerable),
        "attempted": metrics.attempted(answer, case.answerable),
    }
    if case.answerable:
        scores |= _retrieval(ranks) | _answer(case, evidence, answer)
        scores["right"] = scores["correct"]
    else:
        scores["right"] = scores["refusal_recall"]
    return Row(
        case=case,
        answer=answer,
        places=evidence.groups,
        expected=tuple(text_of(g[0].document)[g[0].start : g[0].end] for g in evidence.groups),
        ranks=tuple(ranks),
        scores={name: given for name in METRICS if (given := scores.get(name)) is not None},
        problems=(*_outcome(case, answer), *faults, *_evidence(evidence, answer, ranks)),
        seconds=seconds,
    )


def aggregate(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Return every metric over ``rows``, with its interval; absent where it does not apply."""
    estimates = {
        name: estimate(
            *([row.scores.get(part) for row in rows] for part in metric.mean_of or [name])
        )
        for name, metric in METRICS.items()
    }
    return {name: value for name, value in estimates.items() if value is not None}


def _retrieval(ranks: Sequence[int | None]) -> dict[str, Score | None]:
    rr, ndcg = metrics.ranking(ranks)
    at = {f"evidence_at_{k}": metrics.evidence_at(ranks, k) for k in (1, 3, TOP)}
    return {**at, "recall_at_5": metrics.recall_at(ranks, TOP), "mrr": rr, "ndcg_at_10": ndcg}


def _answer(case: Case, evidence: Evidence, answer: Answer) -> dict[str, Score | None]:
    return {
        "correct": metrics.correct(answer, case.answer),
        "citation_precision": metrics.citation_precision(answer, evidence),
        "citation_recall": metrics.citation_recall(answer, evidence),
        "citation_focus": metrics.citation_focus(answer, evidence),
    }


def _outcome(case: Case, answer: Answer) -> list[str]:
    """How the outcome differs from what was expected."""
    if metrics.refused(answer) and case.answerable:
        return ["refused, though the documents say it"]
    if not case.answerable:
        answered = not metrics.refused(answer)
        return ["answered, though the documents do not say it"] if answered else []
    problems = [
        "the shown text lacks " + " or ".join(f"“{phrase}”" for phrase in group)
        for group in metrics.missing_groups(answer, case.answer)
    ]
    if answer.status != case.status:
        problems.append(f"the status is {answer.status}, not {case.status}")
    return problems


def _ungrounded(answer: Answer, text_of: TextOf, supports: Supports) -> list[str]:
    faults = [metrics.sentence_fault(answer, s, text_of, supports) for s in answer.sentences]
    return [f"sentence {n} {fault}" for n, fault in enumerate(faults, start=1) if fault]


def _evidence(evidence: Evidence, answer: Answer, ranks: Sequence[int | None]) -> list[str]:
    """Which evidence was not found or not cited, and which citations are beside the point."""
    cited = metrics.cited_groups(answer, evidence)
    problems = []
    for n, (rank, is_cited) in enumerate(zip(ranks, cited, strict=True), start=1):
        if rank is None:
            problems.append(f"evidence {n} was not retrieved")
        elif rank > TOP:
            problems.append(f"evidence {n} is only in passage {rank}")
        elif not is_cited:
            problems.append(f"evidence {n} is in passage {rank} and not cited")
    beside = [c.marker for c in answer.citations if not metrics.fair_citation(c, evidence)]
    if beside and evidence.groups:
        problems.append("beside the point: " + ", ".join(f"[{marker}]" for marker in beside))
    return problems
