"""A user's own cases: kept in a file that threads share, and edited as plain text."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evals.casefile import CaseFile, flagged, lost
from evals.cases import Case, CasesError, Span, select
from evals.form import Form, filled, look_up, taken
from evals.own import draft_more
from rag import Assistant, Settings
from rag.schema import Message

FERRY = "The ferry Aurora first sailed in 1932.\nShe carried\n200 passengers. Tea or\nmilk."
HISTORY = (Message(role="user", content="Hm?"), Message(role="assistant", content="Ah."))


TEXTS = {"d1": FERRY, "d2": "As said: She carried 200 passengers."}


class Shelf:
    """Two documents, the second of which repeats a sentence of the first."""

    def documents(self):
        return [SimpleNamespace(id=key, source=f"{key}.md") for key in TEXTS]

    def text(self, document):
        return TEXTS[document]

    def document(self, document):
        return SimpleNamespace(id=document, source=f"{document}.md")

    def documents_with(self, parts):
        return {key for key, text in TEXTS.items() if all(part in text for part in parts)}


@pytest.fixture
def file(tmp_path):
    return CaseFile(tmp_path / "evals" / "cases.jsonl")


def silent(name, question="Who sank her?"):
    fields = {"split": "dev", "kind": "unanswerable", "answerable": False, "status": "not_found"}
    return Case(id=name, question=question, **fields)


def test_cases_are_added_edited_and_deleted(file):
    assert file.read() == []
    file.extend([silent("a"), silent("b", "Why?")])
    file.put(silent("a", "Who built her?"))
    assert [(case.id, case.question) for case in file.read()] == [
        ("a", "Who built her?"),
        ("b", "Why?"),
    ]
    assert file.find("b").question == "Why?"
    file.remove("a")
    file.remove("a")
    assert [case.id for case in file.read()] == ["b"]
    with pytest.raises(CasesError, match="there is no case 'a' any more"):
        file.find("a")
    file.remove("b")
    assert file.read() == []


def test_a_question_that_is_asked_is_not_added_again(file):
    file.extend([silent("a", "Why?")])
    assert file.extend([silent("x", "Why?"), silent("a", "When?"), silent("c", "Who?")]) == 2
    assert [(c.id, c.question) for c in file.read()] == [
        ("a", "Why?"),
        ("case-001", "When?"),
        ("c", "Who?"),
    ]
    assert file.extend([silent("d", "How?"), silent("e", "Where?")], most=1) == 1


def test_a_file_with_a_fault_is_left_as_it_is(file):
    file.extend([silent("a")])
    text = file.path.read_text() + "half a li\n"
    file.path.write_text(text)
    changes = (
        lambda: file.add(silent("b")),
        lambda: file.put(silent("a", "Why?")),
        lambda: file.remove("a"),
    )
    for change in changes:
        with pytest.raises(CasesError, match=r"cases\.jsonl:2: not JSON"):
            change()
    assert file.path.read_text() == text


def test_threads_lose_nothing(file):
    def add(n):
        CaseFile(file.path).add(silent("new", f"Why {n}?"))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {case.id for case in file.read()} == {f"case-{n:03d}" for n in range(1, 17)}
    assert {case.question for case in file.read()} == {f"Why {n}?" for n in range(16)}


def test_a_case_that_was_deleted_meanwhile_is_not_saved(file):
    kept = file.add(silent("new"))
    assert kept.id == "case-001"
    file.remove(kept.id)
    with pytest.raises(CasesError, match="there is no case 'case-001' any more"):
        file.put(kept)
    assert file.read() == []


def test_a_third_of_what_is_drafted_is_unanswerable_beside_many_cases(file, monkeypatch):
    def draft(index, most, progress):
        silent_ones = [silent(f"s{n}", f"Who sank her in {n}?") for n in range(most // 3)]
        known = [flagged(f"When was {n}?", (), "x") for n in range(most - len(silent_ones))]
        return known + silent_ones

    monkeypatch.setattr("evals.own.draft", draft)
    file.extend([silent(f"own{n}", f"Why {n}?") for n in range(40)])
    assert draft_more(None, file, 12, None) == 12
    assert sum(not case.answerable for case in file.read()[40:]) == 4
    assert draft_more(None, file, 12, None) == 12
    assert sum(not case.answerable for case in file.read()[52:]) == 4


def test_what_was_drafted_once_does_not_come_back(file, monkeypatch):
    def draft(index, most, progress):
        return [flagged(f"When was {n}?", (), "x") for n in range(min(most, 9))]

    monkeypatch.setattr("evals.own.draft", draft)
    assert draft_more(None, file, 3, None) == 3
    first, second, third = file.read()
    file.remove(first.id)
    file.put(second.model_copy(update={"question": "In which year was it?"}))
    lines = file.path.read_text().splitlines()
    file.path.write_text("\n".join(line for line in lines if third.id not in line) + "\n")
    assert draft_more(None, file, 3, None) == 3
    asked = ["In which year was it?", "When was 3?", "When was 4?", "When was 5?"]
    assert [case.question for case in file.read()] == asked
    assert file.take_drafts([first, third]) == 0
    assert file.extend([first]) == 1, "a reader may flag it again"
    assert draft_more(None, file, 30, None) == 3
    for case in file.read():
        file.remove(case.id)
    assert draft_more(None, file, 30, None) == 0
    file.path.unlink()
    assert draft_more(None, file, 30, None) == 9, "a new file begins anew"


def test_a_flagged_answer_is_not_scored_until_it_is_edited(file):
    case = flagged("How many did she carry?", HISTORY, "She carried tea. [1]")
    file.extend([case])
    file.extend([flagged("How many did she carry?", HISTORY, "She carried tea. [1]")])
    (kept,) = file.read()
    assert kept == case
    assert (kept.flagged, kept.said, kept.kind) == (True, "She carried tea. [1]", "followup")
    assert kept.history == HISTORY
    assert select([kept]) == []
    form = Form(case.question, "answered", "200 | two hundred", "She carried 200 passengers.")
    edited = taken(form, kept, Shelf())
    assert not edited.flagged
    assert edited.kind == "followup"
    assert edited.history == HISTORY
    assert select([edited]) == [edited]


def test_a_form_gives_back_the_case_it_was_filled_from():
    spans = (
        (Span(document="d1.md", quote="The ferry Aurora first sailed in 1932."),),
        (Span(document="d1.md", start=39, end=66), Span(document="d2.md", quote="As said")),
    )
    answer = (("1932",), ("200", "two hundred"))
    case = Case(id="a", split="test", kind="list", question="q", answerable=True,
                status="answered", answer=answer, evidence=spans, note="mine")  # fmt: skip
    form = filled(case, Shelf())
    assert form.answer == "1932\n200 | two hundred"
    assert form.evidence == (
        "The ferry Aurora first sailed in 1932.\n\nShe carried 200 passengers.\nor\nAs said"
    )
    assert taken(form, case, Shelf()) == case


@pytest.mark.parametrize(
    "answer",
    [
        (("a|b", "c"), ("|",)),
        (("C:\\temp\\new", "C:\\"), ("\\|", "\\\\"), ("x\\", "y")),
        (("two\nlines", "or | not"),),
    ],
)
def test_signs_of_the_form_can_be_said(answer):
    span = Span(document="d1.md", quote="Tea or\nmilk.")
    case = Case(id="a", split="dev", kind="list", question="q", answerable=True,
                status="answered", answer=answer, evidence=((span,),))  # fmt: skip
    form = filled(case, Shelf())
    assert len(form.answer.splitlines()) == len(answer)
    assert taken(form, case, Shelf()) == case
    edited = taken(replace(form, answer=f"{form.answer}\nmore"), case, Shelf())
    plain = tuple(tuple(" ".join(way.split()) for way in group) for group in answer)
    assert edited.answer == (*plain, ("more",))


def test_only_the_documents_that_can_hold_a_quote_are_read(tmp_path):
    settings = Settings(documents=tmp_path / "documents", data=tmp_path / "data")
    settings.documents.mkdir()
    for name in "abcdefgh":
        words = f"The ferry \u201c{name}-1\u201d carried {name * 3} over the lake."
        (settings.documents / f"{name}.md").write_text(f"# {name}\n\nIt rained. {words}\n")
    read = []
    with Assistant.open(settings) as assistant:
        assistant.sync()
        index = assistant.index
        text = index.text
        index.text = lambda document: read.append(document) or text(document)
        ((found,),) = look_up("erry \u201cc-1\u201d carried ccc ov", index)
        assert found.sources == ("c.md",)
        assert len(read) == 1
        ((lost, odd),) = look_up("The ferry sank twice.\nor\nThe fer\x00ry sank twice.", index)
        assert (lost.sources, odd.sources) == ((), ())
        ((short,),) = look_up("It rain", index)
        assert short.sources == tuple(f"{name}.md" for name in "abcdefgh")
        ((across,),) = look_up("rained. The ferry \u201cd-1\u201d", index)
        assert across.sources == ("d.md",)


def test_a_quote_is_found_in_every_document_that_holds_it():
    ((first, other), (second,)) = look_up(
        "She carried 200\n passengers.\n\nOR\n\nShe sank.\n\n\nfirst sailed", Shelf()
    )
    assert first.sources == ("d1.md", "d2.md")
    assert other.sources == ()
    assert second.sources == ("d1.md",)
    assert look_up(" \n ", Shelf()) == []


def test_evidence_becomes_spans_of_the_documents():
    blank = Case(id="a", split="dev", kind="fact", question="q", answerable=True,
                 status="answered", flagged=True)  # fmt: skip
    form = Form("How many?", "partial", "200", "She carried\n200 passengers.\n\nfirst sailed")
    case = taken(form, blank, Shelf())
    quote = "She carried 200 passengers."
    assert case.evidence == (
        (Span(document="d1.md", quote=quote), Span(document="d2.md", quote=quote)),
        (Span(document="d1.md", quote="first sailed"),),
    )
    assert case.kind == "partial"
    unanswerable = taken(Form("How many?", "not_found", "200", quote), case, Shelf())
    assert (unanswerable.kind, unanswerable.answerable) == ("unanswerable", False)
    assert (unanswerable.answer, unanswerable.evidence) == ((), ())
    back = taken(Form("How many?", "answered", "200", quote), unanswerable, Shelf())
    assert back.kind == "fact"


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        (Form(" ", "not_found"), "Write the question."),
        (Form("x" * 4001, "not_found"), "more than 4,000 characters"),
        (Form("q", "answered", " | \n", "She carried"), "Write what a right answer says."),
        (Form("q", "answered", "200", " "), "Paste the words of the documents that say it."),
        (Form("q", "answered", "200", "x" * 4001), "evidence has more than 4,000 characters"),
        (Form("q", "answered", "200", "She sank."), "This stands in no document: “She sank.”"),
    ],
)
def test_what_is_missing_is_said(form, fault):
    with pytest.raises(CasesError, match=fault):
        taken(form, flagged("q", (), "x"), Shelf())


def test_evidence_that_went_is_told_by_case():
    kept = taken(Form("q", "answered", "200", "She carried"), flagged("q", (), "x"), Shelf())
    gone = kept.model_copy(
        update={"id": "b", "evidence": ((Span(document="d1.md", quote="She sank."),),)}
    )
    assert lost([kept, gone], Shelf()) == {"b": "d1.md does not hold the words 'She sank.'"}
