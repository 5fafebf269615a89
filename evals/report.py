"""A run as one HTML page that needs nothing else: no script, no outside request, printable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np

from evals import plots
from evals.beside import beside_published, changes, wrong_rows
from evals.casebook import casebook
from evals.catalogue import METRICS
from evals.classification import reliability
from evals.gate import shortfalls
from evals.intervals import Estimate, risk_coverage
from evals.metrics import evidence_at, recall_at
from evals.results import AnswerRow, Run, UnreadableRun
from rag.schema import Status

STYLE = Path(__file__).parent / "report.css"
HEADLINE = (
    *("right", "correct", "rouge_l", "evidence_at_5", "ndcg_at_5", "recall_at_5"),
    *("citation_precision", "citation_recall", "unsupported", "refusal_recall", "attempted"),
    *("answerable_auroc", "auroc", "balanced_accuracy", "mean_macro_f1", "calibration_error"),
    *("rewrite_f1", "rewrite_found"),
)
STATUSES: tuple[Status, ...] = (
    "answered",
    "partial",
    "conflicting",
    "needs_clarification",
    "not_found",
)
BY_GROUP = (
    *("right", "evidence_at_5", "recall_at_5", "citation_precision", "citation_recall", "status"),
    *("auroc", "balanced_accuracy", "macro_f1", "rewrite_f1", "rewrite_found"),
)


def render(run: Run, thresholds: Mapping[str, float], before: Run | None = None) -> str:
    """Return the report of ``run`` as an HTML page.

    It is held against ``thresholds`` if it has some, compared with the run ``before`` if there
    is one, and shown beside published figures if the set has some.
    """
    parts = [
        _header(run),
        _verdict(run, thresholds),
        _tiles(run),
        beside_published(run),
        changes(run, before) if before else "",
        "<h2>Plots</h2>",
        _plots(run),
        _table(run, thresholds),
        _groups(run),
        casebook(run.answers) if run.answers else wrong_rows(run.rows),
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


def save(run: Run, thresholds: Mapping[str, float], out: Path) -> None:
    """Leave the run and its report in ``out``, compared with the run that was there."""
    path = out / f"{run.name}.jsonl"
    try:
        before = Run.load(path)
    except UnreadableRun:  # none, or of an older version
        before = None
    run.save(path)
    page = path.with_suffix(".html")
    part = page.with_name(f"{page.name}.part")  # a server may be giving the page out meanwhile
    part.write_text(render(run, thresholds, before), encoding="utf-8")
    part.replace(page)


def _header(run: Run) -> str:
    commit = f" · commit {run.commit[:10]}{run.commit[40:]}" if run.commit else ""
    when = run.started.replace("T", " ").replace("+00:00", " UTC")
    who = f"{run.variant} · " if run.variant else ""
    kept = f", {run.cached} of them kept from before" if run.cached else ""
    return (
        f"<h1>Is it grounded? {escape(run.title or run.name)}</h1>"
        f"<p class=soft>{escape(who)}{len(run.rows)} cases{kept}, in {run.seconds:.0f} s · "
        f"{escape(when)}{escape(commit)}</p>"
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
    cost = f"<p class='soft small'>{escape(str(run.cost))}</p>" if run.cost else ""
    return f"<div class=tiles>{''.join(tiles)}</div>{cost}"


def _interval(found: Estimate) -> str:
    return f"{found.low:.3f} – {found.high:.3f}, n={found.cases}"


def _plots(run: Run) -> str:
    groups = {group: found["right"] for group, found in run.by_group.items() if "right" in found}
    by_group = plots.bars("Handled right by kind", groups)
    drawn = [
        _figure("Handled right, by kind", by_group, "The whisker is the 95 % interval."),
        _retrieval(run.answers),
        _statuses(run) if run.statuses else "",
        _risk(run),
        _reliability(run),
        _latency(run),
    ]
    figures = [figure for figure in drawn if figure]
    pairs = " pairs" if len(figures) in (2, 4) else ""
    return f"<div class='plots{pairs}'>{''.join(figures)}</div>"


def _latency(run: Run) -> str:
    """How long cases took; what is far above the 95th percentile is not drawn to scale."""
    took = [1000 * row.seconds for row in run.rows]
    p50, p95 = run.latency_ms["p50"], run.latency_ms["p95"]
    largest = max(took)
    limit = plots.round_up(largest if largest <= 2 * p95 else 1.25 * p95)
    svg = plots.histogram("Latency", took, "milliseconds", limit)
    above = sum(ms > limit for ms in took)
    rest = f" {above} took longer than {limit:g}, up to {largest:.0f} ms." if above else ""
    return _figure("Latency", svg, f"Median {p50:.0f} ms, 95th percentile {p95:.0f} ms.{rest}")


def _figure(caption: str, svg: str, note: str) -> str:
    return (
        f"<figure class=plot><figcaption>{escape(caption)}</figcaption>{svg}"
        f"<small>{escape(note)}</small></figure>"
    )


def _retrieval(rows: Sequence[AnswerRow]) -> str:
    """What is relevant in the top k against k: documents if the set has some, else evidence."""
    what, ranks = "relevant documents", [r.document_ranks for r in rows if r.document_ranks]
    if not ranks:
        what, ranks = "evidence", [row.ranks for row in rows if row.ranks and not row.case.given]
    depth = max((rank for row in ranks for rank in row if rank), default=0)
    if not depth:
        return ""
    cutoffs = range(1, depth + 1)
    series = {
        name: [(float(k), sum(at(row, k).points for row in ranks) / len(ranks)) for k in cutoffs]
        for name, at in (("recall", recall_at), ("all of it", evidence_at))
    }
    if series["recall"] == series["all of it"]:  # no question needs more than one
        del series["all of it"]
    least = min(y for points in series.values() for _, y in points)
    floor = max(step for step in (0, 0.2, 0.4, 0.6, 0.8) if step < least or not step)
    ticks = [k for k in cutoffs if k in (1, 5, 10, 15, 20) or depth <= 10]
    svg = plots.curves("Recall at k", series, "k", (1, depth), (floor, 1.0), ticks)
    note = f"Over {len(ranks)} answerable questions; axis from {floor:g}."
    return _figure(f"Recall@k: {what}", svg, note)


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


def _risk(run: Run) -> str:
    """Risk against coverage by confidence; nothing if there are only a few levels of it."""
    graded = [
        (row.confidence, row.right)
        for row in run.answers
        if row.confidence is not None and row.answer.sentences
    ]
    graded += [(abs(row.support - 0.5), row.right) for row in run.claims]
    points = risk_coverage(graded)
    if len(points) < 3:
        return ""
    highest = max(risk for _, risk in points)
    top = min(step for step in (0.2, 0.4, 0.6, 0.8, 1) if step >= highest)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    svg = plots.curves("Risk and coverage", {"risk": points}, "coverage", (0, 1), (0, top), ticks)
    note = "Share that is wrong when only the surest are kept."
    return _figure("Risk and coverage", svg, note)


def _reliability(run: Run) -> str:
    """How often what was given a chance was so: claims supported, questions answerable."""
    given = [(row.claim.supported, row.support) for row in run.claims]
    what, name = "supported", "support"
    if not given:
        what, name = "answerable", "confidence"
        given = [
            (row.case.answerable, row.answer.confidence)
            for row in run.answers
            if row.answer.confidence is not None and row.case.status != "needs_clarification"
        ]
    if not given:
        return ""
    labels, chances = zip(*given, strict=True)
    bins = reliability(np.array(labels), np.array(chances))
    series = {
        what: [(mean, share) for mean, share, _ in bins],
        "as promised": [(0.0, 0.0), (1.0, 1.0)],
    }
    ticks = [0, 0.25, 0.5, 0.75, 1]
    svg = plots.curves("Reliability", series, name, (0, 1), (0, 1), ticks)
    note = f"Ten bins of {len(given)} cases; on the line it means what it says."
    return _figure(f"Reliability of {name}", svg, note)


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
            + (f"<td class=number>{limit}</td></tr>" if thresholds else "</tr>")
        )
    head = "<th>metric<th class=number>value" + ("<th class=number>threshold" * bool(thresholds))
    return (
        "<h2>Every metric</h2><p class='soft small'>Under each value: its 95 % interval, and the "
        f"cases it is over.</p><div class=scroll><table><thead><tr>{head}"
        f"</tr></thead>{''.join(lines)}</table></div>"
    )


def _groups(run: Run) -> str:
    groups: dict[str, dict[str, Estimate]] = {**run.by_group}
    groups.update(run.by_split.items())
    names = [name for name in BY_GROUP if any(name in found for found in groups.values())]
    head = "".join(f"<th class=number>{escape(METRICS[name].label)}" for name in names)
    lines = []
    for group, found in groups.items():
        cells = "".join(
            f"<td class=number>{found[name].value:.3f}</td>" if name in found else "<td></td>"
            for name in names
        )
        cases = max((value.cases for value in found.values()), default=0)
        lines.append(
            f"<tr><td>{escape(group)}</td><td class='number soft'>{cases}</td>{cells}</tr>"
        )
    return (
        "<h2>By kind and split</h2><div class=scroll><table><thead><tr><th>group"
        f"<th class=number>cases{head}</tr></thead>{''.join(lines)}</table></div>"
    )


def _circumstances(run: Run) -> str:
    facts = {"system": run.system, "machine": run.machine, "commit": run.commit or "not known"}
    facts |= run.versions | {name: str(value) for name, value in run.settings.items()}
    lines = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in facts.items()
    )
    return f"<h2>Where and how it was run</h2><div class=scroll><table>{lines}</table></div>"
