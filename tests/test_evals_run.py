"""A run asks every case once, survives being stopped, and says why a row lost points."""

from __future__ import annotations

import pytest
from ferry import SAILED, SILENT, TEXT, Parrot, Shelf, line, quoting, run_of

from evals.answering import aggregate, score
from evals.cache import Cache
from evals.cases import CasesError, resolve
from evals.command import Request
from evals.results import Run, UnreadableRun
from evals.run import Plan, run_answers
from rag.schema import Answer

pytest_plugins = ["ferry"]


def test_a_run_is_named_for_the_model_that_writes(monkeypatch):
    assert Request().name == "golden-all"
    monkeypatch.setenv("FOOTNOTE_LLM", "openai-like:http://127.0.0.1:8080/v1#meta/Llama 3.2")
    assert Request().name == "golden-all-openai-like-meta-Llama-3.2"
    assert Request(public="clapnq", limit=5).name == "clapnq-openai-like-meta-Llama-3.2-sample5"
    assert Request(public="begin").name == "begin"
    assert Request(system="top-passages").name == "golden-all-top-passages"


def test_a_run_asks_with_the_history_and_aggregates(cases):
    history = [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "Ah."}]
    read = cases(
        line(),
        line(id="b", kind="followup", history=history, split="test"),
        line(id="c", **SILENT),
        line(id="d", kind="list", answer=[["1932"], ["200"]]),
    )
    system, seen = Parrot(), []
    run = run_answers(system, read, Plan(progress=lambda done, total: seen.append((done, total))))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert system.asked[2] == (read[1].question, 2)
    assert run.overall["right"].value == 0.5
    assert run.overall["correct"].value == pytest.approx(2 / 3)
    assert run.overall["unsupported"].value == 0
    assert run.by_group["followup"]["right"].value == 1
    assert run.by_split["test"]["right"].cases == 1
    assert run.statuses == {"answered": {"answered": 3}, "not_found": {"answered": 1}}
    assert "refusal_precision" not in run.overall


@pytest.mark.parametrize(("year", "ungrounded"), [("1932", 0), ("1933", 1)])
def test_a_composed_sentence_is_checked_by_grounding(cases, year, ungrounded):
    class Composer(Parrot):
        def answer(self, case):
            given = quoting(SAILED, writer="llm")
            text = f"In {year} the ferry Aurora first sailed."
            said = given.sentences[0].model_copy(update={"text": text})
            return given.model_copy(update={"sentences": (said,)})

    run = run_answers(Composer(), cases(line()), Plan())
    assert run.overall["unsupported"].value == ungrounded


def test_a_run_survives_its_file(cases, tmp_path):
    run = run_of(cases(line(), line(id="c", **SILENT)))
    run.save(tmp_path / "run.jsonl")
    again = Run.load(tmp_path / "run.jsonl")
    assert again == run
    assert aggregate(again.rows) == run.overall
    assert len((tmp_path / "run.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(("content", "fault"), [(None, "cannot be read"), ("{}", "is not a run")])
def test_a_file_that_is_no_run_is_named(tmp_path, content, fault):
    path = tmp_path / "run.jsonl"
    if content:
        path.write_text(content)
    with pytest.raises(UnreadableRun, match=f"run.jsonl {fault}"):
        Run.load(path)


def test_a_stopped_run_goes_on_where_it_was(cases, tmp_path):
    read = cases(line(), line(id="b", question="boom"), line(id="c", **SILENT))
    fine = [read[0], read[2]]
    cache = Cache(tmp_path, {"settings": 1})
    with pytest.raises(RuntimeError, match="broken"):
        run_answers(Parrot(), read, Plan(cache=cache))
    with cache.path.open("a") as lines:
        lines.write('\n{"key": "half a li')  # a kill while it wrote
    system = Parrot()
    run = run_answers(system, fine, Plan(cache=Cache(tmp_path, {"settings": 1})))
    assert run.cached == 1
    assert [row.id for row in run.rows] == ["a", "c"]
    assert {question for question, _ in system.asked} == {read[0].question}, "c asks the same"
    again = Parrot()
    assert run_answers(again, fine, Plan(cache=Cache(tmp_path, {"settings": 1}))).cached == 2
    assert again.asked == []


@pytest.mark.parametrize("change", [{"depends": {"settings": 2}}, {"fresh": True}, {"edit": True}])
def test_what_changed_is_asked_again(cases, tmp_path, change):
    (case,) = cases(line())
    run_answers(Parrot(), [case], Plan(cache=Cache(tmp_path, {"settings": 1})))
    if change.get("edit"):
        case = case.model_copy(update={"answer": (("1933",),)})
    cache = Cache(tmp_path, change.get("depends", {"settings": 1}), change.get("fresh", False))
    run = run_answers(Parrot(), [case], Plan(cache=cache))
    assert run.cached == 0
    assert run.rows[0].right is not bool(change.get("edit"))


def test_questions_asked_at_once_come_back_in_order(cases):
    read = cases(*(line(id=str(n)) for n in range(12)))
    run = run_answers(Parrot(), read, Plan(jobs=4))
    assert [row.id for row in run.rows] == [str(n) for n in range(12)]
    boom = cases(*(line(id=str(n), question="boom") for n in range(12)))
    with pytest.raises(RuntimeError, match="broken"):
        run_answers(Parrot(), boom, Plan(jobs=4))


def test_a_failure_names_the_case(cases):
    with pytest.raises(RuntimeError) as raised:
        run_of(cases(line(id="x", question="boom")))
    assert raised.value.__notes__ == ["while asking case x: boom"]
    with pytest.raises(CasesError, match="no case to ask"):
        run_of([])


def test_a_row_says_why_it_lost_points(cases):
    read = cases(line(answer=[["1932"], ["200", "two hundred"]]), line(id="b", **SILENT))
    evidence = resolve(read, Shelf())
    partial = score(read[0], evidence["a"], quoting(SAILED, status="partial"), Shelf().text)
    assert partial.problems == (
        "the shown text lacks “200” or “two hundred”",
        "the status is partial, not answered",
    )
    refusal = Answer(status="not_found", question="q", standalone_question="q", writer="quotes")
    row = score(read[0], evidence["a"], refusal, Shelf().text)
    assert row.problems == (
        "refused, though the documents say it",
        "evidence 1 was not retrieved",
    )
    answered = score(read[1], evidence["b"], quoting(SAILED), Shelf().text)
    assert answered.problems == ("answered, though the documents do not say it",)
    beside = score(read[0], evidence["a"], quoting("200 passengers."), Shelf().text)
    assert beside.problems[-1] == "beside the point: [1]"
    moved = score(read[0], evidence["a"], quoting(SAILED), Shelf("x" + TEXT).text)
    assert "sentence 1 [1] is not what stands at 0-38" in moved.problems


def test_a_wrong_outcome_is_worse_than_an_ungrounded_sentence_than_a_stray_citation(cases):
    (case,) = cases(line())
    evidence = resolve([case], Shelf())["a"]
    refusal = Answer(status="not_found", question="q", standalone_question="q", writer="quotes")
    wrong = score(case, evidence, refusal, Shelf().text)
    moved = score(case, evidence, quoting(SAILED), Shelf("x" + TEXT).text)
    stray = score(case, evidence, quoting(SAILED, status="partial"), Shelf().text)
    fine = score(case, evidence, quoting(SAILED), Shelf().text)
    assert wrong.lost > moved.lost > stray.lost > fine.lost == 0
