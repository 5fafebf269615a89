"""How good is the grounding check? ``python -m benchmarks.grounding`` measures and prints a table.

Every figure is on claims that nothing was trained on: another corpus, or another fold. BEGIN and
ClapNQ are never trained on at all. Each has a 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from benchmarks.grounding_rows import Row, clapnq, rows
from evals.classification import (
    auroc,
    balanced_accuracy,
    best_threshold,
    caught_at,
    estimated,
    macro_f1,
)
from evals.intervals import Estimate, percentile
from evals.minimal_edits import KINDS, edits
from index.embedder import SentenceEmbedding
from index.sentences import sentences
from rag.grounding import GroundingCheck
from rag.support.composition import SUPPORT, alterations, composed
from rag.support.trees import trees
from tools.train_grounding import balance, boosted, table

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Line = tuple[str, Estimate | None]

FALSE_ALARMS = 0.05
FOLDS = 5


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("/tmp/grounding/cache"))
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    embedder = SentenceEmbedding()
    found = {
        name: rows(name, given.data, given.cache, embedder)
        for name in ("begin", "ab", "fd", "df", "wice", "clapnq")
    }
    figures = {}
    for name, estimate in measures(found, given.data, embedder):
        figures[name] = estimate and estimate.model_dump()
        sys.stdout.write(f"{name:<62} {_shown(estimate)}\n")
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def measures(
    found: dict[str, list[Row]], data: Path, embedder: SentenceEmbedding
) -> Iterator[Line]:
    """Yield each figure with what it is the figure of."""
    yield from begin_lines(found["begin"])
    yield from transfer_lines(found)
    yield from attribution_lines(found)
    yield from wice_lines(found["wice"])
    yield from edit_lines(found["clapnq"])
    yield from verbatim_lines(data, embedder)


def begin_lines(begin: list[Row]) -> Iterator[Line]:
    """The weights as they are shipped, on BEGIN: trained on other corpora only."""
    labels = _labels(begin)
    carried = _carried(begin)
    yield "BEGIN, shipped weights: AUROC", estimated(auroc, labels, carried)
    yield (
        "BEGIN, shipped weights: balanced accuracy at 0.5",
        estimated(balanced_accuracy, labels, carried),
    )
    whole = _scores(begin)
    yield "BEGIN, with alterations: AUROC", estimated(auroc, labels, whole)
    f1 = [macro_f1(labels[at], carried[at]) for at in _groups(begin)]
    sys.stdout.write(f"  macro F1 by dialogue corpus: {np.round(f1, 3)}\n")


def transfer_lines(found: dict[str, list[Row]]) -> Iterator[Line]:
    """Each corpus by trees trained on all the others but BEGIN."""
    names = ("ab", "fd", "df", "wice")
    for name in (*names, "begin"):
        others = [row for other in names if other != name for row in found[other]]
        labels, scores = _labels(found[name]), _trained(others, found[name])
        yield f"{name}, trained on the others: AUROC", estimated(auroc, labels, scores)
        yield (
            f"{name}, trained on the others: balanced accuracy at 0.5",
            estimated(balanced_accuracy, labels, scores),
        )
        if name == "begin":
            fd = [row for row in found["fd"] if row.text not in {b.text for b in found["begin"]}]
            scores = _trained([*fd, *found["wice"]], found["begin"])
            yield "begin, trained on fd and wice: AUROC", estimated(auroc, labels, scores)
            yield (
                "begin, trained on fd and wice: balanced accuracy at 0.5",
                estimated(balanced_accuracy, labels, scores),
            )


def attribution_lines(found: dict[str, list[Row]]) -> Iterator[Line]:
    """AttributionBench dev: macro F1, the mean over its sources, as its authors report it."""
    ab = found["ab"]
    labels, sources = _labels(ab), np.array([row.group for row in ab])
    rest = [row for name in ("fd", "df", "wice") for row in found[name]]
    left_out, folded = np.zeros(len(ab)), np.zeros(len(ab))
    for source in np.unique(sources):
        here = sources == source
        others = [row for row, mine in zip(ab, here, strict=True) if not mine]
        left_out[here] = _trained([*others, *rest], [r for r in ab if r.group == source])
    model = HistGradientBoostingClassifier(max_iter=150, max_depth=4, learning_rate=0.05,
        min_samples_leaf=15, l2_regularization=5, max_features=0.3, random_state=0)  # fmt: skip
    features = sorted(ab[0].features)
    strata = np.char.add(sources, labels.astype(str))
    split = list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(sources, strata))
    folded = cross_val_predict(model, table(ab, features), labels, cv=split, method="predict_proba")
    for name, scores in (("source left out", left_out), ("cross-validated", folded[:, 1])):
        yield f"AttributionBench, {name}: mean macro F1", _mean_macro_f1(ab, scores)
        for source in np.unique(sources):
            here = sources == source
            estimate = estimated(macro_f1, labels[here], scores[here])
            yield f"AttributionBench, {name}: {source}", estimate


def wice_lines(wice: list[Row]) -> Iterator[Line]:
    """WiCE dev, cross-validated; the threshold is chosen on the folds that are trained on."""
    labels = _labels(wice)
    features = [name for name in SUPPORT if name in wice[0].features]
    given = table(wice, features)
    decided, scores = np.zeros(len(wice)), np.zeros(len(wice))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(given, labels):
        weights = balance([wice[n] for n in train])
        model = boosted(features)
        inner = cross_val_predict(
            model, given[train], labels[train], cv=FOLDS, method="predict_proba",
            params={"sample_weight": weights},
        )[:, 1]  # fmt: skip
        scores[test] = model.fit(given[train], labels[train], weights).predict_proba(given[test])[
            :, 1
        ]
        decided[test] = scores[test] >= best_threshold(labels[train], inner)
    yield "WiCE, cross-validated: balanced accuracy", estimated(balanced_accuracy, labels, decided)
    yield "WiCE, cross-validated: AUROC", estimated(auroc, labels, scores)


def edit_lines(found: list[Row]) -> Iterator[Line]:
    """Minimal edits of ClapNQ's gold sentences: caught where 5 % of the unedited are."""
    scores = _scores(found)
    kinds = np.array([row.kind for row in found])
    rates = []
    for kind in KINDS:
        here = (kinds == "real") | (kinds == kind)
        labels = kinds[here] == "real"
        estimate = estimated(caught_at(FALSE_ALARMS), labels, scores[here])
        rates.append(estimate.value if estimate else np.nan)
        yield f"minimal edits of paraphrases, caught at 5 %: {kind}", estimate
    sys.stdout.write(f"  mean of the six: {np.mean(rates):.3f}\n")


def verbatim_lines(data: Path, embedder: SentenceEmbedding) -> Iterator[Line]:
    """Minimal edits of sentences as they stand; and how long one check takes."""
    check = GroundingCheck(embedder)
    chance = random.Random(0)
    passages = sorted({claim.cited for claim in clapnq(data)})
    spans = [(p, start, end) for p in passages for start, end in sentences(p)]
    spans += list(documents())
    stands, caught, span_caught, times = [], [], [], []
    for passage, start, end in chance.sample(spans, min(250, len(spans))):
        check.prepare(passage)
        stands.append(check(passage[start:end], passage).supported)
        for edit in edits(passage[start:end], passage, seed=2):
            span_caught.append(edit.text not in passage)
            clock = time.perf_counter()
            caught.append(not check(edit.text, passage).supported)
            times.append(1000 * (time.perf_counter() - clock))
    yield "verbatim sentences that are supported", _share(stands)
    yield "minimal edits of verbatim sentences: not word for word there", _share(span_caught)
    yield "minimal edits of verbatim sentences: withheld by the verdict", _share(caught)
    sys.stdout.write(
        f"  one check: p50 {percentile(times, 50):.1f} ms, p95 {percentile(times, 95):.1f} ms\n"
    )


def documents() -> Iterator[tuple[str, int, int]]:
    """The sentences of the sample documents that are plain text, each with its paragraph."""
    for path in sorted((Path(__file__).parents[1] / "documents").glob("*.md")):
        for part in path.read_text(encoding="utf-8").split("\n\n"):
            yield from ((part, start, end) for start, end in sentences(part))


def _trained(train: Sequence[Row], test: Sequence[Row]) -> Floats:
    features = [name for name in SUPPORT if name in train[0].features]
    labels = np.array([row.supported for row in train])
    model = boosted(features).fit(table(train, features), labels, balance(train))
    return np.asarray(model.predict_proba(table(test, features))[:, 1])


def _carried(found: Sequence[Row]) -> Floats:
    model = trees("support")
    return model.probability([[row.features[name] for name in model.features] for row in found])


def _scores(found: Sequence[Row]) -> Floats:
    """The composed score of each row, with the weights as they are shipped."""
    worst = np.zeros(len(found))
    owner = [n for n, row in enumerate(found) for _ in row.mentions]
    lines = [line for row in found for _, line in row.mentions]
    np.maximum.at(worst, owner, trees("place").probability(lines))
    bent = trees("altered").probability(
        [alterations(row.features, sure) for row, sure in zip(found, worst, strict=True)]
    )
    pairs = zip(_carried(found), bent, strict=True)
    return np.array([composed(float(one), float(other)) for one, other in pairs])


def _labels(found: Sequence[Row]) -> Flags:
    return np.array([row.supported for row in found])


def _groups(found: Sequence[Row]) -> list[Flags]:
    names = np.array([row.group for row in found])
    return [names == name for name in np.unique(names)]


def _mean_macro_f1(found: Sequence[Row], scores: Floats) -> Estimate | None:
    source = np.unique([row.group for row in found], return_inverse=True)[1]
    coded = 2.0 * source + (scores >= 0.5)

    def mean(labels: Flags, drawn: Floats) -> float:
        groups = [drawn // 2 == n for n in np.unique(drawn // 2)]
        return float(np.mean([macro_f1(labels[at], drawn[at] % 2) for at in groups]))

    return estimated(mean, _labels(found), coded)


def _share(flags: Sequence[bool]) -> Estimate | None:
    values = np.array(flags, dtype=np.float64)
    return estimated(lambda _, drawn: float(drawn.mean()), values >= 0, values)


def _shown(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f}), n {estimate.cases}"


if __name__ == "__main__":
    main()
