"""What the Evals tab does: keep the cases, draft and run them in the background, one job at a time.

A job belongs to the server, not to the page that began it: a page that is closed stops nothing,
and every page may look at it or stop it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.casefile import NAME, CaseFile, flagged, lost
from evals.cases import Case, CasesError
from evals.form import Form, Quote, filled, look_up, taken
from rag.schema import Answer, Message
from rag.settings import Settings
from ui.errors import Refused, explain
from ui.service import Service, Stopped

DRAFTED = 30  # cases drafted at once
_NEW = "(new)"  # the id of a case until it is written

log = logging.getLogger(__name__)


def folder_of(settings: Settings) -> Path:
    """Return where the cases, the run and its report are kept."""
    return settings.data / "evals"


def report_of(settings: Settings) -> Path:
    """Return where the report of the last run is, if there was one."""
    return folder_of(settings) / f"{NAME}.html"


@dataclass
class Job:
    """Something that takes a while: how far it is, and in the end what became of it.

    ``reports`` says that it leaves a report, and goes on from there if it was stopped.
    """

    title: str
    reports: bool = False
    done: int = 0
    total: int = 0
    result: str = ""
    failed: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class Board:
    """The cases of one service and the job that is done with them."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.folder = folder_of(service.settings)
        self.file = CaseFile(self.folder / "cases.jsonl")
        self.job: Job | None = None
        self._beginning = threading.Lock()

    @property
    def running(self) -> Job | None:
        """The job that is not ended, if there is one."""
        return self.job if self.job and not self.job.ended.is_set() else None

    @property
    def report(self) -> Path | None:
        """The report of the last run, if there was one."""
        path = report_of(self.service.settings)
        return path if path.is_file() else None

    # -- cases -----------------------------------------------------------------------------

    def lost(self, cases: Sequence[Case]) -> dict[str, str]:
        """Return, by id, why the evidence of a case is not in the documents any more."""
        return lost(cases, self.service.assistant.index) if self.service.ready else {}

    def last(self) -> dict[str, bool]:
        """Return, by id, whether a case was handled right in the last run."""
        from evals.results import Run, UnreadableRun

        try:
            run = Run.load(self.folder / f"{NAME}.jsonl")
        except UnreadableRun:
            return {}
        return {row.id: row.right for row in run.rows}

    def flag(self, answer: Answer, history: Sequence[Message]) -> tuple[Case, bool]:
        """Keep an answer that a reader called wrong; return the case, and whether it is new.

        A question that is a case already stays as it is.

        Raises:
            Refused: 409 if the file of cases cannot be read or written.
        """
        case = flagged(answer.question, history, answer.text)
        try:
            new = self.file.extend([case]) > 0
            asked = (case.question, case.history)
            return next(c for c in self.file.read() if (c.question, c.history) == asked), new
        except (CasesError, OSError) as error:
            raise Refused(409, "Not kept", explain(error)) from error

    def blank(self) -> Case:
        """Return a case to be filled in; it is not in the file yet, and gets its id there.

        Raises:
            CasesError: if the file could not take it.
        """
        self.file.read()
        fields: dict[str, Any] = {"split": "dev", "kind": "fact", "status": "answered"}
        return Case(id=_NEW, question="to be asked", answerable=True, flagged=True, **fields)

    def form(self, case: Case) -> Form:
        """Return what is filled in for a case."""
        return filled(case, self.service.assistant.index)

    def quotes(self, evidence: str) -> list[list[Quote]]:
        """Return the quotes of an evidence text, each with the documents that hold it."""
        return look_up(evidence, self.service.assistant.index)

    def save(self, case: Case, form: Form) -> Case:
        """Write ``case`` as the form changes it, and return it as it is kept.

        Raises:
            CasesError: saying what is missing, or that the case was deleted meanwhile.
        """
        changed = taken(form, case, self.service.assistant.index)
        if case.id == _NEW:
            return self.file.add(changed)
        self.file.put(changed)
        return changed

    # -- jobs ------------------------------------------------------------------------------

    def draft(self) -> Job:
        """Begin to draft cases from the documents."""
        from evals.own import draft_more

        def work(advance: Callable[[int, int], None]) -> str:
            added = draft_more(self.service.assistant.index, self.file, DRAFTED, advance)
            if not added:
                return "No further sentence of the documents defines, dates or counts something."
            return f"{added} cases drafted. Delete those that read badly, and correct the others."

        return self._begin(Job("Drafting cases"), work)

    def run(self) -> Job:
        """Begin to ask the cases; those that cannot be scored are left out, and told."""
        from evals.own import run_own

        def work(advance: Callable[[int, int], None]) -> str:
            cases = self.file.read()
            left_out = {case.id for case in cases if case.flagged} | self.lost(cases).keys()
            asked = [case for case in cases if case.id not in left_out]
            if not asked:
                raise CasesError(["There is no case to ask yet: draft some, or add one."])
            run = run_own(self.service.assistant, asked, self.folder, advance)
            right = sum(row.right for row in run.rows)
            rest = f" {len(left_out)} were left out; they say why." if left_out else ""
            return f"{right} of {len(run.rows)} handled right.{rest}"

        return self._begin(Job("Asking", reports=True), work)

    def stop(self) -> None:
        """Have the job end at its next step."""
        if self.job:
            self.job.stopping.set()

    def _begin(self, job: Job, work: Callable[[Callable[[int, int], None]], str]) -> Job:
        """Start a job in a thread of its own; one that is running is returned instead."""
        self.service.assistant  # noqa: B018 - says that it is not ready
        with self._beginning:
            if self.running is None:
                self.job = job
                arguments = (job, work)
                threading.Thread(
                    target=self._work, args=arguments, name="footnote-evals", daemon=True
                ).start()
        assert self.job
        return self.job

    def _work(self, job: Job, work: Callable[[Callable[[int, int], None]], str]) -> None:
        def advance(done: int, total: int) -> None:
            job.done, job.total = done, total
            if job.stopping.is_set() or self.service.stopping:
                raise Stopped

        try:
            job.result = work(advance)
        except Stopped:
            onward = "; a new run goes on from there" if job.reports else ", nothing was added"
            job.result = f"Stopped at {job.done} of {job.total}{onward}."
        except Exception as error:
            if not isinstance(error, CasesError | Refused) and not self.service.stopping:
                log.exception("%s failed", title_of(job))
            job.failed, job.result = True, explain(error)
        finally:
            job.ended.set()


def title_of(job: Job) -> str:
    """Return what a job does and how far it is, such as "Asking: 12 of 40"."""
    return f"{job.title}: {job.done} of {job.total}" if job.total else f"{job.title}…"
