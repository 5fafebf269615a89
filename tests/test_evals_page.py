"""The Evals tab without a browser: flagged answers, edited cases, jobs, and the report."""

from __future__ import annotations

import json
from types import SimpleNamespace

import httpx
import pytest
from bs4 import BeautifulSoup
from lindow import BUILT, UNKNOWN

from evals.casefile import flagged
from evals.cases import Case, Span, load_cases
from evals.form import Form, Quote
from rag.schema import Message
from ui.errors import NotReady, Refused
from ui.evals import render
from ui.evals.board import Board, Job
from ui.service import Service
from ui.web import Conversation, Page

pytest_plugins = ["serving"]

HOSTILE = '</li><script>x</script><img src="x" onerror="y">"\'&'
SENTENCE = "The lighthouse at Lindow was built in 1871 by the engineer Mary Ash."


@pytest.fixture(scope="module")
def ready(service, address):
    assert service.wait(300), service.state
    return service


@pytest.fixture(scope="module")
def page(ready):
    return Page(ready)


@pytest.fixture
def board(page):
    page.evals.board.file.path.unlink(missing_ok=True)
    return page.evals.board


def chosen(**data):
    return SimpleNamespace(**data)


def finished(job):
    assert job.ended.wait(300)
    return job


def known(board, question=BUILT, answer="1871", evidence=SENTENCE):
    return board.save(board.blank(), Form(question, "answered", answer, evidence))


def test_an_answer_that_is_not_right_becomes_a_case_to_be_edited(page, board):
    conversation = Conversation()
    list(page._ask(BUILT, conversation))
    list(page._ask("How tall is its tower?", conversation))
    talk, kept = page._flag(conversation, chosen(turn=1))
    assert "Kept as a case" in talk
    assert 'href="#case-1"' in talk
    assert 'data-turn="0"' in talk, "the other answer can still be flagged"
    (case,) = board.file.read()
    assert (case.question, case.flagged, case.kind) == ("How tall is its tower?", True, "followup")
    assert case.history[0].content == BUILT
    assert "43" in case.said
    page._flag(kept, chosen(turn=1))
    assert len(board.file.read()) == 1
    tabs, editor, *_ = page._revise(kept, chosen(turn=1))
    assert tabs.selected == "evals"
    assert editor.visible
    list(page._ask(BUILT, anew := Conversation()))
    board.file.extend([flagged(BUILT, (), "x")])
    talk, _ = page._flag(anew, chosen(turn=0))
    assert "is a case already" in talk
    assert "Kept as a case" not in talk
    board.file.remove(flagged(BUILT, (), "x").id)
    assert "no case" in page._revise(anew, chosen(turn=0))[-1], "it was deleted"
    for turn in (7, -1, "0", None):
        page._flag(conversation, chosen(turn=turn))
    assert len(board.file.read()) == 1


def test_a_file_that_cannot_be_read_is_told_under_the_answer_and_in_the_tab(page, board):
    board.file.path.parent.mkdir(exist_ok=True)
    board.file.path.write_text("{oh\n")
    conversation = Conversation()
    list(page._ask(BUILT, conversation))
    talk, _ = page._flag(conversation, chosen(turn=0))
    assert "It could not be kept: " in talk
    assert "fn-wrong" in talk, "it can be tried again"
    assert "not JSON" in page.evals.show()[3]
    assert "not JSON" in page.evals._remove(chosen(case="a"))[2]
    assert "not JSON" in page.evals._add()[-1]
    assert page.evals.edited[-1].parent is not page.evals.editor, "it is seen"
    job = finished(board.run())
    assert job.failed
    assert "not JSON" in job.result
    assert board.file.path.read_text() == "{oh\n"


def test_a_case_is_edited_as_text_and_saved_for_the_command_line(page, board):
    tab, case = page.evals, known(board)
    assert case.evidence == ((Span(document="lighthouse.md", quote=SENTENCE),),)
    opened = tab._edit(chosen(case=case.id))
    assert opened[3:5] == (BUILT, "answered")
    assert opened[6:8] == ("1871", SENTENCE)
    assert "In lighthouse.md" in opened[8]
    (_, _, wrong, *_) = tab._save(case, BUILT, "answered", "1871", "Never built.")
    assert "This stands in no document" in wrong
    (closed, none, fine, *shown) = tab._save(case, UNKNOWN, "not_found", "", "")
    assert (closed.visible, none, fine) == (False, None, "")
    assert "they do not say" in shown[3]
    (kept,) = load_cases(board.file.path)
    assert (kept.question, kept.answerable) == (UNKNOWN, False)
    assert "no case &#x27;b&#x27;" in tab._edit(chosen(case="b"))[-1]
    assert "no case" not in tab._remove(chosen(case=case.id))[3]
    assert board.file.read() == []
    assert "any more" in tab._save(case, BUILT, "answered", "1871", SENTENCE)[2], "deleted"
    assert tab._look_up("x" * 4001) == ""


def test_cases_added_side_by_side_are_all_kept(board):
    first, second = board.blank(), board.blank()
    board.save(first, Form(UNKNOWN, "not_found"))
    board.save(second, Form(BUILT, "answered", "1871", SENTENCE))
    assert [case.question for case in board.file.read()] == [UNKNOWN, BUILT]


def test_a_full_disk_is_told(page, board, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    tab, case = page.evals, known(board)
    monkeypatch.setattr(board.file, "put", full)
    monkeypatch.setattr(board.file, "remove", full)
    assert "No space left" in tab._save(case, BUILT, "answered", "1871", SENTENCE)[2]
    assert "No space left" in tab._remove(chosen(case=case.id))[2]


def test_a_service_that_cannot_read_ahead_is_ready(ready, monkeypatch):
    def broken(stop):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(ready.assistant.index, "read_ahead", broken)
    ready._read_ahead(ready.assistant)
    assert ready.ready


def test_cases_are_drafted_run_and_reported(page, board, address):
    drafted = finished(board.draft())
    assert not drafted.failed, drafted.result
    assert "cases drafted" in drafted.result
    assert finished(board.draft()).result.startswith("No further sentence")
    for case in board.file.read():
        board.file.remove(case.id)
    known(board)
    known(board, "When was the lamp switched to electricity?", "1926", "in 1926")
    board.save(board.blank(), Form(UNKNOWN, "not_found"))
    gone = known(board)
    gone = gone.model_copy(update={"evidence": ((Span(document="x.md", quote="x"),),)})
    board.file.put(gone)
    board.flag(page.service.assistant.ask("Who is the harbour master?"), ())
    *steps, last = page.evals._run()
    assert any("<progress" in step[2] for step in steps)
    assert " of 3 handled right. 2 were left out" in last[2]
    assert "fn-tag" in last[3]
    assert "Say what was expected" in last[3]
    assert "x.md" in last[3]
    assert " open>" in last[4]
    assert " open>" not in page.evals.show()[4]
    rows = (board.folder / "cases-all.jsonl").read_text().splitlines()
    assert json.loads(rows[0])["cost"]["calls"] == 0
    response = httpx.get(f"{address}/v1/evals/report", params={"at": 1})
    assert response.status_code == 200
    assert BUILT in response.text
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    again = finished(board.run())
    assert "of 3 handled right" in again.result
    assert "Since the last run" in httpx.get(f"{address}/v1/evals/report").text


def test_a_run_that_is_stopped_goes_on_from_there(page, board):
    for n in range(8):
        known(board, f"When was the lighthouse built, question {n}?")
    job = board.run()
    assert board.run() is job, "one at a time"
    board.stop()
    assert finished(job).result.startswith("Stopped at ")
    assert not job.failed
    assert "Stopped" in page.evals.show()[2]
    assert "of 8 handled right" in finished(board.run()).result


def test_a_server_that_is_not_ready_or_has_no_report_says_so(settings, tmp_path):
    from fastapi.testclient import TestClient

    from ui.http import create_app

    idle = Service(settings.model_copy(update={"data": tmp_path}))
    page = Page(idle)
    assert "Loading" in next(page.evals._run())[2]
    assert "Loading" in page.evals._add()[-1]
    assert page.evals._look_up("x") == ""
    with pytest.raises(NotReady):
        Board(idle).draft()
    client = TestClient(create_app(idle), base_url="http://127.0.0.1")
    assert client.get("/v1/evals/report").json()["title"] == "No report"
    idle._stopping.set()
    board, job = Board(idle), Job("x")
    board._work(job, lambda advance: advance(1, 2) or "")
    assert job.ended.is_set()
    assert not job.failed
    assert job.result == "Stopped at 1 of 2, nothing was added."


def test_what_a_case_says_is_shown_and_never_markup():
    case = flagged(HOSTILE, (Message(role="user", content=HOSTILE),), HOSTILE)
    silent = Case(id=HOSTILE, split="dev", kind="unanswerable", question=HOSTILE, note=HOSTILE,
                  answerable=False, status="not_found")  # fmt: skip
    job = Job(HOSTILE, done=1, total=2)
    pages = [
        render.cases_html([case, silent], {HOSTILE: HOSTILE}, {HOSTILE: False}),
        render.background_html(case),
        render.quotes_html([[Quote(HOSTILE, ()), Quote(HOSTILE, (HOSTILE,))]]),
        render.problems_html([HOSTILE]),
        render.job_html(job),
    ]
    for shown in pages:
        soup = BeautifulSoup(shown, "lxml")
        assert not soup.find_all(["script", "img"])
        assert HOSTILE in soup.get_text()
    frame = BeautifulSoup(render.report_html(12.5, opened=True), "lxml").iframe
    assert frame["sandbox"] == [], "nothing is allowed"
    assert render.report_html(None, opened=True) == ""
    assert "No cases yet" in render.cases_html([], {}, {})


def test_why_a_flag_fails_is_a_refusal(board, monkeypatch, ready):
    def full(cases, most=None):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(board.file, "extend", full)
    with pytest.raises(Refused, match="No space left on device"):
        board.flag(ready.assistant.ask(BUILT), ())
