"""What several test files share: the real model, and an assistant over four small documents."""

from __future__ import annotations

import pytest
from halden import write_documents

from index.embedder import SentenceEmbedding
from rag import Assistant, Settings


@pytest.fixture(scope="session")
def embedder():
    return SentenceEmbedding()


@pytest.fixture(scope="session")
def assistant(tmp_path_factory):
    """Knows the documents of ``halden``; a test must not change them."""
    base = tmp_path_factory.mktemp("halden")
    settings = Settings(documents=write_documents(base / "documents"), data=base / "data")
    with Assistant.open(settings) as assistant:
        assert assistant.sync().skipped == []
        yield assistant
