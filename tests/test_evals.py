"""Cases, runs, the gate and the report; then the whole of it over three small documents."""

import hashlib
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from evals import gate
from evals.answering import aggregate, score
from evals.cache import Cache
from evals.cases import CasesError, load_cases, resolve, select, spread
from evals.catalogue import METRICS
from evals.command import Request, evaluate_command
from evals.report import render
from evals.results import Run, UnreadableRun
from evals.run import Plan, run_answers, summary
from rag.schema import Answer, Citation, Passage, Sentence

ROOT = Path(__file__).resolve().parents[1]
TEXT = "The ferry Aurora first sailed in 1932.\nShe carried\n200 passengers. <b>& more</b>"
SAILED = "The ferry Aurora first sailed in 1932."
CARRIED = "She carried 200 passengers."


class Shelf:
    """A library of one document; ``stored`` is its text."""

    def __init__(self, stored=TEXT):
        self.stored = stored

    def documents(self):
        return [SimpleNamespace(id="d1", source="ferry.md")]

    def text(self, document_id):
        return {"d1": self.stored}[document_id]


class Parrot:
    """A system that always quotes the first line, and remembers what it was asked."""

    name = "parrot"

    def __init__(self):
        self.index = Shelf()
        self.settings = {}
        self.asked = []

    def answer(self, case):
        self.asked.append((case.question, len(case.history)))
        if case.question == "boom":
            raise RuntimeError("broken")
        return quoting(SAILED)

    def confidence(self, answer):
        return 0.5


def quoting(words, **fields):
    start = TEXT.index(words)
    place = {"document": "d1", "title": "Ferry", "source": "ferry.md"}
    place |= {"start": start, "end": start + len(words)}
    text_hash = hashlib.sha256(TEXT.encode()).hexdigest()
    cited = Citation(marker=1, quote=words, content_hash=text_hash, passage="d1:0", **place)
    fields = {"status": "answered", "question": "q", "writer": "quotes"} | fields
    fields.setdefault("standalone_question", "q")
    return Answer(
        sentences=(Sentence(text=words, citations=(1,), support=0.9, verdict="supported"),),
        citations=(cited,),
        passages=(Passage(id="d1:0", text=words, dense_rank=1, **place),),
        **fields,
    )


def line(**changes):
    fields = {
        "id": "a",
        "split": "dev",
        "kind": "fact",
        "question": "When did the Aurora first sail?",
        "answerable": True,
        "status": "answered",
        "answer": [["1932"]],
        "evidence": [[{"document": "ferry.md", "quote": SAILED}]],
    }
    return fields | changes


SILENT = {"answerable": False, "status": "not_found", "kind": "unanswerable"}
SILENT |= {"answer": [], "evidence": []}


@pytest.fixture
def cases(tmp_path):
    def write(*lines):
        path = tmp_path / "cases.jsonl"
        path.write_text("\n".join(json.dumps(fields) for fields in lines), encoding="utf-8")
        return load_cases(path)

    return write


def run_of(cases):
    return run_answers(Parrot(), cases, Plan(name="ferry-all"))


def test_cases_are_read_in_order_and_selected(cases):
    read = cases(line(), line(id="b", split="test"), line(id="c", **SILENT))
    assert [case.id for case in read] == ["a", "b", "c"]
    assert [case.id for case in select(read, "dev")] == ["a", "c"]
    assert [case.id for case in select(read, kinds=["unanswerable"])] == ["c"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "riddle"}, "kind: "),
        ({"evidnce": []}, "evidnce: "),
        ({"answer": []}, "an answerable case needs answer and evidence"),
        ({"answer": [[]]}, "a group of answer or evidence is empty"),
        ({"status": "not_found"}, "status must be not_found exactly when"),
        ({"answerable": False, "status": "not_found"}, "an unanswerable case has no answer"),
        ({"evidence": [[{"document": "d", "start": 3, "end": 3}]]}, "either a quote, or a start"),
        ({"evidence": [[{"document": "d", "quote": "x", "end": 3}]]}, "either a quote, or"),
        ({"id": "fine"}, "id 'fine' is taken by line 1"),
    ],
)
def test_a_bad_line_is_named_with_its_fault(cases, tmp_path, changes, fault):
    with pytest.raises(CasesError) as raised:
        cases(line(id="fine"), line(**changes))
    assert raised.value.problems[0].startswith(f"{tmp_path / 'cases.jsonl'}:2: ")
    assert fault in str(raised.value)


def test_every_bad_line_is_named_at_once(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text("{]\n\n[1]\n", encoding="utf-8")
    with pytest.raises(CasesError) as raised:
        load_cases(path)
    assert [p.split(": ")[0] for p in raised.value.problems] == [f"{path}:1", f"{path}:3"]
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(CasesError, match="holds no case"):
        load_cases(path)
    with pytest.raises(CasesError, match="cannot be read"):
        load_cases(tmp_path / "none.jsonl")


def test_quotes_are_found_across_white_space_and_everywhere(cases):
    (case,) = cases(line(evidence=[[{"document": "ferry.md", "quote": CARRIED}]]))
    ((place,),) = resolve([case], Shelf())["a"].groups
    assert TEXT[place.start : place.end] == "She carried\n200 passengers."
    (group,) = resolve([case], Shelf(TEXT + TEXT))["a"].groups
    assert len(group) == 2


def test_offsets_hold_only_in_the_text_they_were_taken_from(cases):
    span = {"document": "ferry.md", "start": 4, "end": 16}
    text_hash = hashlib.sha256(TEXT.encode()).hexdigest()
    read = cases(line(evidence=[[span]], text_sha256=text_hash))
    assert resolve(read, Shelf())["a"].groups == ((("d1", 4, 16),),)
    with pytest.raises(CasesError, match="has changed since"):
        resolve(read, Shelf("x" * 20))
    with pytest.raises(CasesError, match="ends at 10, before 16"):
        resolve(cases(line(evidence=[[span]])), Shelf("x" * 10))


def test_evidence_that_is_not_there_is_named(cases):
    wrong = {"document": "ferry.md", "quote": "She sank."}
    other = {"document": "train.md", "quote": "x"}
    with pytest.raises(CasesError) as raised:
        resolve(cases(line(evidence=[[wrong]]), line(id="b", also=[other])), Shelf())
    assert raised.value.problems == [
        "case a: ferry.md does not hold the words 'She sank.'",
        "case b: there is no document 'train.md' in the index",
    ]


def test_a_wrong_folder_is_one_line(cases):
    other = [[{"document": "train.md", "quote": "x"}]]
    read = cases(*(line(id=str(n), evidence=other) for n in range(30)))
    with pytest.raises(CasesError) as raised:
        resolve(read, Shelf())
    assert str(raised.value) == (
        "none of the 1 documents that the cases cite ('train.md', …) is among the 1 documents "
        "indexed; is this the folder they were written for?"
    )


def test_a_long_list_of_faults_is_cut_short(cases):
    fields = [
        line(id=str(n), evidence=[[{"document": "ferry.md", "quote": "gone"}]]) for n in range(23)
    ]
    with pytest.raises(CasesError) as raised:
        resolve(cases(*fields), Shelf())
    assert len(raised.value.problems) == 23
    assert str(raised.value).splitlines()[-1] == "and 3 more"


def test_a_limit_takes_cases_in_even_steps():
    assert spread("abcdefgh", 4) == ["a", "c", "e", "g"]
    assert spread("abc", 2) == ["a", "b"]
    assert spread("abc", 3) == spread("abc", None) == "abc"
    assert Request(limit=3, system="citation-engine").name == "golden-all-citation-engine-sample3"


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


def test_thresholds_are_floors_and_for_unsupported_a_ceiling(cases):
    run = run_of(cases(line(), line(id="c", **SILENT)))
    assert gate.shortfalls(run, {"right": 0.5, "unsupported": 0.0}) == []
    missed = gate.shortfalls(run, {"right": 0.51, "refusal_precision": 0.1, "mrr": 1.0})
    assert [str(shortfall) for shortfall in missed] == [
        "handled right is 0.500, must be at least 0.51",
        "refusal precision is not measured, must be at least 0.1",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a]\ncorect = 1", "no metric 'corect'"),
        ("[a]\ncorrect = 95", "must be from 0 to 1, not 95"),
        ("[a]\ncorrect = true", "must be from 0 to 1, not True"),
        ("correct = 0.9", "must be in a table"),
        ("[a", "thresholds.toml: "),
    ],
)
def test_bad_thresholds_are_refused(text, fault):
    with pytest.raises(gate.ThresholdsError, match=fault):
        gate.parse_thresholds(text)


def test_lowered_thresholds_are_noticed():
    before = {"a": {"correct": 0.9, "unsupported": 0.0, "mrr": 0.5}}
    after = {"a": {"correct": 0.89, "unsupported": 0.01, "right": 0.1}}
    assert gate.lowered(before, after) == ["a.correct", "a.unsupported", "a.mrr"]
    assert gate.lowered(before, {"a": {"correct": 0.95, "unsupported": 0.0, "mrr": 0.5}}) == []


def test_thresholds_are_only_ever_raised():
    now = gate.parse_thresholds(gate.THRESHOLDS.read_text(encoding="utf-8"))

    def git(*arguments):
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    for commit in git("log", "--format=%H", "--", "evals/thresholds.toml").split():
        then = gate.parse_thresholds(git("show", f"{commit}:evals/thresholds.toml"))
        assert gate.lowered(then, now) == [], f"lower than in {commit[:10]}"


HOSTILE = '</style><script>alert(1)</script><img src="http://example.org/x"><a href="//x">'


def test_the_report_needs_nothing_else_and_runs_nothing(cases):
    history = [{"role": "user", "content": HOSTILE}]
    read = cases(
        line(question=HOSTILE, id=HOSTILE, answer=[[HOSTILE]], history=history),
        line(**SILENT | {"missing": HOSTILE}),
    )
    given = quoting(
        SAILED,
        standalone_question=HOSTILE,
        message=HOSTILE,
        withheld=[Sentence(text=HOSTILE, support=0, verdict="unsupported", reason=HOSTILE)],
    )
    hostile = {"title": HOSTILE, "source": HOSTILE, "published": HOSTILE}
    given = given.model_copy(
        update={
            "citations": (given.citations[0].model_copy(update={**hostile, "quote": HOSTILE}),),
            "passages": (given.passages[0].model_copy(update={**hostile, "text": HOSTILE}),),
            "sentences": (given.sentences[0].model_copy(update={"text": HOSTILE}),),
        }
    )
    evidence = resolve(read, Shelf())
    rows = [score(case, evidence[case.id], given, Shelf().text, 0.1) for case in read]
    plan = Plan(name=HOSTILE, settings={"documents": HOSTILE})
    run = summary(plan, rows, aggregate, datetime.now(UTC), 1.0, 0)
    page = BeautifulSoup(render(run, {"right": 0.9}), "lxml")
    assert not page.find_all(["script", "img", "a", "link", "iframe", "object"])
    assert not [tag for tag in page.find_all(True) if {"src", "href", "srcset"} & set(tag.attrs)]
    assert len(page.find_all("style")) == 1
    assert not [word for word in ("url(", "@import", "http") if word in page.style.text]
    assert page.get_text().count("<script>alert(1)</script>") > 15


def test_the_report_shows_the_worst_case_first_with_its_reason(cases):
    read = cases(line(), line(id="c", question="How deep is it?", **SILENT))
    run = run_of(read)
    page = BeautifulSoup(render(run, {"right": 0.9}), "lxml")
    first = page.select_one("details.case")
    assert "How deep is it?" in first.summary.text
    assert "answered, though the documents do not say it" in first.text
    assert SAILED in first.text
    assert "must be at least 0.9" in page.select_one(".verdict").text
    assert {"Status", "Recall at k", "Latency"} <= {t.text for t in page("title")}
    assert page.find("mark") is None
    labels = [cell.b.text for cell in page.select("td:first-child") if cell.b]
    assert labels == [METRICS[name].label for name in METRICS if name in run.overall]


def test_evidence_is_marked_in_the_passages_of_a_case(cases):
    page = BeautifulSoup(render(run_of(cases(line(answer=[["200"]]))), {}), "lxml")
    assert page.mark.text == SAILED
    assert "no thresholds" in page.select_one(".verdict").text


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"cases": "no.jsonl"}, "cannot be read"),
        ({"cases": "no.jsonl", "gate": True}, "no table [no-all]"),
        ({"public": "nonsense"}, "no set 'nonsense'; there are clapnq, "),
        ({"public": "begin", "data_root": "nowhere"}, "set FOOTNOTE_SHARED to the folder"),
        ({"documents": "nowhere"}, "does not exist; give the folder"),
        ({"documents": "file.txt"}, "is a file; give the folder"),
    ],
)
def test_a_command_that_cannot_run_says_so_in_a_line(tmp_path, capsys, changes, fault):
    (tmp_path / "file.txt").write_text("x")
    paths = {
        name: tmp_path / value if name in ("cases", "data_root", "documents") else value
        for name, value in changes.items()
    }
    before = sorted(tmp_path.iterdir())
    assert evaluate_command(Request(out=tmp_path / "out", **paths)) == 3
    error = capsys.readouterr().err
    assert fault in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    """Three small documents and questions over them, one of them a near miss."""
    folder = tmp_path_factory.mktemp("harbour")
    documents = folder / "documents"
    documents.mkdir()
    (documents / "ferry.md").write_text(
        "# The ferry Aurora\n\nThe ferry Aurora first sailed in 1932. She carried 200 passengers.\n"
    )
    (documents / "pilot.txt").write_text(
        "The harbour pilot\n\nThe pilot boat was built by Marta Lind. It has a crew of four.\n"
    )
    (documents / "light.html").write_text(
        "<h1>The lighthouse</h1><p>The lighthouse stands on Gull Rock. It is lit by gas.</p>"
    )
    dataset = folder / "harbour.jsonl"
    built = "The pilot boat was built by Marta Lind."
    fields = [
        line(),
        line(
            id="b",
            question="Who built the pilot boat?",
            answer=[["Marta Lind"]],
            evidence=[[{"document": "pilot.txt", "quote": built}]],
        ),
        line(id="c", question="Who was the captain of the Titanic?", **SILENT),
    ]
    dataset.write_text("\n".join(json.dumps(case) for case in fields))
    return dataset, documents, folder / "results"


def test_the_whole_of_it_over_three_small_documents(harbour, capsys):
    dataset, documents, out = harbour
    assert evaluate_command(Request(dataset, split="dev", documents=documents, out=out)) == 0
    assert "handled right" in capsys.readouterr().out
    run = Run.load(out / "harbour-dev.jsonl")
    assert [row.right for row in run.rows] == [True, True, True]
    assert run.overall["unsupported"].value == 0
    assert run.overall["evidence_at_5"].value == 1
    assert run.overall["contract"].value == 1
    assert run.latency_ms["p95"] > 0
    page = (out / "harbour-dev.html").read_text(encoding="utf-8")
    assert "Marta Lind" in page
    kept = (out / "harbour-dev.jsonl").read_text(encoding="utf-8")
    assert str(documents.parent) not in page + kept  # both may be shared
    assert not (documents.parent / ".footnote").exists()


def test_the_gate_stops_a_run_under_its_threshold(harbour, capsys, monkeypatch, tmp_path):
    dataset, documents, out = harbour
    monkeypatch.setattr(gate, "THRESHOLDS", tmp_path / "thresholds.toml")
    gate.THRESHOLDS.write_text("[harbour-all]\nright = 1.0\nunsupported = 0.0\n")
    request = Request(dataset, documents=documents, out=out, gate=True)
    assert evaluate_command(replace(request, as_json=True)) == 0
    assert json.loads(capsys.readouterr().out)["overall"]["right"]["value"] == 1
    dataset.write_text(dataset.read_text().replace('["1932"]', '["1999"]'))
    assert evaluate_command(request) == 1
    assert "handled right is 0.667, must be at least 1" in capsys.readouterr().out
    assert evaluate_command(replace(request, gate=None)) == 1
    capsys.readouterr()
    assert evaluate_command(replace(request, gate=False)) == 0
