"""Train the grounding check and write ``rag/support/weights.json``.

    python -m tools.train_grounding --data ../shared/data --cache /tmp/grounding/cache

Needs the public sets, WordNet's files (Debian's wordnet-base) for words of opposite meaning, and
scikit-learn. What it learns from, and what it must never see, is in docs/grounding-model.md.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from benchmarks.grounding_rows import LABELLED, Row, rows
from evals.datasets import json_lines
from rag.support.composition import ALTERED, SUPPORT, alterations
from rag.support.features import FALLING, RISING
from rag.support.places import PLACE_FEATURES
from rag.terms import stem

TRAINED_ON = ("ab", "df", "fd")  # BEGIN, WiCE and ClapNQ are only ever tested on
EDITED = "mtrag"
WEIGHTS = Path(__file__).parents[1] / "rag" / "support" / "weights.json"
WORDNET = Path("/usr/share/wordnet")

Table = npt.NDArray[np.float64]


def boosted(features: Sequence[str], sign: int = 1) -> HistGradientBoostingClassifier:
    """Return untrained trees that may only rise, or fall, where a feature speaks one way.

    ``sign`` is 1 if what is asked speaks for the claim, -1 if against it.
    """
    signs = [sign * ((name in RISING) - (name in FALLING)) for name in features]
    return HistGradientBoostingClassifier(
        max_iter=120,
        max_depth=3,
        learning_rate=0.06,
        min_samples_leaf=20,
        l2_regularization=5,
        max_features=0.4,
        random_state=0,
        monotonic_cst=signs,
    )


def exported(
    model: HistGradientBoostingClassifier, features: Sequence[str], platt: tuple[float, float]
) -> dict[str, Any]:
    """Return trained trees as the lists that ``rag.support.trees.Trees`` reads."""
    plain: dict[str, Any] = {name: [] for name in ("roots", "feature", "threshold", "left")}
    plain |= {"right": [], "value": [], "features": list(features)}
    for (tree,) in model._predictors:
        offset = len(plain["feature"])
        plain["roots"].append(offset)
        for node in tree.nodes:
            leaf = bool(node["is_leaf"])
            plain["feature"].append(-1 if leaf else int(node["feature_idx"]))
            plain["threshold"].append(0.0 if leaf else round(float(node["num_threshold"]), 7))
            plain["left"].append(0 if leaf else offset + int(node["left"]))
            plain["right"].append(0 if leaf else offset + int(node["right"]))
            plain["value"].append(round(float(node["value"]), 6) if leaf else 0.0)
    bias = float(model._baseline_prediction.ravel()[0])
    return plain | {"bias": bias, "slope": platt[0], "shift": platt[1]}


def balance(found: Sequence[Row]) -> Table:
    """Return a weight for each row: a corpus counts by the root of its size, its classes alike."""
    count = Counter((row.corpus, row.supported) for row in found)
    size = Counter(row.corpus for row in found)
    weights = [size[r.corpus] ** 0.5 / count[r.corpus, r.supported] for r in found]
    return np.array(weights) / np.mean(weights)


def table(found: Sequence[Row], features: Sequence[str]) -> Table:
    """Return the features of ``found`` by name, shape (n, f)."""
    return np.array([[row.features[name] for name in features] for row in found])


def support_trees(found: Sequence[Row], features: Sequence[str]) -> dict[str, Any]:
    """Train on claims that people judged: does the source carry this claim?"""
    labels = np.array([row.supported for row in found])
    weights, names = balance(found), np.array([row.corpus for row in found])
    given = table(found, features)
    left_out = np.zeros(len(found))
    for name in np.unique(names):
        here = names == name
        model = boosted(features).fit(given[~here], labels[~here], weights[~here])
        left_out[here] = model.decision_function(given[here])
    platt = _platt(left_out, labels, weights)
    model = boosted(features).fit(given, labels, weights)
    return exported(model, features, platt)


def place_trees(found: Sequence[Row]) -> dict[str, Any]:
    """Train on mentions, edited and not: is this name or figure where it belongs?"""
    mentions = [(e, line) for row in found for e, line in row.mentions if _sure(row, e)]
    labels = np.array([edited for edited, _ in mentions])
    given = np.array([line for _, line in mentions])
    return exported(boosted(PLACE_FEATURES, -1).fit(given, labels), PLACE_FEATURES, (1.0, 0.0))


def misplaced(found: Sequence[Row]) -> Table:
    """Return for each row how sure its worst mention is misplaced, by trees of other documents."""
    owner = np.array([n for n, row in enumerate(found) for _ in row.mentions])
    groups = np.array([row.id for row in found for _ in row.mentions])
    labels = np.array([edited for row in found for edited, _ in row.mentions])
    given = np.array([line for row in found for _, line in row.mentions])
    known = np.array([_sure(row, edited) for row in found for edited, _ in row.mentions])
    worst = np.zeros(len(found))
    for train, test in GroupKFold(5).split(given, labels, groups):
        train = train[known[train]]
        model = boosted(PLACE_FEATURES, -1).fit(given[train], labels[train])
        np.maximum.at(worst, owner[test], model.predict_proba(given[test])[:, 1])
    return worst


def altered_trees(found: Sequence[Row]) -> dict[str, Any]:
    """Train on claims before and after an edit: has something small been made wrong?"""
    worst = misplaced(found)
    given = np.array(
        [alterations(row.features, place) for row, place in zip(found, worst, strict=True)]
    )
    labels = np.array([row.kind != "real" for row in found])
    count = Counter(row.kind for row in found)
    weights = np.array([(5 if row.kind == "real" else 1) / count[row.kind] for row in found])
    model = boosted(ALTERED, -1).fit(given, labels, weights / weights.mean())
    return exported(model, ALTERED, (1.0, 0.0))


def _sure(row: Row, edited: bool) -> bool:
    """Whether it is known if a mention is misplaced: of two exchanged names, one is marked."""
    return row.kind == "real" or edited


def _platt(odds: Table, labels: npt.NDArray[np.bool_], weights: Table) -> tuple[float, float]:
    """Fit the slope and shift that make log-odds mean what they say (Platt 1999)."""
    fitted = LogisticRegression(C=1e6).fit(odds[:, None], labels, weights)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def word_counts(data: Path) -> dict[str, Any]:
    """Return in how many passages of 150 words each stem stands, those in at least three."""
    texts = {claim.cited for name in TRAINED_ON for claim in _labelled(name, data)}
    for row in json_lines(data / "mtrag_un" / "tasks.jsonl"):
        texts |= {context["text"] for context in row["contexts"]}
    counts: Counter[str] = Counter()
    passages = 0
    for text in sorted(texts):
        words = re.findall(r"[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*", text)[:3000]
        for start in range(0, len(words), 150):
            counts.update({stem(word) for word in words[start : start + 150]})
            passages += 1
    return {"passages": passages, "in": {w: n for w, n in sorted(counts.items()) if n >= 3}}


def _labelled(name: str, data: Path) -> Any:
    read, folder = LABELLED[name]
    return read(data / folder)


def opposites(known: set[str]) -> list[tuple[str, str]]:
    """Return the pairs of stems that WordNet calls antonyms, both of which are ``known``."""
    found = set()
    for part in ("adj", "adv", "noun", "verb"):
        lines = (WORDNET / f"data.{part}").read_text(encoding="utf-8").splitlines()
        synsets = dict(_synset(line) for line in lines if not line.startswith("  "))
        for words, pointers in synsets.values():
            for target, here, there in pointers:
                if target in synsets:
                    pair = words[here - 1], synsets[target][0][there - 1]
                    found.add(tuple(sorted(stem(word.split("(")[0]) for word in pair)))
    return sorted((one, other) for one, other in found if one != other and {one, other} <= known)


def _synset(line: str) -> tuple[str, tuple[list[str], list[tuple[str, int, int]]]]:
    """Read a line of a WordNet data file: offset, words, antonym pointers (wndb(5WN))."""
    fields = line.split("|")[0].split()
    count = int(fields[3], 16)
    words = [fields[4 + 2 * n] for n in range(count)]
    pointers = list(_antonyms(fields[4 + 2 * count :]))
    return fields[0], (words, pointers)


def _antonyms(fields: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    for n in range(int(fields[0])):
        sign, target, _, ends = fields[1 + 4 * n : 5 + 4 * n]
        if sign == "!":
            yield target, int(ends[:2], 16), int(ends[2:], 16)


def main() -> None:
    """Read the sets, train everything, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("/tmp/grounding/cache"))
    parser.add_argument("--words", action="store_true", help="count words and opposites anew first")
    given = parser.parse_args()
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8")) if WEIGHTS.exists() else {}
    if given.words or "words" not in stored:
        stored["words"] = word_counts(given.data)
        stored["opposites"] = opposites(set(stored["words"]["in"]))
        WEIGHTS.write_text(_json(stored), encoding="utf-8")
    stored["trees"] = {}
    for suffix in ("", "_words"):
        embedder = _embedder() if not suffix else None
        labelled = [r for n in TRAINED_ON for r in rows(n, given.data, given.cache, embedder)]
        edited = rows(EDITED, given.data, given.cache, embedder)
        features = [name for name in SUPPORT if name in labelled[0].features]
        stored["trees"][f"support{suffix}"] = support_trees(labelled, features)
        stored["trees"][f"place{suffix}"] = place_trees(edited)
        stored["trees"][f"altered{suffix}"] = altered_trees(edited)
    WEIGHTS.write_text(_json(stored), encoding="utf-8")
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1000:.0f} kB")  # noqa: T201


def _embedder() -> Any:
    from index.embedder import SentenceEmbedding

    return SentenceEmbedding()


def _json(stored: dict[str, Any]) -> str:
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    main()
