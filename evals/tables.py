"""Runs and comparisons as tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evals.catalogue import METRICS
from evals.compare import Changed, Comparison
from evals.gate import Shortfall
from evals.results import AnswerRow, ClaimRow, RewriteRow, Row, Run

SHOWN = 30  # changed cases that are listed


def print_run(
    console: Console,
    run: Run,
    thresholds: Mapping[str, float],
    missed: Sequence[Shortfall],
    out: Path,
) -> None:
    """Print a run's metrics with their intervals, and what fell under a threshold."""
    table = _table(f"{run.name}: {len(run.rows)} cases", "value", "95 % interval", "cases", "limit")
    for name, metric in METRICS.items():
        if (found := run.overall.get(name)) is None:
            continue
        limit = f"{thresholds[name]:g}" if name in thresholds else ""
        interval = f"{found.low:.3f} – {found.high:.3f}"
        table.add_row(metric.label, f"{found.value:.3f}", interval, str(found.cases), limit)
    console.print(table)
    by_group = ", ".join(f"{k} {e['right'].value:.2f}" for k, e in run.by_group.items())
    console.print(f"handled right by group: {by_group}", markup=False)
    p50, p95 = run.latency_ms["p50"], run.latency_ms["p95"]
    console.print(f"latency: p50 {p50:.0f} ms, p95 {p95:.0f} ms; {run.cached} rows from the cache")
    if run.cost:
        console.print(f"cost: {run.cost}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{out / run.name}.jsonl and .html written", markup=False, soft_wrap=True)
    for shortfall in missed:
        console.print(f"[red]under its threshold:[/red] {escape(str(shortfall))}")


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print what differs between two runs, and the cases that changed sides."""
    title = f"{comparison.shared} cases in both runs"
    table = _table(title, "before", "after", "difference, 95 %", "p", "cases", "")
    for found in comparison.differences:
        table.add_row(
            METRICS[found.metric].label,
            f"{found.before:.3f}",
            f"{found.after:.3f}",
            f"{found.after - found.before:+.3f} ({found.low:+.3f} … {found.high:+.3f})",
            f"{found.p:.3f}",
            str(found.cases),
            found.verdict,
        )
    console.print(table)
    for label, gained in (("now right", True), ("no longer right", False)):
        changed = [case for case in comparison.changed if case.gained is gained]
        console.print(f"{len(changed)} {label}")
        for case in changed[:SHOWN]:
            console.print(f"  {_line(case)}", markup=False, highlight=False, soft_wrap=True)
        if len(changed) > SHOWN:
            console.print(f"  and {len(changed) - SHOWN} more")
    if comparison.only_one:
        console.print(f"{len(comparison.only_one)} cases are in one of the runs only")


def asked(row: Row) -> str:
    """Return what was asked in a row: the question, the claim, or the follow-up."""
    match row:
        case AnswerRow():
            return row.case.question
        case ClaimRow():
            return row.claim.text
        case RewriteRow():
            return row.turn.question
    return row.id


def _line(changed: Changed) -> str:
    worse = changed.before if changed.gained else changed.after
    why = worse.problems[0] if worse.problems else "no reason given"
    verb = "was" if changed.gained else "now"
    return f"{changed.after.id}: {' '.join(asked(changed.after).split())[:100]} ({verb}: {why})"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=escape(title))
    table.add_column("metric")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table
