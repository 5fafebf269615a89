"""What a text speaks of, by name or by description: what a pronoun after it may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from rag.language import PLACES, parse

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

Need = Literal["person", "thing", "place"]

NO_FIT = 3

QUESTION_WORD = re.compile(
    r"^\W*(?:(?:by|for|from|in|on|at|since|to|until|with) )?"
    r"(?:who|whom|whose|what|when|where|why|which|how)\b(?:\s+(?:many|much|long|old|come))?",
    re.I,
)
_ROLE = re.compile(  # a common noun for somebody
    r"(?:er|or|ist|ian|man|woman|person|boy|girl|child|wife|king|queen|nurse|chef|chief|head|"
    r"president|student|patient|assistant|guide|poet|pilot|saint|coach|judge)s?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Something an earlier turn spoke of, by name or by description.

    ``focus`` says that the text is about it: its subject, or what it asks to be told about.
    ``head`` says that it is the head of "X of Y", so that Y is rather what is spoken of.
    """

    text: str
    named: bool
    person: bool
    place: bool
    plural: bool
    focus: bool
    head: bool


def in_full(mention: Mention, others: Iterable[Mention]) -> Mention:
    """The longest name that ends in this one: "David Davis" for "Davis"."""
    if not mention.named:
        return mention
    same = [o for o in others if o.named and o.text.lower().endswith(f" {mention.text.lower()}")]
    return max(same, key=lambda other: len(other.text), default=mention)


def misfit(mention: Mention, need: Need) -> int:
    """How badly a mention fits: 0 its kind, 1 less, 2 in need, 3 not at all."""
    if need == "place":
        return (0 if not mention.focus else 1) if mention.place else NO_FIT
    if need == "person":
        if mention.place and not mention.focus:
            return NO_FIT
        return (
            0
            if mention.person
            else 1
            if mention.named and mention.focus
            else 2
            if (mention.named or _ROLE.search(mention.text))
            else NO_FIT
        )
    return 1 if mention.person or (mention.place and not mention.focus) else 0


@lru_cache(maxsize=1024)
def mentions(text: str) -> tuple[Mention, ...]:
    """What ``text`` names or describes, in its order; of "the bridge's age" the bridge."""
    found = []
    doc = parse(text)
    for chunk in doc.noun_chunks:
        owner = next((t for t in chunk if t.dep_ == "poss" and t.pos_ != "PRON"), None)
        if owner is not None:
            chunk = doc[owner.left_edge.i : owner.i + 1]
        span = _trimmed(chunk)
        if span is None or not span.text[0].isalpha():
            continue
        named = any(t.pos_ == "PROPN" or t.ent_type_ in PLACES | {"ORG"} for t in span)
        if not named and (span.root.pos_ != "NOUN" or "other" in span.text.lower().split()):
            continue
        if not named and QUESTION_WORD.match(chunk.text):
            continue
        if span.root.ent_type_ in ("DATE", "TIME", "CARDINAL", "ORDINAL", "PERCENT", "MONEY"):
            continue
        root = span.root
        found.append(
            Mention(
                text=span.text,
                named=named,
                person=root.ent_type_ == "PERSON",
                place=root.ent_type_ in PLACES,
                plural=root.tag_ in ("NNS", "NNPS"),
                focus=owner is not None or _is_focus(root),
                head=owner is None and any(c.lower_ == "of" for c in root.children),
            )
        )
    return tuple(found)


def _is_focus(root: Token) -> bool:
    """The subject of a sentence, what "tell me about" asks for, or the Y of "X of Y"."""
    if root.dep_ in ("nsubj", "nsubjpass", "csubj"):
        return True
    return root.dep_ == "pobj" and root.head.lower_ in ("about", "of")


def _trimmed(chunk: Span) -> Span | None:
    """A noun phrase without its article, question word or count."""
    leading = ("DET", "PRON", "SCONJ", "PUNCT", "NUM")
    tokens = list(chunk)
    while tokens and (tokens[0].pos_ in leading or tokens[0].lower_ in ("many", "much")):
        tokens.pop(0)
    return chunk.doc[tokens[0].i : tokens[-1].i + 1] if tokens else None
