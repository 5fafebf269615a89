"""A user's own cases over a user's own index: drafted, and run with the assistant that is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.cache import Cache, Progress
from evals.casefile import NAME, CaseFile
from evals.cases import Case, CasesError
from evals.draft import draft
from evals.report import save
from evals.results import Run
from evals.run import Plan, run_answers
from evals.systems import Footnote

if TYPE_CHECKING:
    from index import Index
    from rag.assistant import Assistant


def draft_more(index: Index, file: CaseFile, most: int, progress: Progress) -> int:
    """Draft up to ``most`` cases that ``file`` never held and add them; return how many.

    About a third is unanswerable, however many cases there are already.
    """
    cases = file.read()
    asked = {(case.question, case.history) for case in cases}
    known = file.drafted | {case.id for case in cases}
    # Twice as many answerable ones as there can be old ones, and as many of the others.
    drafted = draft(index, most + 3 * len(known), progress)
    fresh = [c for c in drafted if c.id not in known and (c.question, c.history) not in asked]
    silent = [case for case in fresh if not case.answerable][: most // 3]
    answerable = [case for case in fresh if case.answerable][: most - len(silent)]
    return file.take_drafts(answerable + silent, most)


def run_own(assistant: Assistant, cases: Sequence[Case], out: Path, progress: Progress) -> Run:
    """Ask ``assistant`` the cases, and leave the run and its report in ``out``.

    Its index is used as it stands. Rows are kept, so that a run that was stopped goes on.

    Raises:
        CasesError: if there is no case to ask, evidence is not in the index, or the documents
            change meanwhile.
        Exception: whatever ``progress`` raises, which stops the run.
    """
    index = assistant.index
    revision = index.revision

    def advance(done: int, total: int) -> None:
        if index.revision != revision:
            raise CasesError(["the documents changed while the questions were asked; run again"])
        progress(done, total)

    system = Footnote(assistant)
    plan = Plan(
        name=NAME,
        title="Your own questions",
        settings=system.settings,
        progress=advance,
        cache=Cache.of(out / ".cache", system.name, system.depends_on),
    )
    run = run_answers(system, cases, plan)
    save(run, {}, out)
    return run
