"""Descriptions that lean on the conversation: "the result", "that center", "the first of the two".

What they stand for is put behind them, in brackets: the words of the user stay.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.antecedents import ASKS_NAME, Gap, Turn, antecedent, described, topic
from rag.language import parse
from rag.mentions import QUESTION_WORD, Mention, Need, mentions

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_POINTING = frozenset({"the", "this", "that", "these", "those"})
_GENERIC = frozenset(  # may stand for a name that nothing said to be one
    "programme program project mission initiative scheme campaign operation plan agreement deal "
    "pact treaty accord alliance partnership organisation organization company agency institution "
    "university school centre center network drug medicine treatment method country city place "
    "event man woman person".split()
)
_GENERIC_NEED: dict[str, Need] = {
    **dict.fromkeys(("country", "city", "place"), "place"),
    **dict.fromkeys(("man", "woman", "person"), "person"),
}
_COUNTED = re.compile(
    r"\bthe (?P<which>first|former|second|latter|last)(?: one)?"
    r"(?: of (?:the (?:two|three|four)|them|these|those)\b|(?=\W*$)|(?= (?:was|is|did|does)\b))"
    r"|\bthe (?P<only>former|latter)\b",
    re.I,
)
_NTH = {"first": 0, "former": 0, "second": 1, "latter": -1, "last": -1}
V = os.environ.get("V", "")


def with_counted(question: str, turns: Sequence[Turn]) -> str:
    """Say which is "the first of the two": of what the last turns were about, in their order."""
    match = _COUNTED.search(question)
    if match is None or _goes_on(question, match.end()):
        return question
    about = list(dict.fromkeys(name for turn in turns if (name := _about(turn))))[-2:]
    if len(about) < 2:
        return question
    return _behind(question, match.end(), about[_NTH[(match["which"] or match["only"]).lower()]])


def _goes_on(question: str, end: int) -> bool:
    """Whether a noun follows: "the former minister"."""
    after = next((token for token in parse(question) if token.idx >= end), None)
    return after is not None and after.pos_ in ("ADJ", "NOUN", "PROPN", "NUM")


def _about(turn: Turn) -> str | None:
    """The name that a turn is about: in its question, or else in its answer."""
    asked = [mention for mention in mentions(turn.question) if mention.named]
    told = [mention for mention in mentions(turn.answer) if mention.named]
    told_first = ASKS_NAME.match(turn.question) and told
    said = told if told_first else [*(m for m in asked if m.focus), *asked, *told]
    return said[0].text if said else None


def with_described(question: str, turns: Sequence[Turn]) -> str:
    """Say which "the center" is, and of what "the result", where the question itself does not."""
    doc = parse(question)
    pointing = [chunk for chunk in doc.noun_chunks if _points(chunk)]
    for chunk in pointing:
        noun = chunk.root.lemma_.lower()
        mention = described(noun, turns)
        if mention is None and noun in _GENERIC and _is_plain(chunk):
            mention = antecedent(Gap(_GENERIC_NEED.get(noun, "thing")), question, turns)
        if mention is not None and mention.text.lower() not in question.lower():
            return _behind(question, chunk.end_char, mention.text)
    about = topic(turns, question) if _leans(question, pointing) else None
    return _ending_in(question, about) if about is not None else question


def _points(chunk: Span) -> bool:
    """A common noun with "the" or "that", of which the question says no more."""
    root = chunk.root
    return (
        chunk[0].lower_ in _POINTING
        and root.pos_ == "NOUN"
        and not any(t.dep_ in ("relcl", "acl", "appos") for t in root.children)
        and not any(t.dep_ == "prep" and t.n_rights for t in root.children)
        and not any(t.tag_ in ("JJS", "RBS") or t.ent_type_ for t in chunk)
    )


def _leans(question: str, pointing: Sequence[Span]) -> bool:
    """Whether what a question asks about is part of something that it does not name."""
    doc = parse(question)
    nouns = [t for t in doc if t.pos_ in ("NOUN", "PROPN")]
    if any(t.pos_ == "PROPN" for t in nouns) or len(nouns) > 3:
        return False
    if any(_is_plain(chunk) for chunk in pointing) and "a" in V:
        return True
    exist = any(t.dep_ == "expl" and t.lower_ in ("there", "where") for t in doc)
    if exist and "b" in V and len(nouns) <= 2:
        return True
    return bool("c" in V and len(nouns) <= 1 and nouns and not any(t.pos_ == "VERB" for t in doc))


def _is_plain(chunk: Span) -> bool:
    """Nothing but a noun, which many texts have: "the result", "the other side"."""
    return all(token.lower_ in ("other", "same") for token in chunk[1:-1])


def _behind(text: str, end: int, name: str) -> str:
    return f"{text[:end]} ({name}){text[end:]}"


def _ending_in(question: str, about: Mention) -> str:
    doc = parse(question)
    last: Token = doc[-2] if len(doc) > 1 and doc[-1].is_punct else doc[-1]
    end = last.idx + len(last)
    if _is_part(last):
        return f"{question[:end]} of {about.phrase}{question[end:]}"
    return _behind(question, end, about.text)


def _is_part(last: Token) -> bool:
    """What is asked for with "what is the …" ends the question: "of X" can follow."""
    chunks = [c for c in last.doc.noun_chunks if not QUESTION_WORD.match(c.text)]
    return (
        len(chunks) == 1
        and chunks[0].root == last
        and chunks[0][0].lower_ == "the"
        and last.dep_ in ("nsubj", "attr")
        and last.head.lemma_ == "be"
    )
