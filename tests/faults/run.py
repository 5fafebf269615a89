"""Run fault campaigns in parallel; `make faults` runs all of them in full.

    python -m faults.run                 everything, in full
    python -m faults.run --only kills --count 20 --first 100

Every failure is printed with the seed that makes it again. Exit code 1 says there was one.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import index.generations
from faults import campaigns, served, tracing, world
from faults.forked import ForkedProbe
from faults.tally import Tally, say, summary

FULL = {
    "kills": 500,
    "writes": 0,
    "power": 100,
    "damage": 100,
    "disk": 50,
    "second": 200,
    "cycles": 50,
    "server-kills": 500,
    "server-writes": 0,
    "server-power": 100,
    "server-damage": 100,
    "server-disk": 50,
    "server-second": 20,
    "server-cycles": 50,
}
_LIMIT = 100  # seconds for one fault, its check included; more on a busy machine
_DISK = 24 << 20  # bytes of the small disk
# Bytes that a sync, and a rebuild, of the small folder take; of a server only the sync is watched.
_NEED = {"disk": 3 << 20, "server-disk": 32 << 10}


_LATE: list[bool] = []  # the time of this process's fault is up


class Task(NamedTuple):
    """One fault to play on ``base``; it stands for ``runs`` of its campaign."""

    base: Path
    fault: Callable[..., world.Outcome]
    arguments: tuple
    label: str
    runs: int = 1


def play(name: str, count: int | None, first: int, workers: int, base: Path) -> Tally:
    """Run one campaign with seeds from ``first``; ``count`` None or 0 runs it in full."""
    tasks, why = _tasks(name, count, first, base)
    tally = Tally(name, total=sum(task.runs for task in tasks), skipped=why or "")
    with get_context("fork").Pool(workers, maxtasksperchild=1) as pool:
        for task in pool.imap_unordered(_guarded, tasks, chunksize=1):
            tally.add(*task)
    return tally


def _tasks(name: str, count: int | None, first: int, base: Path) -> tuple[list[Task], str | None]:
    seeds = range(first, first + (count or FULL[name]))
    why = _why_not(name, base)
    if why:
        return [], why
    plays, kind = (served if name.startswith("server-") else campaigns), name.split("-")[-1]
    if kind == "writes":
        writes = _writes if plays is campaigns else _served_writes
        return writes(base, count, first), None
    if kind == "second":
        attempts = len(seeds)
        label = f"{attempts} attempts"
        return [Task(base, plays.second_process, (attempts,), label, attempts)], None
    if kind == "cycles":
        rounds = len(seeds)
        return [Task(base, plays.cycles, (rounds, first), f"seed {first}", rounds)], None
    if kind == "disk":
        disk = base.parent / name
        asked = [(disk, seed, _NEED[name] * n // len(seeds)) for n, seed in enumerate(seeds)]
        label = "seed {1}, {2} bytes left"
        return [Task(base, plays.disk_full, task, label.format(*task)) for task in asked], None
    more: tuple = ()
    if kind == "power":
        more = (_in_child(base, plays.count_writes),)
    if kind == "kills":
        more = (_in_child(base, plays.length_of_life),)
    fault = {
        "kills": plays.kill_at_random,
        "power": plays.power_cut,
        "damage": plays.damage_chroma,
    }[kind]
    return [Task(base, fault, (seed, *more), f"seed {seed}") for seed in seeds], None


def _why_not(name: str, base: Path) -> str | None:
    """Say why a campaign cannot be played here, None if it can."""
    if name.endswith(("writes", "power")):
        return tracing.why_not()
    return campaigns.mount(base.parent / name, _DISK) if name.endswith("disk") else None


def _writes(base: Path, count: int | None, first: int) -> list[Task]:
    """Every write of a life, or ``count`` of them; those that change nothing share one task."""
    store = base.parent / "store"
    kept = _in_child(base, campaigns.states_at_writes, store)
    points: dict = {}
    for n in _some(len(kept), count, first):
        points.setdefault(kept[n], []).append(str(n + 1))
    return [
        Task(
            base, campaigns.killed_at_write, (store, state),
            f"write {', '.join(which)} of {len(kept)}", len(which),
        )
        for state, which in points.items()
    ]  # fmt: skip


def _served_writes(base: Path, count: int | None, first: int) -> list[Task]:
    """The same where the life has to be lived up to each write, for a server takes part in it."""
    many = _in_child(base, served.count_writes)
    return [
        Task(base, served.killed_at_write, (n + 1,), f"write {n + 1} of {many}")
        for n in _some(many, count, first)
    ]


def _some(many: int, count: int | None, first: int) -> list[int]:
    """``count`` numbers below ``many``, evenly spaced; all of them if ``count`` is None or 0."""
    if not count:
        return list(range(many))
    return sorted({(first + n * many // count) % many for n in range(count)})


def _guarded(task: Task) -> tuple[str, int, world.Outcome | None, str | None]:
    """Play one fault in this process, which plays no other."""
    scratch = Path(tempfile.mkdtemp(prefix="fault-", dir=task.base.parent))
    limit = int(_LIMIT * world.busy())
    faulthandler.dump_traceback_later(limit, exit=False)
    signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, limit + 1, 5)
    probed = task.fault.__module__ == campaigns.__name__
    probe = ForkedProbe() if probed and task.fault is not campaigns.damage_chroma else None
    try:
        if probe:
            index.generations.survives = probe.survives
        outcome = task.fault(task.base, scratch, *task.arguments)
        if _LATE:  # what was interrupted may have taken it for a fault of Chroma
            raise TimeoutError("not done in time")
        return task.label, task.runs, outcome, None
    except BaseException as error:
        if os.environ.get("FAULTS_TRACEBACK"):
            traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return task.label, task.runs, None, f"{type(error).__name__} at {where}: {str(error)[:300]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if probe:
            probe.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _late(*_: object) -> None:
    _LATE.append(True)
    raise TimeoutError("not done in time")


def _in_child(base: Path, task: Callable, *arguments: object) -> Any:
    with get_context("fork").Pool(1) as pool:
        return pool.apply(_alone, (base, task, arguments))


def _alone(base: Path, task: Callable, arguments: tuple) -> Any:
    scratch = Path(tempfile.mkdtemp(prefix="fault-", dir=base.parent))
    try:
        return task(base, scratch, *arguments)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def built(folder: Path) -> Path:
    """Make the index that faults are played on, in a process of its own."""
    world.prepare()
    with get_context("fork").Pool(1) as pool:
        return pool.apply(world.build, (folder / "base",))


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=FULL, action="append", help="campaigns; all if not given")
    parser.add_argument("--count", type=int, help="runs of each; all if not given")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="footnote-faults-"))
    tallies = []
    try:
        base = built(folder)
        for name in chosen.only or FULL:
            workers = 1 if name.endswith("disk") else chosen.workers
            tallies.append(play(name, chosen.count, chosen.first, workers, base))
            say(tallies[-1].line())
    finally:
        for disk in ("disk", "server-disk"):
            subprocess.run(["umount", folder / disk], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    say(summary(tallies))
    return int(any(tally.failures for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
