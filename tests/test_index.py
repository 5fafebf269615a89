"""The index as its users see it: one process, the real model, real documents."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hashing import HashingEmbedder

from index import Index, IndexLocked
from index.embedder import SentenceEmbedding
from index.types import embedded_text

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "documents"


@pytest.fixture(scope="module")
def embedder():
    return SentenceEmbedding()


@pytest.fixture(scope="module")
def index(tmp_path_factory, embedder):
    with Index.open(tmp_path_factory.mktemp("index") / "data", embedder) as index:
        assert index.sync(DOCUMENTS).skipped == []
        yield index


def test_every_sample_document_is_indexed(index):
    sources = {path.name for path in DOCUMENTS.iterdir() if not path.name.startswith(".")}
    assert {document.source for document in index.documents()} == sources
    assert len(index) == sum(document.passages for document in index.documents())


def test_every_passage_is_a_slice_and_the_nearest_to_itself(index, embedder):
    for document in index.documents():
        text = index.text(document.id)
        passages = index.passages([f"{document.id}:{n}" for n in range(document.passages)])
        title = None if document.title == Path(document.source).stem else document.title
        texts = [embedded_text(title, p.heading, p.text) for p in passages]
        for passage, vector in zip(passages, embedder.embed(texts), strict=True):
            assert text[passage.start : passage.end] == passage.text
            (nearest,) = index.search_dense(vector, k=1)
            assert nearest.score == pytest.approx(1, abs=1e-3)
            assert index.passages([nearest.passage_id])[0].text == passage.text


def test_meaning_and_words_find_the_same_document(index, embedder):
    question = "How many people learned to read and write?"
    (vector,) = embedder.embed([question])
    dense = [index.passages([hit.passage_id])[0] for hit in index.search_dense(vector, k=3)]
    lexical = [
        index.passages([hit.passage_id])[0] for hit in index.search_lexical("literacy literate", 3)
    ]
    assert all("litera" in passage.text.lower() for passage in lexical)
    assert any("litera" in passage.text.lower() for passage in dense)


def test_filter_by_glob_reaches_both_searches(index, embedder):
    (document,) = index.match(["timeline.md"])
    (vector,) = embedder.embed(["agreement"])
    for hits in (
        index.search_dense(vector, 50, [document]),
        index.search_lexical("agreement Cuba Venezuela", 50, [document]),
    ):
        assert hits
        assert {passage.document for passage in index.passages([h.passage_id for h in hits])} == {
            document
        }


def test_pages_cover_the_passages_of_a_pdf(index):
    (document,) = index.match(["crisis-2026.pdf"])
    pages = index.pages(document)
    assert len(pages) == index.document(document).pages >= 2
    for passage in index.neighbours(f"{document}:0", before=0, after=1000):
        assert any(p.start <= passage.start < p.end and p.number == passage.page for p in pages)


def test_empty_index_finds_nothing(tmp_path, embedder):
    (tmp_path / "documents").mkdir()
    with Index.open(tmp_path / "data", embedder) as index:
        for _ in range(2):
            assert len(index) == 0
            assert index.search_dense(embedder.embed(["anything"])[0], 5) == []
            assert index.search_lexical("anything", 5) == []
            assert index.sync(tmp_path / "documents").passages == 0


def test_second_open_in_this_process_is_refused(index, embedder):
    with pytest.raises(IndexLocked, match=f"process {os.getpid()} .*FOOTNOTE_DATA") as refused:
        Index.open(index.data, embedder)
    assert (refused.value.pid, refused.value.data) == (os.getpid(), index.data)
    assert index.search_lexical("Cuba", 1)


OPEN = """
import sys
from pathlib import Path
from hashing import HashingEmbedder
from index import Index, IndexLocked
try:
    with Index.open(Path(sys.argv[1]), HashingEmbedder()) as index:
        print(index.search_lexical("anything", 5))
        print(sorted({"torch", "llama_index", "gradio"} & sys.modules.keys()))
except IndexLocked as error:
    print(error.pid)
"""


def child_output(data):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}
    command = [sys.executable, "-c", OPEN, str(data)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_second_process_is_told_who_has_the_index(index):
    assert child_output(index.data) == [str(os.getpid())]


def test_opening_and_searching_words_loads_no_model(tmp_path):
    assert child_output(tmp_path) == ["[]", "[]"]


def test_closed_index_lets_go_and_says_so(tmp_path):
    index = Index.open(tmp_path, HashingEmbedder())
    index.close()
    index.close()
    with pytest.raises(RuntimeError, match="is closed"):
        index.search_lexical("anything", 5)
    with Index.open(tmp_path, HashingEmbedder()) as again:
        assert len(again) == 0
