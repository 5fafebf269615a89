"""Cases drafted from a user's own documents: what is asked, and that the silent ones are silent."""

import json
from types import SimpleNamespace

import pytest

from evals.cases import load_cases, resolve
from evals.command import draft_command, results_command
from evals.draft import draft, questions
from evals.exchange import Drafted, Texts, covers, unanswerable


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
        (
            "In 2011, the city of Halden closed the bridge for repairs.",
            "What closed the bridge for repairs in 2011?",
            "the city of Halden",
        ),
        ("Maria Lopez opened the bridge in 1904.", "Who opened the bridge in 1904?", "Maria Lopez"),
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
        assert case.answer[0][0].lower() in span.quote.lower()
    texts = " ".join(assistant.index.text(d.id) for d in assistant.index.documents())
    asked = " ".join(case.question for case in silent)
    assert any(name not in texts for name in asked.split())


@pytest.mark.parametrize(
    ("text", "year", "spoken_of"),
    [
        ("The bridge was opened in 1904.", 1904, True),
        ("The bridge was opened in 1904.", 1905, False),
        ("It was under repair from 1903 to 1907.", 1905, True),
        ("It was under repair, 1903–07.", 1905, True),
        ("It was under repair, 1903–07.", 1908, False),
        ("The 1900s were hard.", 1905, True),
        ("The school has been free since May 1998.", 2003, True),
        ("The school has been free since May 1998.", 1990, False),
        ("It was closed before 1998.", 1990, True),
        ("Bus 19055 goes there.", 1905, False),
    ],
)
def test_a_text_speaks_of_a_year_in_more_ways_than_by_name(text, year, spoken_of):
    assert covers(text, year) is spoken_of


def asking(question, quote):
    return Drafted(question, "x", "a.md", quote, None, None, ("open", "bridge"))


def test_only_the_year_in_which_something_happened_is_exchanged():
    assert asking("Who opened the bridge in 1904?", "").year == "1904"
    assert asking("What was signed on 30 October 2000?", "").year == "2000"
    assert asking("How many students has it taught since 1998?", "").year is None
    assert asking("What stood in 1903–1905?", "").year is None
    assert asking("Who met in 1904 and in 1905?", "").year is None


class Shelf:
    """An index of one document, its passages as given."""

    def __init__(self, *passages):
        self._passages = [SimpleNamespace(text=text, heading=None) for text in passages]

    def documents(self):
        return [SimpleNamespace(id="a", passages=len(self._passages))]

    def passages(self, ids):
        return [self._passages[int(key.partition(":")[2])] for key in ids]


def test_no_passage_holds_the_new_year_and_what_is_asked_at_once():
    quote = "Maria Lopez opened the bridge in 1904."
    asked = asking("Who opened the bridge in 1904?", quote)
    other = asking("What closed in 1911?", "The mill closed in 1911.")
    (one, _) = unanswerable([asked, other], Texts(Shelf(quote, "The mill closed in 1911.")), 2)
    assert one.question == "Who opened the bridge in 1911?"
    spoken = Shelf(quote, "The mill closed in 1911, and the bridge with it.", "1902: the bridge.")
    (one, _) = unanswerable([asked, other], Texts(spoken), 2)
    assert one.question == "Who opened the bridge in 1907?", "1911, then 1902, are spoken of"
    always = Shelf(quote, "The bridge has been open since 1850.", "It opened before 2050.")
    assert list(unanswerable([asked], Texts(always), 2)) == []


def test_a_draft_has_the_same_id_however_many_are_drafted(assistant):
    few, many = draft(assistant.index, 6), draft(assistant.index, 30)
    assert len({case.id for case in many}) == len(many) > len(few)
    assert {case.id for case in few} <= {case.id for case in many}


def test_years_are_exchanged_in_an_index(assistant):
    silent = [case for case in draft(assistant.index, 30) if not case.answerable]
    years = [case for case in silent if case.missing.startswith("this in ")]
    assert years
    for case in years:
        new = case.missing.removeprefix("this in ")
        assert new in case.question
        assert case.note.startswith(f"drafted by putting {new} for ")
        subject = "bridge" if "bridge" in case.question else "night school"
        assert not Texts(assistant.index).dated(new, [subject])


def test_a_file_can_be_scored_and_gets_no_draft_twice(tmp_path, capsys, monkeypatch):
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
    kept = path.read_text()
    assert draft_command(path, 6, documents, tmp_path / "data") == 3
    assert "no other sentence in" in capsys.readouterr().err
    assert path.read_text() == kept
    assert draft_command(tmp_path / "x", 6, tmp_path / "nowhere", tmp_path / "data") == 3
    assert capsys.readouterr().err.strip().count("\n") == 0


def test_a_page_of_results_needs_runs(tmp_path, capsys):
    assert results_command(tmp_path, tmp_path / "page.md") == 3
    assert "holds no run" in capsys.readouterr().err
