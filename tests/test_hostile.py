"""A folder of hostile files: one line each, nothing hangs or swells, everything good goes in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import write_hostile_folder

SECONDS = 10  # the limit of each file, less than usual, to save time

# Its own process, so that what it and the process that reads for it take can be told from ours.
INDEX = """
import functools, json, os, sys, threading, time
from pathlib import Path
from hashing import HashingEmbedder
from index import Index, readers, sync
from index.reading import Reading
from ui.listing import skipped_line

sync.Reading = functools.partial(Reading, seconds=float(sys.argv[3]))
peaks = {}

def peak(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return max(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, ValueError):
        return 0

def children(path):
    try:
        return path.read_text().split()
    except OSError:  # the thread has ended since it was listed
        return []

def watch():
    while True:
        found = [children(path) for path in Path("/proc/self/task").glob("*/children")]
        for pid in sum(found, ["self"]):
            peaks[pid] = max(peaks.get(pid, 0), peak(pid))
        time.sleep(0.02)

threading.Thread(target=watch, daemon=True).start()
times, last = {}, [None, time.monotonic()]

def tell(progress):
    now = time.monotonic()
    if last[0] is not None:
        times[last[0]] = now - last[1]
    last[:] = progress.source, now

with Index.open(Path(sys.argv[2]), HashingEmbedder()) as index:
    report = index.sync(Path(sys.argv[1]), tell)
    texts = {d.source: index.text(d.id) for d in index.documents()}
    again = index.sync(Path(sys.argv[1]))
print(json.dumps({
    "added": report.added, "skipped": [s.source for s in report.skipped], "texts": texts,
    "lines": [skipped_line(s) for s in report.skipped], "times": times, "peaks": peaks,
    "again": [s.source for s in again.skipped], "added_again": again.added,
}))
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    base = tmp_path_factory.mktemp("hostile")
    good, bad = write_hostile_folder(base / "documents")
    done = subprocess.run(
        [sys.executable, "-c", INDEX, base / "documents", base / "data", str(SECONDS)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout), good, bad


def test_everything_good_is_indexed_and_each_other_file_has_its_line(outcome):
    found, good, bad = outcome
    harmless = {name for name in good if name.startswith("good")}
    assert len((good | bad) - harmless) >= 50
    assert set(found["added"]) == good
    assert sorted(found["skipped"]) == sorted(bad)
    assert len(found["lines"]) == len(bad)
    for line in found["lines"]:
        assert line.isprintable()  # one line, and nothing in it that a terminal would obey
        assert ": " in line


def test_no_file_outside_the_folder_was_read(outcome):
    assert not any("root:" in text for text in outcome[0]["texts"].values())


def test_nothing_hangs_and_the_second_time_is_remembered(outcome):
    found, _, bad = outcome
    assert max(found["times"].values()) < 20 * SECONDS  # by the clock; the limit is of computing
    assert "slow.md" in found["skipped"]
    assert sorted(found["again"]) == sorted(bad)
    assert found["added_again"] == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_nothing_takes_a_gigabyte(outcome):
    peaks = outcome[0]["peaks"]
    assert len(peaks) >= 2  # this process, and those that read
    assert max(peaks.values()) < 1_000_000  # kilobytes
