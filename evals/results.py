"""What a run leaves behind: a row a case, the aggregates, and where and how it was run."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from evals.cases import Case, Kind, Place, Split
from evals.intervals import Estimate
from evals.metrics import Score
from rag.schema import Answer, Status

PACKAGES = ("footnote", "chromadb", "llama-index-core", "numpy", "sentence-transformers", "torch")


class Row(BaseModel):
    """One case: what was asked, what came back, how it scored and why it lost points.

    ``places`` are where the golden evidence stands, group by group, ``expected`` its words;
    ``ranks`` the rank of the first passage that shows each group. ``scores`` hold points and
    weight a metric; a metric that does not apply is absent. ``problems`` are sentences for a
    person, worst first.
    """

    model_config = ConfigDict(frozen=True)

    case: Case
    answer: Answer
    places: tuple[tuple[Place, ...], ...]
    expected: tuple[str, ...]
    ranks: tuple[int | None, ...]
    scores: dict[str, Score]
    problems: tuple[str, ...]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the question was handled right: answered, or refused where it should be."""
        return self.scores["right"].points == 1

    @property
    def lost(self) -> float:
        """How bad the row is: a wrong outcome weighs most, then what was not grounded."""
        ungrounded = self.scores.get("unsupported", Score(0)).points + len(self.problems) / 10
        return 10 * (not self.right) + ungrounded


class Run(BaseModel):
    """A system over the cases of a dataset.

    ``overall``, ``by_kind`` and ``by_split`` map metric names (``evals.scoring.METRICS``) to
    estimates; a metric that applies to no case of a group is absent.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    started: str
    seconds: float
    settings: dict[str, Any]
    versions: dict[str, str]
    machine: str
    commit: str | None
    rows: tuple[Row, ...]
    overall: dict[str, Estimate]
    by_kind: dict[Kind, dict[str, Estimate]]
    by_split: dict[Split, dict[str, Estimate]]
    statuses: dict[Status, dict[Status, int]]
    latency_ms: dict[str, float]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> str:
    """Return the processor, its cores and the system, in words."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def commit() -> str | None:
    """Return the git commit of this checkout, marked if files differ from it; None without."""
    root = Path(__file__).resolve().parent.parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        return done.stdout.strip()

    try:
        changed = " with uncommitted changes" if git("status", "--porcelain") else ""
        return git("rev-parse", "HEAD") + changed
    except (OSError, subprocess.SubprocessError):
        return None
