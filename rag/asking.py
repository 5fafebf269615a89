"""Grammar of questions: as ``rag.language`` has it, with the verb found that "do" helps.

"How much does the ferry cost?" is parsed as if it spoke of "the ferry cost", so that neither the
ferry nor what is asked about it can be told. A "do" with no other verb helps the last word of such
a phrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.language import parse

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

_DO = ("VBZ", "VBP", "VBD")
_NOUNS = ("NOUN", "PROPN")


@dataclass(frozen=True, slots=True)
class _Misread:
    """A "do", the verb it helps, the noun before that verb, and what was taken for the verb."""

    do: Token
    verb: Token
    noun: Token
    root: Token


@lru_cache(maxsize=1024)
def parse_asked(question: str) -> Doc:
    """Return ``question`` parsed, its verb put right where it was taken into a noun phrase."""
    doc = parse(question)
    misread = _misread(doc)
    return doc if misread is None else _mended(doc, misread)


def _misread(doc: Doc) -> _Misread | None:
    do = next((t for t in doc if t.lemma_ == "do" and t.tag_ in _DO), None)
    if do is None or doc[0].lower_ == "who":  # "who did the night shift?"
        return None
    if any(t.tag_.startswith("VB") or t.tag_ == "MD" for t in doc if t.i != do.i):
        return None
    root, *more = [t for t in doc if t.dep_ == "ROOT"]
    verb = next((c[-1] for c in doc.noun_chunks if _ends_in_verb(c, do)), None)
    taken = verb is not None and root.pos_ in _NOUNS and root.i <= verb.i
    if verb is None or more or not (taken or root == do):
        return None
    return _Misread(do, verb, verb.nbor(-1), root)


def _ends_in_verb(chunk: Span, do: Token) -> bool:
    """Whether the verb that ``do`` helps is the last word of ``chunk``, after a noun phrase.

    "A full service" in the middle of a question is none: only two nouns in a row may be.
    """
    last = chunk[-1]
    things = [t for t in chunk if do.i < t.i < last.i and t.pos_ in (*_NOUNS, "ADJ")]
    after = next((t for t in chunk.doc[chunk.end :] if not t.is_punct), None)
    return (
        last.tag_ == "NN"
        and bool(things)
        and (after is None or (after.pos_ == "ADP" and things[-1].pos_ in _NOUNS))
    )


def _mended(doc: Doc, misread: _Misread) -> Doc:
    from spacy.tokens import Doc

    do, verb, noun = misread.do.i, misread.verb.i, misread.noun.i
    heads, deps = [t.head.i for t in doc], [t.dep_ for t in doc]
    for token in doc:
        if do < token.i < verb:
            heads[token.i] = {verb: noun, do: verb}.get(token.head.i, token.head.i)
        elif token.head in (misread.do, misread.root):
            heads[token.i] = verb
            deps[token.i] = "dobj" if token.dep_ == "nsubj" else token.dep_  # "which bank does …"
    if do < misread.root.i < verb:
        heads[misread.root.i], deps[misread.root.i] = verb, "nsubj"
    inside = deps[verb] == "pobj"  # "a service for a bike cost": the bike takes its place
    heads[noun], deps[noun] = (heads[verb], "pobj") if inside else (verb, "nsubj")
    heads[do], deps[do] = verb, "aux"
    heads[verb], deps[verb] = verb, "ROOT"
    tags, pos = [t.tag_ for t in doc], [t.pos_ for t in doc]
    tags[verb], pos[verb], pos[do], pos[noun] = "VB", "VERB", "AUX", _noun(misread.noun)
    return Doc(
        doc.vocab,
        words=[t.text for t in doc],
        spaces=[bool(t.whitespace_) for t in doc],
        tags=tags,
        pos=pos,
        lemmas=[t.lemma_ for t in doc],
        heads=heads,
        deps=deps,
        ents=[f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc],
    )


def _noun(token: Token) -> str:
    return "PROPN" if token.pos_ == "PROPN" else "NOUN"  # "the cooperative use": an adjective
