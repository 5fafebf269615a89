"""A system over the cases of a set: ask or check each, score it, and aggregate."""

from __future__ import annotations

import functools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from evals import answering, checking, results, rewriting
from evals.cache import Cache, Progress, collect
from evals.cases import Case, CasesError, resolve
from evals.datasets.claims import Claim
from evals.datasets.rewrites import Turn
from evals.intervals import Estimate, percentile
from evals.matching import verbatim
from evals.metrics import Supports
from evals.results import AnswerRow, ClaimRow, RewriteRow, Row, Run
from evals.systems import System
from rag.schema import Answer, Passage, Status

DEPTH = 20  # passages that are ranked where a set says which documents are relevant

Key = TypeVar("Key")
RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a set is run: its name, what tells of progress, what was kept, how many at once."""

    name: str = "cases"
    title: str = ""
    system: str = "footnote"
    settings: dict[str, Any] = field(default_factory=dict)
    progress: Progress | None = None
    cache: Cache | None = None
    jobs: int = 1


def run_answers(system: System, cases: Sequence[Case], plan: Plan) -> Run:
    """Ask ``system`` every case with its recorded history, and score the answers.

    Its index already holds the documents. The first case is asked once more beforehand,
    unscored, so that loading a model is not taken for latency.

    Raises:
        CasesError: if there is no case, or evidence is not in the index.
        Exception: whatever the system raises, with a note that names the case.
    """
    _some(plan, cases)
    evidence = resolve(cases, system.index)
    text_of = functools.cache(system.index.text)
    warm = functools.cache(lambda: _noted(cases[0], system.answer))

    def ask(case: Case) -> AnswerRow:
        warm()
        clock = time.perf_counter()
        answer = _noted(case, system.answer)
        seconds = time.perf_counter() - clock
        found: Sequence[Passage] = ()
        if case.relevant and not case.given:
            found = _noted(case, lambda case: system.search(case, DEPTH))
        return answering.score(
            case,
            evidence[case.id],
            answer,
            text_of,
            seconds,
            _support_check(answer),
            found,
            system.confidence(answer),
        )

    started, clock = datetime.now(UTC), time.perf_counter()
    rows, cached = collect(cases, ask, AnswerRow, plan.cache, plan.progress, plan.jobs)
    statuses: dict[Status, dict[Status, int]] = {
        expected: dict(Counter(row.answer.status for row in group))
        for expected, group in _grouped(rows, lambda row: row.case.status).items()
    }
    run = summary(plan, rows, answering.aggregate, started, time.perf_counter() - clock, cached)
    by_split = _grouped(rows, lambda row: row.case.split)
    return run.model_copy(
        update={
            "by_split": {split: answering.aggregate(group) for split, group in by_split.items()},
            "statuses": statuses,
            "cost": results.Cost.of([row.answer for row in rows]),
        }
    )


def run_claims(
    claims: Sequence[Claim], plan: Plan, check: checking.Check = checking.footnote_check
) -> Run:
    """Check every claim and score the verdicts.

    Raises:
        CasesError: if there is no claim.
    """
    _some(plan, claims)
    warm = functools.cache(lambda: checking.judge(claims[0], check))

    def judge(claim: Claim) -> ClaimRow:
        warm()
        return checking.judge(claim, check)

    started, clock = datetime.now(UTC), time.perf_counter()
    rows, cached = collect(claims, judge, ClaimRow, plan.cache, plan.progress, plan.jobs)
    return summary(plan, rows, checking.aggregate, started, time.perf_counter() - clock, cached)


def run_rewrites(
    turns: Sequence[Turn],
    plan: Plan,
    embed: rewriting.Embed,
    method: rewriting.Rewrite = rewriting.footnote_rewrite,
) -> Run:
    """Rewrite every follow-up and score it against the person's.

    Raises:
        CasesError: if there is no turn.
    """
    _some(plan, turns)
    warm = functools.cache(lambda: method(turns[0].question, turns[0].history))

    def rewrite(turn: Turn) -> RewriteRow:
        warm()
        return rewriting.rewrite(turn, embed, method)

    started, clock = datetime.now(UTC), time.perf_counter()
    rows, cached = collect(turns, rewrite, RewriteRow, plan.cache, plan.progress, plan.jobs)
    rows = rewriting.found(rows, embed)
    return summary(plan, rows, rewriting.aggregate, started, time.perf_counter() - clock, cached)


def _some(plan: Plan, items: Sequence[object]) -> None:
    if not items:
        raise CasesError([f"{plan.name}: no case to ask"])


Returned = TypeVar("Returned")


def _noted(case: Case, do: Callable[[Case], Returned]) -> Returned:
    """What ``do`` makes of a case; an error says which case it was."""
    try:
        return do(case)
    except Exception as error:
        error.add_note(f"while asking case {case.id}: {case.question}")
        raise


def _support_check(answer: Answer) -> Supports:
    """Containment for a writer that quotes; for one that composes, the grounding check."""
    if answer.writer == "quotes":
        return verbatim
    question = f"{answer.question} {answer.standalone_question}"
    check = checking.footnote_check
    return lambda sentence, cited: check(sentence, "\n".join(cited), question).supported


def summary(
    plan: Plan,
    rows: Sequence[RowT],
    aggregate: Callable[[Sequence[RowT]], dict[str, Estimate]],
    started: datetime,
    seconds: float,
    cached: int,
) -> Run:
    """Aggregate scored rows into a ``Run``, with what is needed to run it again."""
    milliseconds = [1000 * row.seconds for row in rows]
    return Run(
        name=plan.name,
        title=plan.title,
        system=plan.system,
        started=started.isoformat(timespec="seconds"),
        seconds=seconds,
        cached=cached,
        settings=plan.settings,
        versions=results.versions(),
        machine=results.machine(),
        commit=results.commit(),
        rows=tuple(rows),
        overall=aggregate(rows),
        by_group={k: aggregate(g) for k, g in _grouped(rows, lambda row: row.group).items()},
        by_split={},
        statuses={},
        latency_ms={
            "p50": percentile(milliseconds, 50) or 0.0,
            "p95": percentile(milliseconds, 95) or 0.0,
            "mean": statistics.fmean(milliseconds),
        },
    )


def _grouped(rows: Sequence[RowT], key: Callable[[RowT], Key]) -> dict[Key, list[RowT]]:
    groups: dict[Key, list[RowT]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
