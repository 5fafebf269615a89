"""A sync that is watched, searched beside, stopped or killed; the next one finishes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

from index import Index

pytest_plugins = ["syncing"]


def test_progress_counts_files_then_passages(index, folder):
    seen = []
    index.sync(folder, seen.append)
    reading = [(p.done, p.total, p.source) for p in seen if p.stage == "reading"]
    assert reading == [(0, 2, "islands.md"), (1, 2, "water/rivers.md"), (2, 2, None)]
    assert [(p.done, p.total) for p in seen if p.stage == "embedding"] == [(3, 3)]


class StopHere(BaseException):
    """Ends a sync the way Ctrl-C does."""


def test_sync_stopped_at_any_progress_is_finished_by_the_next(tmp_path, folder, hashing):
    stops = 0
    while True:
        with Index.open(tmp_path / f"data{stops}", hashing) as index:
            seen = []

            def stop(progress, seen=seen, limit=stops):
                seen.append(progress)
                if len(seen) > limit:
                    raise StopHere

            try:
                index.sync(folder, stop)
            except StopHere:
                index.sync(folder)
                assert_equal_to_folder(index, folder, hashing)
                stops += 1
            else:
                break
    assert stops == 4


def test_searches_run_while_a_sync_runs(index, folder):
    index.sync(folder)
    for n in range(40):
        (folder / f"{n}.md").write_text(f"# Note {n}\n\nCuba is named in note {n}.\n")
    failures = []
    done = threading.Event()

    def search():
        while not done.is_set():
            ids = [hit.passage_id for hit in index.search_lexical("Cuba", 100)]
            failures.extend(
                passage
                for passage in index.passages(ids)
                if index.text(passage.document)[passage.start : passage.end] != passage.text
            )

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    index.sync(folder)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(index.search_lexical("Cuba", 100)) == 41


CHILD = """
import sys
from pathlib import Path
from hashing import HashingEmbedder
import chromadb, index.splitter
from index import Index
print("ready", flush=True)
with Index.open(Path(sys.argv[1]), HashingEmbedder()) as index:
    index.sync(Path(sys.argv[2]))
print("done", flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_killed_sync_is_finished_by_the_next(tmp_path, seed):
    chance = random.Random(seed)
    data, folder = tmp_path / "data", tmp_path / "documents"
    folder.mkdir()
    hashing = HashingEmbedder()
    for _ in range(2):
        change_files(folder, chance)
        kill_a_sync(data, folder, after=chance.uniform(0, 0.6))
        with Index.open(data, hashing) as index:
            index.sync(folder)
            assert_equal_to_folder(index, folder, hashing)


def change_files(folder: Path, chance: random.Random) -> None:
    for path in folder.glob("*.md"):
        if chance.random() < 0.3:
            path.unlink()
    for n in chance.sample(range(120), 60):
        lines = [f"Sentence {chance.randrange(10**6)} of file {n}." for _ in range(60)]
        (folder / f"{n}.md").write_text(f"# File {n}\n\n{' '.join(lines)}\n")


def kill_a_sync(data: Path, folder: Path, after: float) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, data, folder], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout.readline() == b"ready\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
