"""The faults: each function plays one, from one seed, in a folder of its own, and checks.

``base`` is a folder that ``world.build`` made; each campaign works on a copy of it. They run in a
process of their own (see ``run``), which has opened no index yet, so it may fork.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hashing import HashingEmbedder

from faults import states, tracing, world
from faults.processes import ended, fork, spent, tell, told
from index import Index, IndexLocked
from index.types import ChromaUnreachable, IndexUnusable

_PAGE = 4096


def copied(base: Path, scratch: Path) -> Path:
    """Return a copy of ``base`` that keeps times of change."""
    return Path(shutil.copytree(base, scratch / "world"))


def kill_at_random(base: Path, scratch: Path, seed: int, seconds: float) -> world.Outcome:
    """SIGKILL at a random moment of adding, changing, deleting, renaming and rebuilding.

    ``seconds`` of CPU are what such a life takes, however busy the machine is.
    """
    here, chance = copied(base, scratch), random.Random(seed)
    acknowledged = world.contents(here / "documents")
    reading, writing = os.pipe()
    victim = fork(lambda: world.live(here, seed, lambda line: tell(writing, line)))
    os.close(writing)
    moment, born = chance.uniform(0, seconds), time.monotonic()
    known = told(reading, lambda: spent(victim, born) >= moment)
    os.kill(victim, signal.SIGKILL)
    assert os.waitpid(victim, 0)[1] in (0, signal.SIGKILL), "it failed without any fault"
    lines = (known + told(reading)).decode().split("\n")[:-1]
    return world.check(here, json.loads(lines[-1]) if lines else acknowledged)


def length_of_life(base: Path, scratch: Path) -> float:
    """Return the seconds of CPU that the lives which ``kill_at_random`` ends take at most."""
    longest = 0.0
    for seed in range(3):
        here = copied(base, scratch / str(seed))
        before = os.times()
        assert ended(fork(lambda here=here, seed=seed: world.live(here, seed)))
        after = os.times()
        used = after.children_user + after.children_system
        longest = max(longest, used - before.children_user - before.children_system)
    return longest


def states_at_writes(base: Path, scratch: Path, store: Path) -> list[states.State]:
    """Live once; keep in ``store`` what a SIGKILL just before each write leaves, and return it.

    A killed process leaves its files as they are at that moment, so nothing need be killed.
    """
    here = copied(base, scratch)
    kept, keeper = [], states.States(here, store)
    whole = tracing.run(
        lambda: one_life(here), here / "data", before=lambda: kept.append(keeper.keep())
    )[1]
    assert whole, "it failed without any fault"
    return kept


def killed_at_write(base: Path, scratch: Path, store: Path, state: states.State) -> world.Outcome:
    """What a SIGKILL left just before a write of a sync, a rebuild, or closing."""
    here = scratch / "world"
    states.restore(state, store, here)
    return world.check(here, world.contents(base / "documents"))


def count_writes(base: Path, scratch: Path) -> int:
    """Return how many writes the life has that ``power_cut`` ends."""
    here = copied(base, scratch)
    seen, whole = tracing.run(lambda: one_life(here), here / "data")
    assert whole, "it failed without any fault"
    return seen


def power_cut(base: Path, scratch: Path, seed: int, points: int) -> world.Outcome:
    """Cut the power at a random write: what no fsync has put on the disk is left to chance.

    Each file that was written since its last fsync is, by lot: as it was then (or gone, if there
    was none), as it was written, empty, or a mixture of old, new and zero pages of 4 kB with the
    new length. A file deleted since is, by lot, back. SQLite's shared memory is gone. The order of
    renames and deletions on the disk is taken to be that in which they were made.
    """
    here, chance = copied(base, scratch), random.Random(seed)
    acknowledged = world.contents(here / "documents")
    copies = scratch / "copies"
    copies.mkdir()
    disk = tracing.Disk(here / "data", copies)
    point = chance.randrange(1, points + 1) if chance.random() < 0.9 else None  # None: after it all
    whole = tracing.run(lambda: one_life(here), here / "data", stop_at=point, disk=disk)[1]
    if whole:
        acknowledged = world.contents(here / "documents")
    lose(disk, chance)
    return world.check(here, acknowledged)


def damage_chroma(base: Path, scratch: Path, seed: int) -> world.Outcome:
    """Truncate, flip bits of, zero, remove, replace or stretch a file of Chroma's folder."""
    here = copied(base, scratch)
    damage(here / "data" / "chroma", random.Random(seed))
    return world.check(here, world.contents(here / "documents"), embeds_nothing=True)


def damage(folder: Path, chance: random.Random) -> None:
    """Do one of those to one file below ``folder`` or to all; now and then remove the folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    files.sort(key=lambda path: path.name)  # folders have names by chance
    for path in chance.sample(files, chance.choice([1, 1, 1, len(files)])):
        chance.choice([_truncated, _flipped, _flipped_silently, _zeroed, _removed, _sparse])(
            path, chance
        )
    if chance.random() < 0.05:
        shutil.rmtree(folder)


def disk_full(base: Path, scratch: Path, disk: Path, seed: int, free: int) -> world.Outcome:
    """Let the disk run full after ``free`` more bytes; then free space, and go on.

    ``disk`` is a small file system of its own.
    """
    shutil.rmtree(disk / "world", ignore_errors=True)
    here, report = Path(shutil.copytree(base, disk / "world")), scratch / "acknowledged"
    filler = disk / "filler"
    victim = fork(lambda: run_full(here, disk, filler, free, seed, report))
    survived = ended(victim)
    filler.unlink()
    assert survived, "it did not keep answering, or raised something unclear"
    return world.check(here, json.loads(report.read_text()))


def run_full(here: Path, disk: Path, filler: Path, free: int, seed: int, report: Path) -> None:
    """Index changes while the disk runs full, and search; the error has to be a clear one."""
    embedder = HashingEmbedder()
    with world.open_index(here, embedder) as opened:
        before = world.contents(here / "documents")
        world.change(here / "documents", random.Random(seed))
        report.write_text(json.dumps(before))
        _fill(disk, filler, free)
        with suppress(IndexUnusable, ChromaUnreachable):  # no other error there may be
            opened.sync(here / "documents")
            report.write_text(json.dumps(world.contents(here / "documents")))
        world.answers(opened, embedder)


def second_process(base: Path, scratch: Path, attempts: int) -> world.Outcome:
    """Try to open an index that is open: every attempt is refused, and told who has it."""
    here = copied(base, scratch)

    def attempt() -> None:
        with pytest.raises(IndexLocked) as refused:
            Index.open(here / "data", HashingEmbedder())
        assert refused.value.pid == owner, f"{refused.value.pid} was named, not {owner}"

    owner = fork(lambda: _hold(here / "data"))
    try:
        while not (here / "data" / "held").exists():
            time.sleep(0.01)
        attempting = [fork(attempt) for _ in range(attempts)]
        well = [ended(pid) for pid in attempting]
        assert all(well)
    finally:
        os.kill(owner, signal.SIGKILL)
        os.waitpid(owner, 0)
    return world.check(here, world.contents(here / "documents"))


def cycles(base: Path, scratch: Path, rounds: int, seed: int) -> world.Outcome:
    """Index a changing folder again and again: all is found, and the disk use stays bounded."""
    here = copied(base, scratch)
    cycle(here, (here / "data",), rounds, seed)
    return world.Outcome()


def cycle(here: Path, roots: Sequence[Path], rounds: int, seed: int) -> None:
    """Index a changing folder; ``roots`` have all files that are written for it."""
    chance, embedder, sizes = random.Random(seed), HashingEmbedder(), []
    with world.open_index(here, embedder) as opened:
        for _ in range(rounds):
            world.change(here / "documents", chance)
            opened.sync(here / "documents")
            world.assert_equal_to_folder(opened, here / "documents", embedder, every=5)
            assert opened._vectors.unreached == ()
            files = [path for root in roots for path in root.rglob("*") if path.is_file()]
            sizes.append(sum(path.stat().st_size for path in files) / len(opened))
    half = len(sizes) // 2
    assert max(sizes[half:]) < 1.5 * max(sizes[:half]), f"bytes per passage grew: {sizes}"


def one_life(here: Path) -> None:
    """The same each time: changes, which are indexed, a rebuild, and closing."""
    chance = random.Random(7)
    with world.open_index(here, HashingEmbedder()) as opened:
        world.change(here / "documents", chance)
        opened.sync(here / "documents")
        opened.rebuild()


def _hold(data: Path) -> None:
    with Index.open(data, HashingEmbedder()):
        (data / "held").touch()
        time.sleep(600)


def lose(disk: tracing.Disk, chance: random.Random) -> None:
    """Leave to chance what no fsync has put on a disk: see ``power_cut``."""
    root = disk.root
    files = [path for path in root.rglob("*") if path.is_file()]
    present = {str(path): path for path in sorted(files, key=lambda path: path.name)}
    for name, path in present.items():
        copy = disk.durable.get(name)
        old = copy.read_bytes() if copy else None
        new = path.read_bytes()
        if name.endswith("-shm"):
            path.unlink()
        elif old != new:
            status = path.stat()
            kept = _by_lot(old, new, chance)
            if kept is None:
                path.unlink()
            else:
                path.write_bytes(kept)
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    for name, copy in disk.durable.items():
        if name not in present and Path(name).parent.is_dir() and chance.random() < 0.5:
            shutil.copyfile(copy, name)


def _by_lot(old: bytes | None, new: bytes, chance: random.Random) -> bytes | None:
    fate = chance.randrange(4)
    if fate == 0:
        return old
    if fate == 1:
        return new
    if fate == 2 and old is None:
        return b""
    pages = (new[n : n + _PAGE] for n in range(0, len(new), _PAGE))
    before = (old or b"").ljust(len(new), b"\0")
    return b"".join(
        chance.choice([page, before[n * _PAGE :][: len(page)]]) for n, page in enumerate(pages)
    )


def _truncated(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size + 1)])


def _flipped(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 8, 64]) if content else 0):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _flipped_silently(path: Path, chance: random.Random) -> None:
    status = path.stat()
    _flipped(path, chance)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _zeroed(path: Path, chance: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _removed(path: Path, chance: random.Random) -> None:
    path.unlink()


def _sparse(path: Path, chance: random.Random) -> None:
    os.truncate(path, 1 << 40)  # a terabyte that takes no space


def _fill(disk: Path, filler: Path, free: int) -> None:
    """Leave ``free`` bytes on a file system."""
    left = shutil.disk_usage(disk).free - free
    with filler.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(left, 1))


def mount(folder: Path, size: int) -> str | None:
    """Mount a file system of ``size`` bytes at ``folder``; say why not where it cannot be."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return "mounting a small disk needs root"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stderr.strip() or None if done.returncode else None
