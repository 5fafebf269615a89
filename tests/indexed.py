"""What must hold of an index whenever a sync has finished."""

from __future__ import annotations

from pathlib import Path

from hashing import HashingEmbedder

from index import Index, readers
from index.types import digest, embedded_text


def assert_equal_to_folder(
    index: Index, folder: Path, embedder: HashingEmbedder, every: int = 1
) -> None:
    """Check catalog against folder, passages against texts, Chroma against the catalog.

    One passage in ``every`` is searched for.
    """
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.md")}
    documents = index.documents()
    assert [document.source for document in documents] == sorted(files)
    for document in documents:
        text = index.text(document.id)
        assert text == readers.read(files[document.source]).text
        assert (document.content_hash, document.characters) == (digest(text), len(text))
        passages = index.passages([f"{document.id}:{n}" for n in range(document.passages)])
        assert [passage.ordinal for passage in passages] == list(range(document.passages))
        for passage in passages:
            assert text[passage.start : passage.end] == passage.text
        for passage in passages[::every]:
            assert_finds_itself(index, document.title, passage, embedder)
    assert len(index) == sum(document.passages for document in documents)
    assert index._vectors.points() == index._embeddings.points()
    assert index._embeddings.missing() == 0


def assert_finds_itself(index, title, passage, embedder) -> None:
    """Check that a passage, or one with its text, is nearest to it and found by its words."""
    vector = embedder.embed([embedded_text(title, passage.heading, passage.text)])[0]
    nearest = index.search_dense(vector, k=20, documents=[passage.document])
    assert nearest[0].score > 0.999
    everywhere = index.search_dense(vector, k=20)
    for hits in (nearest, everywhere):
        alike = [hit.passage_id for hit in hits if hit.score > 0.999]
        assert passage.text in {found.text for found in index.passages(alike)}
    words = index.search_lexical(passage.text, k=len(index), documents=[passage.document])
    found = index.passages([hit.passage_id for hit in words])
    assert passage.text in {found.text for found in found}
