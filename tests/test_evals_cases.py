"""Cases are read, selected and found in the documents; what is wrong with one is named."""

from __future__ import annotations

import hashlib

import pytest
from ferry import CARRIED, SILENT, TEXT, Shelf, line

from evals.cases import CasesError, load_cases, resolve, select, spread
from evals.command import Request

pytest_plugins = ["ferry"]


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
