"""``docs/results.md``: every run of a folder in one page of Markdown, published figures beside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from evals.catalogue import METRICS
from evals.published import ANCHORS
from evals.results import LARGE, PEERS, Run, UnreadableRun

_PART = re.compile(r"-sample(\d+)$")
_OPENING = """# Results

Written by `footnote eval results` from runs of `footnote eval`; do not edit. Each figure stands
with its 95 % bootstrap interval and the number of cases it is over. What a metric means is in
[evals.md](evals.md), how our own questions were made in [golden-set.md](golden-set.md).
"""


def summary(folder: Path) -> str:
    """Return the page for the runs in ``folder``.

    Raises:
        UnreadableRun: if there is no run in it.
    """
    runs = sorted(_runs(folder), key=lambda run: run.name)
    if not runs:
        raise UnreadableRun(f"{folder} holds no run of `footnote eval`")
    alone = [run for run in runs if _base(run, runs) == run.name and run.system not in PEERS]
    parts = [_OPENING, _circumstances(runs), *(_section(run, runs) for run in alone)]
    return "\n".join(parts).rstrip() + "\n"


def _runs(folder: Path) -> list[Run]:
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            found.append(Run.load(path))
        except UnreadableRun:
            continue
    return found


def _base(run: Run, runs: Sequence[Run]) -> str:
    """The name of the run that ``run`` stands beside: Footnote's own quotes over the same set.

    Of the same cases if there is such a run, else of all of them, else ``run`` itself; as the
    small reader alone reads if there is such a run, else as both do.
    """
    quotes = {other.name for other in runs if other.variant in ("", LARGE)}
    same = re.sub(rf"-{re.escape(run.variant)}(?=(-sample\d+)?$)", "", run.name)
    whole = _PART.sub("", same)
    both = f"{whole}-{LARGE}"
    names = (same, both + same.removeprefix(whole), whole, both)
    return next((name for name in names if name in quotes), run.name)


def _beside(run: Run, runs: Sequence[Run]) -> list[Run]:
    """The runs of peers, and of Footnote with a language model, over the set of ``run``."""
    return [other for other in runs if other is not run and _base(other, runs) == run.name]


def _circumstances(runs: Sequence[Run]) -> str:
    machines = ", ".join(sorted({run.machine for run in runs}))
    commits = ", ".join(sorted({_commit(run) for run in runs}))
    days = ", ".join(sorted({run.started[:10] for run in runs}))
    versions = ", ".join(f"{name} {number}" for name, number in runs[0].versions.items())
    return f"Measured on {days}; {machines}; commit {commits}; {versions}.\n"


def _commit(run: Run) -> str:
    return f"{run.commit[:10]}{run.commit[40:]}" if run.commit else "not known"


def _section(run: Run, runs: Sequence[Run]) -> str:
    peers = _beside(run, runs)
    names = [name for name in METRICS if name in run.overall]
    head = [run.label, *map(_who, peers)]
    lines = [
        f"## {run.title or run.name}: {len(run.rows)} cases\n",
        _row(["metric", *head]),
        _row(["---"] * (len(head) + 1)),
    ]
    for name in names:
        cells = [_cell(one, name) for one in (run, *peers)]
        lines.append(_row([METRICS[name].label, *cells]))
    lines += ["", *(_speed(one, name) for one, name in zip((run, *peers), head, strict=True))]
    return "\n".join([*lines, *_published(run, peers, names), ""])


def _who(run: Run) -> str:
    part = _PART.search(run.name)
    return f"{run.label}, {part[1]} of the cases" if part else run.label


def _speed(run: Run, name: str) -> str:
    """How long a case takes, and what it costs, in a line."""
    p50, p95 = run.latency_ms["p50"], run.latency_ms["p95"]
    writer = run.settings.get("llm")
    parts = [
        f"- {name}: a case takes {p50:.0f} ms at the median, {p95:.0f} ms at the 95th percentile.",
        str(run.cost) if run.cost else "",
        f"Written by {writer}." if writer else "",
    ]
    return " ".join(filter(None, parts))


def _cell(run: Run, name: str) -> str:
    found = run.overall.get(name)
    if found is None:
        return ""
    return f"**{found.value:.3f}** ({found.low:.3f}–{found.high:.3f}, n={found.cases})"


def _published(run: Run, peers: Sequence[Run], names: Sequence[str]) -> list[str]:
    """The figures that others have published, under ours and the peers'."""
    anchors = ANCHORS.get(run.name.removesuffix(f"-{run.variant}"))
    if anchors is None or not anchors.figures:
        return []
    wanted = [n for n in names if any(n in found.figures for found in anchors.figures)]
    lines = [
        f"\nBeside what others have published. {anchors.differs}\n",
        _row(["system", *(METRICS[name].label for name in wanted), "source"]),
        _row(["---"] * (len(wanted) + 2)),
    ]
    for one, who in ((run, "**Footnote**"), *((peer, _who(peer)) for peer in peers)):
        lines.append(_row([who, *(_cell(one, name) for name in wanted), "measured here"]))
    for found in anchors.figures:
        values = [f"{found.figures[n]:.3f}" if n in found.figures else "" for n in wanted]
        lines.append(_row([found.who, *values, found.source]))
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
