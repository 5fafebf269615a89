"""Training examples that people wrote: CANARD (QuAC), ClapNQ, AttributionBench and WiCE claims.

python -m tools.reader.human ../shared/data OUT.jsonl
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.datasets import json_lines
from evals.datasets.claims import dialfact, faithdial
from rag.language import parse
from rag.terms import terms
from tools.reader.examples import LONGEST, Example, show
from tools.reader.questions import questions, well_made
from tools.reader.text import natural, reference_parts, split
from tools.reader.wording import dressed

_NOTHING = ("CANNOTANSWER", "I don't know.")
_ATTRIBUTED = 0.45  # share of a claim's words that its reference's best sentence must have
_TOGETHER = 6  # sentences of a reference that make one passage


def canard(data: Path, rng: random.Random) -> Iterator[Example]:
    """Rewritten questions over the answers of their dialogue, which are quotes from one article."""
    dialogues = defaultdict(list)
    for row in json.loads((data / "canard" / "dev_visible.json").read_text(encoding="utf-8")):
        dialogues[row["QuAC_dialog_id"]].append(row)
    for turns in dialogues.values():
        yield from _dialogue(turns, rng)


def _dialogue(turns: list[dict[str, Any]], rng: random.Random) -> Iterator[Example]:
    title, section, *history = max((turn["History"] for turn in turns), key=len)
    head = f"{title}\n{section}"
    answers = [natural(said) for said in history[1::2]]
    told = [answer for answer in dict.fromkeys(answers) if answer not in _NOTHING]
    groups = [(answer, sentence) for answer in told for sentence in split(answer)]
    for turn in turns:
        k = turn["Question_no"] - 1
        if k >= len(answers):
            continue
        answer = answers[k]
        nothing = answer in _NOTHING
        question = dressed(turn["Rewrite"].strip(" ?"), rng)
        anywhere = rng.randrange(max(1, len(groups)))
        at = next((i for i, (a, _) in enumerate(groups) if a == answer), anywhere)
        near = _around(groups, at)
        labels = tuple(int(not nothing and a == answer) for a, _ in near)
        if near and (nothing or any(labels)):
            yield Example(question, head, tuple(s for _, s in near), labels, None, "canard")
        rest = tuple(s for a, s in near if a != answer)
        if not nothing and len(rest) > 2 and rng.random() < 0.4:
            yield Example(question, head, rest, (0,) * len(rest), None, "canard")


def _around(groups: list[tuple[str, str]], at: int) -> list[tuple[str, str]]:
    """The sentences about place ``at``, LONGEST characters in all."""
    first = last = at
    size = len(groups[at][1]) if groups else 0
    grown = bool(groups)
    while grown:
        grown = False
        if first > 0 and size + len(groups[first - 1][1]) < LONGEST:
            first, grown = first - 1, True
            size += len(groups[first][1])
        if last + 1 < len(groups) and size + len(groups[last + 1][1]) < LONGEST:
            last, grown = last + 1, True
            size += len(groups[last][1])
    return groups[first : last + 1]


def clapnq(data: Path, rng: random.Random) -> Iterator[Example]:
    """Questions with the sentences that annotators chose; unanswerable ones have none."""
    for name in ("answerable", "unanswerable"):
        for row in json_lines(data / "clapnq" / f"{name}.jsonl"):
            passage = row["passages"][0]
            chosen = {s for o in row["output"] for s in o.get("selected_sentences", [])}
            if name == "unanswerable":
                chosen = set()
            labels = tuple(int(s in chosen) for s in passage["sentences"])
            said = tuple(natural(s) for s in passage["sentences"])
            if any(labels) or name == "unanswerable":
                question = dressed(row["input"].strip(" ?"), rng)
                source = f"clapnq:{row['id']}"
                yield Example(question, passage["title"], said, labels, None, source)


def attribution(data: Path, rng: random.Random) -> Iterator[Example]:
    """Questions whose answers were attributed: the reference's sentence nearest to the claim."""
    for row in json_lines(data / "attributionbench" / "dev_all_subset_balanced.jsonl"):
        if row["attribution_label"] == "attributable" and 4 <= len(row["question"].split()) <= 40:
            yield from _attributed(row, rng)


def _attributed(row: dict[str, Any], rng: random.Random) -> Iterator[Example]:
    wanted = {term.stem for term in terms(row["claim"])}
    best, title = 0.0, ""
    said: tuple[str, ...] = ()
    scores: list[float] = []
    for reference in row["references"]:
        head, text = reference_parts(reference)
        sentences = split(natural(text))
        for start in range(0, len(sentences), _TOGETHER):
            some = sentences[start : start + _TOGETHER]
            shares = [len(wanted & {t.stem for t in terms(s)}) / max(1, len(wanted)) for s in some]
            if max(shares) > best:
                best, title, said, scores = max(shares), head, some, shares
    if best >= _ATTRIBUTED:
        labels = tuple(1 if s == best else 0 if s < 0.5 * best else -1 for s in scores)
        question = dressed(row["question"].strip(" ?"), rng)
        yield Example(question, title, said, labels, None, "attribution")


def claims(data: Path, rng: random.Random) -> Iterator[Example]:
    """Questions made from claims that people wrote, over the evidence in its own words (WiCE)."""
    for row in json_lines(data / "wice" / "claim_dev.jsonl"):
        if row["label"] != "partially_supported":
            yield from _claimed(row, rng)


def _claimed(row: dict[str, Any], rng: random.Random) -> Iterator[Example]:
    title, evidence = row["meta"]["claim_title"], row["evidence"]
    sentences = parse(row["claim"]).sents
    made = [m.text for s in sentences for m in questions(s, title, rng) if well_made(m)]
    supported = row["label"] == "supported"
    chosen = {n for group in row["supporting_sentences"] for n in group} if supported else set()
    centre = min(chosen) if chosen else rng.randrange(len(evidence))
    first = max(0, centre - rng.randrange(4))
    near = range(first, min(len(evidence), first + 7))
    said = tuple(natural(evidence[n]) for n in near)
    labels = tuple(int(n in chosen) for n in near)
    if said and sum(map(len, said)) <= 2 * LONGEST:
        for text in made[:6]:
            yield Example(dressed(text, rng), title, said, labels, None, "wice-claims")


def replies(data: Path, rng: random.Random) -> Iterator[Example]:
    """Replies of dialogue systems, and whether the knowledge they had supports them."""
    for read, name in ((faithdial, "faithdial_audit"), (dialfact, "dialfact")):
        for claim in read(data / name):
            said = split(claim.cited)
            if said:
                labels = (-1,) * len(said)
                yield Example(claim.text, "", said, labels, None, name, claim.supported)


def main(data: str, out: str) -> None:
    """Write the examples of all four sets in ``data`` to ``out``."""
    rng = random.Random(11)
    with Path(out).open("w", encoding="utf-8") as file:
        for make in (canard, clapnq, attribution, claims, replies):
            found = list(make(Path(data), rng))
            answered = sum(example.answered for example in found)
            show(make.__name__, len(found), "examples,", answered, "with an answer")
            file.writelines(example.line() + "\n" for example in found)


if __name__ == "__main__":
    main(*sys.argv[1:])
