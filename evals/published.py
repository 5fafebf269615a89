"""Figures that others have published on the public sets, and why ours are not quite the same thing.

Collected with their sources in shared/data/README.md. Ours are of the visible half of each set.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """Somebody's figures on a set, by our metric names, from 0 to 1."""

    who: str
    figures: dict[str, float]
    source: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """The published figures of a set, and what to know before comparing them with ours."""

    figures: tuple[Published, ...]
    differs: str


_CLAPNQ = "arXiv 2404.02103, tables 4 to 6"
_MTRAG = "MTRAG, arXiv 2501.03468"
_MTRAG_UN = "MTRAG-UN paper; last turn to rewritten turn"
_BENCH = "AttributionBench project page"
_AGGREFACT = "LLM-AggreFact leaderboard"
_TRUE = "TRUE, on the first version of BEGIN"


def _clapnq(who: str, rouge_l: float, refused: float) -> Published:
    return Published(who, {"rouge_l": rouge_l / 100, "refusal_recall": refused / 100}, _CLAPNQ)


def _one(who: str, metric: str, value: float, source: str) -> Published:
    return Published(who, {metric: value}, source)


ANCHORS: dict[str, Anchors] = {
    "clapnq": Anchors(
        (
            _clapnq("CLAPnq-T5-large, fine-tuned", 57.2, 89.2),
            _clapnq("GPT-3.5", 39.8, 37.0),
            _clapnq("Mistral-7B", 39.0, 18.6),
            _clapnq("GPT-4", 35.9, 18.0),
            _clapnq("FLAN-T5-XXL", 28.3, 84.8),
            _clapnq("the whole passage", 49.5, 0.0),
        ),
        "Theirs are of all 600 questions of the dev set, ours of the visible 300; all are given "
        "the passage. Nothing of ours was trained on ClapNQ's training set.",
    ),
    "mtrag": Anchors(
        (
            _one("the reference answers", "refusal_recall", 0.87, _MTRAG),
            _one("Llama-70B", "refusal_recall", 0.44, _MTRAG),
            _one("GPT-4o", "refusal_recall", 0.20, _MTRAG),
            _one("Elser, last turn", "recall_at_5", 0.40, _MTRAG_UN),
            _one("Elser, rewritten by a model", "recall_at_5", 0.49, _MTRAG_UN),
            _one("BGE-base, rewritten by a model", "recall_at_5", 0.38, _MTRAG_UN),
            _one("BM25, rewritten by a model", "recall_at_5", 0.36, _MTRAG_UN),
        ),
        "Their retrieval searches the full corpora of several hundred thousand passages, ours "
        "the few hundred passages that the visible half cites: the figures for retrieval are not "
        "comparable. The refusals are those of MTRAG, ours of MTRAG-UN.",
    ),
    "attributionbench": Anchors(
        (
            _one("GPT-3.5, fine-tuned, in domain", "mean_macro_f1", 0.777, _BENCH),
            _one("GPT-4 with reasoning, in domain", "mean_macro_f1", 0.733, _BENCH),
            _one("T5-XXL-TRUE 11B, in domain", "mean_macro_f1", 0.722, _BENCH),
            _one("FLAN-T5-3B fine-tuned, out of domain", "mean_macro_f1", 0.842, _BENCH),
        ),
        "Ours is the visible half of dev, over the four sources of the benchmark's own training "
        "data; only what docs says the check was trained on decides whether that is in domain.",
    ),
    "wice": Anchors(
        (
            _one("Bespoke-MiniCheck-7B", "balanced_accuracy", 0.830, _AGGREFACT),
            _one("GPT-4o", "balanced_accuracy", 0.785, _AGGREFACT),
            _one("HHEM 0.1B", "balanced_accuracy", 0.759, _AGGREFACT),
            _one("MiniCheck-FT5 0.8B", "balanced_accuracy", 0.722, _AGGREFACT),
            _one("AlignScore", "balanced_accuracy", 0.660, _AGGREFACT),
            _one("SummaC", "balanced_accuracy", 0.628, _AGGREFACT),
        ),
        "Theirs are of the test claims with a threshold tuned on dev or fixed at 0.5, ours of "
        "half of dev.",
    ),
    "begin": Anchors(
        (
            _one("BERTScore", "auroc", 0.879, _TRUE),
            _one("token F1", "auroc", 0.864, _TRUE),
            _one("ANLI-T5 11B", "auroc", 0.826, _TRUE),
        ),
        "Theirs are of the first version of the data, with other labels; ours of half of the dev "
        "sets of the second.",
    ),
    "canard": Anchors((), "No published figure uses these metrics on this half."),
}  # fmt: skip
