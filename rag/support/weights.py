"""What training left behind: word frequencies, opposites and the trained trees.

Written by ``tools/train_grounding.py``; where it comes from is said in docs/grounding-model.md.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def stored() -> dict[str, Any]:
    """Return the stored numbers."""
    text = (resources.files("rag.support") / "weights.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@lru_cache(maxsize=1)
def document_frequency() -> tuple[int, dict[str, int]]:
    """Return the number of passages counted, and in how many of them each stem stands."""
    words = stored()["words"]
    return int(words["passages"]), dict(words["in"])


@lru_cache(maxsize=1)
def opposites() -> dict[str, frozenset[str]]:
    """Return the stems that say the opposite of each stem."""
    found: dict[str, set[str]] = {}
    for one, other in stored()["opposites"]:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}
