"""One answer against its case: every score, and in words why points were lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals import metrics
from evals.cases import Case, Evidence
from evals.catalogue import METRICS
from evals.classification import (
    auroc,
    balanced_accuracy,
    calibration_error,
    caught_at,
    estimated,
    transferred,
)
from evals.intervals import Estimate, estimate
from evals.matching import verbatim
from evals.metrics import Score, Supports, TextOf
from evals.results import AnswerRow
from evals.texts import best, rouge_l, token_f1
from rag.schema import Answer, Passage

TOP = 5  # passages in which the right evidence is expected


def score(
    case: Case,
    evidence: Evidence,
    answer: Answer,
    text_of: TextOf,
    seconds: float = 0.0,
    supports: Supports = verbatim,
    found: Sequence[Passage] = (),
    confidence: float | None = None,
) -> AnswerRow:
    """Score an answer to a case.

    Args:
        case: the question and what a right answer holds.
        evidence: where the case's evidence stands (``evals.cases.resolve``).
        answer: what the system said.
        text_of: stored text of a document id; KeyError if there is none.
        seconds: how long the answer took.
        supports: whether cited texts support a sentence; containment, for quotes.
        found: what the system finds for the question, deeper than it reads; only where the case
            says which documents are relevant.
        confidence: larger the surer the system is that there is an answer.
    """
    ranks = metrics.first_ranks(evidence, answer.passages)
    document_ranks = metrics.document_ranks(case.relevant, found)
    faults = [*_ungrounded(answer, text_of, supports), *metrics.contract_faults(answer)]
    scores = _form(case, answer, text_of, supports) | _outcome_scores(case, answer)
    if case.answerable and not case.given:
        scores |= _documents(document_ranks) if case.relevant else _retrieval(ranks)
    if case.answerable and case.status != "needs_clarification":
        scores |= _content(case, evidence, answer)
    scores["right"] = _right(case, evidence, answer, scores)
    return AnswerRow(
        id=case.id,
        group=case.kind,
        case=case,
        answer=answer,
        places=evidence.groups,
        expected=tuple(text_of(g[0].document)[g[0].start : g[0].end] for g in evidence.groups),
        ranks=tuple(ranks),
        document_ranks=tuple(document_ranks),
        confidence=confidence,
        scores={name: given for name in METRICS if (given := scores.get(name)) is not None},
        problems=(*_outcome(case, answer), *faults, *_evidence(case, evidence, answer, ranks)),
        seconds=seconds,
    )


def aggregate(rows: Sequence[AnswerRow]) -> dict[str, Estimate]:
    """Return every metric over ``rows``, with its interval; absent where it does not apply."""
    estimates = {
        name: estimate(
            *([row.scores.get(part) for row in rows] for part in metric.mean_of or [name])
        )
        for name, metric in METRICS.items()
        if not metric.over_rows
    }
    estimates |= _answerability(rows)
    return {name: found for name in METRICS if (found := estimates.get(name)) is not None}


def _answerability(rows: Sequence[AnswerRow]) -> dict[str, Estimate | None]:
    """How well the system's confidence tells answerable questions from the others."""
    known = [
        (row.case.answerable, row.confidence)
        for row in rows
        if row.confidence is not None and row.case.status != "needs_clarification"
    ]
    labels = np.array([answerable for answerable, _ in known], dtype=bool)
    scores = np.array([confidence for _, confidence in known], dtype=float)
    if not labels.any() or labels.all():
        return {}
    decided = transferred(labels, scores, ["all"] * len(known))
    return {
        "calibration_error": _calibration(rows),
        "answerable_auroc": estimated(auroc, labels, scores),
        "answerable_accuracy": estimated(balanced_accuracy, labels, decided),
        "refused_at_10": estimated(caught_at(0.10), labels, scores),
    }


def _calibration(rows: Sequence[AnswerRow]) -> Estimate | None:
    """How far the chances that answers carry are from what became of them; a cosine is none."""
    promised = [
        (row.case.answerable, row.answer.confidence)
        for row in rows
        if row.answer.confidence is not None and row.case.status != "needs_clarification"
    ]
    if not promised:
        return None
    labels, chances = (np.array(values) for values in zip(*promised, strict=True))
    return estimated(calibration_error, labels.astype(bool), chances)


def _form(
    case: Case, answer: Answer, text_of: TextOf, supports: Supports
) -> dict[str, Score | None]:
    """What holds of an answer whatever was asked: its support and its form."""
    return {
        "status": Score(float(answer.status == case.status)),
        "support_recall": metrics.support_recall(answer, supports),
        "support_precision": metrics.support_precision(answer, supports),
        "unsupported": metrics.unsupported(answer, text_of, supports),
        "contract": Score(float(not metrics.contract_faults(answer))),
    }


def _outcome_scores(case: Case, answer: Answer) -> dict[str, Score | None]:
    """Whether an answer was tried where there is one; asking back is judged by itself."""
    if case.status == "needs_clarification":
        return {"clarified": Score(float(answer.status == "needs_clarification"))}
    return {
        "refusal_precision": metrics.refusal_precision(answer, case.answerable),
        "refusal_recall": metrics.refusal_recall(answer, case.answerable),
        "attempted": metrics.attempted(answer, case.answerable),
    }


def _retrieval(ranks: Sequence[int | None]) -> dict[str, Score | None]:
    if not ranks:
        return {}
    at = {f"evidence_at_{k}": metrics.evidence_at(ranks, k) for k in (1, 3, TOP)}
    rr, ndcg = metrics.ranking(ranks, (10,))
    return {**at, "recall_at_5": metrics.recall_at(ranks, TOP), "mrr": rr, "ndcg_at_10": ndcg}


def _documents(ranks: Sequence[int | None]) -> dict[str, Score | None]:
    rr, *ndcg = metrics.ranking(ranks, (1, 5, 10))
    by_depth = dict(zip(("ndcg_at_1", "ndcg_at_5", "ndcg_at_10"), ndcg, strict=True))
    recall = {f"recall_at_{k}": metrics.recall_at(ranks, k) for k in (1, TOP)}
    return {**recall, **by_depth, "mrr": rr}


def _content(case: Case, evidence: Evidence, answer: Answer) -> dict[str, Score | None]:
    """What the answer says and cites, against what is known of the case."""
    scores: dict[str, Score | None] = {}
    if case.answer:
        scores["correct"] = metrics.correct(answer, case.answer)
    if case.references:
        said = "" if metrics.refused(answer) else metrics.shown_text(answer)
        scores["rouge_l"] = Score(best(rouge_l(said, words) for words in case.references))
        scores["token_f1"] = Score(best(token_f1(said, words) for words in case.references))
    if case.selections:
        scores["selection_f1"] = metrics.selection_f1(answer, evidence, case.selections)
    if evidence.groups:
        scores["citation_precision"] = metrics.citation_precision(answer, evidence)
        scores["citation_recall"] = metrics.citation_recall(answer, evidence)
        scores["citation_focus"] = metrics.citation_focus(answer, evidence)
    return scores


def _right(
    case: Case, evidence: Evidence, answer: Answer, scores: dict[str, Score | None]
) -> Score | None:
    """Correct, refused or asked back as it should be.

    Where only whole answers are known, an answer is on target if it cites fair evidence or,
    where no sentence is marked, a relevant document.
    """
    if not case.answerable:
        return scores["refusal_recall"]
    if case.status == "needs_clarification":
        return scores["clarified"]
    if case.answer:
        return scores["correct"]
    if evidence.groups:
        on_target = any(metrics.fair_citation(cited, evidence) for cited in answer.citations)
    else:
        on_target = any(cited.source in case.relevant for cited in answer.citations)
    return Score(float(on_target and not metrics.refused(answer)))


def _outcome(case: Case, answer: Answer) -> list[str]:
    """How the outcome differs from what was expected."""
    if metrics.refused(answer) and case.answerable:
        return ["refused, though the documents say it"]
    if not case.answerable:
        answered = not metrics.refused(answer)
        return ["answered, though the documents do not say it"] if answered else []
    if case.status == "needs_clarification":
        asked = answer.status == "needs_clarification"
        return [] if asked else ["did not ask back, though the question is open"]
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


def _evidence(
    case: Case, evidence: Evidence, answer: Answer, ranks: Sequence[int | None]
) -> list[str]:
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
    cited_sources = {cited.source for cited in answer.citations}
    if case.relevant and not evidence.groups and cited_sources.isdisjoint(case.relevant):
        problems.append("no relevant document is cited")
    beside = [c.marker for c in answer.citations if not metrics.fair_citation(c, evidence)]
    if beside and evidence.groups:
        problems.append("beside the point: " + ", ".join(f"[{marker}]" for marker in beside))
    return problems
