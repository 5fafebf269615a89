"""Questions made from parsed sentences, and near misses of them that the sentence does not answer.

A clause "S V O in P on D" gives "who V O …?", "what did S V …?", "when did S V O?", "where …?",
"how many …?", "why …?". Every question is made of the sentence's own words, so that the reader
cannot learn to count shared words: the near misses share as many. They change who does it to
whom, what is done, the thing asked of, or ask for a kind of answer that is not there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from spacy.tokens import Span, Token

Kind = str  # who, what, when, where, number, why, how, define, role


@dataclass(frozen=True, slots=True)
class Made:
    """A question, and the characters of its sentence that answer it."""

    text: str
    kind: Kind
    answer: tuple[int, int]
    subject: str  # as it stands in the question, "" if it is what is asked for
    object: str
    verb: str  # as it stands in the question
    lemma: str


_VERBS = {"VBD", "VBZ", "VBP", "VBN", "VBG", "VB"}
_TIME = {"DATE", "TIME"}
_PLACE = {"GPE", "LOC", "FAC"}
_NUMBER = {"CARDINAL", "MONEY", "PERCENT", "QUANTITY"}
_SUBJECT = {"nsubj", "nsubjpass"}
_SKIP = {"punct", "cc", "conj", "advcl", "parataxis", "ccomp", "dep", "relcl", "intj", "mark"}
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_REASON = {"because", "due", "owing", "since"}
_BE = {"is": "is", "are": "are", "was": "was", "were": "were"}


def questions(sentence: Span, title: str, rng: random.Random) -> Iterator[Made]:
    """Yield the questions that ``sentence`` answers."""
    root = sentence.root
    if root.pos_ not in ("VERB", "AUX") or root.tag_ not in _VERBS:
        return
    for verb in [root, *(t for t in root.conjuncts if t.pos_ == "VERB" and _own_subject(t))]:
        yield from _clause(verb, sentence, title, rng)
    yield from _appositions(sentence)


def _own_subject(verb: Token) -> bool:
    return any(child.dep_ in _SUBJECT for child in verb.children)


def _clause(verb: Token, sentence: Span, title: str, rng: random.Random) -> Iterator[Made]:
    subject = next((c for c in verb.children if c.dep_ in _SUBJECT), None)
    if subject is None or len(list(subject.subtree)) > 14:
        return
    clause = _Clause(verb, subject, sentence, title, rng)
    if clause.who and not clause.negated:
        yield from clause.questions()


class _Clause:
    """One clause, with what a question can be made of."""

    def __init__(
        self, verb: Token, subject: Token, sentence: Span, title: str, rng: random.Random
    ) -> None:
        self.verb, self.subject, self.rng = verb, subject, rng
        self.base = sentence.start_char
        self.auxes = [c for c in verb.children if c.dep_ in ("aux", "auxpass") and c.i < verb.i]
        self.negated = any(c.dep_ == "neg" for c in verb.children)
        self.who = self._subject_text(title)
        self.parts = [
            c
            for c in verb.children
            if c.dep_ not in _SKIP
            and c not in self.auxes
            and c is not subject
            and c.dep_ not in ("neg", "expl")
            and len(list(c.subtree)) <= 16
        ]

    def _subject_text(self, title: str) -> str:
        """What stands for the subject in a question, "" if that is not known."""
        if self.subject.pos_ == "PRON":
            name = re.sub(r"\s*\(.*?\)|\s+[-|–].*", "", title).strip()
            fits = self.subject.lower_ in ("he", "she", "it", "they") and 0 < len(name.split()) <= 4
            return name if fits else ""
        return _text(_trimmed(self.subject))

    def questions(self) -> Iterator[Made]:
        """Yield questions for the subject and for each part after the verb."""
        yield from self._of_subject()
        for part in self.parts:
            yield from self._of_part(part)

    def _of_subject(self) -> Iterator[Made]:
        spent = list(self.subject.subtree)
        if self.subject.pos_ not in ("PROPN", "NOUN") or len(spent) > 10:
            return
        rest = f"{_text([*self.auxes, self.verb])} {self._tail()}".strip()
        if len(rest.split()) < 3:
            return
        yield self._made(
            f"{self._who_or_what(self.subject)} {rest}",
            "who",
            _span(_trimmed(self.subject)),
            subject="",
        )
        if number := _number(self.subject):
            noun = " ".join(t.text for t in _trimmed(self.subject) if t.i > number[-1].i)
            if noun:
                yield self._made(f"how many {noun} {rest}", "number", _span(number), subject="")

    def _of_part(self, part: Token) -> Iterator[Made]:
        tokens = list(part.subtree)
        if part.dep_ in ("dobj", "attr") and part.pos_ in ("NOUN", "PROPN", "NUM"):
            yield from self._of_object(part)
        elif (
            part.dep_ == "prep"
            or (part.dep_ == "npadvmod" and part.ent_type_ in _TIME)
            or part.dep_ == "agent"
        ):
            yield from self._of_phrase(part, tokens)
        if part.dep_ in ("prep", "advmod") and part.lower_ in _REASON and len(tokens) > 3:
            yield self._asked("why", part, "why", _span(tokens))

    def _of_object(self, part: Token) -> Iterator[Made]:
        words = _trimmed(part)
        if self.verb.lemma_ == "be" and part.dep_ == "attr":
            if self.subject.pos_ == "PRON" and self.rng.random() < 0.7:
                return
            wh = "who" if self.subject.ent_type_ == "PERSON" else "what"
            be = self.verb.lower_ if self.verb.lower_ in _BE else "is"
            yield self._made(f"{wh} {be} {self.who}", "define", _span(list(part.subtree)))
            yield self._made(f"{self._who_or_what(part)} {be} {self.who}", "what", _span(words))
            return
        if number := _number(part):
            noun = " ".join(t.text for t in words if t.i > number[-1].i)
            money = number[0].ent_type_ == "MONEY" or number[0].text in "$£€"
            start = "how much" if money else f"how many {noun}" if noun else ""
            if start:
                yield self._asked(start, part, "number", _span(number))
        wh = "who" if part.ent_type_ == "PERSON" else self._kind_of_thing(part)
        yield self._asked(wh, part, "what", _span(words))

    def _of_phrase(self, part: Token, tokens: list[Token]) -> Iterator[Made]:
        held = next((c for c in part.children if c.dep_ == "pobj"), part)
        if held.ent_type_ in _TIME and any(
            t.like_num or (t.ent_type_ == "DATE" and t.pos_ == "PROPN") for t in tokens
        ):
            year = "in what year" if _YEAR.search(_text(tokens)) else "when"
            date = "on what date" if len(tokens) > 3 else "when"
            start = self.rng.choice(["when", "when", year, date])
            yield self._asked(start, part, "when", _span(tokens))
        elif held.ent_type_ in _PLACE and part.lower_ in ("in", "at", "near", "from", "to"):
            start = "where" if part.lower_ != "from" else "from where"
            if held.ent_type_ == "GPE" and self.rng.random() < 0.3:
                start = f"{part.lower_} which " + self.rng.choice(["country", "city", "place"])
            yield self._asked(start, part, "where", _span(tokens))
        elif part.dep_ == "agent" and held.pos_ in ("PROPN", "NOUN"):
            yield from self._of_agent(part, held)
        elif (part.dep_ == "agent" or part.lower_ == "by") and held.pos_ == "VERB":
            yield self._asked("how", part, "how", _span(tokens))

    def _of_agent(self, part: Token, held: Token) -> Iterator[Made]:
        tail, answer = self._tail(part), _span(_trimmed(held))
        who = self._who_or_what(held)
        yield self._made(f"{who} {self.verb.text} {self.who} {tail}", "who", answer)
        be = self.auxes[0].text if self.auxes else "was"
        yield self._made(f"by whom {be} {self.who} {self.verb.text} {tail}", "who", answer)

    def _asked(self, start: str, part: Token, kind: Kind, answer: tuple[int, int]) -> Made:
        """``start`` + auxiliary + subject + the rest of the clause, without ``part``."""
        if self.verb.lemma_ == "be" and not self.auxes:
            text = f"{start} {self.verb.text} {self.who} {self._tail(part)}"
        elif self.auxes:
            first, *others = (a.text for a in self.auxes)
            verb = " ".join([*others, self.verb.text])
            text = f"{start} {first} {self.who} {verb} {self._tail(part)}"
        else:
            do = {"VBZ": "does", "VBP": "do"}.get(self.verb.tag_, "did")
            text = f"{start} {do} {self.who} {self.verb.lemma_} {self._tail(part)}"
        return self._made(text, kind, answer)

    def _tail(self, without: Token | None = None) -> str:
        """The other parts after the verb, some left out by chance."""
        kept: list[Token] = []
        for part in self.parts:
            core = part.dep_ in ("dobj", "prt", "attr", "acomp", "oprd", "xcomp", "dative")
            near = part.dep_ == "prep" and not kept
            chance = 0.95 if core else 0.6 if near else 0.35
            if part != without and part.i > self.verb.i and self.rng.random() < chance:
                kept += _trimmed(part)
        return _text(sorted(kept, key=lambda t: t.i))

    def _who_or_what(self, token: Token) -> str:
        if token.ent_type_ == "PERSON":
            return "who"
        if token.ent_type_ in ("ORG", "NORP", "GPE") and self.rng.random() < 0.5:
            return "who"
        return self._kind_of_thing(token)

    def _kind_of_thing(self, token: Token) -> str:
        """Return "what", or "which airline" where the phrase says that it is one."""
        nouns = [
            c
            for c in token.children
            if c.dep_ == "compound" and c.pos_ == "NOUN" and c.lower_ == c.text
        ]
        if token.pos_ == "PROPN" and nouns and self.rng.random() < 0.8:
            return f"which {nouns[-1].text}"
        if (
            token.pos_ == "NOUN"
            and self.rng.random() < 0.3
            and any(c.dep_ in ("amod", "compound", "nmod") for c in token.children)
        ):
            return f"{self.rng.choice(['what', 'which'])} {token.text}"
        return "what"

    def _made(
        self, text: str, kind: Kind, answer: tuple[int, int], subject: str | None = None
    ) -> Made:
        thing = next((p for p in self.parts if p.dep_ in ("dobj", "attr", "pobj")), None)
        start, end = answer
        return Made(
            _clean(text),
            kind,
            (start - self.base, end - self.base),
            self.who if subject is None else subject,
            _text(_trimmed(thing)) if thing is not None else "",
            self.verb.text,
            self.verb.lemma_,
        )


def _appositions(sentence: Span) -> Iterator[Made]:
    """From "X, the director of Y," make "who is the director of Y"."""
    for token in sentence:
        if token.dep_ == "appos" and token.head.ent_type_ == "PERSON" and token.pos_ == "NOUN":
            words = _trimmed(token)
            if 3 <= len(words) <= 12:
                named = [t for t in _trimmed(token.head) if t.i < token.i]
                role = _text(words)
                span = _span(named)
                base = sentence.start_char
                if named:
                    yield Made(
                        _clean(f"who is {role}"),
                        "role",
                        (span[0] - base, span[1] - base),
                        "",
                        role,
                        "is",
                        "be",
                    )


def _trimmed(token: Token) -> list[Token]:
    """The phrase of ``token`` without relative clauses, parentheses and appositions."""
    out = {
        t.i
        for c in token.children
        if c.dep_ in ("relcl", "appos", "acl", "conj", "cc", "punct", "parataxis")
        for t in c.subtree
    }
    return [t for t in token.subtree if t.i not in out and t.text not in "()[]—;:"]


def _number(token: Token) -> list[Token]:
    found = next((c for c in token.children if c.dep_ == "nummod"), None)
    if found is None or found.ent_type_ in _TIME:
        return []
    return [
        *(
            c
            for c in found.children
            if c.dep_ in ("compound", "nmod", "quantmod", "advmod") and c.i < found.i
        ),
        found,
    ]


def _text(tokens: list[Token]) -> str:
    return "".join(t.text_with_ws for t in tokens).strip()


def _span(tokens: list[Token]) -> tuple[int, int]:
    first, last = min(tokens, key=lambda t: t.i), max(tokens, key=lambda t: t.i)
    return first.idx, last.idx + len(last)


def _clean(text: str) -> str:
    text = re.sub(r"[\n\t]+", " ", text)
    text = re.sub(
        r"(?<=\s)(The|A|An|This|These|His|Her|Their|Its|In|On|At)(?=\s)",
        lambda m: m[1].lower(),
        text,
    )
    return re.sub(r"\s+", " ", text).strip(" ,.;:-\"'")


def well_made(made: Made) -> bool:
    """Whether a question is of a natural length and its answer stands in the sentence."""
    words = made.text.split()
    return (
        4 <= len(words) <= 24
        and 0 <= made.answer[0] < made.answer[1]
        and not {"'s", "''"} & set(words[:2])
    )
