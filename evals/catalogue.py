"""Every metric by name: what it is called in reports, what it means, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name in reports, what it means in a few words, and which way is better.

    ``mean_of`` names the metrics it is the mean of; ``over_rows`` says that it is no mean over
    cases but computed from all of them at once.
    """

    label: str
    meaning: str
    better: Literal["higher", "lower"] = "higher"
    mean_of: tuple[str, ...] = ()
    over_rows: bool = False


METRICS: dict[str, Metric] = {
    "right": Metric(
        "handled right", "answered correctly, or refused where the documents are silent"
    ),
    "correct": Metric("correct", "answerable questions whose every part is in the shown text"),
    "rouge_l": Metric("ROUGE-L", "longest common subsequence with a written answer; 0 if refused"),
    "token_f1": Metric("token F1", "words shared with a written answer; 0 if refused"),
    "status": Metric("status", "answered, partial, conflicting or not found, as expected"),
    "clarified": Metric("asked back", "underspecified questions that are answered by a question"),
    "evidence_at_1": Metric("evidence in top 1", "all needed evidence is in the first passage"),
    "evidence_at_3": Metric("evidence in top 3", "all needed evidence is in the first 3 passages"),
    "evidence_at_5": Metric("evidence in top 5", "all needed evidence is in the first 5 passages"),
    "recall_at_1": Metric("recall@1", "share of what is relevant that is found first"),
    "recall_at_5": Metric("recall@5", "share of what is relevant in the first 5"),
    "mrr": Metric("MRR", "1 / rank of the first that is relevant"),
    "ndcg_at_1": Metric("nDCG@1", "the first is relevant"),
    "ndcg_at_5": Metric("nDCG@5", "what is relevant is near the top, of the first 5"),
    "ndcg_at_10": Metric("nDCG@10", "what is relevant is near the top, of the first 10"),
    "selection_f1": Metric("sentence F1", "cited sentences against those annotators chose"),
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
    "answerable_auroc": Metric(
        "answerable or not, AUROC", "an answerable question scores above another", over_rows=True
    ),
    "answerable_accuracy": Metric(
        "… balanced accuracy",
        "by that score, with a threshold from other cases",
        over_rows=True,
    ),
    "refused_at_10": Metric(
        "refused at 10 % false refusals",
        "unanswerable questions under the score that 10 % of the answerable are under",
        over_rows=True,
    ),
    "auroc": Metric("AUROC", "a supported claim scores above one that is not", over_rows=True),
    "balanced_accuracy": Metric(
        "balanced accuracy", "mean share right of supported and not, by its verdict", over_rows=True
    ),
    "transferred_accuracy": Metric(
        "… threshold from elsewhere",
        "the same, by a threshold chosen on the other sources, or the other folds of one",
        over_rows=True,
    ),
    "macro_f1": Metric("macro F1", "mean F1 of both classes, by its verdict", over_rows=True),
    "mean_macro_f1": Metric(
        "macro F1, mean over sources", "each source counts the same", over_rows=True
    ),
    "caught_at_5": Metric(
        "caught at 5 % false alarms", "unsupported claims caught", over_rows=True
    ),
    "calibration_error": Metric(
        "calibration error", "distance of support, or confidence, from what it promises (ECE)",
        "lower",
        over_rows=True,
    ),
    "rewrite_f1": Metric("rewrite token F1", "words shared with the question a person wrote"),
    "rewrite_rouge_l": Metric("rewrite ROUGE-L", "common subsequence with it"),
    "rewrite_cosine": Metric("rewrite cosine", "nearness to it in the embedding"),
    "rewrite_found": Metric(
        "rewrite found", "nearest of all questions of the set is the one a person wrote for it"
    ),
}  # fmt: skip
