"""A user's own cases in a file: read, added to, edited and deleted from, one whole write at a time.

The file is the JSON Lines of ``footnote eval init``, so that it can be edited by hand as well.
The ids of what was drafted into it are kept beside it, so that what was deleted stays deleted.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from evals.cases import Case, CasesError, Library, Named, load_cases, resolve
from rag.schema import Message

NAME = "cases-all"  # of a run over them, and of its files


class CaseFile:
    """The cases at ``path``; threads and processes may share it.

    Example:
        cases = CaseFile(Path(".footnote/evals/cases.jsonl"))
        kept = cases.add(flagged("Who built it?", (), "Ann Lind built it. [1]"))
        cases.put(kept.model_copy(update={"note": "ask Ann"}))
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Case]:
        """Return the cases in order; none if there is no file.

        Raises:
            CasesError: naming each line that holds no case.
        """
        if not self.path.is_file() or not self.path.read_bytes().strip():
            return []
        return load_cases(self.path)

    def find(self, case_id: str) -> Case:
        """Return the case with this id.

        Raises:
            CasesError: if there is none.
        """
        for case in self.read():
            if case.id == case_id:
                return case
        raise CasesError([_gone(case_id)])

    def put(self, case: Case) -> None:
        """Write ``case`` over the one with its id.

        Raises:
            CasesError: if there is none, or the file has lines that hold no case; it is left as
                it is.
        """
        with self._changing() as cases:
            places = [n for n, other in enumerate(cases) if other.id == case.id]
            if not places:
                raise CasesError([_gone(case.id)])
            cases[places[0]] = case

    def add(self, case: Case) -> Case:
        """Write ``case`` at the end under an id that is free now, and return it with that id.

        Raises:
            CasesError: if the file has lines that hold no case; it is left as it is.
        """
        with self._changing() as cases:
            kept = case.model_copy(update={"id": free_id({other.id for other in cases})})
            cases.append(kept)
        return kept

    def remove(self, case_id: str) -> None:
        """Delete the case with this id, if it is there.

        Raises:
            CasesError: if the file has lines that hold no case; it is left as it is.
        """
        with self._changing() as cases:
            cases[:] = [case for case in cases if case.id != case_id]

    def extend(self, more: Sequence[Case], most: int | None = None) -> int:
        """Add up to ``most`` of the cases whose question is not there yet; return how many.

        A case whose id is taken gets another one.

        Raises:
            CasesError: if the file has lines that hold no case; it is left as it is.
        """
        with self._changing() as cases:
            ids = {case.id for case in cases}
            asked = {(case.question, case.history) for case in cases}
            fresh = [case for case in more if (case.question, case.history) not in asked][:most]
            for case in fresh:
                name = case.id if case.id not in ids else free_id(ids)
                ids.add(name)
                cases.append(case.model_copy(update={"id": name}))
        return len(fresh)

    @property
    def drafted(self) -> frozenset[str]:
        """The ids of every case that was drafted into the file, deleted ones too.

        Without the file there are none: who deletes it begins anew.
        """
        if not self.path.is_file() or not self._drafted.is_file():
            return frozenset()
        return frozenset(self._drafted.read_text(encoding="utf-8").split())

    def take_drafts(self, drafts: Sequence[Case], most: int | None = None) -> int:
        """Add up to ``most`` of the drafted cases that never were in the file; return how many.

        One that was deleted, or whose question was put in other words, does not come back.

        Raises:
            CasesError: if the file has lines that hold no case; it is left as it is.
        """
        with self._changing() as cases:
            known = self.drafted | {case.id for case in cases}
            asked = {(case.question, case.history) for case in cases}
            fresh = [
                c for c in drafts if c.id not in known and (c.question, c.history) not in asked
            ]
            cases += fresh[:most]
            ids = sorted(self.drafted | {case.id for case in fresh[:most]})
        part = self._drafted.with_name(f"{self._drafted.name}.part")
        part.write_text("".join(f"{name}\n" for name in ids), encoding="utf-8")
        part.replace(self._drafted)
        return len(fresh[:most])

    @property
    def _drafted(self) -> Path:
        return self.path.with_name(f"{self.path.name}.drafted")

    @contextmanager
    def _changing(self) -> Iterator[list[Case]]:
        """The cases, to be changed; written back whole at the end."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f"{self.path.name}.lock")):
            cases = self.read()
            yield cases
            lines = [case.model_dump_json(exclude_defaults=True) for case in cases]
            part = self.path.with_name(f"{self.path.name}.part")
            with part.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)


def _gone(case_id: str) -> str:
    return f"there is no case {case_id!r} any more"


def free_id(taken: set[str]) -> str:
    """Return ``case-001``, or the next number that is free."""
    return next(name for n in range(1, 10**6) if (name := f"case-{n:03d}") not in taken)


def flagged(question: str, history: Sequence[Message], said: str) -> Case:
    """Return a case of an answer that a reader called wrong; the same answer gives the same id.

    It is not scored until somebody has said what was expected.
    """
    turns = [(turn.role, turn.content) for turn in history]
    name = hashlib.sha256(json.dumps([question, turns, said]).encode()).hexdigest()[:10]
    return Case(
        id=f"chat-{name}",
        split="dev",
        kind="followup" if history else "fact",
        history=tuple(history),
        question=question,
        answerable=True,
        status="answered",
        flagged=True,
        said=said,
    )


class Shelf:
    """The stored texts of an index as they are now, each read once."""

    def __init__(self, library: Library) -> None:
        self.documents = functools.cache(lambda: list[Named](library.documents()))
        self.text = functools.cache(library.text)


def lost(cases: Sequence[Case], library: Library) -> dict[str, str]:
    """Return, by case id, why the evidence of a case is not in the documents any more."""
    shelf, faults = Shelf(library), {}
    for case in cases:
        try:
            resolve([case], shelf)
        except CasesError as error:
            faults[case.id] = error.problems[0].removeprefix(f"case {case.id}: ")
    return faults
