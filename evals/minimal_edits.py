"""Sentences made wrong by the smallest change: what a grounding check has to notice.

| kind | the change |
|---|---|
| number | a figure becomes another figure of the same passage |
| digit | one digit of a figure becomes another digit |
| name | a name becomes another name of the same passage, of the same kind where there is one |
| exchange | two names of the sentence change places |
| negation | the main verb is negated |
| antonym | a word becomes one of the opposite meaning |
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.language import NAMES, parse
from rag.terms import same_name, stem

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

KINDS = ("number", "digit", "name", "exchange", "negation", "antonym")

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w]|[.,]\d)")
_PAIRS = """
large small, larger smaller, largest smallest, big little, high low, higher lower, highest lowest,
long short, longer shorter, old young, older younger, early late, earlier later, first last,
before after, above below, over under, inside outside, north south, northern southern, east west,
eastern western, left right, upper lower, major minor, public private, male female, men women,
man woman, husband wife, father mother, son daughter, brother sister, good bad, best worst,
better worse, strong weak, hot cold, warm cool, hard soft, heavy light, rich poor, full empty,
open closed, true false, same different, similar different, positive negative, success failure,
successful unsuccessful, increase decrease, increased decreased, increases decreases, rise fall,
rose fell, won lost, win lose, wins loses, begin end, began ended, started stopped, accept reject,
accepted rejected, include exclude, includes excludes, included excluded, allow forbid,
allowed forbidden, buy sell, bought sold, more less, most least, many few, all none, always never,
often rarely, ancient modern, internal external, legal illegal, possible impossible, able unable,
common rare, direct indirect, maximum minimum, majority minority, victory defeat, alive dead,
birth death, born died, arrive leave, arrived left, enter exit, front back, top bottom, fast slow
"""
_OPPOSITE = {
    word: other
    for pair in _PAIRS.replace("\n", " ").split(",")
    for word, other in (pair.split(), pair.split()[::-1])
}
_WEAK = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "can",
        "could",
        "will",
        "would",
        "shall",
        "should",
        "may",
        "might",
        "must",
    ]
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A sentence after one change of ``kind``; ``was`` became ``now`` at character ``start``."""

    kind: str
    text: str
    was: str
    now: str
    start: int


def edits(sentence: str, passage: str, seed: int = 0) -> list[Edit]:
    """Return one edit of each kind that ``sentence`` allows; one ``seed``, one set of edits."""
    found: list[Edit] = []
    if len(re.findall(r"\w+", sentence)) < 4:  # "4.", the number of a list
        return found
    for kind in KINDS:
        chance = random.Random(f"{seed}|{kind}|{sentence}")
        made = [edit for edit in _MAKERS[kind](sentence, passage) if edit.text != sentence]
        if made:
            found.append(chance.choice(made))
    return found


def _number(sentence: str, passage: str) -> Iterator[Edit]:
    there = {match.group() for match in _NUMBER.finditer(passage)}
    for match in _NUMBER.finditer(sentence):
        year = _is_year(match.group())
        for other in sorted(there):
            if _is_year(other) == year and other != match.group() and other not in sentence:
                yield _replaced("number", sentence, *match.span(), other)


def _digit(sentence: str, passage: str) -> Iterator[Edit]:
    for match in _NUMBER.finditer(sentence):
        for place in range(*match.span()):
            for digit in "123456789" if sentence[place].isdigit() else "":
                other = sentence[match.start() : place] + digit + sentence[place + 1 : match.end()]
                if digit != sentence[place] and other not in passage:
                    yield _replaced("digit", sentence, *match.span(), other)


def _name(sentence: str, passage: str) -> Iterator[Edit]:
    there = _names(passage)
    for name in _names(sentence):
        others = {o.text for o in there if _apart(o, name) and o.text not in sentence}
        alike = {o.text for o in there if o.label_ == name.label_} & others
        for other in sorted(alike or others):
            yield _replaced("name", sentence, name.start_char, name.end_char, other)


def _exchange(sentence: str, passage: str) -> Iterator[Edit]:
    found = _names(sentence)
    for n, one in enumerate(found):
        for other in found[n + 1 :]:
            if one.label_ == other.label_ and _apart(one, other):
                a, b, c, d = one.start_char, one.end_char, other.start_char, other.end_char
                text = sentence[:a] + other.text + sentence[b:c] + one.text + sentence[d:]
                yield Edit("exchange", text, one.text, other.text, a)


def _negation(sentence: str, passage: str) -> Iterator[Edit]:
    doc = parse(sentence)
    if any(token.dep_ == "neg" for token in doc):
        return
    for token in doc:
        if token.dep_ == "ROOT" and token.pos_ in ("VERB", "AUX"):
            helper = next((c for c in token.children if c.dep_ in ("aux", "auxpass")), token)
            if helper.lower_ in _WEAK and (helper is not token or token.pos_ == "AUX"):
                end = helper.idx + len(helper)
                yield _replaced("negation", sentence, end, end, " not")
            elif token.tag_ in _DO:
                text = f"{_DO[token.tag_]} not {token.lemma_}"
                yield _replaced("negation", sentence, token.idx, token.idx + len(token), text)


def _antonym(sentence: str, passage: str) -> Iterator[Edit]:
    for token in parse(sentence):
        if other := _opposite(token):
            yield _replaced("antonym", sentence, token.idx, token.idx + len(token), other)


_DO = {"VBD": "did", "VBZ": "does", "VBP": "do"}
_MAKERS: dict[str, Callable[[str, str], Iterator[Edit]]] = {
    "number": _number,
    "digit": _digit,
    "name": _name,
    "exchange": _exchange,
    "negation": _negation,
    "antonym": _antonym,
}


def _replaced(kind: str, sentence: str, start: int, end: int, other: str) -> Edit:
    return Edit(kind, sentence[:start] + other + sentence[end:], sentence[start:end], other, start)


def _is_year(figure: str) -> bool:
    return re.fullmatch(r"1\d{3}|20\d\d", figure) is not None


def _names(text: str) -> list[Span]:
    return [e for e in parse(text).ents if e.label_ in NAMES and e.text[:1].isupper()]


def _apart(one: Span, other: Span) -> bool:
    """Whether no word of one name is in the other, or derived from one (Canada, Canadian)."""
    return not any(same_name(stem(a.text), stem(b.text)) for a in one for b in other)


def _opposite(token: Token) -> str | None:
    if token.pos_ in ("PROPN", "NUM"):
        return None
    other = _OPPOSITE.get(token.lower_)
    return other.capitalize() if other and token.text[0].isupper() else other
