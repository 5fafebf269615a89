"""The public sets as they lie in ../shared, and the same shapes in small files of our own."""

import json

import pytest

from evals.cases import CasesError
from evals.datasets import SETS, MissingData, data_root
from evals.minimal_edits import KINDS
from evals.pool import Collection, Pool
from evals.published import ANCHORS
from index.readers import read
from rag.grounding import stands_in

ROWS = {
    "clapnq": 300,
    "clapnq-pool": 300,
    "mtrag": 254,
    "begin": 1229,
    "attributionbench": 1198,
    "wice": 349,
    "faithdial": 1206,
    "dialfact": 202,
    "edits": 1010,
    "edits-verbatim": 1033,
    "canard": 1716,
    "cast": 479,
}
POSITIVE = {"begin": 313, "attributionbench": 599, "wice": 115, "dialfact": 99}
POSITIVE |= {"edits": 268, "edits-verbatim": 270}


def content(name):
    if not data_root().is_dir():
        pytest.skip(f"the public sets are not at {data_root()}; set FOOTNOTE_SHARED")
    return SETS[name].read()


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_read_whole(name):
    found = content(name)
    items = found.cases if isinstance(found, Collection) else found
    assert len({item.id for item in items}) == len(items)
    if name in POSITIVE:
        assert sum(item.supported for item in items) == POSITIVE[name]
    if name not in ("faithdial", "dialfact"):
        assert len(items) == ROWS[name]
    assert len(items) > 200


@pytest.mark.parametrize("name", ["edits", "edits-verbatim"])
def test_an_edited_sentence_is_another_and_cites_the_same_passage(name):
    claims = {claim.id: claim for claim in content(name)}
    edited = [claim for claim in claims.values() if not claim.supported]
    assert {claim.label for claim in edited} == set(KINDS)
    for claim in edited:
        real = claims[claim.id.removesuffix(f"-{claim.label}")]
        assert (real.supported, real.label, real.cited) == (True, "unchanged", claim.cited)
        assert real.text != claim.text
    if name == "edits-verbatim":
        assert all(stands_in(c.text, c.cited) for c in claims.values() if c.supported)
        assert not any(stands_in(claim.text, claim.cited) for claim in edited)


@pytest.mark.parametrize("name", ["clapnq", "clapnq-pool", "mtrag"])
def test_what_cases_name_is_in_the_pool(name):
    found = content(name)
    for case in found.cases:
        spans = [*(span for group in case.evidence for span in group), *case.also, *case.units]
        named = {*case.relevant, *case.given, *(span.document for span in spans)}
        assert named <= found.pool.texts.keys()
        assert bool(case.references) == (case.status in ("answered", "partial"))
    for span in (s for c in found.cases for s in c.units):
        words = " ".join(found.pool.texts[span.document].split())
        assert " ".join(span.quote.split()) in words


def test_clapnq_says_what_annotators_chose():
    cases = content("clapnq").cases
    answerable = [case for case in cases if case.answerable]
    assert len(answerable) == 150
    assert all(case.given and case.relevant for case in answerable)
    assert sum(bool(case.selections and case.evidence) for case in answerable) == 149
    assert all(max(n) < len(c.units) for c in answerable for n in c.selections)


def test_mtrag_keeps_the_turns_before():
    cases = content("mtrag").cases
    assert all(
        [t.role for t in c.history[:2]] == ["user", "assistant"][: len(c.history)] for c in cases
    )
    kinds = [case.kind for case in cases]
    assert kinds.count("unanswerable") == 52
    assert kinds.count("underspecified") == 43
    assert all(not case.relevant for case in cases if case.kind == "unanswerable")


def test_a_set_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(MissingData, match="set FOOTNOTE_SHARED to the folder that holds data/"):
        SETS["begin"].read(tmp_path)


@pytest.mark.parametrize("line", ['{"nothing": 1}', "{]", "[]"])
def test_a_set_in_another_form_is_named(tmp_path, line):
    (tmp_path / "wice").mkdir()
    (tmp_path / "wice" / "claim_dev.jsonl").write_text(line)
    with pytest.raises(CasesError, match="wice: not in the form of WiCE"):
        SETS["wice"].read(tmp_path)


def test_a_user_can_bring_the_files(tmp_path):
    (tmp_path / "wice").mkdir()
    row = {"meta": {"id": "1"}, "claim": "It sank.", "evidence": ["It sank.", "In 1904."]}
    row["label"] = "partially_supported"
    (tmp_path / "wice" / "claim_dev.jsonl").write_text(json.dumps(row))
    (claim,) = SETS["wice"].read(tmp_path)
    assert (claim.cited, claim.supported) == ("It sank.\nIn 1904.", False)


def test_a_pool_is_written_once_and_read_back_word_for_word(tmp_path):
    pool = Pool()
    text = "It sank in 1904 .\r\nNobody knows why ."
    source = pool.add("The  ferry", text)
    assert pool.add("The ferry again", f" {text} ") == source
    assert len(pool.texts) == 1
    folder = pool.write(tmp_path / "pool")
    before = (folder / source).stat().st_mtime_ns
    assert (pool.write(folder) / source).stat().st_mtime_ns == before
    document = read(folder / source)
    assert document.title == "The ferry"
    assert "It sank in 1904 .\nNobody knows why ." in document.text
    other = Pool()
    other.add("Other", "text")
    assert other.digest != pool.digest


def test_published_figures_are_of_sets_there_are():
    assert ANCHORS.keys() <= SETS.keys()
    values = [v for a in ANCHORS.values() for f in a.figures for v in f.figures.values()]
    assert all(0 <= value <= 1 for value in values)
    assert all(anchors.differs for anchors in ANCHORS.values())
