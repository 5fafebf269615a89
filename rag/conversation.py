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

from rag.context import READ, REMEMBERED, is_refusal, spoken
from rag.language import parse
from rag.mentions import NO_FIT, QUESTION_WORD, Mention, Need, in_full, mentions, misfit
from rag.schema import Message

if TYPE_CHECKING:
    from spacy.tokens import Token

# What makes an earlier mention salient, in the order of docs/experiments.md, "Conversation".
_ANSWERED, _AGEING, _MISFIT, _ORDER = 0.5, 0.7, 1.0, 0.1
_FOCUS, _HEAD, _NUMBER, _AGAIN = 1.0, 1.0, 1.5, 0.3
_PRONOUNS: dict[str, Need] = {
    **dict.fromkeys(["he", "him", "his", "she", "her", "hers", "himself", "herself"], "person"),
    **dict.fromkeys(
        ["it", "its", "they", "them", "their", "theirs", "this", "that", "these", "those"], "thing"
    ),
    "there": "place",
}
_MANY = frozenset({"they", "them", "their", "theirs", "these", "those"})
_POSSESSIVE = frozenset({"his", "her", "its", "their"})
_ELLIPSIS = re.compile(r"^\W*(?:and|or|but|so|then|what about|how about|same for)\b[\s,:]*", re.I)
_ASKED_BACK = re.compile(r"What do you mean by “(?P<reference>[^”]+)”\?")  # rag.clarify asks so
_CORRECTION = re.compile(r"^\W*(?:(?:no|sorry|actually)\b[\s,.:]*)+(?=\w+ )", re.I)
_ASKED_FOR = re.compile(
    r"^\W*(?:(?:in|on|at|by|for|to|from) )?(?:who|whom|whose|what|when|where|why|which|how)\b"
    r"(?:\s+(?:many|much|long|old|year|date))?\s*",
    re.I,
)
_OF_EVENT = re.compile(  # "when was that?" after something that happened
    r"^\W*(?P<word>(?:since )?when|where|why|how|in (?:what|which) year)\s+(?:was|is|did|does)\s+"
    r"(?:that|this)(?:\s+(?:happen|occur|come about|take place))?\W*$",
    re.I,
)
_GENERIC = re.compile(
    r"\b(?:the|this|that|these|those) (?:same )?(?P<noun>programme|program|project|"
    r"mission|initiative|"
    r"scheme|campaign|operation|plan|agreement|deal|pact|treaty|accord|alliance|partnership|"
    r"organi[sz]ation|company|agency|institution|university|school|centre|center|network|drug|"
    r"medicine|treatment|method|country|city|place|event|man|woman|person)\b",
    re.I,
)
_GENERIC_NEED: dict[str, Need] = {
    **dict.fromkeys(("country", "city", "place"), "place"),
    **dict.fromkeys(("man", "woman", "person"), "person"),
}


@dataclass(frozen=True, slots=True)
class _Turn:
    """A question as it was understood, and what its answer says, "" if it refused.

    ``open`` is what was asked back about, instead of an answer ("it"), "" if nothing was.
    """

    question: str
    answer: str = ""
    open: str = ""


def standalone(question: str, history: Sequence[Message]) -> str:
    """Return ``question`` with what it leaves to the conversation put in.

    ``history`` is the turns before it, oldest first; earlier follow-ups in it are resolved the
    same way. Without a history, or with nothing left open, ``question`` comes back with only its
    white space tidied.
    """
    turns: list[_Turn] = []
    for message in history[-REMEMBERED:]:
        if message.role == "user":
            turns.append(_Turn(_resolve(message.content[:READ], turns)))
        elif turns:
            turns[-1] = _answered(turns[-1].question, spoken(message.content))
    return _resolve(question, turns)


def _answered(question: str, answer: str) -> _Turn:
    if asked_back := _ASKED_BACK.match(answer):
        return _Turn(question, open=asked_back["reference"])
    return _Turn(question, "" if is_refusal(answer) else answer)


def open_reference(question: str) -> str | None:
    """Return what of ``question`` only a conversation could fill in, None if it stands alone.

    That is a pronoun ("when was it founded?"), a pointing phrase ("that mission") or the whole
    of a bare question ("why?").
    """
    question = " ".join(question.split())
    if QUESTION_WORD.match(question) and _is_bare(question):
        return question.strip(" ?!.")
    doc = parse(question)
    for token in doc:
        if _PRONOUNS.get(token.lower_, "place") != "place" and _refers_back(token):
            things = [t for t in doc if t.pos_ in ("NOUN", "PROPN") and not _asks(t)]
            return None if any(t != token.head for t in things) else token.text
        if token.lower_ in ("this", "that") and token.dep_ == "det" and token.head.pos_ == "NOUN":
            pointed = doc[token.i : token.head.i + 1].text
            told = token.i and doc[token.i - 1].pos_ in ("NOUN", "PROPN")
            timeless = token.head.lemma_ in ("year", "month", "week", "day", "time", "way", "case")
            return None if told or timeless or _is_told(token.head) else pointed
    return None


def _asks(token: Token) -> bool:
    """A noun that only says what is asked for: "which year", "how many people"."""
    return any(t.tag_ in ("WDT", "WP", "WP$", "WRB") for t in token.subtree if t.i <= token.i)


def _is_told(noun: Token) -> bool:
    """Whether the question itself says which: "this man who …", "that bridge in Oslo"."""
    return any(t.dep_ in ("relcl", "acl", "prep", "appos") for t in noun.children)


def _resolve(question: str, turns: Sequence[_Turn]) -> str:
    question = " ".join(question.split())
    if not question or not turns or not turns[-1].question:
        return question
    if turns[-1].open and not _has_verb(question):
        return _named(turns[-1], question)
    question = _CORRECTION.sub("", question) or question
    rest = _ELLIPSIS.sub("", question)
    if _is_bare(rest):
        return _asked_again(rest, turns[-1].question)
    if event := _OF_EVENT.match(rest):
        return _asked_again(event["word"], turns[-1].question)
    elliptic = rest != question and not QUESTION_WORD.match(rest) and not _has_verb(rest)
    if elliptic and not any(token.lower_ in _PRONOUNS for token in parse(rest)):
        return _swapped(question, rest, turns[-1].question)
    return _filled(rest if QUESTION_WORD.match(rest) else question, turns)


def _named(turn: _Turn, name: str) -> str:
    """Put ``name``, the reply to a question back, where the question left it open."""
    name = name.strip(" ?!.,")
    own = turn.open.lower() in _POSSESSIVE and not turn.question.lower().endswith(turn.open.lower())
    pattern = rf"\b{re.escape(turn.open)}\b"
    return re.sub(pattern, lambda _: f"{name}'s" if own else name, turn.question, count=1)


def _is_bare(question: str) -> bool:
    """A question word with nothing to ask about: "why?", "and how many?", "since when?"."""
    match = QUESTION_WORD.match(question)
    content = ("NOUN", "PROPN", "VERB", "ADJ", "NUM", "PRON")
    return match is not None and all(
        token.idx < match.end() for token in parse(question) if token.pos_ in content
    )


def _has_verb(text: str) -> bool:
    return any(token.pos_ in ("VERB", "AUX") for token in parse(text))


def _asked_again(word: str, previous: str) -> str:
    """Ask "why was X founded?" for "why?" after "When was X founded?".

    After a question for a subject the subject stays open: "when did somebody found X?".
    """
    word, rest = word.rstrip(" ?!."), _ASKED_FOR.sub("", previous)
    doc = parse(previous)
    verb = next((t for t in doc if t.dep_ == "ROOT" and t.tag_ in ("VBD", "VBZ", "VBP")), None)
    subject = next((c for c in verb.children if c.dep_ == "nsubj"), None) if verb else None
    of_subject = subject is not None and _asks(subject)
    if verb is not None and of_subject and verb.pos_ == "VERB":
        do = "did" if verb.tag_ == "VBD" else "does"
        return f"{word} {do} somebody {verb.lemma_} {previous[verb.idx + len(verb) :].strip()}"
    return f"{word} {rest}"


def _swapped(question: str, new: str, previous: str) -> str:
    """Put what ``question`` says is ``new`` where the previous question names its like."""
    name = new.strip(" ?!.,")
    known = [mention for mention in mentions(previous) if mention.named]
    if not known:
        return f"{previous.rstrip(' ?!.')} {name}?"
    place = any(mention.place for mention in mentions(question))
    alike = [m for m in known if m.place] if place else [m for m in known if not m.place]
    old = min(alike or known, key=lambda m: (not m.person, not m.focus))
    article = re.match(r"(?:the|an?) ", name, re.I)
    pattern = rf"(?:\b(?:the|an?) )?{re.escape(old.text)}" if article else re.escape(old.text)
    return re.sub(pattern, lambda _: name, previous, count=1, flags=re.I)


def _filled(question: str, turns: Sequence[_Turn]) -> str:
    """Replace each pronoun, or else a generic description, by what it stands for."""
    doc = parse(question)
    filled, changed = question, False
    for token in reversed(list(doc)):
        need = _PRONOUNS.get(token.lower_)
        if need is None or not _refers_back(token):
            continue
        mention = _antecedent(need, _number(token), question, turns)
        if mention is not None:
            filled = (
                filled[: token.idx] + _inflected(token, mention) + filled[token.idx + len(token) :]
            )
            changed = True
    if changed or any(mention.named for mention in mentions(question)):
        return filled
    generic = _GENERIC.search(question)
    if generic is None:
        return _anchored(question, turns)
    need = _GENERIC_NEED.get(generic["noun"].lower(), "thing")
    mention = _antecedent(need, None, question, turns)
    return filled.replace(generic.group(), mention.text, 1) if mention else filled


def _anchored(question: str, turns: Sequence[_Turn]) -> str:
    """Say of what: "What are the side effects?" ends in a part of something spoken of before."""
    doc = parse(question)
    chunks = [chunk for chunk in doc.noun_chunks if not QUESTION_WORD.match(chunk.text)]
    last = doc[-2] if len(doc) > 1 and doc[-1].is_punct else doc[-1]
    if len(chunks) != 1 or chunks[0].root != last or chunks[0][0].lower_ != "the":
        return question
    if last.dep_ not in ("nsubj", "attr") or last.head.lemma_ != "be":
        return question
    mention = _antecedent("thing", None, question, turns)
    if mention is None or not QUESTION_WORD.match(question):
        return question
    end = last.idx + len(last)
    return f"{question[:end]} of {mention.text}{question[end:]}"


def _number(token: Token) -> Literal["one", "many"] | None:
    """How many a pronoun stands for, as far as it says."""
    if token.lower_ in ("it", "its", "this", "that"):
        return "one"
    return "many" if token.lower_ in _MANY else None


def _inflected(token: Token, mention: Mention) -> str:
    if token.lower_ in _POSSESSIVE and token.dep_ == "poss":
        return f"{mention.text}'s"
    return f"in {mention.text}" if token.lower_ == "there" else mention.text


def _refers_back(token: Token) -> bool:
    """Not "that" as a conjunction, "there" in "there is", nor "it" for a name just before it."""
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


def _antecedent(
    need: Need, number: str | None, question: str, turns: Sequence[_Turn]
) -> Mention | None:
    """The most salient mention that ``need`` and ``number`` allow; None if there is none.

    Salience falls with the turns that lie between, rises with what a turn is about and with how
    often it was spoken of (Lappin and Leass 1994, "An algorithm for pronominal anaphora").
    """
    asked_for_name = re.match(r"\W*(?:\w+\W+){0,2}(?:who|which)\b", turns[-1].question, re.I)
    scores: dict[str, float] = {}
    best: dict[str, Mention] = {}
    for age, turn in enumerate(reversed(turns)):
        after = 0.5 if asked_for_name and need == "person" and not age else -_ANSWERED
        for text, weight in ((turn.question, 0.0), (turn.answer, after)):
            for order, mention in enumerate(mentions(text)):
                worse = misfit(mention, need)
                if worse >= NO_FIT or mention.text.lower() in question.lower():
                    continue
                salience = weight - age * _AGEING - worse * _MISFIT - min(order, 5) * _ORDER
                salience += _FOCUS * mention.focus - _HEAD * mention.head
                if number and not mention.named and mention.plural != (number == "many"):
                    salience -= _NUMBER
                key = mention.text.lower()
                repeated = key in scores
                if not repeated or salience > scores[key]:
                    best[key] = mention
                    scores[key] = max(salience, scores.get(key, salience))
                scores[key] += _AGAIN * repeated
    if not scores:
        return None
    key = max(scores, key=lambda name: scores[name])
    return in_full(best[key], best.values())
