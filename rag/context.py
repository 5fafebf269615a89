"""What a conversation adds to a search.

A follow-up is searched for together with the turns before it: the cosine of a passage is a sum of
its cosines with the question, the question made to stand alone, the question before it, the
answer to that and older questions. Cosines are linear, so that sum is the cosine with one mixed
vector. What the question itself says weighs most, so a new topic is found in spite of old turns.
The weights were chosen on half of MTRAG-UN (docs/experiments.md) and are flat around these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.schema import Message

REMEMBERED = 10  # messages
READ = 2_000  # characters of each

# Weights against the question's own, of the dense and of the lexical search. The words of an
# answer are many, and would drown a new topic: they are not searched for.
_STANDALONE = (0.3, 0.3)
_QUESTION_BEFORE = (0.2, 0.2)
_ANSWER_BEFORE = (0.4, 0.0)
_OLDER_QUESTIONS = (0.1, 0.0)  # together

_MARKER = re.compile(r"\s?\[\d+\](?:\([^)]*\))?")
_REFUSAL = re.compile(
    r"\b(?:documents?|article|text|passages?) (?:do|does)(?:n['’]t| not)\b"
    r"|\bI(?:['’]m sorry| am sorry| apologi[sz]e| do not| don['’]t| cannot| can['’]t)\b"
    r"|^\W*(?:sorry|not found)\b",
    re.I,
)
_SHORT = 300  # characters: a longer answer that says "I do not …" says more than that


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the conversation and what it weighs in a search, the question itself being 1."""

    text: str
    dense: float
    lexical: float


def said(question: str, standalone: str, history: Sequence[Message]) -> list[Said]:
    """Return what ``history``, oldest turn first, adds to a search for ``question``.

    ``standalone`` is the question as it was understood. An answer that only says it does not
    know tells nothing about the topic and is left out.
    """
    recent = history[-REMEMBERED:]
    questions = [text for m in recent if m.role == "user" and (text := m.content[:READ].strip())]
    found = [Said(standalone, *_STANDALONE)] if standalone != question else []
    found += [Said(text, *_QUESTION_BEFORE) for text in questions[-1:]]
    if recent and recent[-1].role == "assistant":
        answer = spoken(recent[-1].content)
        if answer and not is_refusal(answer):
            found.append(Said(answer, *_ANSWER_BEFORE))
    older = questions[:-1]
    dense, lexical = (weight / max(len(older), 1) for weight in _OLDER_QUESTIONS)
    return found + [Said(text, dense, lexical) for text in older]


def spoken(answer: str) -> str:
    """Return what an answer says: its first characters without the ``[n]`` markers."""
    return _MARKER.sub("", answer[:READ]).strip()


def is_refusal(answer: str) -> bool:
    """Return whether ``answer`` says no more than that there is no answer."""
    return len(answer) <= _SHORT and _REFUSAL.search(answer) is not None
