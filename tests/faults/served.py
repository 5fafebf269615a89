"""The faults with a Chroma server: it dies, or its worker does; it loses, forgets, or is full.

Each function plays one, from one seed, against a real server of its own, as in ``campaigns``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
from chroma_server import NotServing, Server
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

import index.chroma
from faults import campaigns, tracing, world
from faults.processes import ended, fork, spent, tell, told
from index import Index
from index.types import ChromaUnreachable, IndexUnusable

_STARTS = 20.0  # seconds that a server has to answer; one that does not is taken to be broken
_HELD_UP = 60.0  # seconds that a worker asks again and again for a server that is down


@contextmanager
def serving(base: Path, scratch: Path, folder: Path | None = None) -> Iterator[tuple[Path, Server]]:
    """Copy ``base`` and put its vectors on a server that has its files in ``folder``."""
    here = campaigns.copied(base, scratch)
    shutil.rmtree(here / "data" / "chroma")
    server = Server(folder or scratch / "server")
    server.folder.mkdir(exist_ok=True)
    try:
        server.start()
        (here / world.ADDRESS).write_text(server.url)
        assert ended(fork(lambda: _settle(here)))
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
        worker, born = fork(lambda: live(here, seed, writing)), time.monotonic()
        os.close(writing)
        moment = chance.uniform(0, seconds)
        known = told(reading, lambda: spent(worker, born) >= moment)
        victims = chance.choice(["worker", "server", "both"])
        if victims != "worker":
            server.kill()
        if victims != "server":
            os.kill(worker, signal.SIGKILL)
        if victims != "worker":
            time.sleep(chance.uniform(0, 0.3))
            server.start()
        known += told(reading)
        status = os.waitpid(worker, 0)[1]
        fair = (0,) if victims == "server" else (0, signal.SIGKILL)
        assert status in fair, "the worker did not get over it"
        lines = known.decode().split("\n")[:-1]
        return world.check(here, json.loads(lines[-1]) if lines else acknowledged)


def length_of_life(base: Path, scratch: Path) -> float:
    """Return the seconds of CPU that the lives which ``kill_at_random`` ends take at most."""
    longest = 0.0
    for seed in range(3):
        with serving(base, _made(scratch / str(seed))) as (here, _):
            born = time.monotonic()
            worker = fork(lambda here=here, seed=seed: live(here, seed, None))
            while os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                time.sleep(0.002)
            longest = max(longest, spent(worker, born))
            assert ended(worker), "it failed without any fault"
    return longest


def count_writes(base: Path, scratch: Path) -> int:
    """Return how many writes to its data folder the worker's life has, the fewest of three."""
    fewest = []
    for n in range(3):
        folder = _made(scratch / str(n))
        with serving(base, folder) as (here, _):
            seen, whole = tracing.run(lambda here=here: campaigns.one_life(here), here / "data")
            assert whole, "it failed without any fault"
            fewest.append(seen)
    return min(fewest)


def killed_at_write(base: Path, scratch: Path, point: int) -> world.Outcome:
    """SIGKILL the worker just before a write of a sync, a rebuild, or closing."""
    with serving(base, scratch) as (here, _):
        whole = tracing.run(lambda: campaigns.one_life(here), here / "data", stop_at=point)[1]
        assert not whole, "it ended before that write"
        return world.check(here, world.contents(base / "documents"))


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
            server.start()
            assert ended(fork(lambda: campaigns.one_life(here)))
            server.kill()
            shutil.rmtree(server.folder)
            earlier.rename(server.folder)
            server.start()
            return world.check(here, world.contents(here / "documents"), embeds_nothing=True)
        campaigns.damage(server.folder, chance)
        server.folder.mkdir(exist_ok=True)
        return _checked(here, server, world.contents(here / "documents"), embeds_nothing=True)


def disk_full(base: Path, scratch: Path, disk: Path, seed: int, free: int) -> world.Outcome:
    """Let the server's disk run full after ``free`` more bytes; then free space, and go on."""
    shutil.rmtree(disk / "server", ignore_errors=True)
    filler, report = disk / "filler", scratch / "acknowledged"
    with serving(base, scratch, disk / "server") as (here, server):
        worker = fork(lambda: campaigns.run_full(here, disk, filler, free, seed, report))
        survived = ended(worker)
        filler.unlink()
        assert survived, "it did not keep answering, or raised something unclear"
        acknowledged = json.loads(report.read_text())
        with suppress(ChromaUnreachable):
            return world.check(here, acknowledged)
        server.kill()  # Chroma can hang from then on
        server.start()
        return world.check(here, acknowledged)


def second_process(base: Path, scratch: Path, many: int) -> world.Outcome:
    """Let many workers sync at once, and search: each waits for its turn and sees all of it."""
    with serving(base, scratch) as (here, _):
        world.change(here / "documents", random.Random(many))
        working = [fork(lambda: _work(here)) for _ in range(many)]
        well = [ended(pid) for pid in working]
        assert all(well)
        return world.check(here, world.contents(here / "documents"), embeds_nothing=True)


def cycles(base: Path, scratch: Path, rounds: int, seed: int) -> world.Outcome:
    """Index a changing folder again and again, as ``campaigns.cycles``, with a server."""
    with serving(base, scratch) as (here, server):
        campaigns.cycle(here, (here / "data", server.folder), rounds, seed)
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
                tell(pipe, json.dumps(world.contents(here / "documents")))
            if chance.random() < 0.4:
                _until_served(opened, embedder, opened.rebuild)


def _until_served(opened: Index, embedder: HashingEmbedder, task: Callable) -> None:
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
    """Start the server on what is left of its files, and check; empty it if it is of no use.

    It is of no use only if it does not start, or fails without Footnote as well; then Footnote has
    to answer, and to say clearly that it cannot be used.
    """
    with suppress(NotServing):
        server.start(_STARTS * world.busy())
        try:
            return world.check(here, acknowledged, embeds_nothing)
        except (IndexUnusable, ChromaUnreachable):
            assert not _works(server.url), "the server could have been used"
    server.kill()
    for path in server.folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    server.start(_STARTS * world.busy())
    outcome = world.check(here, acknowledged, embeds_nothing)
    outcome.emptied = True
    return outcome


def _works(url: str) -> bool:
    """Whether a server does what an index needs, and can still tell what it holds."""
    vectors = np.eye(world.DIMENSION, dtype=np.float32)
    names = [str(n) for n in range(len(vectors))]
    try:
        with closing(index.chroma.server_client(url)) as client:
            for collection in client.list_collections():
                collection.get()
            made = index.chroma.Chroma(client, "tried-out")
            made.upsert(names, vectors)
            made.delete(names[:10])
            kept = made.points() == set(names[10:]) and all(map(made.finds, vectors[10:]))
            client.delete_collection("tried-out")
            return kept
    except Exception:  # whatever it is, the server is at fault
        return False


def _settle(here: Path) -> None:
    with world.open_index(here, HashingEmbedder()) as opened:
        opened._vectors.wait()
        assert opened._vectors.state == "chroma"


def _work(here: Path) -> None:
    embedder = HashingEmbedder()
    with world.open_index(here, embedder) as opened:
        opened.sync(here / "documents")
        assert_equal_to_folder(opened, here / "documents", embedder, every=5)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
