"""Descriptions that lean on the conversation: "the result", "that center", "the first of the two".

What they stand for is put behind them, in brackets: the words of the user stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.antecedents import ASKS_NAME, Gap, Turn, antecedent, described, topic
from rag.language import parse
from rag.mentions import (
    QUESTION_WORD,
    TIMELESS,
    UNCOUNTED,
    Mention,
    Need,
    core,
    is_subject,
    mentions,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

_POINTING = frozenset({"the", "this", "that", "these", "those"})
_KINDS = (  # may stand for a name that nothing said to be one
    "programme program project mission initiative scheme campaign operation plan agreement "
    "deal pact treaty accord alliance partnership organisation organization company agency "
    "institution university school centre center network drug medicine treatment method "
    "country city place event man woman person"
)
_GENERIC = frozenset(_KINDS.split())
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
_OF_THEM = re.compile(
    r"\b(?:many|much|which|share|percentage|proportion|number|half|most|all|any|some|none|each|one)"
    r" of (?P<them>them|those|these)\b",
    re.I,
)
_HOW_MANY = re.compile(r"^\W*how many\s+", re.I)
_VAGUE = frozenset({"same", "main", "whole"})
_WORLD = "air sky sun moon earth world universe sea ocean internet future past weather bible us"
_UNIQUE = frozenset(_WORLD.split())  # "the sky" is no part of anything
_FEW = 3  # nouns: a question with more explains itself
_NTH = {"first": 0, "former": 0, "second": 1, "latter": -1, "last": -1}


def with_counted(question: str, turns: Sequence[Turn]) -> str:
    """Say which is "the first of the two": of what the last turns were about, in their order."""
    match = _COUNTED.search(question)
    if match is None or _goes_on(question, match.end()):
        return question
    about = list(dict.fromkeys(name for turn in turns if (name := _about(turn))))[-2:]
    if len(about) < 2:
        return question
    return _behind(question, match.end(), about[_NTH[(match["which"] or match["only"]).lower()]])


def with_those(question: str, turns: Sequence[Turn]) -> str:
    """Say who "how many of them" are: those that the last turn counted."""
    match = _OF_THEM.search(question)
    those = _counted(turns[-1]) if match and not _goes_on(question, match.end()) else None
    if match is None or those is None:
        return question
    return question[: match.start("them")] + those + question[match.end("them") :]


def _counted(turn: Turn) -> str | None:
    """What a turn counted: "the people that took part" after "how many people took part?"."""
    if asked := _HOW_MANY.match(turn.question):
        doc = parse(turn.question)
        noun = next((c.root for c in doc.noun_chunks if c.root.idx >= asked.end()), None)
        if noun is not None and noun.tag_ == "NNS":
            end = noun.idx + len(noun)
            rest = turn.question[end:].rstrip(" ?!.")
            tells = is_subject(noun) and all(t.lemma_ != "do" for t in doc)
            tells = tells and all(t.tag_ != "VBZ" for t in doc[noun.i + 1 :][:1])  # "has Norway"
            return f"the {turn.question[asked.end() : end]}{' that' + rest if tells else ''}"
    for chunk in parse(turn.answer).noun_chunks:
        many = chunk.root.tag_ == "NNS" and chunk.root.ent_type_ not in UNCOUNTED
        noun_phrase = core(chunk)
        if many and noun_phrase is not None and any(t.pos_ == "NUM" for t in chunk.root.lefts):
            return f"the {noun_phrase.text}"
    return None


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
        noun = chunk.root.lower_
        mention = described(noun, turns)
        if mention is None and noun in _GENERIC and _is_plain(chunk):
            mention = _salient(_GENERIC_NEED.get(noun, "thing"), question, turns)
        if mention is not None and mention.text.lower() not in question.lower():
            return _behind(question, chunk.end_char, mention.text)
    if _asks_part(doc):
        part = antecedent(Gap("thing"), question, turns)
        return _ending_in(question, f"of {part.phrase}") if part else question
    about = topic(turns, question) if _leans(question, pointing) else None
    return _ending_in(question, f"({about.text})") if about else question


def _salient(need: Need, question: str, turns: Sequence[Turn]) -> Mention | None:
    """What a noun like "mission" may stand for: no person and no country."""
    mention = antecedent(Gap(need), question, turns)
    if mention is None or (need == "thing" and (mention.person or mention.place)):
        return None
    return mention


def _points(chunk: Span) -> bool:
    """A common noun with "the" or "that", of which the question says no more."""
    root = chunk.root
    return (
        chunk[0].lower_ in _POINTING
        and root.pos_ == "NOUN"
        and root.lemma_ not in TIMELESS
        and not (chunk.end < len(root.doc) and root.doc[chunk.end].pos_ == "PROPN")
        and not any(t.dep_ in ("relcl", "acl", "appos") for t in root.children)
        and not any(t.dep_ == "prep" and t.n_rights for t in root.children)
        and not any(t.tag_ in ("JJS", "RBS") or t.ent_type_ for t in chunk)
    )


def _leans(question: str, pointing: Sequence[Span]) -> bool:
    """Whether a question speaks of "the result", and no word of it says of what.

    Without capitals its names cannot be seen, and a new topic would get the old one's name.
    """
    doc = parse(question)
    nouns = [t for t in doc if t.pos_ in ("NOUN", "PROPN")]
    told = any(t.dep_ == "amod" and t.lower_ not in _VAGUE for t in doc)
    told = told or any(t.lower_ == "of" or t.pos_ == "PROPN" for t in doc)
    if told or len(nouns) > _FEW or question == question.lower():
        return False
    return any(_is_plain(chunk) and chunk.root.lemma_ not in _UNIQUE for chunk in pointing)


def _is_plain(chunk: Span) -> bool:
    """Nothing but a noun, which many texts have: "the result"."""
    return all(token.lower_ in _VAGUE for token in chunk[1:-1])


def _behind(text: str, end: int, name: str) -> str:
    return f"{text[:end]} ({name}){text[end:]}"


def _ending_in(question: str, words: str) -> str:
    end = len(question.rstrip(" ?!."))
    return f"{question[:end]} {words}{question[end:]}"


def _asks_part(doc: Doc) -> bool:
    """Whether "what are the …" asks for a part of something, and says no more: "of X" fits."""
    chunks = [c for c in doc.noun_chunks if not QUESTION_WORD.match(c.text)]
    last = doc[-2] if len(doc) > 1 and doc[-1].is_punct else doc[-1]
    return (
        len(chunks) == 1
        and chunks[0].root == last
        and chunks[0][0].lower_ == "the"
        and last.dep_ in ("nsubj", "attr")
        and last.head.lemma_ == "be"
        and QUESTION_WORD.match(doc.text) is not None
    )


def in_full_names(question: str, turns: Sequence[Turn]) -> str:
    """Give the one name of a person in full, as earlier turns have it: "Marco Rubio"."""
    doc = parse(question)
    texts = [text for turn in turns for text in (turn.question, turn.answer)]
    people = {m.text for text in texts for m in mentions(text) if m.person}
    full, end = "", 0
    for token in doc:
        beside = [doc[i].pos_ for i in (token.i - 1, token.i + 1) if 0 <= i < len(doc)]
        if token.pos_ != "PROPN" or "PROPN" in beside:
            continue
        names = [name for name in people if _is_short_for(token.lower_, name.lower().split())]
        if len(names) == 1 and names[0].lower() not in question.lower():
            full += question[end : token.idx] + names[0]
            end = token.idx + len(token)
    return full + question[end:]


def _is_short_for(word: str, name: list[str]) -> bool:
    return 1 < len(name) <= 3 and word in (name[0], name[-1])
