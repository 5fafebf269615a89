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
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from faults import campaigns, tracing, world

FULL = {
    "kills": 500,
    "writes": 0,
    "power": 100,
    "damage": 100,
    "disk": 50,
    "second": 1,
    "cycles": 1,
}
_LIMIT = 100  # seconds for one fault, its check included; more on a busy machine
_DISK = 24 << 20  # bytes of the small disk
_NEED = 3 << 20  # bytes that a sync, and a rebuild, of the small folder take


@dataclass
class Tally:
    """What came of one campaign."""

    name: str
    runs: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_open: float = 0.0
    slowest_repair: float = 0.0
    rebuilt: int = 0
    skipped: str = ""

    def line(self) -> str:
        """One line for people."""
        if self.skipped:
            return f"{self.name:8} skipped: {self.skipped}"
        return (
            f"{self.name:8} {self.runs - len(self.failures)} of {self.runs} right; answers within "
            f"{self.slowest_open:.1f} s, repaired within {self.slowest_repair:.1f} s, "
            f"{self.rebuilt} vector indexes built anew"
        )


def play(name: str, count: int | None, first: int, workers: int, base: Path) -> Tally:
    """Run one campaign with seeds from ``first``; ``count`` None or 0 runs it in full."""
    tally = Tally(name)
    tasks, why = _tasks(name, count, first, base)
    tally.skipped = why or ""
    with get_context("fork").Pool(workers, maxtasksperchild=1) as pool:
        for label, outcome, error in pool.imap_unordered(_guarded, tasks, chunksize=1):
            tally.runs += 1
            if error:
                tally.failures.append(f"{name} {label}: {error}")
                print(tally.failures[-1], flush=True)  # noqa: T201
            else:
                tally.slowest_open = max(tally.slowest_open, outcome.opened)
                tally.slowest_repair = max(tally.slowest_repair, outcome.repaired)
                tally.rebuilt += any("was built" in line for line in outcome.found)
    return tally


def _tasks(name: str, count: int | None, first: int, base: Path) -> tuple[list, str | None]:
    why = None
    seeds = range(first, first + (count or FULL[name]))
    if name in ("writes", "power"):
        why = tracing.why_not()
        if why:
            return [], why
        points = _in_child(base, campaigns.count_writes)
        if name == "power":
            return [
                (base, campaigns.power_cut, (seed, points), f"seed {seed}") for seed in seeds
            ], None
        chosen = range(1, points + 1)
        if count:
            chosen = [1 + (first + n * points // count) % points for n in range(count)]
        return [
            (base, campaigns.kill_at_write, (n,), f"write {n} of {points}") for n in chosen
        ], None
    if name == "disk":
        disk = base.parent / "disk"
        why = campaigns.mount(disk, _DISK)
        tasks = [(disk, seed, _NEED * n // len(seeds)) for n, seed in enumerate(seeds)]
        label = "seed {1}, {2} bytes left"
        return [] if why else [
            (base, campaigns.disk_full, task, label.format(*task)) for task in tasks
        ], why
    if name == "second":
        return [(base, campaigns.second_process, (count or 200,), f"{count or 200} attempts")], None
    if name == "cycles":
        return [(base, campaigns.cycles, (count or 50, first), f"seed {first}")], None
    play_one = {"kills": campaigns.kill_at_random, "damage": campaigns.damage_chroma}[name]
    return [(base, play_one, (seed,), f"seed {seed}") for seed in seeds], None


def _guarded(task: tuple) -> tuple[str, world.Outcome | None, str | None]:
    """Play one fault in this process, which plays no other."""
    base, fault, arguments, label = task
    scratch = Path(tempfile.mkdtemp(prefix="fault-", dir=base.parent))
    limit = int(_LIMIT * world.busy())
    faulthandler.dump_traceback_later(limit, exit=False)
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(limit + 1)
    try:
        return label, fault(base, scratch, *arguments), None
    except BaseException as error:
        if os.environ.get("FAULTS_TRACEBACK"):
            traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return label, None, f"{type(error).__name__} at {where}: {str(error)[:300]}"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _late(*_: object) -> None:
    raise TimeoutError("not done in time")


def _in_child(base: Path, task: Callable[[Path, Path], int]) -> int:
    with get_context("fork").Pool(1) as pool:
        return pool.apply(_counted, (base, task))


def _counted(base: Path, task: Callable[[Path, Path], int]) -> int:
    scratch = Path(tempfile.mkdtemp(prefix="fault-", dir=base.parent))
    try:
        return task(base, scratch)
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
    failed = False
    try:
        base = built(folder)
        for name in chosen.only or FULL:
            started = time.perf_counter()
            workers = 1 if name == "disk" else chosen.workers
            tally = play(name, chosen.count, chosen.first, workers, base)
            print(f"{tally.line()} ({time.perf_counter() - started:.0f} s)", flush=True)  # noqa: T201
            failed = failed or bool(tally.failures)
    finally:
        subprocess.run(["umount", folder / "disk"], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
