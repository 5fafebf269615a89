"""The Evals tab: the layout, and handlers that move things between the board and the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from evals.cases import Case, CasesError
from evals.form import LONGEST, Form
from rag.schema import Status
from ui.errors import NotReady, explain
from ui.evals import render
from ui.evals.board import Board, Job
from ui.parts import QUIET, html
from ui.render import notice_html

_GLANCE = 0.2  # seconds between two looks at a job
# The editor has just been made visible, or it is said why not; what has the focus is scrolled to.
FOCUS = """() => setTimeout(() => {
  const told = document.querySelector('#fn-evals-notice [role=alert]');
  if (told) told.scrollIntoView({block: 'center'});
  else document.querySelector('#fn-asks textarea')?.focus();
}, 100)"""
_LEAD = (
    "<h2>Is it right?</h2><p>Questions whose answers you know, asked of your documents and "
    "scored. They are kept in <code>{file}</code>; <code>footnote eval --cases</code> reads it, "
    "too.</p>"
)
_EXPECTED: list[tuple[str, Status]] = [
    ("The documents answer it", "answered"),
    ("They answer a part", "partial"),
    ("They disagree", "conflicting"),
    ("They do not say", "not_found"),
    ("It should ask back", "needs_clarification"),
]


class EvalsTab:
    """What stands in the tab, over one board; made inside the page's Blocks."""

    def __init__(self, board: Board) -> None:
        self.board = board
        with gr.Column(elem_id="fn-evals"):
            html(_LEAD.format(file=board.file.path), elem_id="fn-evals-lead")
            with gr.Row(elem_id="fn-evals-do"):
                self.run = gr.Button("Run", size="sm", elem_id="fn-run", scale=0)
                self.halt = gr.Button("Stop", size="sm", scale=0, visible=False)
                self.draft = gr.Button("Draft cases", size="sm", scale=0)
                self.add = gr.Button("Add a case", size="sm", scale=0)
            self.job = html(elem_id="fn-evals-job")
            self.notice = html(elem_id="fn-evals-notice")
            self._lay_out_editor()
            self.report = html(elem_id="fn-evals-report")
            self.cases = html(elem_id="fn-evals-cases", script="cases.js")
        self._wire()

    @property
    def shown(self) -> list[Any]:
        """The components that ``show`` fills."""
        return [self.run, self.halt, self.job, self.cases, self.report]

    @property
    def edited(self) -> list[Any]:
        """The components that an opened editor fills, and last where it is said why not."""
        return [self.editor, self.case, self.background, self.question, self.expected,
                self.known, self.answer, self.evidence, self.found, self.faults,
                self.notice]  # fmt: skip

    def _lay_out_editor(self) -> None:
        self.case: Any = gr.State(None)
        with gr.Column(visible=False, elem_id="fn-editor") as self.editor:
            self.background = html()
            self.question = gr.Textbox(
                label="Question", lines=1, max_lines=4, max_length=LONGEST, elem_id="fn-asks"
            )
            self.expected = gr.Radio(_EXPECTED, value="answered", label="What is right")
            with gr.Column(elem_id="fn-known") as self.known:
                self.answer = gr.Textbox(
                    label="What a right answer says",
                    info="A line for each thing it must say; | between other ways to say it "
                    "(\\| for the sign itself).",
                    placeholder="200 | two hundred",
                    lines=1,
                    max_lines=8,
                )
                self.evidence = gr.Textbox(
                    label="Where the documents say it",
                    info="Paste the sentence. An empty line between sentences that are all "
                    "needed, a line “or” between those of which one is enough.",
                    lines=2,
                    max_lines=14,
                    max_length=LONGEST,
                )
                self.found = html(elem_id="fn-found")
            self.faults = html()
            with gr.Row(elem_id="fn-editor-do"):
                self.save = gr.Button("Save", size="sm", scale=0, elem_id="fn-save")
                self.cancel = gr.Button("Cancel", size="sm", scale=0)

    def _wire(self) -> None:
        self.run.click(self._run, outputs=self.shown, **QUIET)
        self.draft.click(self._draft, outputs=self.shown, **QUIET)
        self.halt.click(self.board.stop, **QUIET)
        added = self.add.click(self._add, outputs=self.edited, **QUIET)
        opened = self.cases.edit(self._edit, outputs=self.edited, **QUIET)
        for event in (added, opened):
            event.then(None, js=FOCUS)
        self.cases.remove(self._remove, outputs=self.shown, **QUIET)
        self.expected.change(self._expect, [self.expected], [self.known], **QUIET)
        self.evidence.blur(
            self._look_up, [self.evidence], [self.found], trigger_mode="always_last", **QUIET
        )
        filled = [self.case, self.question, self.expected, self.answer, self.evidence]
        outputs = [self.editor, self.case, self.faults, *self.shown]
        self.save.click(self._save, filled, outputs, **QUIET)
        self.cancel.click(self._cancel, outputs=[self.editor, self.case], **QUIET)

    # -- the list and the jobs -------------------------------------------------------------

    def show(self, unfolded: bool = False) -> tuple[Any, ...]:
        """Return the whole tab as things are now, but for the editor; the report ``unfolded``."""
        job = self.board.running
        try:
            cases = self.board.file.read()
            listed = render.cases_html(cases, self.board.lost(cases), self.board.last())
        except CasesError as error:
            listed = render.problems_html(error.problems)
        report = self.board.report
        changed = report.stat().st_mtime if report else None
        return (
            gr.Button(interactive=job is None),
            gr.Button(visible=job is not None),
            render.job_html(self.board.job),
            listed,
            render.report_html(changed, unfolded),
        )

    def follow(self) -> Iterator[tuple[Any, ...]]:
        """Show the tab, and a job that is running until it ends."""
        yield self.show()
        job = self.board.running
        if job:
            yield from self._follow(job)

    def _run(self) -> Iterator[tuple[Any, ...]]:
        yield from self._begin(self.board.run)

    def _draft(self) -> Iterator[tuple[Any, ...]]:
        yield from self._begin(self.board.draft)

    def _begin(self, begin: Any) -> Iterator[tuple[Any, ...]]:
        try:
            job = begin()
        except NotReady as error:
            yield gr.skip(), gr.skip(), notice_html(explain(error), "error"), gr.skip(), gr.skip()
            return
        yield from self._follow(job)

    def _follow(self, job: Job) -> Iterator[tuple[Any, ...]]:
        told = ""
        while not job.ended.is_set():
            words = render.job_html(job)
            if words != told:
                yield gr.Button(interactive=False), gr.Button(visible=True), words, *_SAME
                told = words
            job.ended.wait(_GLANCE)
        yield self.show(unfolded=job.reports and not job.failed)

    def _remove(self, event: gr.EventData) -> tuple[Any, ...]:
        try:
            self.board.file.remove(str(event.case))
        except (CasesError, OSError) as error:
            return *_SAME, notice_html(explain(error), "error"), *_SAME
        return self.show()

    # -- the editor ------------------------------------------------------------------------

    def open(self, case: Case, form: Form) -> tuple[Any, ...]:
        """Return the editor with ``case`` in it, filled in as ``form`` is."""
        return (
            gr.Column(visible=True),
            case,
            render.background_html(case),
            form.question,
            form.status,
            gr.Column(visible=_says(form.status)),
            form.answer,
            form.evidence,
            render.quotes_html(self.board.quotes(form.evidence)),
            "",
            "",
        )

    def open_by_id(self, case_id: str) -> tuple[Any, ...]:
        """Return the editor with a case in it, or why it cannot be edited."""
        try:
            case = self.board.file.find(case_id)
            return self.open(case, self.board.form(case))
        except (CasesError, NotReady, OSError) as error:
            return self._unopened(error)

    def _add(self) -> tuple[Any, ...]:
        try:
            return self.open(self.board.blank(), Form())
        except (CasesError, NotReady, OSError) as error:
            return self._unopened(error)

    def _unopened(self, error: Exception) -> tuple[Any, ...]:
        """Leave the editor as it is, which may be hidden, and say why beside it."""
        unchanged = (gr.skip(),) * (len(self.edited) - 1)
        return *unchanged, notice_html(explain(error), "error")

    def _edit(self, event: gr.EventData) -> tuple[Any, ...]:
        return self.open_by_id(str(event.case))

    def _expect(self, status: Status) -> Any:
        return gr.Column(visible=_says(status))

    def _look_up(self, evidence: str) -> str:
        if len(evidence) > LONGEST or not self.board.service.ready:
            return ""
        return render.quotes_html(self.board.quotes(evidence))

    def _save(
        self, case: Case | None, question: str, status: Status, answer: str, evidence: str
    ) -> tuple[Any, ...]:
        if case is None:
            return gr.Column(visible=False), None, "", *self.show()
        try:
            self.board.save(case, Form(question, status, answer, evidence))
        except (CasesError, NotReady, OSError) as error:
            problems = error.problems if isinstance(error, CasesError) else [explain(error)]
            return *_SAME, render.problems_html(problems), *(gr.skip(),) * len(self.shown)
        return gr.Column(visible=False), None, "", *self.show()

    def _cancel(self) -> tuple[Any, ...]:
        return gr.Column(visible=False), None


_SAME = (gr.skip(), gr.skip())


def _says(status: Status) -> bool:
    """Whether something is expected to be said, so that its words and place matter."""
    return status not in ("not_found", "needs_clarification")
