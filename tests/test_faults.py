"""A few of each fault, on every change; `make faults` plays all of them (see ``faults.run``)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the faults are played in forks")


@pytest.mark.parametrize(
    ("campaign", "count"),
    [("kills", 3), ("writes", 3), ("power", 3), ("damage", 3), ("disk", 2), ("second", 10)],
)
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
    assert " right" in done.stdout
