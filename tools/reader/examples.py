"""What the reader is trained on: a question over a passage, as one line of JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import astuple, dataclass
from pathlib import Path

LONGEST = 900  # characters of a passage, as index/splitter.py makes them


@dataclass(frozen=True, slots=True)
class Example:
    """A question over a passage; ``labels`` are 1, 0 or -1 (not known) per sentence.

    ``answer`` is the sentence that holds the answer and the answer's place in it, if known. A
    claim in place of a question has ``supported``: whether the passage carries it.
    """

    question: str
    title: str
    sentences: tuple[str, ...]
    labels: tuple[int, ...]
    answer: tuple[int, int, int] | None
    source: str
    supported: bool | None = None

    @property
    def answered(self) -> bool:
        """Whether one of the sentences answers, or the claim is supported."""
        return 1 in self.labels

    def line(self) -> str:
        """Return the example as JSON."""
        return json.dumps(astuple(self), ensure_ascii=False)


def load(path: Path) -> list[Example]:
    """Read a file of examples."""
    with path.open(encoding="utf-8") as lines:
        return [Example(*json.loads(line)) for line in lines]


def show(*said: object) -> None:
    """Print a line of progress."""
    sys.stdout.write(" ".join(map(str, said)) + "\n")
    sys.stdout.flush()
