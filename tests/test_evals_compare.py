"""Two runs side by side, the peers, and the page of results."""

import pytest
from ferry import Parrot, line

from evals.beside import beside_published, changes
from evals.cases import Case
from evals.command import compare_command
from evals.compare import compare
from evals.datasets.claims import Claim
from evals.peers import CitationEngine
from evals.report import render
from evals.results import UnreadableRun
from evals.run import Plan, run_answers, run_claims
from evals.summary import summary
from evals.systems import TopPassages
from rag.grounding import Check
from rag.schema import Answer

pytest_plugins = ["ferry"]


class Refuser(Parrot):
    def answer(self, case):
        return Answer(status="not_found", question="q", standalone_question="q", writer="quotes")


@pytest.fixture
def runs(cases):
    read = cases(*(line(id=str(n)) for n in range(8)))
    before = run_answers(Refuser(), read, Plan(name="ferry"))
    return before, run_answers(Parrot(), read, Plan(name="ferry"))


def test_the_cases_that_changed_sides_are_named(runs):
    comparison = compare(*runs)
    assert len(comparison.changed) == 8
    assert all(case.gained for case in comparison.changed)
    found = {d.metric: d for d in comparison.differences}
    assert (found["right"].before, found["right"].after) == (0, 1)
    assert found["right"].verdict == "better"
    assert compare(runs[1], runs[0]).differences[0].verdict == "worse"
    assert {d.verdict for d in compare(runs[1], runs[1]).differences} == {"within chance"}


def test_runs_over_other_cases_are_refused(runs, cases):
    other = run_answers(Parrot(), cases(line(id="z")), Plan(name="other"))
    with pytest.raises(UnreadableRun, match="no case in common"):
        compare(runs[0], other)
    assert changes(other, runs[0]) == ""


def test_compare_prints_a_table(runs, tmp_path, capsys):
    for n, run in enumerate(runs):
        run.save(tmp_path / f"{n}.jsonl")
    assert compare_command(tmp_path / "0.jsonl", tmp_path / "1.jsonl") == 0
    out = capsys.readouterr().out
    assert "8 now right" in out
    assert "was: refused, though the documents say it" in out
    assert compare_command(tmp_path / "0.jsonl", tmp_path / "none.jsonl") == 3
    assert "cannot be read" in capsys.readouterr().err


def test_the_report_shows_what_changed_since_the_last_run(runs):
    page = render(runs[1], {}, runs[0])
    assert "Since the last run" in page
    assert "Now right: 8" in page
    assert "Since the last run" not in render(runs[1], {})


@pytest.fixture
def claims_run():
    claims = [
        Claim(id=str(n), group="wow", text=f"<em>{n}", cited="x", supported=n > 2, label="yes")
        for n in range(6)
    ]
    return run_claims(
        claims, Plan(name="begin", title="BEGIN"), lambda s, c, q: Check(True, int(s[4]) / 10)
    )


def test_a_report_of_claims_has_published_figures_and_reliability(claims_run):
    page = render(claims_run, {})
    assert "BERTScore" in page
    assert "Not the same thing" in page
    assert "Reliability of support" in page
    assert "&lt;em&gt;0" in page
    assert "<em>" not in page
    assert beside_published(claims_run.model_copy(update={"name": "harbour"})) == ""
    peer = claims_run.model_copy(update={"name": "begin-top-passages", "system": "top-passages"})
    assert "<b>top-passages</b>" in beside_published(peer)


def test_the_page_of_results_sets_peers_and_published_figures_beside_ours(
    claims_run, runs, tmp_path
):
    claims_run.save(tmp_path / "begin.jsonl")
    runs[1].save(tmp_path / "ferry.jsonl")
    peer = runs[0].model_copy(update={"name": "ferry-top-passages", "system": "top-passages"})
    peer.save(tmp_path / "ferry-top-passages.jsonl")
    (tmp_path / "notes.jsonl").write_text("{}")
    page = summary(tmp_path)
    assert "## BEGIN: 6 cases" in page
    assert "| metric | Footnote | top-passages |" in page
    assert "| BERTScore | 0.879 |" in page
    auroc = claims_run.overall["auroc"]
    assert f"| **Footnote** | **{auroc.value:.3f}** ({auroc.low:.3f}–" in page
    assert claims_run.machine in page
    assert page.count("## ") == 2
    engine = peer.model_copy(
        update={"name": "ferry-citation-engine-sample4", "system": "citation-engine"}
    )
    engine.save(tmp_path / "ferry-citation-engine-sample4.jsonl")
    both = summary(tmp_path)
    assert "| metric | Footnote | citation-engine, 4 of the cases | top-passages |" in both
    assert both.count("## ") == 2
    assert "- citation-engine, 4 of the cases: a case takes " in both
    assert "No language model was asked" in both
    runs[1].model_copy(update={"name": "ferry-sample4"}).save(tmp_path / "ferry-sample4.jsonl")
    assert "| metric | Footnote | top-passages |" in summary(tmp_path)


@pytest.mark.parametrize(
    ("name", "written", "settings", "label"),
    [
        ("ferry", "bundled", {"llm": "bundled"}, "bundled writing"),
        ("ferry", "large-reader", {"reader": "mpnet"}, "large reader"),
        (
            "ferry",
            "bundled-large-reader",
            {"llm": "bundled", "reader": "mpnet"},
            "bundled writing, large reader",
        ),
        ("a-bundled-ferry", "bundled", {"llm": "bundled"}, "bundled writing"),
    ],
)
def test_what_other_models_made_stands_beside_the_quotes_or_alone(
    runs, tmp_path, name, written, settings, label
):
    made = {"name": f"{name}-{written}", "settings": settings}
    runs[0].model_copy(update=made).save(tmp_path / "made.jsonl")
    assert f"| metric | Footnote, {label} |" in summary(tmp_path)
    runs[1].model_copy(update={"name": name}).save(tmp_path / "quoted.jsonl")
    page = summary(tmp_path)
    assert f"| metric | Footnote | Footnote, {label} |" in page
    assert page.count("## ") == 1


def test_peers_and_published_figures_stand_beside_the_large_reader_too(runs, tmp_path):
    large = {"name": "clapnq-large-reader", "settings": {"reader": "mpnet"}}
    runs[1].model_copy(update=large).save(tmp_path / "large.jsonl")
    peer = {"name": "clapnq-citation-engine-sample4", "system": "citation-engine"}
    runs[0].model_copy(update=peer).save(tmp_path / "peer.jsonl")
    page = summary(tmp_path)
    assert "| metric | Footnote, large reader | citation-engine, 4 of the cases |" in page
    assert page.count("## ") == 1
    assert "Beside what others have published" in page


@pytest.fixture
def engine(assistant):
    peer = CitationEngine.__new__(CitationEngine)
    peer._assistant, peer.index = assistant, assistant.index
    return peer


def test_a_peer_starts_from_the_search_and_nothing_that_was_read(assistant, monkeypatch):
    monkeypatch.setattr(type(assistant), "stream", None)
    fields = {"split": "dev", "kind": "unanswerable", "answerable": False, "status": "not_found"}
    case = Case(id="a", question="Who painted the Halden bridge?", **fields)
    found = [passage.id for passage in assistant.search(case.question)]
    peer = TopPassages(assistant)
    answer = peer.answer(case)
    assert (answer.status, answer.confidence) == ("answered", None)
    assert [cited.passage for cited in answer.citations] == found
    assert peer.found(case).status == "not_found"


def test_what_the_peer_writes_is_read_with_its_own_markers(engine, assistant):
    asked = assistant.ask("When was the Halden bridge opened?")
    text = "It was opened in 1904 [2]. Maria Lopez did it. [1][9] Nobody knows why."
    answer = engine.read(asked, text, asked.passages)
    assert [s.text for s in answer.sentences] == [
        "It was opened in 1904.",
        "Maria Lopez did it.",
        "Nobody knows why.",
    ]
    assert [s.citations for s in answer.sentences] == [(1,), (2,), ()]
    assert [c.passage for c in answer.citations] == [asked.passages[1].id, asked.passages[0].id]
    assert answer.writer == "citation-engine"


@pytest.mark.parametrize(
    "text", ["Empty Response", "None of the sources mention it.", "I don't know.", ""]
)
def test_a_peer_that_says_it_has_no_answer_refuses(engine, assistant, text):
    asked = assistant.ask("When was the Halden bridge opened?")
    answer = engine.read(asked, text, asked.passages)
    assert (answer.status, answer.sentences) == ("not_found", ())
