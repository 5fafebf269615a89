"""The question sets: ours, and adapters for public ones that are read from where they lie.

None of the public data is in this repository. It is looked for in ``FOOTNOTE_SHARED``/data
(``../shared/data`` if that is not set), or in a folder the user gives; shared/data/README.md
says where each set comes from.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from evals.cases import CasesError

Task = Literal["answers", "claims", "rewrites"]


class MissingData(Exception):
    """A public set is not on this machine; the message says where it was looked for."""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A public set: what it measures, and the function that reads it from its folder.

    ``reader`` is ``module:function`` below ``evals.datasets``; ``test_only`` says that nothing
    may be trained or tuned on it.
    """

    name: str
    task: Task
    folder: str
    reader: str
    title: str

    def read(self, root: Path | None = None) -> Any:
        """Return what the reader makes of the set's folder below ``root``.

        Raises:
            MissingData: if the folder is not there.
            CasesError: if a file in it is not in the form the reader knows.
        """
        folder = (root or data_root()) / self.folder
        if not folder.is_dir():
            raise MissingData(
                f"the set {self.name!r} is not in {folder}; set FOOTNOTE_SHARED to the folder "
                "that holds data/, or name the folder of the sets with --data-root"
            )
        module, _, function = self.reader.partition(":")
        load: Callable[[Path], Any] = getattr(import_module(f"evals.datasets.{module}"), function)
        try:
            return load(folder)
        except (KeyError, IndexError, TypeError, ValueError, FileNotFoundError) as error:
            raise CasesError([f"{folder}: not in the form of {self.title}: {error!r}"]) from error


_SETS = (
    PublicSet("clapnq", "answers", "clapnq", "clapnq:given", "ClapNQ, the passage given"),
    PublicSet("clapnq-pool", "answers", ".", "clapnq:pooled", "ClapNQ, in the pool with MTRAG-UN"),
    PublicSet(
        "mtrag", "answers", "mtrag_un", "mtrag:load", "MTRAG-UN, in the pool of its passages"
    ),
    PublicSet("begin", "claims", "begin", "claims:begin", "BEGIN"),
    PublicSet(
        "attributionbench",
        "claims",
        "attributionbench",
        "claims:attributionbench",
        "AttributionBench dev",
    ),
    PublicSet("wice", "claims", "wice", "claims:wice", "WiCE, claims, dev"),
    PublicSet(
        "faithdial", "claims", "faithdial_audit", "claims:faithdial", "FaithDial, data audit"
    ),
    PublicSet("dialfact", "claims", "dialfact", "claims:dialfact", "DialFact, small test"),
    PublicSet(
        "edits", "claims", "clapnq", "edits:paraphrases", "ClapNQ, answers after minimal edits"
    ),
    PublicSet(
        "edits-verbatim",
        "claims",
        "clapnq",
        "edits:verbatim",
        "ClapNQ, passages after minimal edits",
    ),
    PublicSet("canard", "rewrites", "canard", "rewrites:canard", "CANARD dev"),
    PublicSet("cast", "rewrites", "trec_cast", "rewrites:cast", "TREC CAsT 2019"),
)
SETS = {found.name: found for found in _SETS}


def data_root() -> Path:
    """Return the folder that holds the public sets."""
    shared = os.environ.get("FOOTNOTE_SHARED", "../shared")
    return Path(__file__).resolve().parents[2] / shared / "data"


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def table(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Yield the rows of a table with a heading; fields may be longer than csv's default."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter=delimiter)
