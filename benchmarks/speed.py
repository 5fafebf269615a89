"""How fast is it here? ``make bench`` indexes the sample documents and asks the golden questions.

Each figure is one run on this machine, in an index of its own; other work on it counts too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from evals.cases import load_cases
from evals.command import GOLDEN
from evals.intervals import percentile
from rag import Assistant, Settings

ROOT = Path(__file__).parents[1]
COPIES = 20  # of the sample documents, each with words of its own, to index at some size


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(base: Path) -> Iterator[tuple[str, str]]:
    """Yield each figure, with what it is the figure of; ``base`` is an empty folder."""
    yield "footnote --help", f"{seconds(show_help):.2f} s"
    settings = Settings(documents=ROOT / "documents", data=base / "data")
    yield "readers", "small and large" if settings.reader else "small"
    with Assistant.open(settings) as assistant:
        yield "load the models", f"{seconds(assistant.load):.1f} s"
        yield "index the sample documents", f"{seconds(assistant.sync):.2f} s"
        yield "index again, nothing changed", f"{1000 * seconds(assistant.sync):.0f} ms"
        yield "a question", in_milliseconds(ask_all(assistant))
    settings = Settings(documents=write_copies(base / "copies"), data=base / "larger")
    with Assistant.open(settings) as assistant:
        assistant.load()
        report = assistant.sync()
        rate = report.embedded / report.seconds
        yield f"index {report.passages:,} passages", f"{rate:.0f} passages a second"
        yield f"a question over {report.passages:,} passages", in_milliseconds(ask_all(assistant))


def show_help() -> None:
    """Run ``footnote --help`` in a process of its own."""
    subprocess.run([sys.executable, "-m", "ui", "--help"], check=True, capture_output=True)


def ask_all(assistant: Assistant) -> list[float]:
    """Ask every golden question that needs no history; return the milliseconds of each."""
    questions = [case.question for case in load_cases(GOLDEN) if not case.history]
    return [1000 * seconds(lambda q=question: assistant.ask(q)) for question in questions]


def in_milliseconds(times: list[float]) -> str:
    """Return the median and the 95th percentile as text."""
    return f"p50 {statistics.median(times):.0f} ms, p95 {percentile(times, 95):.0f} ms"


def write_copies(folder: Path) -> Path:
    """Write the sample's Markdown and text files ``COPIES`` times, no two with equal passages."""
    folder.mkdir()
    for path in [*ROOT.glob("documents/*.md"), *ROOT.glob("documents/*.txt")]:
        text = path.read_text(encoding="utf-8")
        for n in range(COPIES):
            changed = text.replace(". ", f", as copy {n} has it. ")
            (folder / f"{path.stem}-{n}{path.suffix}").write_text(changed, encoding="utf-8")
    return folder


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as base:
        for name, figure in measure(Path(base)):
            sys.stdout.write(f"{name:36} {figure}\n")
            sys.stdout.flush()
