"""Question to cited answer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.schema import Answer, Message
    from rag.settings import Settings

_HOMES = {
    "Answer": "rag.schema",
    "Assistant": "rag.assistant",
    "Message": "rag.schema",
    "Settings": "rag.settings",
}

__all__ = ["Answer", "Assistant", "Message", "Settings"]


def __getattr__(name: str) -> Any:
    """Import what is asked for at its first use, so that ``import rag`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
