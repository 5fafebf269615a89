"""The web page: a conversation with its sources beside it, and the documents.

What is shown comes from pure functions (``ui.render``, ``ui.listing``); the handlers here only
move answers between the service and the page. The conversation lives on the server, one for each
open page: what a browser sends back is never taken for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from index.offline import go_offline
from index.readers import SUFFIXES
from rag.schema import Answer, Message, Sentence, Stage
from ui.errors import Refused, explain
from ui.export import answer_markdown
from ui.guard import UPLOAD_LIMIT
from ui.listing import count_of, documents_html, report_html
from ui.models import MAX_QUESTION
from ui.render import (
    Kept,
    answer_html,
    conversation_html,
    draft_html,
    notice_html,
    sources_html,
    turn_html,
)
from ui.service import Service

go_offline()

import gradio as gr  # noqa: E402
from fastapi import FastAPI  # noqa: E402

from ui.evals.board import Board  # noqa: E402
from ui.evals.tab import FOCUS, EvalsTab  # noqa: E402
from ui.parts import QUIET, asset, html  # noqa: E402
from ui.theme import footnote_theme  # noqa: E402

_HISTORY = 10  # earlier answers told to the assistant with a question
_PATIENCE = 0.3  # seconds between two looks at a service that is starting
_STAGES = {"searching": "Searching…", "reading": "Reading…", "writing": "Writing…"}

log = logging.getLogger(__name__)


@dataclass
class Conversation:
    """The answers of one open page, oldest first.

    By turn: ``cases`` are the ids of the cases of answers that were called not right, ``kept``
    whether they are new, ``trouble`` is why there is none.
    """

    answers: list[Answer] = field(default_factory=list)
    cases: dict[int, str] = field(default_factory=dict)
    kept: dict[int, Kept] = field(default_factory=dict)
    trouble: dict[int, str] = field(default_factory=dict)

    def history(self, turn: int | None = None) -> list[Message]:
        """Return the last questions and answers, before ``turn`` if given, as messages."""
        return [
            Message(role=role, content=content)
            for answer in self.answers[:turn][-_HISTORY:]
            for role, content in (("user", answer.question), ("assistant", answer.text))
        ]

    def turns(self) -> list[str]:
        """Return each question with its answer as HTML."""
        return [
            turn_html(
                answer.question,
                answer_html(answer, turn, self.kept.get(turn), self.trouble.get(turn, "")),
            )
            for turn, answer in enumerate(self.answers)
        ]


def mount_page(app: FastAPI, service: Service) -> FastAPI:
    """Serve the page at "/" of ``app``, below the routes ``app`` has already."""
    page = Page(service).blocks
    page.has_launched = True  # else Gradio leaves out its checks on file paths when mounted
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        theme=footnote_theme(),
        css=asset("style.css"),
    )
    return app


class Page:
    """The layout and its handlers over one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        with gr.Blocks(title="Footnote", fill_width=True, analytics_enabled=False) as self.blocks:
            self.status = html(self._status(), elem_id="fn-top")
            with gr.Tabs(elem_id="fn-tabs") as self.tabs:
                with gr.Tab("Ask", id="ask"):
                    self._lay_out_conversation()
                with gr.Tab("Documents", id="documents"):
                    self._lay_out_documents()
                with gr.Tab("Evals", id="evals") as tab:
                    self.evals = EvalsTab(Board(service))
            self._wire_evals(tab)
            self.blocks.load(
                self._follow_start,
                inputs=[self.conversation],
                outputs=[self.status, self.talk, self.documents, self.report],
                **QUIET,
            )
        self.blocks.queue(max_size=64, default_concurrency_limit=32, api_open=False)

    # -- layout ----------------------------------------------------------------------------

    def _lay_out_conversation(self) -> None:
        self.conversation = gr.State(Conversation())
        with gr.Row(elem_id="fn-desk", equal_height=True):
            with gr.Column(scale=3, min_width=280, elem_id="fn-talk"):
                self.talk = html(conversation_html([]), elem_id="fn-chat", script="conversation.js")
                with gr.Row(elem_id="fn-ask"):
                    self.question = gr.Textbox(
                        placeholder="Ask a question",
                        label="Question",
                        show_label=False,
                        container=False,
                        max_lines=6,
                        max_length=MAX_QUESTION,
                        submit_btn="Ask",
                        autofocus=True,
                        elem_id="fn-question",
                    )
                    self.fresh = gr.Button("New chat", size="sm", elem_id="fn-new", scale=0)
            with gr.Column(scale=2, min_width=280, elem_id="fn-side"):
                self.panel = html(sources_html(None), elem_id="fn-panel", script="citations.js")
        shown = [self.talk, self.panel, self.question, self.conversation]
        said = [self.conversation]
        asked = self.question.submit(self._ask, [self.question, *said], shown, **QUIET)
        picked = self.talk.pick(self._ask_example, said, shown, **QUIET)
        self.panel.cite(self._cite, said, [self.panel], **QUIET)
        self.fresh.click(self._start_anew, outputs=shown, cancels=[asked, picked], **QUIET)

    def _lay_out_documents(self) -> None:
        with gr.Column(elem_id="fn-library"):
            form = html(_upload_form(), script="documents.js")
            self.report = html(elem_id="fn-report")
            with gr.Row(elem_id="fn-library-head"):
                html("<h2>In the index</h2>")
                again = gr.Button("Re-index the folder", size="sm", scale=0, elem_id="fn-sync")
            self.documents = html(elem_id="fn-list")
        listed = [self.status, self.documents, self.report]
        form.changed(self._list, outputs=listed, **QUIET)
        again.click(self._sync, outputs=listed, **QUIET)

    def _wire_evals(self, tab: gr.Tab) -> None:
        said, listed = [self.conversation], self.evals.shown
        tab.select(self.evals.follow, outputs=listed, **QUIET)
        self.talk.wrong(self._flag, said, [self.talk, self.conversation], **QUIET)
        revised = self.talk.revise(self._revise, said, [self.tabs, *self.evals.edited], **QUIET)
        revised.then(None, js=FOCUS)

    # -- conversation ----------------------------------------------------------------------

    def _ask(self, question: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        question, turns = question.strip()[:MAX_QUESTION], conversation.turns()
        box: Any = gr.Textbox("", submit_btn=False)
        opened = gr.Textbox(submit_btn="Ask")
        for step in self._steps(question, conversation) if question else ():
            if isinstance(step, str):
                shown = conversation_html([*turns, turn_html(question, step)])
                yield shown, gr.skip(), box, gr.skip()
                box = gr.skip()  # what is typed from here on is the next question
            else:
                conversation.answers.append(step)
                panel = _panel(step, len(turns))
                yield conversation_html(conversation.turns()), panel, opened, conversation
        yield gr.skip(), gr.skip(), opened, gr.skip()

    def _ask_example(
        self, conversation: Conversation, event: gr.EventData
    ) -> Iterator[tuple[Any, ...]]:
        yield from self._ask(event.question, conversation)

    def _steps(self, question: str, conversation: Conversation) -> Iterator[str | Answer]:
        """Yield what the reply shows while the answer comes, then the answer, or an error."""
        turn = len(conversation.answers)
        try:
            yield notice_html("Searching…")
            while not self.service.wait(_PATIENCE) and self.service.state.phase != "failed":
                yield notice_html(self.service.state.detail)
            written: list[Sentence] = []
            withheld: list[Sentence] = []
            for event in self.service.stream(question, conversation.history()):
                if isinstance(event, Answer):
                    yield event
                elif isinstance(event, Stage):
                    if event.stage == "searching":  # anew, for the documents changed
                        written, withheld = [], []
                    yield draft_html(written, turn, _STAGES[event.stage], withheld)
                else:
                    (written if event.verdict == "supported" else withheld).append(event)
                    yield draft_html(written, turn, _STAGES["writing"], withheld)
        except (Refused, ValueError) as error:
            yield notice_html(explain(error), "error")
        except Exception as error:
            log.exception("a question failed")
            yield notice_html(f"Footnote failed: {explain(error)}", "error")

    def _cite(self, conversation: Conversation, event: gr.EventData) -> str:
        """Return the panel of the answer that a followed link belongs to."""
        turn = event.turn
        if not isinstance(turn, int) or not 0 <= turn < len(conversation.answers):
            return notice_html("That answer is from an earlier visit; ask again.", "error")
        return _panel(conversation.answers[turn], turn)

    def _flag(self, conversation: Conversation, event: gr.EventData) -> tuple[Any, ...]:
        """Keep an answer that is not right as a case, and say so under it."""
        turn = event.turn
        if isinstance(turn, int) and 0 <= turn < len(conversation.answers):
            try:
                history = conversation.history(turn)
                case, new = self.evals.board.flag(conversation.answers[turn], history)
                conversation.cases[turn] = case.id
                conversation.kept.setdefault(turn, "new" if new else "before")
            except Refused as error:
                conversation.trouble[turn] = explain(error)
        return conversation_html(conversation.turns()), conversation

    def _revise(self, conversation: Conversation, event: gr.EventData) -> tuple[Any, ...]:
        """Go to the case that was made of an answer."""
        case = conversation.cases.get(event.turn, "")
        return gr.Tabs(selected="evals"), *self.evals.open_by_id(case)

    def _start_anew(self) -> tuple[Any, ...]:
        talk, box = conversation_html([], self._examples()), gr.Textbox("", submit_btn="Ask")
        return talk, sources_html(None), box, Conversation()

    # -- documents -------------------------------------------------------------------------

    def _follow_start(self, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        """Keep the status line up to date until the service is ready, then fill the page."""
        while not self.service.wait(_PATIENCE) and self.service.state.phase != "failed":
            yield self._status(), gr.skip(), gr.skip(), gr.skip()
        status, documents, report = self._list()
        yield status, gr.skip(), documents, report
        examples = self._examples()  # takes a moment, in which a question may have been asked
        if not conversation.answers:
            yield gr.skip(), conversation_html([], examples), gr.skip(), gr.skip()

    def _list(self) -> tuple[str, str, str]:
        if not self.service.ready:
            return self._status(), "", ""
        documents = documents_html(self.service.assistant.index.documents())
        return self._status(), documents, report_html(self.service.report)

    def _sync(self) -> Iterator[tuple[Any, ...]]:
        try:
            for step in self.service.follow_sync():
                if isinstance(step, str):
                    yield _top(step, "busy"), gr.skip(), notice_html(step)
            yield self._list()
        except Exception as error:
            log.exception("a sync failed")
            yield self._status(), gr.skip(), notice_html(explain(error), "error")

    def _examples(self) -> list[str]:
        return self.service.assistant.examples() if self.service.ready else []

    def _status(self) -> str:
        if not self.service.ready:
            return _top(self.service.state.detail, self.service.state.phase)
        index = self.service.assistant.index
        documents = count_of(len(index.documents()), "document")
        held = f"{documents}, {count_of(len(index), 'passage')}"
        when = index.changed_at
        return _top(
            f"{held}; changed {when.astimezone():%Y-%m-%d %H:%M}" if when else held, "ready"
        )


def _panel(answer: Answer, turn: int) -> str:
    """The sources of an answer, and the answer itself for the copy and save links."""
    return (
        f"{sources_html(answer, turn, opened=1)}"
        f'<textarea class="fn-markdown" hidden>{escape(answer_markdown(answer))}</textarea>'
        f'<textarea class="fn-json" hidden>{escape(answer.model_dump_json(indent=2))}</textarea>'
    )


def _top(status: str, phase: str) -> str:
    return (
        '<div class="fn-top"><h1 class="fn-name">Footnote</h1>'
        f'<span class="fn-status fn-{phase}" role="status">{escape(status)}</span></div>'
    )


def _upload_form() -> str:
    kinds, most = ", ".join(sorted(SUFFIXES)), UPLOAD_LIMIT >> 20
    return (
        f'<form class="fn-upload" data-most="{UPLOAD_LIMIT}"><label><strong>Add files</strong>'
        f"<span>or drop them here</span><small>{kinds}; {most} MB at once</small>"
        f'<input type="file" multiple accept="{kinds}"></label></form>'
        '<p class="fn-upload-status" role="status"></p>'
    )
