"""Measure conversation: retrieval with a history, rewriting, asking back.

`python -m benchmarks.conversation` prints what docs/experiments.md, "Conversation", says of the
product as it is. It reads the public sets from ``FOOTNOTE_SHARED`` (default ../shared).
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.cases import Case
from evals.datasets import clapnq, mtrag
from evals.datasets.rewrites import Turn, canard, cast
from evals.matching import normalise
from evals.pool import Pool
from evals.texts import token_f1
from rag import Assistant, Settings
from rag.clarify import open_reference
from rag.context import said
from rag.conversation import standalone
from rag.schema import Message, Passage

DEPTH = 5


def main() -> None:
    """Print every figure, for the half that rules were developed on and for the other."""
    data = Path(os.environ.get("FOOTNOTE_SHARED", "../shared")) / "data"
    talks = mtrag.load(data / "mtrag_un")
    plain = clapnq.pooled(data)  # over the passages of both sets
    asking(talks.cases, plain.cases)
    for name, turns in (("CAsT", cast(data / "trec_cast")), ("CANARD", canard(data / "canard"))):
        rewriting(name, turns)
    answered = [case for case in talks.cases if case.status in ("answered", "partial")]
    retrieval(
        "MTRAG-UN, last turn with its history", talks.pool, [c for c in answered if c.relevant]
    )
    new = [case for case in plain.cases if case.relevant]
    retrieval("ClapNQ, asked first", plain.pool, new)
    retrieval("ClapNQ, after an unrelated conversation", plain.pool, _switched(new, talks.cases))


def retrieval(name: str, pool: Pool, cases: Sequence[Case]) -> None:
    """Print R@5 and nDCG@5, all passages of ``pool`` being searched."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(documents=pool.write(Path(folder) / "pool"), data=Path(folder) / "data")
        with Assistant.open(settings) as assistant:
            assistant.sync()
            scores = {case.id: _scored(assistant, case) for case in cases}
    for half, some in _halves({case.id: _talk(case) for case in cases}).items():
        recall, gain = (sum(scores[n][m] for n in some) / len(some) for m in (0, 1))
        _show(f"{name:45} {half:12} n={len(some):4} R@5 {recall:.3f} nDCG@5 {gain:.3f}")


def rewriting(name: str, turns: Sequence[Turn]) -> None:
    """Print token F1 against people's rewrites, as asked and as understood."""
    later = {turn.id: turn for turn in turns if turn.history}
    mark = "_" if name == "CAsT" else "-"
    for half, some in _halves({n: n.rsplit(mark, 1)[0] for n in later}).items():
        rows = [later[n] for n in some]
        ours = [standalone(turn.question, turn.history) for turn in rows]
        asked = sum(token_f1(t.question, t.rewrite) for t in rows) / len(rows)
        f1 = sum(token_f1(o, t.rewrite) for o, t in zip(ours, rows, strict=True)) / len(rows)
        same = sum(
            sorted(normalise(o).split()) == sorted(normalise(t.rewrite).split())
            for o, t in zip(ours, rows, strict=True)
        )
        _show(
            f"{name:45} {half:12} n={len(rows):4} F1 {f1:.3f} (as asked {asked:.3f}) "
            f"same words {same / len(rows):.3f}",
        )


def asking(talks: Sequence[Case], plain: Sequence[Case]) -> None:
    """Print how often a question is held to need a question back, at the first turn."""
    sets = {
        "MTRAG-UN, underspecified": [c for c in talks if c.status == "needs_clarification"],
        "MTRAG-UN, others": [c for c in talks if c.status != "needs_clarification"],
        "ClapNQ": plain,
    }
    for name, cases in sets.items():
        asked = sum(not c.history and open_reference(c.question) is not None for c in cases)
        _show(f"{name:45} asked back {asked} of {len(cases)}")


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _scored(assistant: Assistant, case: Case) -> tuple[float, float]:
    understood = standalone(case.question, case.history)
    more = said(case.question, understood, case.history)
    found = _sources(assistant._retriever.search(case.question, 4 * DEPTH, None, more))
    hits = [source in case.relevant for source in found[:DEPTH]]
    ideal = sum(1 / math.log2(n + 2) for n in range(min(DEPTH, len(case.relevant))))
    gain = sum(hit / math.log2(n + 2) for n, hit in enumerate(hits))
    return sum(hits) / len(case.relevant), gain / ideal


def _sources(passages: Sequence[Passage]) -> list[str]:
    """The documents of passages, best first: a long one was split, and counts once."""
    return list(dict.fromkeys(passage.source for passage in passages))


def _talk(case: Case) -> str:
    """The conversation that a case is a turn of: weights were chosen on half of them."""
    return case.id.removeprefix("mtrag-").rsplit("-", 1)[0]


def _switched(cases: Sequence[Case], talks: Sequence[Case]) -> list[Case]:
    chance = random.Random(0)
    finished = [talk for talk in talks if talk.references]
    return [case.model_copy(update={"history": _whole(chance.choice(finished))}) for case in cases]


def _whole(talk: Case) -> tuple[Message, ...]:
    asked = Message(role="user", content=talk.question)
    return (*talk.history, asked, Message(role="assistant", content=talk.references[0]))


def _halves(groups: dict[str, str]) -> dict[str, list[str]]:
    halves: dict[str, list[str]] = {"all": list(groups), "developed on": [], "unseen": []}
    for name, group in groups.items():
        odd = int(hashlib.sha256(group.encode()).hexdigest(), 16) % 2
        halves["unseen" if odd else "developed on"].append(name)
    return halves


if __name__ == "__main__":
    main()
