"""A few of each fault, on every change; `make faults` plays all of them (see ``faults.run``)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faults.tally import Tally, summary
from faults.world import Outcome

FAULTS = Path(__file__).parent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the faults are played in forks")


@pytest.mark.parametrize(
    ("campaign", "count"),
    [
        ("kills", 3), ("writes", 3), ("power", 3), ("damage", 3), ("disk", 2), ("second", 10),
        ("server-kills", 4), ("server-second", 4), ("server-cycles", 20),
    ],
)  # fmt: skip
def test_faults(campaign, count):
    done = subprocess.run(
        [sys.executable, "-m", "faults.run", "--only", campaign, "--count", str(count)],
        env={**os.environ, "PYTHONPATH": f"{FAULTS}{os.pathsep}{FAULTS.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "skipped" in done.stdout:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} of {count} right" in done.stdout
    assert done.stdout.endswith(f"{count} of {count} faults survived\n")


def test_progress_is_told_and_a_failure_with_how_to_play_it_again(capsys):
    tally = Tally("kills", total=20)
    for seed in range(20):
        error = "AssertionError at world.py:1: lost" if seed == 7 else None
        tally.add(f"seed {seed}", 1, None if error else Outcome(opened=0.2), error)
    told = capsys.readouterr().out
    assert "kills         2 of 20, " in told
    assert "kills         18 of 20, 1 wrong, " in told
    said = summary([tally, Tally("disk", skipped="mounting a small disk needs root")])
    assert "kills         19 of 20 right" in said
    assert "disk          skipped: mounting a small disk needs root" in said
    assert "19 of 20 faults survived" in said
    assert said.endswith("kills seed 7: AssertionError at world.py:1: lost")
