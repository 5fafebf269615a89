"""What a run leaves behind: a row a case, the aggregates, and where and how it was run.

On disk a run is JSON Lines: the ``Run`` without its rows, then one row a line.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.cases import Case, Place, Split
from evals.datasets.claims import Claim
from evals.datasets.rewrites import Turn
from evals.intervals import Estimate
from evals.metrics import Score
from rag.schema import Answer, Status
from rag.writers.endpoints import parse

PEERS = ("top-passages", "citation-engine")
LARGE = "large-reader"  # what the name of a run carries that the large reader was asked in
PACKAGES = ("footnote", "chromadb", "llama-index-core", "numpy", "sentence-transformers", "torch")


class UnreadableRun(Exception):
    """A file is not a run that this version wrote; the message says which and why."""


class Row(BaseModel):
    """One case of any task: how it scored, and why it lost points.

    ``scores`` hold points and weight a metric; a metric that does not apply is absent.
    ``problems`` are sentences for a person, worst first.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    group: str
    scores: dict[str, Score]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether the case was handled right, in full."""
        return self.scores["right"].points == 1

    @property
    def lost(self) -> float:
        """How bad the row is: a wrong outcome weighs most, then what was not grounded."""
        ungrounded = self.scores.get("unsupported", Score(0)).points + len(self.problems) / 10
        return 10 * (not self.right) + ungrounded


class AnswerRow(Row):
    """A question: what was asked, what came back.

    ``places`` are where the known evidence stands, group by group, ``expected`` its words;
    ``ranks`` the rank of the first passage that shows each group, ``document_ranks`` that of
    each relevant document among the documents found. ``confidence`` is larger the surer the
    system is that there is an answer.
    """

    task: Literal["answer"] = "answer"
    case: Case
    answer: Answer
    places: tuple[tuple[Place, ...], ...]
    expected: tuple[str, ...]
    ranks: tuple[int | None, ...]
    document_ranks: tuple[int | None, ...] = ()
    confidence: float | None = None


class ClaimRow(Row):
    """A claim and what the check said of it; ``support`` is from 0 to 1."""

    task: Literal["claim"] = "claim"
    claim: Claim
    supported: bool
    support: float
    reason: str | None = None


class RewriteRow(Row):
    """A follow-up question and the question it was made into."""

    task: Literal["rewrite"] = "rewrite"
    turn: Turn
    rewritten: str


AnyRow = Annotated[AnswerRow | ClaimRow | RewriteRow, Field(discriminator="task")]


class Cost(BaseModel):
    """What answers took of a language model: means over all of them, refusals too.

    ``estimated`` is how many were counted, in part, from the length of the text.
    """

    model_config = ConfigDict(frozen=True)

    answers: int
    calls: float
    tokens_in: float
    tokens_out: float
    estimated: int = 0

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Cost:
        """Average what ``answers`` took; there is at least one."""
        spent = [answer.usage for answer in answers]
        return cls(
            answers=len(spent),
            calls=fmean(usage.calls for usage in spent),
            tokens_in=fmean(usage.tokens_in for usage in spent),
            tokens_out=fmean(usage.tokens_out for usage in spent),
            estimated=sum(usage.estimated for usage in spent),
        )

    def __str__(self) -> str:
        """Say it in a line."""
        if not self.calls:
            return "No language model was asked: 0 calls, 0 tokens."
        how = f"; {self.estimated} of {self.answers} are estimates" if self.estimated else ""
        return (
            f"An answer takes {self.calls:.2f} calls of a language model, {self.tokens_in:,.0f} "
            f"tokens in and {self.tokens_out:,.0f} out, on average{how}."
        )


class Run(BaseModel):
    """A system over the cases of a set.

    ``overall``, ``by_group`` and ``by_split`` map metric names (``evals.catalogue.METRICS``) to
    estimates; a metric that applies to no case of a group is absent. ``cached`` says how many
    rows were taken over from an earlier run of exactly this system. ``cost`` is there for answers.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str = ""
    system: str = "footnote"
    started: str
    seconds: float
    cached: int = 0
    settings: dict[str, Any]
    versions: dict[str, str]
    machine: str
    commit: str | None
    rows: tuple[AnyRow, ...] = ()
    overall: dict[str, Estimate]
    by_group: dict[str, dict[str, Estimate]]
    by_split: dict[Split, dict[str, Estimate]]
    statuses: dict[Status, dict[Status, int]]
    latency_ms: dict[str, float]
    cost: Cost | None = None

    @property
    def variant(self) -> str:
        """What answered, if not Footnote with its own quotes (see ``variant``)."""
        return variant(self.system, self.settings.get("llm"), self.settings.get("reader"))

    @property
    def label(self) -> str:
        """What answered, for the head of a column."""
        if self.system in PEERS:
            return self.variant
        llm = variant(self.system, self.settings.get("llm"))
        reads = "large reader" if self.settings.get("reader") else ""
        return ", ".join(filter(None, ("Footnote", llm and f"{llm} writing", reads)))

    @property
    def answers(self) -> tuple[AnswerRow, ...]:
        """The rows that are questions."""
        return tuple(row for row in self.rows if isinstance(row, AnswerRow))

    @property
    def claims(self) -> tuple[ClaimRow, ...]:
        """The rows that are claims."""
        return tuple(row for row in self.rows if isinstance(row, ClaimRow))

    def save(self, path: Path) -> None:
        """Write the run to ``path`` as JSON Lines; a file that is there is replaced whole."""
        lines = [self.model_dump_json(exclude={"rows"})]
        lines += [row.model_dump_json() for row in self.rows]
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read a run that ``save`` wrote.

        Raises:
            UnreadableRun: if there is none at ``path``.
        """
        try:
            head, *rows = path.read_text(encoding="utf-8").splitlines()
            fields = json.loads(head) | {"rows": [json.loads(row) for row in rows]}
            return cls.model_validate(fields)
        except OSError as error:
            raise UnreadableRun(f"{path} cannot be read: {error.strerror or error}") from error
        except (ValueError, TypeError, ValidationError) as error:
            what = "not a run of `footnote eval`, or of another version"
            raise UnreadableRun(f"{path} is {what}; run `footnote eval` again") from error


def variant(system: str, llm: str | None, reader: str | None = None) -> str:
    """Return what a run's name carries of its ``system``: the peer, else what its settings change.

    "" is Footnote quoting, as its small reader reads alone. The language model is named without its
    address and fit for a file's name.

    Raises:
        BadModel: if ``llm`` is not what ``FOOTNOTE_LLM`` may say.
    """
    if system != "footnote":
        return system
    writes = re.sub(r"[^\w.]+", "-", parse(llm).name) if llm else ""
    return "-".join(filter(None, (writes, LARGE if reader else "")))


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
