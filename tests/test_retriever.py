"""Two searches as one: ranks, scores, limits, and llama-index's interface."""

import pytest
from llama_index.core.schema import QueryBundle

from index import Index
from rag.retriever import HybridRetriever

QUESTION = "When was the Halden bridge opened?"


@pytest.fixture(scope="module")
def index(assistant):
    return assistant.index


@pytest.fixture(scope="module")
def retriever(index, embedder):
    return HybridRetriever(index, embedder, top_k=3)


@pytest.mark.parametrize(
    ("question", "source"),
    [
        (QUESTION, "bridge.md"),
        ("crowns spent on repairs", "bridge.md"),
        ("learning to read in the evening", "school.txt"),
        ("Rene\u0301 Fournier", "school.txt"),
        ("RENE FOURNIER", "school.txt"),
        ("medical staff", "reports/health.md"),
        ("price of a therapy", "clinic.html"),
    ],
)
def test_the_right_document_is_among_the_first(retriever, question, source):
    assert source in [passage.source for passage in retriever.search(question)[:2]]


def test_passages_are_best_first_and_say_why(retriever, index):
    found = retriever.search(QUESTION, top_k=50)
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert max(scores) <= 1 + 1e-6
    assert len({passage.id for passage in found}) == len(found) == len(index)
    assert sorted(p.dense_rank for p in found) == list(range(1, len(found) + 1))
    by_words = [p for p in found if p.lexical_rank]
    assert sorted(p.lexical_rank for p in by_words) == list(range(1, len(by_words) + 1))
    assert all((p.lexical_rank is None) == (p.lexical_score is None) for p in found)
    assert (found[0].dense_rank, found[0].lexical_rank) == (1, 1)


def test_a_passage_carries_its_document(retriever, index):
    best = retriever.search(QUESTION)[0]
    info = index.document(best.document)
    assert (best.title, best.source, best.published) == (info.title, info.source, info.published)
    assert best.published == "2019-03-02"
    assert index.text(best.document)[best.start : best.end] == best.text


def test_a_passage_keeps_the_end_of_the_one_before_under_its_heading(tmp_path, embedder):
    folder = tmp_path / "documents"
    folder.mkdir()
    said = [
        f"The ferry number {n} of the Halden line was painted blue in spring." for n in range(60)
    ]
    text = f"# Ferries\n\n{' '.join(said)}\n\n# Harbour\n\nThe harbour is deep.\n"
    (folder / "ferries.md").write_text(text, encoding="utf-8")
    with Index.open(tmp_path / "data", embedder) as index:
        index.sync(folder)
        found = HybridRetriever(index, embedder).search("Halden ferry harbour", top_k=50)
        led = [passage for passage in found if passage.before]
        assert 2 <= len(led) < len(found)
        for passage in led:
            stored = index.text(passage.document)
            assert stored[: passage.start].endswith(passage.before)
            assert passage.before.strip() == " ".join(said[n] for n in _two_before(passage, said))
        assert not next(p for p in found if "harbour is deep" in p.text).before


def _two_before(passage, said):
    first = next(n for n, sentence in enumerate(said) if passage.text.startswith(sentence))
    return (first - 2, first - 1)


@pytest.mark.parametrize(("top_k", "expected"), [(None, 3), (1, 1), (4, 4), (50, 6)])
def test_top_k(retriever, index, top_k, expected):
    assert len(index) == 6
    assert len(retriever.search(QUESTION, top_k)) == expected


def test_documents_limit_the_search(retriever, index):
    chosen = index.match(["school.txt", "reports/*"])
    found = retriever.search(QUESTION, 50, chosen)
    assert {passage.source for passage in found} == {"school.txt", "reports/health.md"}
    assert retriever.search(QUESTION, 50, []) == []


@pytest.mark.parametrize("question", ["?!", "🙂", "bridge " * 600, 'NEAR("a" b) OR *', "橋"])
def test_any_text_can_be_searched_for(retriever, question):
    assert retriever.search(question) == retriever.search(question) != []


def test_the_interface_of_llama_index_agrees(retriever):
    nodes = retriever.retrieve(QueryBundle(QUESTION))
    passages = retriever.search(QUESTION)
    assert [(n.node.node_id, n.text, n.score) for n in nodes] == [
        (p.id, p.text, p.score) for p in passages
    ]
    assert [(n.node.start_char_idx, n.node.end_char_idx) for n in nodes] == [
        (p.start, p.end) for p in passages
    ]
    assert nodes[0].metadata["source"] == "bridge.md"
