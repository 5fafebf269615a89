"""What a pronoun or a description of a follow-up stands for: the most salient that fits.

Salience falls with the turns that lie between, rises with what a turn is about and with how often
it was spoken of (Lappin and Leass 1994, "An algorithm for pronominal anaphora"). What was said to
be signed is meant by "who signed it?", however long ago it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from rag.language import parse
from rag.mentions import (
    NO_FIT,
    Mention,
    Need,
    core,
    deed,
    in_full,
    is_role,
    mentions,
    misfit,
    phrases,
)

if TYPE_CHECKING:
    from spacy.tokens import Token

# What makes an earlier mention salient, in the order of docs/experiments.md, "Conversation".
_ANSWERED, _AGEING, _MISFIT, _ORDER = 0.5, 0.7, 1.0, 0.1
_FOCUS, _ASIDE, _NUMBER, _AGAIN = 1.0, 1.0, 2.5, 0.3
_SAME_DEED, _RELATION = 2.0, 1.0
_KEPT, _TOLD = 0.8, 0.3  # of a topic's weight: a turn later; in an answer only
_PRONOUNS: dict[str, Need] = {
    **dict.fromkeys(["he", "him", "his", "she", "her", "hers", "himself", "herself"], "person"),
    **dict.fromkeys(
        ["it", "its", "they", "them", "their", "theirs", "this", "that", "these", "those"], "thing"
    ),
    "there": "place",
}
_MANY = frozenset({"they", "them", "their", "theirs", "these", "those"})
_GROUP = re.compile(  # a noun in the singular for several people
    r"\b(?:team|staff|group|family|board|committee|company|firm|police|crew|council|government"
    r"|club|band|union|school|hospital|clinic|office|shop|society|association|party|couple|public"
    r"|press|army|panel|jury|agency|bank|church|department|organi[sz]ation|institute|service|museum"
    r"|library|restaurant|store|pharmacy|hotel|airline|university|orchestra|theat(?:re|er)|cinema)$",
    re.I,
)
POSSESSIVE = frozenset({"his", "her", "its", "their"})
_LIGHT = frozenset({"be", "have", "do", "make", "get", "take", "go", "give", "use", "call"})
ASKS_NAME = re.compile(r"\W*(?:\w+\W+){0,2}(?:who|which)\b", re.I)
_ASKS_WHAT = re.compile(r"^\W*(?:who|what)(?: is|['’]s| was| are| were) (?P<what>[^?]+?)\W*$", re.I)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was understood, and what its answer says, "" if it refused.

    ``open`` is what the answer asks back about, instead of telling ("it"), "" if it does not.
    """

    question: str
    answer: str = ""
    open: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """What an antecedent must be to stand for a pronoun: its kind, number, and part in a deed."""

    need: Need
    number: Literal["one", "many"] | None = None
    verb: str = ""
    role: str = ""


def need(token: Token) -> Need | None:
    """Return what sort of antecedent a pronoun has, None for another word, as a firm's "IT"."""
    short = len(token) > 1 and token.text.isupper() and not token.doc.text.isupper()
    return None if short else _PRONOUNS.get(token.lower_)


def gap(token: Token, wanted: Need) -> Gap:
    """Return what the antecedent of the pronoun ``token`` must be."""
    verb, role = deed(token)
    return Gap(wanted, _number(token), "" if verb in _LIGHT else verb, role)


def _number(token: Token) -> Literal["one", "many"] | None:
    """How many a pronoun stands for, as far as it says."""
    if token.lower_ in ("it", "its", "this", "that"):
        return "one"
    return "many" if token.lower_ in _MANY else None


def refers_back(token: Token) -> bool:
    """Return whether a pronoun leans on earlier turns.

    Not "that" as a conjunction, "there" in "there is", nor "it" for a name just before it.
    """
    if token.lower_ in ("this", "that", "these", "those"):
        relative = token.lower_ == "that" and token.i and token.nbor(-1).pos_ in ("NOUN", "PROPN")
        return (
            not relative
            and token.pos_ == "PRON"
            and token.dep_ in ("nsubj", "dobj", "pobj", "nsubjpass", "attr")
        )
    if token.lower_ == "there":
        return token.pos_ == "ADV" and token.dep_ != "expl" and token.head.lemma_ != "be"
    if token.dep_ in ("dobj", "pobj", "dative"):  # its own subject would be "itself"
        return True
    if token.lower_ == "it" and (token.dep_ == "expl" or _is_empty(token)):
        return False
    earlier = token.doc[: token.i]
    if token.lower_ in _MANY and any(t.tag_ in ("NNS", "NNPS") for t in earlier):
        return False
    if token.dep_ == "poss" and any(t.dep_ in ("nsubj", "nsubjpass") for t in earlier):
        return False
    joint = max((t.i for t in earlier if t.dep_ == "cc" or t.lower_ == ","), default=0)
    nouns = [t for t in earlier[:joint] if t.pos_ == "NOUN" or t.dep_ == "nsubj"]
    own = nouns and token.lower_ in ("it", "its")
    return not own and all(t.pos_ != "PROPN" for t in earlier)


def _is_empty(token: Token) -> bool:
    """The "it" of "how long does it take to …" and "is it true that …"."""
    verb = token.head
    opened = any(c.dep_ in ("xcomp", "ccomp", "advcl", "csubj") for c in verb.subtree)
    return opened and (
        verb.lemma_ in ("take", "seem", "happen")
        or any(child.dep_ == "acomp" for child in verb.children)
    )


def antecedent(wanted: Gap, question: str, turns: Sequence[Turn]) -> Mention | None:
    """Return the most salient mention that fits and is not in ``question``, None if none does."""
    spoken = list(_spoken(turns, wanted.need))
    names = [mention for mention, _, _ in spoken]
    scores: dict[str, float] = {}
    best: dict[str, Mention] = {}
    for mention, weight, age in spoken:
        worse = misfit(mention, wanted.need)
        if worse >= NO_FIT or mention.text.lower() in question.lower():
            continue
        salience = weight - age * _AGEING - worse * _MISFIT
        salience += _FOCUS * mention.focus - _ASIDE * mention.aside - _RELATION * mention.relation
        salience -= _NUMBER * _unlike(wanted, mention)
        if wanted.verb and (mention.verb, mention.role) == (wanted.verb, wanted.role):
            salience += _SAME_DEED + age * _AGEING
        whole = in_full(mention, names)
        key = whole.text.lower()
        repeated = key in scores
        scores[key] = max(salience, scores.get(key, salience)) + _AGAIN * repeated
        best.setdefault(key, whole)
    return best[max(scores, key=lambda name: scores[name])] if scores else None


def _unlike(wanted: Gap, mention: Mention) -> bool:
    """Whether "it" would be several, or "they" one thing: no name, people or their group."""
    if wanted.number != "many":
        return wanted.number == "one" and mention.plural and not mention.proper
    several = mention.named or mention.plural or mention.person or is_role(mention.text)
    return not several and _GROUP.search(mention.text) is None


def _spoken(turns: Sequence[Turn], wanted: Need) -> Iterator[tuple[Mention, float, int]]:
    """Every mention with what its place is worth and how many turns ago it was, newest first."""
    asked_for_name = ASKS_NAME.match(turns[-1].question)
    for age, turn in enumerate(reversed(turns)):
        after = 0.5 if asked_for_name and wanted == "person" and not age else -_ANSWERED
        for text, weight in ((turn.question, 0.0), (turn.answer, after)):
            for order, mention in enumerate(mentions(text)):
                yield mention, weight - min(order, 5) * _ORDER, age


def described(noun: str, turns: Sequence[Turn]) -> Mention | None:
    """Return the latest thing that an earlier turn calls a ``noun``, by its name or by saying so.

    "the center" is Los Sauzales after "What is Los Sauzales? A rehabilitation center …".
    """
    wanted = _singular(noun)
    for turn in reversed(turns):
        said = [*mentions(turn.question), *mentions(turn.answer)]
        kinds = dict([*_kinds(turn.question), *_kinds(turn.answer), *_asked_kind(turn)])
        for mention in said:
            if mention.named and noun == wanted == _singular(kinds.get(mention.text, "")) == wanted:
                return mention
        for mention in said:
            words = mention.text.split()
            told = mention.named or mention.compound
            if told and len(words) > 1 and wanted in map(_singular, words):
                return mention
    return None


def _singular(noun: str) -> str:
    return noun.lower().removesuffix("s")


@lru_cache(maxsize=1024)
def _kinds(text: str) -> tuple[tuple[str, str], ...]:
    """What a text says things are: ("Los Sauzales", "center") for "Los Sauzales is a center"."""
    found = []
    names = {chunk.root.i: core(chunk) for chunk in parse(text).noun_chunks}
    for token in parse(text):
        of = None
        if token.pos_ == "NOUN" and token.dep_ == "attr" and token.head.lemma_ == "be":
            of = next((c for c in token.head.children if c.dep_ == "nsubj"), None)
        elif token.pos_ == "NOUN" and token.dep_ == "appos":
            of = token.head
        name = names.get(of.i) if of is not None else None
        if name is not None:
            found.append((name.text, token.text))
    return tuple(found)


def _asked_kind(turn: Turn) -> Iterator[tuple[str, str]]:
    """What the first words of an answer say that a question asked about is."""
    asked = _ASKS_WHAT.match(turn.question)
    first = next(iter(phrases(parse(turn.answer))), None)
    if asked and first is not None and first.root.pos_ == "NOUN":
        for mention in mentions(turn.question):
            yield mention.text, first.root.text


def topic(turns: Sequence[Turn], question: str = "") -> Mention | None:
    """Return what the conversation is about: what most of its questions name, then the latest."""
    scores: dict[str, float] = {}
    best: dict[str, Mention] = {}
    for age, turn in enumerate(reversed(turns)):
        texts = ((turn.question, 1.0), (turn.answer, _TOLD))
        for mention, weight in [(m, w) for text, w in texts for m in mentions(text)]:
            if not mention.named or mention.text.lower() in question.lower():
                continue
            key = mention.text.lower()
            scores[key] = scores.get(key, 0.0) + weight * _KEPT**age * (1 + mention.focus)
            best.setdefault(key, mention)
    return best[max(scores, key=lambda name: scores[name])] if scores else None
