"""What a text speaks of, by name or by description: what a pronoun after it may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from rag.asking import parse_asked
from rag.language import NAMES, PLACES

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

Need = Literal["person", "thing", "place"]

NO_FIT = 3

QUESTION_WORD = re.compile(
    r"^\W*(?:(?:by|for|from|in|on|at|since|to|until|with) )?"
    r"(?:who|whom|whose|what|when|where|why|which|how)\b(?:\s+(?:many|much|long|old|come))?",
    re.I,
)
_ROLE = re.compile(  # a common noun for somebody
    r"(?:er|or|ist|ian|man|woman|person|boy|girl|child|wife|king|queen|nurse|chef|chief|head|"
    r"president|student|patient|assistant|guide|poet|pilot|saint|coach|judge|pope|prince|princess|"
    r"bishop)s?$",
    re.I,
)
_ASPECTS = (  # nouns that say how something is looked at, hardly ever meant by "it"
    "role difference relationship relation similarity type kind sort effect part example "
    "reason way thing number importance purpose advantage disadvantage benefit main use "
    "cause"
)
_RELATIONS = frozenset(_ASPECTS.split())
_COMPARED = frozenset({"than", "versus", "besides", "like", "unlike"})
_ARTICLES = frozenset({"the", "a", "an", "this", "that", "these", "those", "my", "our", "your"})
_TIMES = (
    "year month week day time moment period point way case season semester summer autumn "
    "winter weekend morning afternoon evening night decade century"
)
TIMELESS = frozenset(_TIMES.split())  # no thing that "that …" could be asked about
UNCOUNTED = ("DATE", "TIME", "CARDINAL", "ORDINAL", "PERCENT", "MONEY")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something an earlier turn spoke of, by name or by description.

    ``focus`` says that the text is about it: its subject, or what it asks to be told about.
    ``aside`` says that it rather is not: the head of "X of Y", or what something is compared to.
    ``verb`` is what is done to it, or what it does, as its ``role`` says; "" for no verb.
    ``proper`` says that it is a name to its end, as "the Robinson method" is not.
    """

    text: str
    named: bool
    proper: bool
    person: bool
    place: bool
    body: bool
    plural: bool
    focus: bool
    aside: bool
    relation: bool
    verb: str
    role: str
    article: bool
    compound: bool

    @property
    def phrase(self) -> str:
        """The mention as a sentence has it: "the air bridge", "Operation Robinson"."""
        return f"the {self.text}" if self.article else self.text


def in_full(mention: Mention, others: Iterable[Mention]) -> Mention:
    """The longest name that ends in this one: "David Davis" for "Davis"."""
    if not mention.named:
        return mention
    same = [o for o in others if o.named and _is_part(mention.text, o)]
    return max(same, key=lambda other: len(other.text), default=mention)


def _is_part(name: str, whole: Mention) -> bool:
    """The last name, or of a person the first."""
    low, full = name.lower(), whole.text.lower()
    first = whole.person and low.isalpha() and len(whole.text.split()) <= 3
    return full.endswith(f" {low}") or (first and full.startswith(f"{low} "))


def misfit(mention: Mention, need: Need) -> int:
    """How badly a mention fits: 0 its kind, 1 less, 2 in need, 3 not at all."""
    if need == "place":
        return (2 if mention.focus else 0) if mention.place else NO_FIT
    if need == "person":
        return _unlike_person(mention)
    return 1 if mention.person or (mention.place and not mention.focus) else 0


def is_role(text: str) -> bool:
    """Return whether a common noun is one for somebody: "the author of the book"."""
    return _ROLE.search(text.split(" of ")[0]) is not None


def _unlike_person(mention: Mention) -> int:
    role = is_role(mention.text)
    if mention.plural and not mention.person:
        return NO_FIT
    if not mention.proper:  # "the Robinson method" is nobody
        return 2 if role else NO_FIT
    if role and not mention.person:
        return 1
    if mention.article and not role:  # "the Guild", which the grammar takes for somebody
        return NO_FIT
    if mention.person:
        return 0
    if (mention.place and not mention.focus) or (mention.body and mention.compound):
        return NO_FIT  # "union Marlow"
    return 1 if mention.focus and not mention.body else 2


@lru_cache(maxsize=1024)
def mentions(text: str) -> tuple[Mention, ...]:
    """What ``text`` names or describes, in its order; of "the bridge's age" the bridge."""
    found: list[Mention] = []
    doc, end = parse_asked(text), 0
    for chunk in phrases(doc):
        owner = next((t for t in chunk if t.dep_ == "poss" and t.pos_ != "PRON"), None)
        if owner is not None:
            chunk = doc[owner.left_edge.i : owner.i + 1]
        span = core(chunk)
        if span is None or not span.text[0].isalpha():
            continue
        named = any(t.pos_ == "PROPN" or t.ent_type_ in PLACES | {"ORG"} for t in span)
        if not named and (span.root.pos_ != "NOUN" or "other" in span.text.lower().split()):
            continue
        if not named and QUESTION_WORD.match(chunk.text):
            continue
        inside = span.end <= end and span.root.ent_type_ not in PLACES
        if span.root.ent_type_ not in UNCOUNTED and not inside:
            span = _whole(span)
            end = span.end
            found.append(_mention(span, named, owner is not None, chunk.start))
    return tuple(found)


def _mention(span: Span, named: bool, owner: bool, start: int) -> Mention:
    root = span.root
    if root.dep_ == "appos" and root.head.pos_ == "NOUN" and root.ent_type_ == "PERSON":
        root = root.head  # "its secretary, Paula Stein, said": she did
    verb, role = deed(root)
    of = not owner and any(c.lower_ == "of" and c.i >= span.end for c in root.children)
    return Mention(
        text=span.text,
        named=named,
        proper=span.root.pos_ == "PROPN",
        person=span.root.ent_type_ == "PERSON" and span.root.pos_ == "PROPN",
        place=span.root.ent_type_ in PLACES,
        body=span.root.ent_type_ == "ORG",
        plural=span.root.tag_ in ("NNS", "NNPS"),
        focus=owner or _is_focus(root),
        aside=of or (root.dep_ == "pobj" and root.head.lower_ in _COMPARED),
        relation=not named and span.root.lemma_ in _RELATIONS,
        verb=verb,
        role=role,
        article=any(t.lower_ in _ARTICLES for t in span.doc[start : span.start]),
        compound=span[0].pos_ == "NOUN" and len(span) > 1,
    )


def deed(token: Token) -> tuple[str, str]:
    """Return the verb that ``token`` depends on and its role, as if the verb were active."""
    head = token.head
    if token.dep_ == "pobj" and head.dep_ == "agent":
        return head.head.lemma_, "subject"
    roles = {"nsubj": "subject", "nsubjpass": "object", "dobj": "object"}
    if head.pos_ != "VERB" or token.dep_ not in roles:
        return "", ""
    helped = any(child.lemma_ == "be" and child.dep_ == "aux" for child in head.lefts)
    passive = helped and head.tag_ in ("VBN", "VBD")  # which the grammar at times misses
    return head.lemma_, "object" if passive else roles[token.dep_]


def is_asked_for(token: Token) -> bool:
    """Return whether a noun only says what is asked for: "which year", "how many people"."""
    return any(t.tag_ in ("WDT", "WP", "WP$", "WRB") for t in token.subtree if t.i <= token.i)


def is_subject(root: Token) -> bool:
    """Return whether a phrase is a subject, or stands where a question has it ("does X demand")."""
    if root.dep_ in ("nsubj", "nsubjpass", "csubj"):
        return True
    start = min(t.i for t in root.subtree) if root.dep_ == "acomp" else root.i
    while start and root.doc[start - 1].dep_ == "compound":
        start -= 1
    helper = root.doc[start - 1] if start else None
    misread = root.dep_ in ("compound", "acomp") and helper is not None
    return misread and helper is not None and helper.lemma_ in ("do", "be") and helper.i < 3


def _is_focus(root: Token) -> bool:
    """The subject of a sentence, what "tell me about" asks for, or the Y of "X of Y".

    So is what there is, "a tour" of "is there a tour?". What a reason or a condition is about, as
    in "…, because Marlow is closed", is not.
    """
    if is_subject(root):
        return not (root.head.dep_ == "advcl" and any(c.dep_ == "mark" for c in root.head.lefts))
    if root.dep_ == "attr" and any(child.dep_ == "expl" for child in root.head.children):
        return True
    return root.dep_ == "pobj" and root.head.lower_ in ("about", "of")


def phrases(doc: Doc) -> list[Span]:
    """Return the noun phrases of ``doc`` in order, also where the grammar misread it.

    Those are names within other phrases' words ("does Donald Trump demand") and nouns that it
    could not place ("A worker: he was 60").
    """
    found = list(doc.noun_chunks)
    taken = {token.i for chunk in found for token in chunk}
    more = [entity for entity in doc.ents if entity.label_ in NAMES]
    more += [
        doc[min(t.i for t in noun.lefts) if noun.n_lefts else noun.i : noun.i + 1]
        for noun in doc
        if noun.pos_ == "NOUN" and noun.dep_ in ("dep", "acomp")
    ]
    for span in more:
        if not taken.intersection(range(span.start, span.end)):
            found.append(span)
            taken.update(range(span.start, span.end))
    return sorted(found, key=lambda span: span.start)


def core(chunk: Span) -> Span | None:
    """Return a noun phrase without its article, question word or count, None if nothing is left."""
    leading = ("DET", "PRON", "SCONJ", "PUNCT", "NUM")
    tokens = list(chunk)
    while tokens and (tokens[0].pos_ in leading or tokens[0].lower_ in ("many", "much")):
        tokens.pop(0)
    return chunk.doc[tokens[0].i : tokens[-1].i + 1] if tokens else None


def _whole(span: Span) -> Span:
    """A name with what belongs to it: "Secretary of State", "Model 3", a person's alone."""
    doc, end = span.doc, span.end
    if span.root.ent_type_ == "PERSON" and span.root.pos_ == "PROPN":
        person = [token.i for token in span if token.ent_type_ == "PERSON"]
        return doc[person[0] : person[-1] + 1]
    if span.root.pos_ != "PROPN" or span.root.i != end - 1:
        return span
    if end < len(doc) and doc[end].pos_ == "NUM" and doc[end].ent_type_ != "DATE":
        return doc[span.start : end + 1]
    of = end + 1 < len(doc) and doc[end].lower_ == "of" and doc[end].head == span.root
    while of and end + 1 < len(doc) and doc[end + 1].pos_ == "PROPN":
        end += 1
    return doc[span.start : end + 1] if end > span.end else span
