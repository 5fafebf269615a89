"""A run as one HTML page that needs nothing else: no script, no outside request, printable."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from evals import plots
from evals.casebook import casebook
from evals.catalogue import METRICS
from evals.gate import shortfalls
from evals.intervals import Estimate, risk_coverage
from evals.metrics import evidence_at, recall_at
from evals.results import AnswerRow as Row
from evals.results import Run
from rag.schema import Status

STYLE = Path(__file__).parent / "report.css"
HEADLINE = (
    "right",
    "correct",
    "evidence_at_5",
    "citation_precision",
    "citation_recall",
    "unsupported",
    "refusal_recall",
    "refusal_precision",
)
STATUSES: tuple[Status, ...] = (
    "answered",
    "partial",
    "conflicting",
    "needs_clarification",
    "not_found",
)
BY_KIND = ("right", "evidence_at_5", "citation_precision", "citation_recall", "status")


def render(run: Run, thresholds: Mapping[str, float]) -> str:
    """Return the report of ``run`` as an HTML page, held against ``thresholds`` if it has some."""
    parts = [
        _header(run),
        _verdict(run, thresholds),
        _tiles(run),
        "<h2>Plots</h2>",
        _plots(run),
        _table(run, thresholds),
        _kinds(run),
        casebook(run.answers),
        _circumstances(run),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Footnote evaluation: {escape(run.name)}</title>"
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _header(run: Run) -> str:
    commit = f" · commit {run.commit[:10]}{run.commit[40:]}" if run.commit else ""
    when = run.started.replace("T", " ").replace("+00:00", " UTC")
    return (
        f"<h1>Is it grounded? {escape(run.name)}</h1>"
        f"<p class=soft>{len(run.rows)} questions in {run.seconds:.0f} s · {escape(when)}"
        f"{escape(commit)}</p>"
    )


def _verdict(run: Run, thresholds: Mapping[str, float]) -> str:
    if not thresholds:
        return "<p class='verdict soft'>This run has no thresholds to be held against.</p>"
    missed = shortfalls(run, thresholds)
    if not missed:
        return f"<p class='verdict good'>All {len(thresholds)} thresholds are met.</p>"
    lines = "".join(f"<li>{escape(str(shortfall))}</li>" for shortfall in missed)
    return f"<div class='verdict bad'>Under the threshold:<ul>{lines}</ul></div>"


def _tiles(run: Run) -> str:
    tiles = [
        f"<div class=tile><span class=small>{escape(METRICS[name].label)}</span>"
        f"<b>{found.value:.3f}</b><span class='soft small'>{_interval(found)}</span></div>"
        for name in HEADLINE
        if (found := run.overall.get(name))
    ]
    return f"<div class=tiles>{''.join(tiles)}</div>"


def _interval(found: Estimate) -> str:
    return f"{found.low:.3f} – {found.high:.3f}, n={found.cases}"


def _plots(run: Run) -> str:
    kinds: dict[str, Estimate] = {kind: found["right"] for kind, found in run.by_group.items()}
    by_kind = plots.bars("Handled right by kind of question", kinds)
    latency = plots.histogram("Latency", [1000 * row.seconds for row in run.rows], "milliseconds")
    p50, p95 = run.latency_ms["p50"], run.latency_ms["p95"]
    figures = [
        _figure("Handled right, by kind", by_kind, "The whisker is the 95 % interval."),
        _retrieval(run.answers),
        _statuses(run),
        _risk(run.answers),
        _figure("Latency", latency, f"Median {p50:.0f} ms, 95th percentile {p95:.0f} ms."),
    ]
    return f"<div class=plots>{''.join(figures)}</div>"


def _figure(caption: str, svg: str, note: str) -> str:
    return (
        f"<figure class=plot><figcaption>{escape(caption)}</figcaption>{svg}"
        f"<small>{escape(note)}</small></figure>"
    )


def _retrieval(rows: tuple[Row, ...]) -> str:
    """Evidence in the top k against k, as far as answers carry passages."""
    rows = tuple(row for row in rows if row.case.answerable)
    depth = max((len(row.answer.passages) for row in rows), default=0)
    if not depth:
        return ""
    cutoffs = range(1, depth + 1)
    series = {
        name: [
            (float(k), sum(at(row.ranks, k).points for row in rows) / len(rows)) for k in cutoffs
        ]
        for name, at in (("all evidence", evidence_at), ("mean recall", recall_at))
    }
    least = min(y for points in series.values() for _, y in points)
    floor = max(0.0, int(least * 10 - 1) / 10)
    svg = plots.curves("Evidence in the top k", series, "k", (1, depth), (floor, 1.0), cutoffs)
    return _figure(
        "Evidence in the top k", svg, f"Over {len(rows)} answerable questions; axis from {floor:g}."
    )


def _statuses(run: Run) -> str:
    """Expected against given status; the last row and column are the refusals."""
    given = {status for row in run.statuses.values() for status in row}
    columns = [status for status in STATUSES if status in given | run.statuses.keys()]
    counts = {
        _words(expected): {_words(g): run.statuses[expected].get(g, 0) for g in columns}
        for expected in STATUSES
        if expected in run.statuses
    }
    svg = plots.confusion("Status", counts)
    return _figure("Status: expected, and given", svg, "Rows: expected. Columns: given.")


def _words(status: str) -> str:
    return status.replace("needs_clarification", "unclear").replace("_", " ")


def _risk(rows: tuple[Row, ...]) -> str:
    """Risk against coverage by the weakest support of an answer; nothing if support is flat."""
    graded = [
        (min(sentence.support for sentence in row.answer.sentences), row.right)
        for row in rows
        if row.answer.sentences
    ]
    points = risk_coverage(graded)
    if len(points) < 3:
        return ""
    top = min(1.0, max(0.1, max(risk for _, risk in points) * 1.1))
    ticks = [0, 0.25, 0.5, 0.75, 1]
    svg = plots.curves("Risk and coverage", {"risk": points}, "coverage", (0, 1), (0, top), ticks)
    return _figure(
        "Risk and coverage",
        svg,
        "Share of wrong answers when only those with the highest support are kept.",
    )


def _table(run: Run, thresholds: Mapping[str, float]) -> str:
    missed = {shortfall.metric for shortfall in shortfalls(run, thresholds)}
    lines = []
    for name, metric in METRICS.items():
        if (found := run.overall.get(name)) is None:
            continue
        kind = "" if name not in thresholds else "bad-ink" if name in missed else "good-ink"
        limit = f"{thresholds[name]:g}" if name in thresholds else ""
        lines.append(
            f"<tr><td><b>{escape(metric.label)}</b><br><span class='soft small'>"
            f"{escape(metric.meaning)}</span></td><td class=number>"
            f"<b class='{kind}'>{found.value:.3f}</b><br>"
            f"<span class='soft small'>{_interval(found)}</span></td>"
            f"<td class=number>{limit}</td></tr>"
        )
    head = "<th>metric<th class=number>value"
    return (
        "<h2>Every metric</h2><p class='soft small'>Under each value: its 95 % interval, and the "
        f"cases it is over.</p><div class=scroll><table><thead><tr>{head}"
        f"<th class=number>threshold</tr></thead>{''.join(lines)}</table></div>"
    )


def _kinds(run: Run) -> str:
    head = "".join(f"<th class=number>{escape(METRICS[name].label)}" for name in BY_KIND)
    lines = []
    for group, found in [*run.by_group.items(), *run.by_split.items()]:
        cells = "".join(
            f"<td class=number>{found[name].value:.3f}</td>" if name in found else "<td></td>"
            for name in BY_KIND
        )
        cases = found["right"].cases
        lines.append(
            f"<tr><td>{escape(group)}</td><td class='number soft'>{cases}</td>{cells}</tr>"
        )
    return (
        "<h2>By kind and split</h2><div class=scroll><table><thead><tr><th>group"
        f"<th class=number>cases{head}</tr></thead>{''.join(lines)}</table></div>"
    )


def _circumstances(run: Run) -> str:
    facts = {"machine": run.machine, "commit": run.commit or "not known"}
    facts |= run.versions | {name: str(value) for name, value in run.settings.items()}
    lines = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in facts.items()
    )
    return f"<h2>Where and how it was run</h2><div class=scroll><table>{lines}</table></div>"
