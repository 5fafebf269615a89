"""Cases drafted from a user's own documents: what is asked, and that the silent ones are silent."""

import json

import pytest

from evals.cases import load_cases, resolve
from evals.command import draft_command, results_command
from evals.draft import draft, questions


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The Halden bridge was opened in 1904 by Maria Lopez.",
            "When was The Halden bridge opened by Maria Lopez?",
            "1904",
        ),
        ("Heberprot is a Cuban medicine for diabetic foot.", "What is Heberprot?", None),
        (
            "The night school of Halden taught 1,200 students last winter.",
            "How many students did the night school of Halden teach last winter?",
            "1,200",
        ),
    ],
)
def test_a_sentence_becomes_the_question_it_answers(sentence, question, answer):
    made = {item.question.lower(): item.answer for item in questions(sentence)}
    assert question.lower() in made
    assert answer is None or made[question.lower()] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "It was opened in 1904 by the engineer.",
        "This bridge was opened in 1904 by Maria Lopez.",
        "The bridge is long.",
        "He said that “the bridge was opened in 1904” by them.",
        "- The Halden bridge was opened in 1904.",
        "Why was the Halden bridge closed by the city",
    ],
)
def test_a_sentence_that_needs_its_place_is_left(sentence):
    assert list(questions(sentence)) == []


def test_drafted_cases_hold_in_the_index_they_are_from(assistant):
    cases = draft(assistant.index, 12)
    assert cases == draft(assistant.index, 12)
    assert len(cases) <= 12
    known = [case for case in cases if case.answerable]
    silent = [case for case in cases if not case.answerable]
    assert known
    assert silent
    resolve(cases, assistant.index)
    for case in known:
        ((span,),) = case.evidence
        assert case.answer[0][0] in span.quote
    texts = " ".join(assistant.index.text(d.id) for d in assistant.index.documents())
    asked = " ".join(case.question for case in silent)
    assert any(name not in texts for name in asked.split())


def test_the_file_is_written_once_and_can_be_scored(tmp_path, capsys, monkeypatch):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "bridge.md").write_text(
        "# Halden\n\nThe Halden bridge was opened in 1904 by Maria Lopez.\n"
    )
    path = tmp_path / "cases.jsonl"
    assert draft_command(path, 6, documents, tmp_path / "data") == 0
    assert "cases written" in capsys.readouterr().out
    assert load_cases(path)[0].answer == (("1904",),)
    assert "split" in json.loads(path.read_text().splitlines()[0])
    assert draft_command(path, 6, documents, tmp_path / "data") == 3
    assert "is there already" in capsys.readouterr().err
    assert draft_command(tmp_path / "x", 6, tmp_path / "nowhere", tmp_path / "data") == 3
    assert capsys.readouterr().err.strip().count("\n") == 0


def test_a_page_of_results_needs_runs(tmp_path, capsys):
    assert results_command(tmp_path, tmp_path / "page.md") == 3
    assert "holds no run" in capsys.readouterr().err
