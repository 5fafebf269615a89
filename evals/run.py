"""Ask every case, score every answer, and leave a table, a JSON file and a report behind."""

from __future__ import annotations

import functools
import statistics
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from evals import results
from evals.cases import Case, CasesError, Library, load_cases, resolve, select
from evals.gate import Shortfall, ThresholdsError, shortfalls, thresholds_of
from evals.intervals import percentile
from evals.matching import verbatim
from evals.metrics import Supports
from evals.report import render
from evals.results import Row, Run
from evals.scoring import METRICS, aggregate, score
from rag.schema import Answer, Message, Status

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

GOLDEN = Path(__file__).parent / "datasets" / "golden.jsonl"
DONE, BELOW, FAILED = 0, 1, 3

Key = TypeVar("Key")


class System(Protocol):
    """What can be evaluated: it answers from stored texts. ``rag.Assistant`` is one."""

    @property
    def index(self) -> Library: ...  # noqa: D102
    @property
    def settings(self) -> BaseSettings: ...  # noqa: D102
    def ask(self, question: str, history: Sequence[Message] = ()) -> Answer: ...  # noqa: D102


def evaluate(
    assistant: System,
    cases: Sequence[Case],
    progress: Callable[[int, int], None] | None = None,
    name: str = "cases",
) -> Run:
    """Ask ``assistant`` every case with its recorded history, and score the answers.

    Args:
        assistant: the system; its index already holds the documents.
        cases: asked in order; the first is asked once more beforehand, unscored, so that
            loading the model is not taken for latency.
        progress: called with the number of cases done and their total.
        name: of the run, in its files and thresholds.

    Raises:
        CasesError: if there is no case, or evidence is not in the index.
        Exception: whatever ``assistant.ask`` raises, with a note that names the case.
    """
    if not cases:
        raise CasesError([f"{name}: no case to ask"])
    evidence = resolve(cases, assistant.index)
    text_of = functools.cache(assistant.index.text)
    started, clock = datetime.now(UTC), time.perf_counter()
    _ask(assistant, cases[0])
    rows: list[Row] = []
    for case in cases:
        answer, seconds = _ask(assistant, case)
        row = score(case, evidence[case.id], answer, text_of, seconds, _support_check(answer))
        rows.append(row)
        if progress:
            progress(len(rows), len(cases))
    settings = assistant.settings.model_dump(mode="json", exclude={"api_key"})
    return summarise(name, rows, settings, started, time.perf_counter() - clock)


def _ask(assistant: System, case: Case) -> tuple[Answer, float]:
    clock = time.perf_counter()
    try:
        answer = assistant.ask(case.question, history=case.history)
    except Exception as error:
        error.add_note(f"while asking case {case.id}: {case.question}")
        raise
    return answer, time.perf_counter() - clock


def _support_check(answer: Answer) -> Supports:
    """Containment for a writer that quotes; for one that composes, the grounding check."""
    if answer.writer == "quotes":
        return verbatim
    from rag.grounding import check

    question = f"{answer.question} {answer.standalone_question}"
    return lambda sentence, cited: check(sentence, "\n".join(cited), question).supported


def summarise(
    name: str, rows: Sequence[Row], settings: dict[str, Any], started: datetime, seconds: float
) -> Run:
    """Aggregate scored rows into a ``Run``, with what is needed to run it again."""
    milliseconds = [1000 * row.seconds for row in rows]
    statuses: dict[Status, dict[Status, int]] = {
        expected: dict(Counter(row.answer.status for row in group))
        for expected, group in _grouped(rows, lambda row: row.case.status).items()
    }
    return Run(
        name=name,
        started=started.isoformat(timespec="seconds"),
        seconds=seconds,
        settings=settings,
        versions=results.versions(),
        machine=results.machine(),
        commit=results.commit(),
        rows=tuple(rows),
        overall=aggregate(rows),
        by_kind={k: aggregate(g) for k, g in _grouped(rows, lambda row: row.case.kind).items()},
        by_split={s: aggregate(g) for s, g in _grouped(rows, lambda row: row.case.split).items()},
        statuses=statuses,
        latency_ms={
            "p50": percentile(milliseconds, 50) or 0.0,
            "p95": percentile(milliseconds, 95) or 0.0,
            "mean": statistics.fmean(milliseconds),
        },
    )


def _grouped(rows: Sequence[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def evaluate_command(
    dataset: Path | None,
    split: str,
    documents: Path | None,
    out: Path,
    as_json: bool,
    gate: bool,
) -> int:
    """Run ``footnote eval``: print a table, write ``out/<name>.json`` and ``.html``.

    The documents are indexed in ``out/.footnote``, so the user's own index is left alone.

    Args:
        dataset: cases to ask; the golden set if None.
        split: "dev", "test" or "all".
        documents: folder to answer from; that of the settings if None.
        out: folder for results.
        as_json: print the aggregates as JSON in place of the table.
        gate: hold the run against its thresholds.

    Returns:
        0 done, 1 under a threshold, 3 failed (the reason is on standard error).
    """
    dataset = dataset or GOLDEN
    name = f"{dataset.stem}-{split}"
    errors = Console(stderr=True)
    try:
        thresholds = thresholds_of(name)
        if gate and not thresholds:
            raise ThresholdsError(f"thresholds.toml has no table [{name}] to hold the run against")
        cases = select(load_cases(dataset), split)
        run = _run(name, cases, documents, out, errors)
        missed = shortfalls(run, thresholds)
        _write(run, thresholds, out)
    except Exception as error:
        _explain(error, errors)
        return FAILED
    if as_json:
        sys.stdout.write(run.model_dump_json(exclude={"rows"}, indent=2) + "\n")
    else:
        _print(run, thresholds, missed, out)
    return BELOW if gate and missed else DONE


def _run(
    name: str, cases: Sequence[Case], documents: Path | None, out: Path, console: Console
) -> Run:
    from rag.assistant import Assistant
    from rag.settings import Settings

    settings = Settings(data=out / ".footnote")
    if documents:
        settings = settings.model_copy(update={"documents": documents})
    with Assistant.open(settings) as assistant:
        for skipped in assistant.sync().skipped:
            console.print(
                f"skipped {skipped.source}: {skipped.reason}", markup=False, soft_wrap=True
            )
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(name, total=len(cases))
            return evaluate(
                assistant, cases, lambda done, total: bar.update(task, completed=done), name
            )


def _write(run: Run, thresholds: dict[str, float], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{run.name}.json").write_text(run.model_dump_json(indent=1), encoding="utf-8")
    (out / f"{run.name}.html").write_text(render(run, thresholds), encoding="utf-8")


def _explain(error: Exception, console: Console) -> None:
    """Say what went wrong: in a line where it is the user's to mend, in full where it is ours."""
    from index.types import IndexLocked, IndexUnusable

    if isinstance(error, CasesError | ThresholdsError | IndexLocked | IndexUnusable | OSError):
        text = f"footnote eval: {error}"
    elif isinstance(error, ModuleNotFoundError):
        text = f"footnote eval: {error}; install Footnote with its dev extra: footnote[dev]"
    else:
        text = "".join(traceback.format_exception(error))
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _print(run: Run, thresholds: dict[str, float], missed: Sequence[Shortfall], out: Path) -> None:
    console = Console()
    table = Table(title=f"{run.name}: {len(run.rows)} cases")
    for heading in ("metric", "value", "95 % interval", "cases", "threshold"):
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for name, metric in METRICS.items():
        if (found := run.overall.get(name)) is None:
            continue
        limit = f"{thresholds[name]:g}" if name in thresholds else ""
        interval = f"{found.low:.3f} – {found.high:.3f}"
        table.add_row(metric.label, f"{found.value:.3f}", interval, str(found.cases), limit)
    console.print(table)
    by_kind = ", ".join(f"{k} {e['right'].value:.2f}" for k, e in run.by_kind.items())
    console.print(f"handled right by kind: {by_kind}")
    console.print(
        f"latency: p50 {run.latency_ms['p50']:.0f} ms, p95 {run.latency_ms['p95']:.0f} ms"
    )
    console.print(f"{out / run.name}.json and .html written")
    for shortfall in missed:
        console.print(f"[red]under its threshold:[/red] {shortfall}")
