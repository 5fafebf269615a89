"""What several test files share: the real model, and an assistant over four small documents."""

from __future__ import annotations

import os

import hypothesis
import pytest
from halden import write_documents

from index.embedder import SentenceEmbedding
from index.offline import go_offline
from rag import Assistant, Settings
from rag.evidence import EvidenceReader
from rag.reading import CrossReader
from rag.schema import Passage
from rag.writers.base import Draft
from rag.writers.quotes import QuotesWriter

go_offline()  # before a test file imports transformers itself
os.environ["FOOTNOTE_READER"] = "small"  # the same answers with the large one and without

hypothesis.settings.register_profile("footnote", deadline=None, max_examples=300)
hypothesis.settings.load_profile("footnote")


def pytest_addoption(parser):
    parser.addoption(
        "--all-injections",
        action="store_true",
        help="ask the bundled model about every planted injection, not a sample",
    )


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


@pytest.fixture(scope="session")
def draft(embedder):
    """``draft(question, *texts)``: what the quotes writer makes of these passages, or texts."""
    writer = QuotesWriter(EvidenceReader(embedder, CrossReader()))

    def write(question: str, *texts: str | Passage) -> Draft:
        passages = [
            passage_of(text, n) if isinstance(text, str) else text for n, text in enumerate(texts)
        ]
        return writer.write(question, passages)

    return write


def passage_of(text: str, number: int = 0) -> Passage:
    return Passage(
        id=f"{number}:0",
        document=str(number),
        title="",
        source=f"{number}.txt",
        start=0,
        end=len(text),
        text=text,
    )
