"""Parts of the report beside a run's own figures: published ones, the last run, wrong rows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evals.catalogue import METRICS
from evals.compare import Changed, Comparison, compare
from evals.intervals import Estimate
from evals.published import ANCHORS, Published
from evals.results import ClaimRow, RewriteRow, Row, Run, UnreadableRun
from evals.tables import asked

SHOWN = 40  # wrong rows, and changed ones, that are written out
LONGEST = 3_000  # characters of a cited text that are


def beside_published(run: Run) -> str:
    """Return the published figures of the run's set beside ours, "" if there are none."""
    anchors = ANCHORS.get(run.name.removesuffix(f"-{run.variant}"))
    if anchors is None or not anchors.figures:
        return ""
    names = list(dict.fromkeys(name for found in anchors.figures for name in found.figures))
    head = "".join(f"<th class=number>{escape(METRICS[name].label)}" for name in names)
    who = run.label
    ours = "".join(f"<td class=number>{_ours(run.overall.get(name))}</td>" for name in names)
    lines = [
        f"<tr class=ours><td><b>{escape(who)}</b></td>{ours}<td class=small>this run</td></tr>"
    ]
    lines += [_line(found, names) for found in anchors.figures]
    return (
        "<h2>Beside what others have published</h2>"
        f"<p class='soft small'>Not the same thing: {escape(anchors.differs)}</p>"
        f"<div class=scroll><table><thead><tr><th>system{head}<th>source</tr></thead>"
        f"{''.join(lines)}</table></div>"
    )


def _ours(found: Estimate | None) -> str:
    if found is None:
        return ""
    interval = f"{found.low:.3f} – {found.high:.3f}"
    return f"<b>{found.value:.3f}</b><br><span class='soft small'>{interval}</span>"


def _line(found: Published, names: Sequence[str]) -> str:
    values = (found.figures.get(name) for name in names)
    cells = "".join(
        f"<td class=number>{'' if value is None else f'{value:.3f}'}</td>" for value in values
    )
    source = f"<td class='soft small'>{escape(found.source)}</td>"
    return f"<tr><td>{escape(found.who)}</td>{cells}{source}</tr>"


def changes(run: Run, before: Run) -> str:
    """Return what differs from the run before: the metrics, and the cases that changed sides."""
    try:
        comparison = compare(before, run)
    except UnreadableRun:
        return ""
    when = before.started.replace("T", " ").replace("+00:00", " UTC")
    moved = [found for found in comparison.differences if found.before != found.after]
    lines = "".join(
        f"<tr><td>{escape(METRICS[found.metric].label)}</td>"
        f"<td class=number>{found.before:.3f}</td><td class=number>{found.after:.3f}</td>"
        f"<td class=number>{found.low:+.3f} … {found.high:+.3f}</td>"
        f"<td class=number>{found.p:.3f}</td><td>{found.verdict}</td></tr>"
        for found in moved
    )
    head = (
        "<th>metric<th class=number>before<th class=number>now"
        "<th class=number>difference, 95 %<th class=number>p<th>"
    )
    table = f"<div class=scroll><table><thead><tr>{head}</tr></thead>{lines}</table></div>"
    same = "<p>No metric differs.</p>"
    return (
        f"<h2>Since the last run</h2><p class='soft small'>{escape(when)}; "
        f"{comparison.shared} cases in both.</p>{table if moved else same}{_changed(comparison)}"
    )


def _changed(comparison: Comparison) -> str:
    parts = []
    for label, gained in (("Now right", True), ("No longer right", False)):
        cases = [case for case in comparison.changed if case.gained is gained]
        if cases:
            lines = "".join(f"<li>{_why(case)}</li>" for case in cases[:SHOWN])
            parts.append(f"<h4>{label}: {len(cases)}</h4><ul class=small>{lines}</ul>")
    return "".join(parts)


def _why(changed: Changed) -> str:
    worse = changed.before if changed.gained else changed.after
    return f"{escape(asked(worse))} <span class=soft>{escape('; '.join(worse.problems))}</span>"


def wrong_rows(rows: Sequence[Row]) -> str:
    """Return the claims or follow-ups that went wrong, worst first: the reason, and what it is to.

    For a claim that is the text it cites, for a follow-up the turns before it.
    """
    wrong = sorted((row for row in rows if not row.right), key=lambda row: -row.lost)
    shown = "".join(_wrong(row) for row in wrong[:SHOWN])
    return (
        f"<h2>Worst cases first</h2><p class=soft>{len(wrong)} of {len(rows)} were wrong; "
        f"{min(len(wrong), SHOWN)} are shown.</p>{shown}"
    )


def _wrong(row: Row) -> str:
    return (
        f"<details class=case><summary>{escape(asked(row))} <span class='soft small'>"
        f"{escape(row.id)} · {escape(row.group)}</span><br><span class='bad-ink small'>"
        f"{escape('; '.join(row.problems))}</span></summary>{_background(row)}</details>"
    )


def _background(row: Row) -> str:
    match row:
        case ClaimRow():
            question = f"<p class=small>Asked: {escape(row.claim.question)}</p>"
            cited = row.claim.cited
            words = cited if len(cited) <= LONGEST else f"{cited[:LONGEST].rstrip()} …"
            return (
                f"{question if row.claim.question else ''}<h4>Cited; support {row.support:.2f}</h4>"
                f"<blockquote class=small>{escape(words)}</blockquote>"
            )
        case RewriteRow():
            turns = "".join(
                f"<p class='small soft'>{escape(turn.role)}: {escape(turn.content)}</p>"
                for turn in row.turn.history
            )
            return f"<h4>Before it</h4>{turns}"
    return ""
