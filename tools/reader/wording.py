"""How a made question is worded: other words for some of its own, and as people type it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from tools.reader.questions import Made
from tools.reader.wordnet import synonyms

_IRREGULAR = (
    "built led made won wrote written sold bought held began became took taken gave given "
    "went came said found left met sent spent kept told brought grew known shown seen saw ran "
    "rose fell drew chosen chose taught fought lost paid read set put cut"
)
_IRREGULAR_PAST = frozenset(_IRREGULAR.split())
_PAST = {"found": "founded", "build": "built", "lead": "led"}


@lru_cache(maxsize=20_000)
def _inflected(lemma: str, like: str) -> str:
    """``lemma`` in the form of the word ``like``, by the regular rules."""
    if like.endswith("ed") or like in _IRREGULAR_PAST:
        return _PAST.get(lemma) or _past(lemma)
    if like.endswith("ing"):
        return (lemma[:-1] if lemma.endswith("e") else lemma) + "ing"
    if like.endswith("s") and not like.endswith("ss"):
        return lemma + ("es" if lemma.endswith(("s", "x", "ch", "sh")) else "s")
    return lemma


def _past(lemma: str) -> str:
    if lemma.endswith("e"):
        return lemma + "d"
    if lemma.endswith("y") and lemma[-2] not in "aeiou":
        return lemma[:-1] + "ied"
    return lemma + "ed"


def reworded(made: Made, rng: random.Random, alike: Callable[[str, str], float]) -> Made:
    """Say the verb or a noun by a synonym that ``alike`` finds close, now and then."""
    words = made.text.split()
    for n, word in enumerate(words):
        if n and word.islower() and word.isalpha() and len(word) > 3 and rng.random() < 0.25:
            part = "verb" if word in (made.verb, made.lemma) else "noun"
            lemma = made.lemma if part == "verb" else word
            options = [o for o in synonyms(lemma, part) if alike(lemma, o) >= 0.5]
            if options:
                other = rng.choice(options)
                words[n] = _inflected(other, word) if part == "verb" else other
    return replace(made, text=" ".join(words))


def dressed(text: str, rng: random.Random) -> str:
    """As people type it: with or without capital and question mark."""
    style = rng.random()
    if style < 0.25:
        return text.lower()
    if style < 0.35:
        return text
    text = text[0].upper() + text[1:] + "?"
    if style > 0.93:
        return (
            rng.choice(["Can you tell me ", "Do you know ", "Please tell me "])
            + text[0].lower()
            + text[1:]
        )
    return text
