"""What ``footnote eval`` does: find the set, run the system on it, leave results behind."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from evals.cache import Cache
from evals.casefile import CaseFile
from evals.cases import Case, CasesError, load_cases, select, spread
from evals.compare import compare
from evals.datasets import SETS, MissingData
from evals.gate import ThresholdsError, shortfalls, thresholds_of
from evals.own import draft_more
from evals.pool import Collection
from evals.report import save
from evals.results import Run, UnreadableRun, variant
from evals.run import Plan, run_answers, run_claims, run_rewrites
from evals.summary import summary
from evals.systems import open_system
from evals.tables import print_comparison, print_run

if TYPE_CHECKING:
    from rag.settings import Settings

GOLDEN = Path(__file__).parent / "datasets" / "golden.jsonl"
DONE, BELOW, FAILED = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked ``footnote eval`` for.

    ``cases`` is a file of cases, or ``public`` the name of a public set; with neither it is the
    golden set. ``gate`` None holds a run against its thresholds if it has some.
    """

    cases: Path | None = None
    public: str | None = None
    split: str = "all"
    system: str = "footnote"
    documents: Path | None = None
    data_root: Path | None = None
    out: Path = Path("results")
    as_json: bool = False
    gate: bool | None = None
    limit: int | None = None
    fresh: bool = False
    jobs: int = 1

    @property
    def name(self) -> str:
        """Name of the run, of its files and of its table of thresholds."""
        base = self.public or f"{(self.cases or GOLDEN).stem}-{self.split}"
        who = f"-{found}" if (found := self.variant) else ""
        part = f"-sample{self.limit}" if self.limit else ""
        return f"{base}{who}{part}"

    @property
    def variant(self) -> str:
        """What answers, if not Footnote with its own quotes; see ``evals.results.variant``."""
        from rag.settings import Settings

        public = SETS.get(self.public or "")
        if public and public.task != "answers":
            return variant(self.system, None)
        settings = Settings()
        return variant(self.system, settings.llm, settings.reader)


def evaluate_command(request: Request) -> int:
    """Run ``footnote eval``: print a table, write ``out/<name>.jsonl`` and ``.html``.

    Documents are indexed below ``out``, so the user's own index is left alone.

    Returns:
        0 done, 1 under a threshold, 3 failed (the reason is on standard error).
    """
    console = Console(stderr=True)
    try:
        thresholds = thresholds_of(request.name)
        if request.gate and not thresholds:
            told = " (its name says what FOOTNOTE_LLM and FOOTNOTE_READER have it run with)"
            why = told if request.system == "footnote" and request.variant else ""
            raise ThresholdsError(
                f"thresholds.toml has no table [{request.name}] to hold it to{why}"
            )
        run = run_request(request, console)
        missed = [] if request.gate is False else shortfalls(run, thresholds)
        save(run, thresholds, request.out)
    except Exception as error:
        explain(error, console)
        return FAILED
    if request.as_json:
        sys.stdout.write(run.model_dump_json(exclude={"rows"}, indent=2) + "\n")
    else:
        print_run(Console(), run, thresholds, missed, request.out)
    return BELOW if missed else DONE


def compare_command(before: Path, after: Path) -> int:
    """Run ``footnote eval compare``; 0 done, 3 if a file is no run."""
    try:
        print_comparison(compare(Run.load(before), Run.load(after)), Console())
    except Exception as error:
        explain(error, Console(stderr=True))
        return FAILED
    return DONE


def results_command(folder: Path, page: Path) -> int:
    """Run ``footnote eval results``: write ``page`` from the runs in ``folder``; 0 or 3."""
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(summary(folder), encoding="utf-8")
    except Exception as error:
        explain(error, Console(stderr=True))
        return FAILED
    Console().print(f"{page} written", markup=False)
    return DONE


def draft_command(path: Path, most: int, documents: Path | None, data: Path | None) -> int:
    """Run ``footnote eval init``: add up to ``most`` drafted cases to ``path``; 0 done, 3 failed.

    What was drafted into it before is not drafted again, whether it is still there or not.
    """
    from rag.assistant import Assistant
    from rag.settings import Settings

    console = Console(stderr=True)
    file = CaseFile(path)
    given: dict[str, Any] = {"documents": documents, "data": data}
    try:
        before = {case.id for case in file.read()}
        settings = Settings(**{name: value for name, value in given.items() if value})
        _there(settings.documents)
        with Assistant.open(settings) as assistant, Progress(console=console) as bar:
            task = bar.add_task("Indexing", total=None)
            assistant.sync()
            bar.update(task, description="Reading")
            added = draft_more(
                assistant.index, file, most, lambda n, of: bar.update(task, completed=n, total=of)
            )
        if not added:
            other = "no other" if before or file.drafted else "no"
            text = f"{other} sentence in {settings.documents} defines, dates or counts something"
            raise CasesError([text])
    except Exception as error:
        explain(error, console)
        return FAILED
    silent = sum(not case.answerable for case in file.read() if case.id not in before)
    Console().print(
        f"{added} cases written to {path}, {silent} of them unanswerable. Edit them, then:\n"
        f"footnote eval --cases {path} --documents {settings.documents}",
        markup=False,
        soft_wrap=True,
    )
    return DONE


def run_request(request: Request, console: Console) -> Run:
    """Run what was asked for and return the run; progress is shown on ``console``.

    Raises:
        MissingData: if a public set is not on this machine.
        CasesError: if the cases or their evidence cannot be used.
    """
    if request.public is None:
        path = request.cases or GOLDEN
        loaded = load_cases(path)
        cases = select(loaded, request.split)
        if waiting := sum(case.flagged for case in loaded):
            console.print(f"{waiting} flagged in the chat and not edited yet: left out")
        return _answers(request, cases, request.documents, console, f"{path.stem}, {request.split}")
    public = SETS.get(request.public)
    if public is None:
        raise CasesError([f"no set {request.public!r}; there are {', '.join(SETS)}"])
    content = public.read(request.data_root)
    if isinstance(content, Collection):
        pool = request.out / ".pools" / content.pool.digest
        folder = content.pool.write(pool / "documents")
        return _answers(request, content.cases, folder, console, public.title, pool / ".footnote")
    items = spread(content, request.limit)
    with _planned(request, public.title, {}, console) as plan:
        if public.task == "claims":
            return run_claims(items, plan)
        from index.embedder import SentenceEmbedding

        return run_rewrites(items, plan, SentenceEmbedding().embed)


def _answers(
    request: Request,
    cases: Sequence[Case],
    documents: Path | None,
    console: Console,
    title: str,
    data: Path | None = None,
) -> Run:
    from rag.assistant import Assistant

    settings = _settings(documents, data or request.out / ".footnote")
    _there(settings.documents)
    with Assistant.open(settings) as assistant:
        with console.status("Indexing the documents…"):
            skipped = assistant.sync().skipped
        for file in skipped:
            line = f"skipped {file.source}: {file.reason}"
            console.print(line, markup=False, soft_wrap=True)
        system = open_system(request.system, assistant)
        with _planned(request, title, system.depends_on, console, system.settings) as plan:
            return run_answers(system, spread(cases, request.limit), plan)


def _there(documents: Path) -> None:
    if not documents.is_dir():
        there = "is a file" if documents.exists() else "does not exist"
        raise CasesError([f"{documents} {there}; give the folder of the documents: --documents"])


def _settings(documents: Path | None, data: Path) -> Settings:
    from rag.settings import Settings

    settings = Settings(data=data)
    return settings.model_copy(update={"documents": documents}) if documents else settings


@contextmanager
def _planned(
    request: Request,
    title: str,
    depends_on: dict[str, Any],
    console: Console,
    settings: dict[str, Any] | None = None,
) -> Iterator[Plan]:
    """A plan that shows a progress bar and keeps its rows in ``out/.cache``."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(request.name, total=None)
        yield Plan(
            name=request.name,
            title=title,
            system=request.system,
            settings=settings or {},
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            cache=Cache.of(request.out / ".cache", request.system, depends_on, request.fresh),
            jobs=request.jobs,
        )


def explain(error: Exception, console: Console) -> None:
    """Say what went wrong: in a line where it is the user's to mend, in full where it is ours."""
    from index.models import ModelUnusable
    from index.types import IndexLocked, IndexUnusable
    from rag.errors import BadModel

    files = (CasesError, MissingData, ThresholdsError, UnreadableRun, OSError)
    if isinstance(error, (*files, BadModel, ModelUnusable, IndexLocked, IndexUnusable)):
        text = f"footnote eval: {error}"
    else:
        text = "".join(traceback.format_exception(error))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
