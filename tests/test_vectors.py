"""Chroma holds what the catalog holds and finds all of it, and is rebuilt where it does not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hashing import HashingEmbedder
from indexed import assert_equal_to_folder

from index import Index
from index.catalog import Catalog
from index.embeddings import Vectors
from index.types import document_id

FILES = 120


@pytest.fixture(scope="module")
def embedder():
    return HashingEmbedder()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files so alike that a sparse graph of neighbours would fall apart."""
    folder = tmp_path_factory.mktemp("documents")
    for n in range(FILES):
        lines = [f"Sentence {n * 1000 + m} of file {n}." for m in range(270)]
        (folder / f"{n}.md").write_text(f"# File {n}\n\n{' '.join(lines)}\n")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory, folder, embedder):
    """A data folder large enough that Chroma has written its graph to disk."""
    data = tmp_path_factory.mktemp("built") / "data"
    with Index.open(data, embedder) as index:
        assert index.sync(folder).passages > 1000
    return data


@pytest.fixture
def data(tmp_path, built):
    return Path(shutil.copytree(built, tmp_path / "data"))


def chroma_files(data):
    return sorted(path for path in (data / "chroma").rglob("*") if path.is_file())


def test_everything_is_found_by_its_own_vector(data, folder, embedder):
    started = time.perf_counter()
    with Index.open(data, embedder) as index:
        assert time.perf_counter() - started < 5
        assert_equal_to_folder(index, folder, embedder)


def test_nearest_are_those_of_an_exact_search(data, embedder):
    with Index.open(data, embedder) as index:
        rows = index._embeddings.references()
        stored = index._embeddings.of_rows(list(rows.values()))
        for query in embedder.embed(["sentence 7 of file 7", "file 99", "sentence 101003"]):
            cosines = stored.matrix @ query / np.linalg.norm(stored.matrix, axis=1)
            hits = index.search_dense(query, k=10)
            assert [hit.score for hit in hits] == pytest.approx(sorted(cosines)[:-11:-1], abs=1e-3)


def test_documents_limit_the_search(data, embedder):
    query = embedder.embed(["sentence 7 of file 7"])[0]
    some = [document_id("3.md"), document_id("90.md")]
    with Index.open(data, embedder) as index:
        hits = index.search_dense(query, k=1000, documents=some)
        assert len(hits) == sum(index.document(document).passages for document in some)
        assert {hit.passage_id.split(":")[0] for hit in hits} == set(some)
        assert index.search_dense(query, k=5, documents=[]) == []
        assert index.search_dense(query, k=5, documents=["nowhere"]) == []
        assert len(index.search_dense(query, k=5, documents=None)) == 5


def test_bad_vectors_are_refused(data, embedder):
    with Index.open(data, embedder) as index:
        for vector in (np.ones(3), np.full(128, np.nan), np.ones((1, 128))):
            with pytest.raises(ValueError, match="128 finite numbers"):
                index.search_dense(vector, k=5)


def test_drift_is_repaired_without_embedding(data, folder, embedder):
    with Index.open(data, embedder) as index:
        chroma = index._vectors._chroma
        names = sorted(index._vectors.references())
        chroma.delete(names[:300])
        chroma.upsert(Vectors(["gone:0@0"], ["gone"], embedder.embed(["x"])))
    before = embedder.embedded
    with Index.open(data, embedder) as index:
        assert sorted(index._vectors.references()) == names
        assert embedder.embedded == before
        assert_equal_to_folder(index, folder, embedder, every=10)


def test_only_a_folder_that_was_not_closed_is_probed_first(data, embedder, monkeypatch):
    probed = []
    monkeypatch.setattr("index.vectors.survives", lambda *given: not probed.append(given))
    Index.open(data, embedder).close()
    assert probed == []
    catalog = Catalog(data / "catalog.sqlite3")
    catalog.set_state("seal", "")  # as a kill leaves it
    catalog.close()
    Index.open(data, embedder).close()
    assert len(probed) == 1


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path):
    path.write_bytes(b"\xa5" * path.stat().st_size)


@pytest.mark.parametrize("damage", [truncate, overwrite, Path.unlink])
@pytest.mark.parametrize("which", ["chroma.sqlite3", "*.bin", "*"])
def test_damaged_folder_is_rebuilt_without_embedding(data, folder, embedder, damage, which):
    damaged = [path for path in chroma_files(data) if path.match(which)]
    assert damaged
    for path in damaged:
        damage(path)
    before = embedder.embedded
    with Index.open(data, embedder) as index:
        assert embedder.embedded == before
        assert_equal_to_folder(index, folder, embedder, every=10)
        assert index.sync(folder).embedded == 0
    assert len(list((data / "chroma").iterdir())) == 1


def test_chroma_that_fails_while_in_use_is_replaced(data, folder, embedder):
    query = embedder.embed(["sentence 7 of file 7"])[0]
    with Index.open(data, embedder) as index:
        before = index.search_dense(query, k=5)
        index._vectors._chroma._client.delete_collection(index._vectors._name)
        assert index.search_dense(query, k=5) == before
        assert index.sync(folder).embedded == 0
        assert_equal_to_folder(index, folder, embedder, every=10)


def test_damage_is_reported_in_one_line(data, embedder, caplog):
    for path in chroma_files(data):
        overwrite(path)
    with Index.open(data, embedder):
        pass
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]
    assert "rebuilding" in caplog.text
