"""A folder of two small documents, and an index over an embedder without a model.

Use with ``pytest_plugins = ["syncing"]``.
"""

from __future__ import annotations

import pytest
from hashing import HashingEmbedder

from index import Index

ISLANDS = (
    "# Islands\n\nCuba is an island. It lies in the Caribbean.\n\n## Food\n\nRice and beans.\n"
)
RIVERS = "# Rivers\n\nThe Orinoco flows through Venezuela. It is long.\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "documents"
    (folder / "water").mkdir(parents=True)
    (folder / "islands.md").write_text(ISLANDS)
    (folder / "water" / "rivers.md").write_text(RIVERS)
    return folder


@pytest.fixture
def hashing():
    return HashingEmbedder()


@pytest.fixture
def index(tmp_path, hashing):
    with Index.open(tmp_path / "data", hashing) as index:
        yield index
