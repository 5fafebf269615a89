"""One short question back, where a question speaks of something that nothing before it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.antecedents import need, refers_back
from rag.context import READ
from rag.ellipsis import is_bare
from rag.language import parse
from rag.mentions import QUESTION_WORD, TIMELESS, is_asked_for, mentions
from rag.schema import Message, Passage
from rag.terms import fold, stem, stems

if TYPE_CHECKING:
    from spacy.tokens import Token

_MOST = 4  # options
_IN_BRACKETS = re.compile(r" \([^)]*\)")  # what a question was only taken to lean on
_OFTEN_SEVERAL = (  # what documents tend to hold several of
    "actor actress singer musician band author writer director artist painter athlete player "
    "president minister king queen scientist detective company firm chain bank agency "
    "department team club party school university college hospital clinic museum court "
    "church newspaper restaurant hotel city town village county state province river lake "
    "island mountain park bridge building stadium airport station street movie film book "
    "novel song album series game poem magazine website app mission battle treaty agreement "
    "animal bird plant drug medicine disease virus language religion ship machine loan "
    "policy contract"
)
_KINDS = frozenset(_OFTEN_SEVERAL.split())


def clarification(
    question: str, resolved: str, history: Sequence[Message], passages: Sequence[Passage]
) -> str | None:
    """Return what to ask the user before ``question`` can be answered, None if it is plain.

    ``resolved`` is the question as it was understood after ``history``. The options are the
    documents of ``passages``, best first; with one document there is nothing to choose. After
    other turns only "the clinic" is asked about: if none of them spoke of one, two documents or
    more do, none of those names anything that the question or the conversation named, and not
    just one of them is the clinic's by its title.
    """
    first = not any(message.role == "user" for message in history)
    if first and resolved == question and (reference := open_reference(question)):
        return _asked(reference, passages)
    noun = unnamed_kind(question, history)
    if noun is None or _IN_BRACKETS.sub("", resolved) != " ".join(question.split()):
        return None
    found = [passage for passage in passages if _speaks_of(noun, passage)]
    said = [*(turn.content[:READ] for turn in history), question]
    titled = {p.document for p in found if stem(noun) in stems(p.title)}
    if len(titled) == 1 or any(_is_of(said, passage) for passage in found):
        return None
    return _asked(f"the {noun}", found)


def _asked(reference: str, passages: Sequence[Passage]) -> str | None:
    options = list(dict.fromkeys(p.title or p.source for p in passages))[:_MOST]
    if len(options) < 2:
        return None
    *others, last = options
    return f"What do you mean by “{reference}”? For instance: {', '.join(others)} or {last}."


def unnamed_kind(question: str, history: Sequence[Message]) -> str | None:
    """Return the noun of a bare "the clinic" where neither question nor history says which.

    None if the question is written without capitals: then its names cannot be seen.
    """
    if question == question.lower():
        return None
    said = stems(" ".join(message.content for message in history))
    for noun in parse(question):
        if noun.lower_ in _KINDS and noun.tag_ == "NN" and _is_bare_the(noun):
            return None if stem(noun.text) in said else noun.lower_
    return None


def _is_bare_the(noun: Token) -> bool:
    """Whether no word says which: "the clinic", unlike "the clinic in Oslo".

    The grammar may take "visit the clinic in Oslo" for a visit in Oslo.
    """
    after = noun.nbor(1) if noun.i + 1 < len(noun.doc) else None
    if [child.lower_ for child in noun.lefts] != ["the"] or _is_told(noun):
        return False
    if after is None or after.pos_ in ("NOUN", "PROPN", "ADJ", "NUM", "X"):
        return after is None
    return after.pos_ != "ADP" or all(t.pos_ != "PROPN" for t in after.subtree)


def _speaks_of(noun: str, passage: Passage) -> bool:
    return stem(noun) in stems(f"{passage.title or ''} {passage.text}")


def _is_of(said: Sequence[str], passage: Passage) -> bool:
    """Whether a passage names what one of the texts ``said`` has named."""
    text = fold(f"{passage.title or ''} {passage.text}")
    names = {m.text for one in said for m in mentions(one) if m.named}
    return any(re.search(rf"\b{re.escape(fold(name))}\b", text) for name in names)


def open_reference(question: str) -> str | None:
    """Return what of ``question`` only a conversation could fill in, None if it stands alone.

    That is a pronoun ("when was it founded?"), a pointing phrase ("that mission") or the whole
    of a bare question ("why?").
    """
    question = " ".join(question.split())
    if QUESTION_WORD.match(question) and is_bare(question):
        return question.strip(" ?!.")
    doc = parse(question)
    if doc and doc[0].lower_ in ("this", "that") and doc[0].dep_ == "nsubj":
        return doc[0].text
    for token in doc:
        if need(token) not in (None, "place") and refers_back(token):
            things = [t for t in doc if t.pos_ in ("NOUN", "PROPN") and not is_asked_for(t)]
            return None if any(t != token.head for t in things) else token.text
        if token.lower_ in ("this", "that") and token.dep_ == "det" and token.head.pos_ == "NOUN":
            pointed = doc[token.i : token.head.i + 1].text
            told = token.i and doc[token.i - 1].pos_ in ("NOUN", "PROPN")
            timeless = token.head.lemma_ in TIMELESS
            return None if told or timeless or _is_told(token.head) else pointed
    return None


def _is_told(noun: Token) -> bool:
    """Whether the question itself says which: "this man who …", "that bridge in Oslo"."""
    return any(t.dep_ in ("relcl", "acl", "prep", "appos") for t in noun.children)
