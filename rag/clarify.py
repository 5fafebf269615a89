"""One short question back, where a question speaks of something that nothing before it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.antecedents import need, refers_back
from rag.ellipsis import is_bare
from rag.language import parse
from rag.mentions import QUESTION_WORD, is_asked_for
from rag.schema import Message, Passage

if TYPE_CHECKING:
    from spacy.tokens import Token

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


def open_reference(question: str) -> str | None:
    """Return what of ``question`` only a conversation could fill in, None if it stands alone.

    That is a pronoun ("when was it founded?"), a pointing phrase ("that mission") or the whole
    of a bare question ("why?").
    """
    question = " ".join(question.split())
    if QUESTION_WORD.match(question) and is_bare(question):
        return question.strip(" ?!.")
    doc = parse(question)
    for token in doc:
        if need(token) not in (None, "place") and refers_back(token):
            things = [t for t in doc if t.pos_ in ("NOUN", "PROPN") and not is_asked_for(t)]
            return None if any(t != token.head for t in things) else token.text
        if token.lower_ in ("this", "that") and token.dep_ == "det" and token.head.pos_ == "NOUN":
            pointed = doc[token.i : token.head.i + 1].text
            told = token.i and doc[token.i - 1].pos_ in ("NOUN", "PROPN")
            timeless = token.head.lemma_ in ("year", "month", "week", "day", "time", "way", "case")
            return None if told or timeless or _is_told(token.head) else pointed
    return None


def _is_told(noun: Token) -> bool:
    """Whether the question itself says which: "this man who …", "that bridge in Oslo"."""
    return any(t.dep_ in ("relcl", "acl", "prep", "appos") for t in noun.children)
