"""The faults with a Chroma server: it dies, or its worker does; it loses, forgets, or is full.

Each function plays one, from one seed, against a real server of its own, as in ``campaigns``.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hashing import HashingEmbedder

from faults import campaigns, tracing, world
from index import Index
from index.types import ChromaUnreachable, IndexUnusable

_STARTS = 20.0  # seconds that a server has to answer; one that does not is taken to be broken
_HELD_UP = 60.0  # seconds that a worker asks again and again for a server that is down


class Server:
    """``chroma run`` in a fork, which is there in a tenth of a second, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._pid = 0

    def start(self) -> bool:
        """Start it; say whether it answers."""
        import httpx

        self._pid = campaigns.fork(self._serve)
        deadline = time.monotonic() + _STARTS * world.busy()
        while time.monotonic() < deadline:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                self._pid = 0
                return False
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/api/v2/heartbeat", timeout=1).is_success:
                    return True
            time.sleep(0.01)
        self.kill()
        return False

    def kill(self) -> None:
        """End it as a crash does."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def start_empty(self) -> None:
        """Do what is left to do about a server whose files are beyond help."""
        self.kill()
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert self.start(), "an empty server does not start"

    def _serve(self) -> None:
        import chromadb_rust_bindings

        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--path", str(self.folder)]
        chromadb_rust_bindings.cli(["chroma", "run", *place])


@contextmanager
def serving(base: Path, scratch: Path, folder: Path | None = None) -> Iterator[tuple[Path, Server]]:
    """Copy ``base`` and put its vectors on a server that has its files in ``folder``."""
    here = campaigns.copied(base, scratch)
    shutil.rmtree(here / "data" / "chroma")
    server = Server(folder or scratch / "server")
    server.folder.mkdir(exist_ok=True)
    try:
        assert server.start(), "an empty server does not start"
        (here / world.ADDRESS).write_text(server.url)
        assert _ended(campaigns.fork(lambda: _settle(here)))
        yield here, server
    finally:
        server.kill()


def kill_at_random(base: Path, scratch: Path, seed: int, seconds: float) -> world.Outcome:
    """SIGKILL the worker, the server, or both, by lot, at a random moment of ``live``.

    ``seconds`` of the worker's CPU are what such a life takes. A server that was killed is started
    again after a while; a worker whose server was killed has to live on.
    """
    chance = random.Random(seed)
    with serving(base, scratch) as (here, server):
        acknowledged = world.contents(here / "documents")
        reading, writing = os.pipe()
        worker, born = campaigns.fork(lambda: live(here, seed, writing)), time.monotonic()
        os.close(writing)
        moment, known = chance.uniform(0, seconds), b""
        known += _told(reading, lambda: campaigns.spent(worker, born) >= moment)
        victims = chance.choice(["worker", "server", "both"])
        if victims != "worker":
            server.kill()
        if victims != "server":
            os.kill(worker, signal.SIGKILL)
        if victims != "worker":
            time.sleep(chance.uniform(0, 0.3))
            assert server.start(), "it does not start again"
        known += _told(reading, lambda: False)
        survived = _ended(worker)
        assert survived or victims != "server", "the worker did not get over it"
        lines = known.decode().split("\n")[:-1]
        return world.check(here, json.loads(lines[-1]) if lines else acknowledged)


def length_of_life(base: Path, scratch: Path) -> float:
    """Return the seconds of CPU that the lives which ``kill_at_random`` ends take at most."""
    longest = 0.0
    for seed in range(3):
        folder = scratch / str(seed)
        folder.mkdir()
        with serving(base, folder) as (here, _):
            born = time.monotonic()
            worker = campaigns.fork(lambda here=here, seed=seed: live(here, seed, None))
            while os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                time.sleep(0.002)
            longest = max(longest, campaigns.spent(worker, born))
            assert _ended(worker), "it failed without any fault"
    return longest


def count_writes(base: Path, scratch: Path) -> int:
    """Return how many writes to its data folder the worker's life has."""
    with serving(base, scratch) as (here, _):
        seen, ended = tracing.run(lambda: campaigns.one_life(here), here / "data")
        assert ended, "it failed without any fault"
        return seen


def killed_at_write(base: Path, scratch: Path, point: int) -> world.Outcome:
    """SIGKILL the worker just before a write of a sync, a rebuild, or closing."""
    with serving(base, scratch) as (here, _):
        acknowledged = world.contents(here / "documents")
        tracing.run(lambda: campaigns.one_life(here), here / "data", stop_at=point)
        return world.check(here, acknowledged)


def power_cut(base: Path, scratch: Path, seed: int, points: int) -> world.Outcome:
    """Cut the power of the machine that has both, at a random write of the worker.

    The worker's files are left to chance as in ``campaigns.power_cut``. The server is not watched,
    so all that it wrote since it had taken the vectors counts as not yet on the disk.
    """
    chance = random.Random(seed)
    with serving(base, scratch) as (here, server):
        acknowledged = world.contents(here / "documents")
        disks = [
            tracing.Disk(here / "data", _made(scratch / "copies")),
            tracing.Disk(server.folder, _made(scratch / "served")),
        ]
        point = chance.randrange(1, points + 1) if chance.random() < 0.9 else None
        life = tracing.run(
            lambda: campaigns.one_life(here), here / "data", stop_at=point, disk=disks[0]
        )
        if life[1]:
            acknowledged = world.contents(here / "documents")
        server.kill()
        for disk in disks:
            campaigns.lose(disk, chance)
        return _checked(here, server, acknowledged)


def damage_chroma(base: Path, scratch: Path, seed: int) -> world.Outcome:
    """Damage files of the server, or all, or take it back to an earlier state, and start it."""
    chance = random.Random(seed)
    with serving(base, scratch) as (here, server):
        server.kill()
        if chance.random() < 0.15:
            earlier = Path(shutil.copytree(server.folder, scratch / "earlier"))
            assert server.start(), "it does not start again"
            assert _ended(campaigns.fork(lambda: campaigns.one_life(here)))
            server.kill()
            shutil.rmtree(server.folder)
            earlier.rename(server.folder)
        else:
            campaigns.damage(server.folder, chance)
        return _checked(here, server, world.contents(here / "documents"), embeds_nothing=True)


def disk_full(base: Path, scratch: Path, disk: Path, seed: int, free: int) -> world.Outcome:
    """Let the server's disk run full after ``free`` more bytes; then free space, and go on."""
    shutil.rmtree(disk / "server", ignore_errors=True)
    filler, report = disk / "filler", scratch / "acknowledged"
    with serving(base, scratch, disk / "server") as (here, server):
        worker = campaigns.fork(lambda: campaigns.run_full(here, disk, filler, free, seed, report))
        survived = _ended(worker)
        filler.unlink()
        assert survived, "it did not keep answering, or raised something unclear"
        acknowledged = json.loads(report.read_text())
        with suppress(ChromaUnreachable):  # Chroma can hang from then on: it is started again
            return world.check(here, acknowledged)
        server.kill()
        return _checked(here, server, acknowledged)


def second_process(base: Path, scratch: Path, many: int) -> world.Outcome:
    """Let many workers sync at once, and search: each waits for its turn, none sees the old."""
    with serving(base, scratch) as (here, _):
        world.change(here / "documents", random.Random(many))
        working = [campaigns.fork(lambda: _work(here)) for _ in range(many)]
        ended = [_ended(pid) for pid in working]
        assert all(ended)
        return world.check(here, world.contents(here / "documents"), embeds_nothing=True)


def cycles(base: Path, scratch: Path, rounds: int, seed: int) -> world.Outcome:
    """Index a changing folder again and again, as ``campaigns.cycles``, with a server."""
    with serving(base, scratch) as (here, server):
        campaigns.cycle(here, server.folder, rounds, seed)
    return world.Outcome()


def live(here: Path, seed: int, pipe: int | None) -> None:
    """Live as ``world.live`` does, but get over a server that is gone for a while."""
    chance = random.Random(seed)
    embedder = HashingEmbedder()
    with world.open_index(here, embedder) as opened:
        for _ in range(4):
            world.change(here / "documents", chance)
            _until_served(opened, embedder, lambda: opened.sync(here / "documents"))
            if pipe is not None:
                campaigns.tell(pipe, json.dumps(world.contents(here / "documents")))
            if chance.random() < 0.4:
                _until_served(opened, embedder, opened.rebuild)


def _until_served(opened: Index, embedder: HashingEmbedder, task) -> None:
    """Do ``task``; while there is no server, it says so and questions are answered all the same."""
    deadline = time.monotonic() + _HELD_UP * world.busy()
    while True:
        try:
            task()
            return
        except ChromaUnreachable:
            assert time.monotonic() < deadline, "the server is there and it does not see it"
            world.answers(opened, embedder)
            time.sleep(0.02)


def _checked(
    here: Path, server: Server, acknowledged: dict[str, str], embeds_nothing: bool = False
) -> world.Outcome:
    """Start the server on what is left of its files; empty it where they are of no use any more.

    Where it starts but cannot do what it is asked, Footnote answers, and says what is wrong.
    """
    if server.start():
        with world.open_index(here, HashingEmbedder()) as opened:
            world.answers(opened, HashingEmbedder())
        with suppress(IndexUnusable, ChromaUnreachable):
            return world.check(here, acknowledged, embeds_nothing)
    server.start_empty()
    return world.check(here, acknowledged, embeds_nothing)


def _settle(here: Path) -> None:
    with world.open_index(here, HashingEmbedder()) as opened:
        opened._vectors.wait()
        assert opened._vectors.state == "chroma"


def _work(here: Path) -> None:
    embedder = HashingEmbedder()
    with world.open_index(here, embedder) as opened:
        opened.sync(here / "documents")
        world.answers(opened, embedder)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _told(pipe: int, enough) -> bytes:
    """Read what a worker tells until ``enough()``, or until it has ended."""
    known = b""
    while not enough():
        if select.select([pipe], [], [], 0.002)[0]:
            more = os.read(pipe, 1 << 16)
            if not more:
                break
            known += more
    return known


def _ended(pid: int) -> bool:
    """Wait for a process; say whether it ended well."""
    return os.waitpid(pid, 0)[1] == 0
