"""One short question back, where a question speaks of something that nothing before it names."""

from __future__ import annotations

from collections.abc import Sequence

from rag.conversation import open_reference
from rag.schema import Message, Passage

_MOST = 4  # options


def clarification(
    question: str, resolved: str, history: Sequence[Message], passages: Sequence[Passage]
) -> str | None:
    """Return what to ask the user before ``question`` can be answered, None if it is plain.

    ``resolved`` is the question as it was understood after ``history``. The options are the
    documents of ``passages``, best first; with one document there is nothing to choose.
    """
    if any(message.role == "user" for message in history) or resolved != question:
        return None
    options = list(dict.fromkeys(p.title or p.source for p in passages))[:_MOST]
    if len(options) < 2:
        return None
    reference = open_reference(question)
    if reference is None:
        return None
    *others, last = options
    return f"What do you mean by “{reference}”? For instance: {', '.join(others)} or {last}."
