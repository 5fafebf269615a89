"""A follow-up becomes a question that stands alone, from the turns before it and no model.

Handled: pronouns ("when was it established?"), generic descriptions ("the programme"), ellipsis
("and Rubio?", "what about 2005?") and bare question words ("why?"). A question that names what it
is about is left as it is, so that old turns never pollute a new topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag.language import PLACES, parse
from rag.schema import Message

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

Need = Literal["person", "thing", "place"]

_NO_FIT = 3
_REMEMBERED = 10  # messages
_READ = 2_000  # characters of each

_PRONOUNS: dict[str, Need] = {
    **dict.fromkeys(["he", "him", "his", "she", "her", "hers", "himself", "herself"], "person"),
    **dict.fromkeys(
        ["it", "its", "they", "them", "their", "theirs", "this", "that", "these", "those"], "thing"
    ),
    "there": "place",
}
_POSSESSIVE = frozenset({"his", "her", "its", "their"})
_ELLIPSIS = re.compile(r"^\W*(?:and|or|but|so|then|what about|how about|same for)\b[\s,:]*", re.I)
_QUESTION_WORD = re.compile(
    r"^\W*(?:(?:by|for|from|in|on|at|since|to|until|with) )?"
    r"(?:who|whom|whose|what|when|where|why|which|how)\b(?:\s+(?:many|much|long|old|come))?",
    re.I,
)
_OPENING = re.compile(
    r"^\W*(?:(?:in|on|at|by|for|to|from) )?(?:who|whom|whose|what|when|where|why|which|how)\b"
    r"(?:\s+(?:many|much|long|old|year|date))?"
    r"(?:\s+(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would)\b)?\s*",
    re.I,
)
_GENERIC = re.compile(
    r"\b(?:the|this|that|these|those) (?:same )?(?P<noun>programme|program|project|"
    r"mission|initiative|"
    r"scheme|campaign|operation|plan|agreement|deal|pact|treaty|accord|alliance|partnership|"
    r"organi[sz]ation|company|agency|institution|university|school|centre|center|network|drug|"
    r"medicine|treatment|method|country|city|place|event|man|woman|person|article|document)\b",
    re.I,
)
_GENERIC_NEED: dict[str, Need] = {
    **dict.fromkeys(("country", "city", "place"), "place"),
    **dict.fromkeys(("man", "woman", "person"), "person"),
}


@dataclass(frozen=True, slots=True)
class _Mention:
    """Something an earlier turn spoke of, by name or by description."""

    text: str
    named: bool
    person: bool
    place: bool
    subject: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    """Where the conversation stands: the last question, its answer, the last named topic."""

    question: str = ""
    answer: str = ""
    topic: str = ""


def standalone(question: str, history: Sequence[Message]) -> str:
    """Return ``question`` with what it leaves to the conversation put in.

    ``history`` is the turns before it, oldest first; earlier follow-ups in it are resolved the
    same way. Without a history, or with nothing left open, ``question`` comes back with only its
    white space tidied.
    """
    turn = _Turn()
    for message in history[-_REMEMBERED:]:
        if message.role == "user":
            asked = _resolve(message.content[:_READ], turn)
            named = any(mention.named for mention in _mentions(asked))
            turn = _Turn(asked, "", asked if named else turn.topic)
        else:
            turn = _Turn(turn.question, _without_markers(message.content[:_READ]), turn.topic)
    return _resolve(question, turn)


def _resolve(question: str, turn: _Turn) -> str:
    question = " ".join(question.split())
    if not turn.question:
        return question
    rest = _ELLIPSIS.sub("", question)
    if _is_bare(rest):
        return _asked_again(rest, turn.question)
    elliptic = rest != question and not _QUESTION_WORD.match(rest) and not _has_verb(rest)
    if elliptic and not any(token.lower_ in _PRONOUNS for token in parse(rest)):
        return _swapped(question, rest, turn.question)
    return _filled(rest if _QUESTION_WORD.match(rest) else question, turn)


def _is_bare(question: str) -> bool:
    """A question word with nothing to ask about: "why?", "and how many?", "since when?"."""
    match = _QUESTION_WORD.match(question)
    content = ("NOUN", "PROPN", "VERB", "ADJ", "NUM", "PRON")
    return match is not None and all(
        token.idx < match.end() for token in parse(question) if token.pos_ in content
    )


def _has_verb(text: str) -> bool:
    return any(token.pos_ in ("VERB", "AUX") for token in parse(text))


def _asked_again(word: str, previous: str) -> str:
    """Ask "why X founded?" for "why?" after "When was X founded?": rough, but on topic."""
    return f"{word.rstrip(' ?!.')} {_OPENING.sub('', previous)}"


def _swapped(question: str, new: str, previous: str) -> str:
    """Put what ``question`` says is ``new`` where the previous question names its like."""
    name = new.strip(" ?!.,")
    mentions = [mention for mention in _mentions(previous) if mention.named]
    if not mentions:
        return f"{previous.rstrip(' ?!.')} {name}?"
    place = any(mention.place for mention in _mentions(question))
    alike = [m for m in mentions if m.place] if place else [m for m in mentions if not m.place]
    old = min(alike or mentions, key=lambda m: (not m.person, not m.subject))
    article = re.match(r"(?:the|an?) ", name, re.I)
    pattern = rf"(?:\b(?:the|an?) )?{re.escape(old.text)}" if article else re.escape(old.text)
    return re.sub(pattern, lambda _: name, previous, count=1, flags=re.I)


def _filled(question: str, turn: _Turn) -> str:
    """Replace each pronoun, or else a generic description, by what it stands for."""
    filled, changed = question, False
    for token in reversed(list(parse(question))):
        need = _PRONOUNS.get(token.lower_)
        if need is None or not _refers_back(token):
            continue
        mention = _antecedent(need, question, turn)
        if mention is not None:
            filled = (
                filled[: token.idx] + _inflected(token, mention) + filled[token.idx + len(token) :]
            )
            changed = True
    generic = _GENERIC.search(question)
    if changed or generic is None or any(mention.named for mention in _mentions(question)):
        return filled
    need = _GENERIC_NEED.get(generic["noun"].lower(), "thing")
    mention = _antecedent(need, question, turn)
    return filled.replace(generic.group(), mention.text, 1) if mention else filled


def _inflected(token: Token, mention: _Mention) -> str:
    if token.lower_ in _POSSESSIVE and token.dep_ == "poss":
        return f"{mention.text}'s"
    return f"in {mention.text}" if token.lower_ == "there" else mention.text


def _refers_back(token: Token) -> bool:
    """Not "that" as a conjunction, "there" in "there is", nor "it" for a name just before it."""
    if token.lower_ in ("this", "that", "these", "those"):
        return token.pos_ == "PRON" and token.dep_ in ("nsubj", "dobj", "pobj", "nsubjpass", "attr")
    if token.lower_ == "there":
        return token.pos_ == "ADV" and token.dep_ != "expl" and token.head.lemma_ != "be"
    if token.dep_ in ("dobj", "pobj", "dative"):  # its own subject would be "itself"
        return True
    earlier = token.doc[: token.i]
    if token.lower_ in ("they", "their") and any(t.tag_ in ("NNS", "NNPS") for t in earlier):
        return False
    return token.dep_ != "expl" and all(t.pos_ != "PROPN" for t in earlier)


def _antecedent(need: Need, question: str, turn: _Turn) -> _Mention | None:
    """The best mention for ``need``: in the answer if the question asked for one, else before."""
    asked_for_name = re.match(r"\W*(?:\w+\W+){0,2}(?:who|which)\b", turn.question, re.I)
    texts = [turn.question, turn.topic, turn.answer]
    if asked_for_name and need == "person":
        texts = [turn.answer, turn.question, turn.topic]
    ranked = [
        (_misfit(mention, need), order, mention)
        for order, text in enumerate(texts)
        for mention in _mentions(text)
        if mention.text.lower() not in question.lower()
    ]
    best = min(ranked, key=lambda row: row[:2], default=None)
    return best[2] if best and best[0] < _NO_FIT else None


def _misfit(mention: _Mention, need: Need) -> int:
    """How badly a mention fits: 0 its kind, 1 likely, 2 in need, 3 not at all."""
    if need == "place":
        return (0 if not mention.subject else 1) if mention.place else _NO_FIT
    if need == "person":
        if mention.place and not mention.subject:
            return _NO_FIT
        return 0 if mention.person else 1 if mention.named and mention.subject else 2
    if not mention.named:
        return 2
    return 1 if mention.person or (mention.place and not mention.subject) else 0


def _mentions(text: str) -> list[_Mention]:
    """What ``text`` names or describes, in its order."""
    found = []
    for chunk in parse(text).noun_chunks:
        span = _trimmed(chunk)
        if span is None:
            continue
        named = any(t.pos_ == "PROPN" or t.ent_type_ in PLACES | {"ORG"} for t in span)
        if not named and (span.root.pos_ != "NOUN" or "other" in span.text.lower().split()):
            continue
        if not named and _QUESTION_WORD.match(chunk.text):
            continue
        root = span.root
        found.append(
            _Mention(
                text=span.text,
                named=named,
                person=root.ent_type_ == "PERSON",
                place=root.ent_type_ in PLACES,
                subject=root.dep_ in ("nsubj", "nsubjpass", "csubj"),
            )
        )
    return found


def _trimmed(chunk: Span) -> Span | None:
    """A noun phrase without its article, question word or count."""
    leading = ("DET", "PRON", "SCONJ", "PUNCT", "NUM")
    tokens = list(chunk)
    while tokens and (tokens[0].pos_ in leading or tokens[0].lower_ in ("many", "much")):
        tokens.pop(0)
    return chunk.doc[tokens[0].i : tokens[-1].i + 1] if tokens else None


def _without_markers(text: str) -> str:
    return re.sub(r"\[\d+\](?:\([^)]*\))?", "", text)
