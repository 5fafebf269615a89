"""A follow-up becomes a question that stands alone, from the turns before it and no model.

Handled: pronouns ("when was it established?"), descriptions ("the programme"), ellipsis ("and
Rubio?", "what about 2005?"), corrections ("no, I meant Bolivia") and bare question words
("why?"). A question that names what it is about is left as it is, so that old turns never
pollute a new topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.antecedents import POSSESSIVE, Turn, antecedent, gap, need, refers_back, topic
from rag.context import READ, REMEMBERED, is_refusal, spoken
from rag.descriptions import in_full_names, with_counted, with_described, with_those
from rag.ellipsis import asked_again, has_verb, is_bare, swapped
from rag.language import parse
from rag.mentions import QUESTION_WORD, Mention, mentions
from rag.schema import Message

if TYPE_CHECKING:
    from spacy.tokens import Token

_ELLIPSIS = re.compile(
    r"^\W*(?:and|or|but|so|then|what about|how about|same for)\b[\s,:]*"
    r"(?:(?:what|how) about\b\s*)?",
    re.I,
)
_ASKED_BACK = re.compile(r"What do you mean by “(?P<reference>[^”]+)”\?")  # rag.clarify asks so
_CUE = r"(?:no|nope|sorry|oops|wait|actually|rather)\b"
_MEANT = (
    r"(?:(?:but )?(?:i|we) (?:meant|mean|was asking about|asked about|am asking about)"
    r"|make (?:that|it))\b"
)
_CORRECTION = re.compile(  # not "no doctors were sent?", "wait times", "rather than doctors"
    rf"^\W*(?:{_CUE}(?:\s+{_CUE})*"
    rf"(?:\s*(?:[,:;!–—]|[.-]+(?=\s))[\s,.:;!–—-]*(?:rather\s+(?!than\b))?"
    rf"|\s+(?={_MEANT}|not\b))"
    rf"|{_MEANT}[\s,.:;!–—-]*)+(?=\w)",
    re.I,
)
_NOT = re.compile(
    r"^not (?P<old>[^,;:.]+?)(?:[,;:.]|\bbut\b)\s*(?:but |rather )?(?P<new>[^?!]+)[?!.]*$"
    r"|^(?P<new2>[^?!,;:]+?)[,;:]? (?:and )?(?:not|instead of|rather than) "
    r"(?P<old2>[^?!,;:]+?)[?!.]*$",
    re.I,
)
_NEW_TOPIC = re.compile(
    r"^\W*(?:(?:a )?(?:different|another|new|next) (?:topic|question|subject)|change of (?:topic|"
    r"subject)|something else|on another (?:note|subject|topic))\b[\s,.:–—-]+(?=\w)",
    re.I,
)
_RETURNING = re.compile(
    r"^\W*(?:(?:back|returning|coming back|going back) to|(?:now )?(?:let['’]s|let us) (?:talk "
    r"about|turn to|go (?:back )?to)|now (?:to|about)|as (?:for|to)|regarding|concerning)\b"
    r"(?P<what>[^,.:;?]+)[,.:;]\s*(?P<rest>.+)$",
    re.I,
)
_MORE = re.compile(r"^\W*(?:tell me more|(?:can you )?say more|go on|more details)\W*$", re.I)
_OF_EVENT = re.compile(  # "when was that?" after something that happened
    r"^\W*(?P<word>(?:since )?when|where|why|how|in (?:what|which) year)\s+(?:was|is|did|does)\s+"
    r"(?:that|this)(?:\s+(?:happen|occur|come about|take place))?\W*$",
    re.I,
)
_FORMS = ("he him his", "she her hers", "it its", "they them their theirs")
_SAME = {word: forms for forms in _FORMS for word in forms.split()}


def standalone(question: str, history: Sequence[Message]) -> str:
    """Return ``question`` with what it leaves to the conversation put in.

    ``history`` is the turns before it, oldest first; earlier follow-ups in it are resolved the
    same way. Without a history, or with nothing left open, ``question`` comes back with only its
    white space tidied.
    """
    turns: list[Turn] = []
    asked = ""
    for message in history[-REMEMBERED:]:
        if message.role == "user":
            asked = message.content[:READ]
            turns.append(Turn(_resolve(asked, turns)))
        elif turns:
            turns[-1] = _answered(turns[-1].question, asked, spoken(message.content))
    return in_full_names(_resolve(question, turns), turns)


def _answered(question: str, asked: str, answer: str) -> Turn:
    if asked_back := _ASKED_BACK.match(answer):  # nothing was put in that fits
        return Turn(" ".join(asked.split()), answer, open=asked_back["reference"])
    return Turn(question, "" if is_refusal(answer) else answer)


def _resolve(question: str, turns: Sequence[Turn]) -> str:
    question = " ".join(question.split())
    if not question or not turns or not turns[-1].question or _NEW_TOPIC.match(question):
        return question
    last = turns[-1]
    if last.open and (not has_verb(question) or question.strip(" ?!.,") in last.answer):
        return _named(last, question)
    corrected = _CORRECTION.sub("", question)
    if corrected != question or (_NOT.match(question) and not has_verb(question)):
        return _corrected(question, corrected, turns)
    if returning := _RETURNING.match(question):
        return _returned(question, returning["what"], returning["rest"], turns)
    if _MORE.match(question) and (about := topic(turns)):
        return f"{question.rstrip(' .!?')} about {about.phrase}"
    return _followed(question, turns)


def _followed(question: str, turns: Sequence[Turn]) -> str:
    rest = _ELLIPSIS.sub("", question)
    previous = turns[-1].question
    if not re.search(r"\w", rest):  # "and?", "so?"
        return question
    if is_bare(rest):
        return asked_again(rest, previous)
    if event := _OF_EVENT.match(rest):
        return asked_again(event["word"], previous)
    asks = QUESTION_WORD.match(rest)
    marked = rest != question or parse(rest)[0].pos_ == "ADP"
    elliptic = marked and not asks and not has_verb(rest)
    if elliptic and not any(need(token) for token in parse(rest)):
        return swapped(rest, previous)
    if asks and question[0].isupper():
        rest = rest[0].upper() + rest[1:]
    return _filled(rest if asks else question, turns)


def _corrected(question: str, rest: str, turns: Sequence[Turn]) -> str:
    """Put right what was asked before: "no, I meant Bolivia", "not Cuba, Bolivia".

    "No, not Cuba" says nothing to put there, and stays as it is.
    """
    previous = turns[-1].question
    if not re.search(r"\w", _ELLIPSIS.sub("", rest)):
        return question
    if match := _NOT.match(rest):
        new, old = (match["new"], match["old"]) if match["new"] else (match["new2"], match["old2"])
        if old.lower() in previous.lower() and not has_verb(new):
            return swapped(new, previous, old)
    if has_verb(rest) or QUESTION_WORD.match(rest) or any(need(token) for token in parse(rest)):
        return _followed(rest, turns)
    return question if re.match(r"not\b", rest, re.I) else swapped(rest, previous)


def _returned(question: str, what: str, rest: str, turns: Sequence[Turn]) -> str:
    """A question that names its topic first stands alone, unless that topic is an older one."""
    if any(mention.named for mention in mentions(what)) or not re.search(
        r"\bback\b", question, re.I
    ):
        return question
    before = turns[:-1] or turns
    return question[: len(question) - len(rest)] + with_described(rest, before)


def _named(turn: Turn, name: str) -> str:
    """Put ``name``, the reply to a question back, where the question left it open.

    Where there is no such place, as in "why?", it follows in brackets.
    """
    name, question = name.strip(" ?!.,"), turn.question
    if not name:
        return question
    pattern = rf"\b{re.escape(turn.open)}\b"  # asked back as "the clinic" also after "The clinic"
    place = re.search(pattern, question) or re.search(pattern, question, re.I)
    if place is None or is_bare(question):
        return f"{question} ({name})"
    own = turn.open.lower() in POSSESSIVE and not question.lower().endswith(turn.open.lower())
    put = f"{name}'s" if own else name
    return question[: place.start()] + put + question[place.end() :]


def _filled(question: str, turns: Sequence[Turn]) -> str:
    """Replace each pronoun, or else say what a description stands for."""
    counted = with_those(with_counted(question, turns), turns)
    if counted != question:
        return counted
    found: dict[str, Mention] = {}  # the second "he" of a question stays: it is plain by then
    filled, end = "", 0
    for token in parse(question):
        wanted = need(token)
        same = _SAME.get(token.lower_, token.lower_)
        if wanted is None or same in found or not refers_back(token):
            continue
        taken = " ".join([question, *(mention.text for mention in found.values())])
        mention = antecedent(gap(token, wanted), taken, turns)
        if mention is not None:
            found[same] = mention
            filled += question[end : token.idx] + _inflected(token, mention)
            end = token.idx + len(token)
    if found:
        return filled + question[end:]
    if any(mention.named for mention in mentions(question)):
        return question
    return with_described(question, turns)


def _inflected(token: Token, mention: Mention) -> str:
    if token.lower_ in POSSESSIVE and token.dep_ == "poss":
        return f"{mention.phrase}'s"
    return f"in {mention.phrase}" if token.lower_ == "there" else mention.phrase
