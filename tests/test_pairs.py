"""Models of one's own that read two texts together: the reranker and the second judge."""

from __future__ import annotations

import json
import os

import pytest
from invariants import assert_keeps_contract
from llama_index.core.schema import NodeWithScore, TextNode
from pair_models import packaged, write_pair_model

from rag import Assistant, Settings
from rag.checker import SecondJudge
from rag.errors import BadModel
from rag.grounding import Check, GroundingCheck
from rag.pairs import PairModel
from rag.reranker import PairReranker
from rag.retriever import HybridRetriever

pytest_plugins = ["scripted_llm"]

OPENED = "When was the Halden bridge opened?"
VERBATIM = "The Halden bridge was opened in 1904 by the engineer Maria Lopez."
SAID = "The bridge was opened in 1904."
NLI = ["entailment", "neutral", "contradiction"]


def reranker(folder, labels=("LABEL_0",), bias=(0.0,), word="surgeon", weights=(5.0,)):
    named = write_pair_model(folder, labels, bias, word, weights)
    return PairReranker(PairModel(named, "FOOTNOTE_RERANKER"))


def judge(folder, labels, bias, word=None, weights=None):
    model = PairModel(write_pair_model(folder, labels, bias, word, weights), "FOOTNOTE_CHECKER")
    return SecondJudge(GroundingCheck(), model)


# -- the reranker --------------------------------------------------------------------------


def test_a_reranker_puts_the_passages_into_its_order(assistant, embedder, tmp_path):
    plain = HybridRetriever(assistant.index, embedder).search(OPENED, top_k=6)
    assert "surgeon" not in plain[0].text
    model = reranker(tmp_path / "model")
    found = HybridRetriever(assistant.index, embedder, reranker=model).search(OPENED, top_k=6)
    assert "surgeon" in found[0].text
    others = [passage.id for passage in plain if passage.id != found[0].id]
    assert [passage.id for passage in found[1:]] == others
    assert [passage.rerank_rank for passage in found] == [1, 2, 3, 4, 5, 6]
    assert found[0].rerank_score == found[0].score == pytest.approx(5, abs=1e-3)
    assert found[0].dense_rank > 1
    assert plain[0].rerank_rank is None


def test_what_is_reranked_is_more_than_what_is_taken(assistant, embedder, tmp_path):
    model = reranker(tmp_path / "model")
    [best] = HybridRetriever(assistant.index, embedder, reranker=model).search(OPENED, top_k=1)
    assert "surgeon" in best.text


def test_the_second_of_two_labels_is_the_one_that_fits(tmp_path):
    model = reranker(tmp_path / "model", ("no", "yes"), (1.0, 0.0), "surgeon", (0.0, 9.0))
    texts = ("a bridge", "a ferry", "a surgeon")
    nodes = [NodeWithScore(node=TextNode(text=text, id_=text)) for text in texts]
    found = model.postprocess_nodes(nodes, query_str=OPENED)
    assert [node.node_id for node in found] == ["a surgeon", "a bridge", "a ferry"]
    assert [node.score for node in found] == pytest.approx([8, -1, -1], abs=1e-3)


def test_a_model_of_three_labels_is_no_reranker(tmp_path):
    model = reranker(tmp_path / "model", NLI, (0.0,) * 3, None, None)
    with pytest.raises(BadModel, match=r"FOOTNOTE_RERANKER=.*no reranker.*contradiction"):
        model.load()


# -- the second judge ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "agrees", "differs"),
    [
        (NLI, (4.0, 0.0, 0.0), (0.0, 4.0, 0.0)),
        (["contradiction", "ENTAILMENT", "neutral"], (0.0, 4.0, 0.0), (4.0, 0.0, 0.0)),
        (["entailment", "not_entailment"], (4.0, 0.0), (0.0, 4.0)),
        (["LABEL_0", "LABEL_1"], (0.0, 4.0), (4.0, 0.0)),
        (["hallucinated", "consistent"], (0.0, 4.0), (4.0, 0.0)),
        (["LABEL_0"], (4.0,), (-4.0,)),
    ],
    ids=lambda value: "-".join(map(str, value)),
)
def test_models_are_told_apart_by_their_labels(tmp_path, labels, agrees, differs):
    assert judge(tmp_path / "a", labels, agrees)(SAID, VERBATIM).supported
    found = judge(tmp_path / "b", labels, differs)(SAID, VERBATIM)
    assert not found.supported
    assert found.reason.startswith("the checker b gives it 0.0")


def test_the_second_judge_reads_source_and_sentence(tmp_path):
    check = judge(tmp_path / "tiny", ["LABEL_0"], (-2.0,), "lopez", (6.0,))
    assert check(SAID, VERBATIM).supported
    source = "The Halden bridge was opened in 1904 by the engineer."
    found = check(SAID, source)
    assert (found.supported, found.reason) == (False, "the checker tiny gives it 0.12")
    assert 0.119 < found.support < GroundingCheck()(SAID, source).support


def test_the_second_judge_only_withholds(tmp_path):
    refusing = judge(tmp_path / "no", ["LABEL_0"], (-4.0,))
    assert refusing(VERBATIM, f"So: {VERBATIM}") == Check(True, 1.0)
    agreeing = judge(tmp_path / "yes", ["LABEL_0"], (4.0,))
    wrong = "The bridge was opened in 1911."
    assert agreeing(wrong, VERBATIM) == GroundingCheck()(wrong, VERBATIM)


def test_what_a_checker_does_not_support_is_withheld(over, endpoint, assistant, tmp_path):
    folder = write_pair_model(tmp_path / "tiny", ["LABEL_0"], (-2.0,))
    endpoint.says(SAID)
    answer = over(endpoint.llm, checker=folder).ask(OPENED)
    assert [sentence.text for sentence in answer.withheld] == [SAID]
    assert answer.withheld[0].reason == "the checker tiny gives it 0.12"
    assert (answer.status, answer.writer) == ("answered", "quotes")
    assert_keeps_contract(answer, assistant.index)


def test_what_both_support_is_shown(over, endpoint, assistant, tmp_path):
    folder = write_pair_model(tmp_path / "tiny", NLI, (2.0, 0.0, 0.0))
    endpoint.says(SAID)
    answer = over(endpoint.llm, checker=folder).ask(OPENED)
    assert [sentence.text for sentence in answer.sentences] == [SAID]
    assert_keeps_contract(answer, assistant.index)


# -- models that cannot be used ------------------------------------------------------------


def test_a_model_of_other_labels_is_no_checker(tmp_path):
    check = judge(tmp_path / "mood", ["sad", "glad"], (0.0, 0.0))
    with pytest.raises(BadModel, match=r"FOOTNOTE_CHECKER=.*no fact checker.*\(sad, glad\)"):
        check.load()


@pytest.mark.parametrize("name", ["no-one/has-this", "~/nowhere"])
def test_a_model_that_is_not_there_is_named_at_the_start(tmp_path, name):
    for setting in ("checker", "reranker"):
        settings = Settings(documents=tmp_path, data=tmp_path / "data", **{setting: name})
        with Assistant.open(settings) as assistant, pytest.raises(BadModel) as caught:
            assistant.load()
        assert f"FOOTNOTE_{setting.upper()}={name!r} is n" in str(caught.value)
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_model_that_scores_no_pairs_is_refused():
    with pytest.raises(BadModel, match="scores no pairs"):
        PairModel(str(packaged()), "FOOTNOTE_RERANKER").load()


def test_code_that_comes_with_a_model_is_not_run(tmp_path):
    folder = tmp_path / "model"
    write_pair_model(folder, ["LABEL_0"], (0.0,))
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "unheard-of"
    config["auto_map"] = {
        "AutoConfig": "own.Config",
        "AutoModelForSequenceClassification": "own.Model",
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(BadModel, match="needs code of its own"):
        PairModel(str(folder), "FOOTNOTE_CHECKER").load()
    assert not (tmp_path / "ran").exists()
