"""Training examples from text alone: made questions, and near misses of them.

python -m tools.reader.synthetic ../shared/data OUT.jsonl
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from spacy.tokens import Doc, Span

from index.embedder import SentenceEmbedding
from rag import language
from tools.reader.examples import LONGEST, Example, show
from tools.reader.questions import Made, questions, well_made
from tools.reader.text import Text, texts
from tools.reader.wording import dressed, reworded
from tools.reader.wordnet import synonyms

_SYMMETRIC = {"marry", "meet", "be", "join", "fight", "divorce", "wed"}
_AUXILIARIES = {"did", "was", "were", "does", "is", "are", "has", "had", "will"}
_REASONS = {"because", "due", "since", "for", "so", "to", "as", "by"}


@dataclass(frozen=True, slots=True)
class Passage:
    """Some sentences of a text, each parsed."""

    text: Text
    sentences: tuple[str, ...]
    docs: tuple[Doc, ...]


NearMiss = Callable[[int, Made, Passage], Example | None]


def passages(text: Text, docs: Sequence[Doc]) -> Iterator[Passage]:
    """Cut a text into passages of at most ``LONGEST`` characters."""
    first, size = 0, 0
    for n, sentence in enumerate(text.sentences):
        if n > first and size + len(sentence) > LONGEST:
            yield Passage(text, text.sentences[first:n], tuple(docs[first:n]))
            first, size = n, 0
        size += len(sentence) + 1
    if text.sentences:
        yield Passage(text, text.sentences[first:], tuple(docs[first:]))


class Words:
    """Cosines of lemmas and their synonyms, each encoded alone; 0 for words not seen."""

    def __init__(self, lemmas: Sequence[tuple[str, str]], embedder: SentenceEmbedding) -> None:
        said = {lemma for lemma, _ in lemmas}
        for lemma, part in lemmas:
            said.update(synonyms(lemma, part))
        words = sorted(said)
        self._row = dict(zip(words, embedder.embed(words), strict=True))

    def alike(self, one: str, other: str) -> float:
        """Return the cosine of two words."""
        a, b = self._row.get(one), self._row.get(other)
        return float(np.dot(a, b)) if a is not None and b is not None else 0.0


class Maker:
    """Makes the examples of one passage."""

    def __init__(self, rng: random.Random, words: Words) -> None:
        self.rng = rng
        self.alike = words.alike
        self.verbs: list[Made] = []
        self.names: dict[str, list[str]] = defaultdict(list)

    def examples(self, passage: Passage) -> Iterator[Example]:
        """Yield up to four questions that the passage answers, and as many near misses."""
        made = self._made(passage)
        for doc in passage.docs:
            for ent in doc.ents:
                self.names[ent.label_].append(ent.text)
        if not made:
            return
        self.rng.shuffle(made)
        made.sort(key=lambda pair: pair[1].kind in ("who", "what"))  # rarer kinds first
        for n, m in made[:4]:
            self.verbs.append(m)
            said = reworded(m, self.rng, self.alike)
            yield self._example(said.text, passage, n, m.answer)
        for n, m in self.rng.sample(made, min(4, len(made))):
            yield from self._near_miss(n, m, passage)

    def _made(self, passage: Passage) -> list[tuple[int, Made]]:
        """Questions, each with the number of its sentence."""
        made: list[tuple[int, Made]] = []
        before = ""
        for n, doc in enumerate(passage.docs):
            span = doc[:] if len(list(doc.sents)) == 1 else next(doc.sents)
            stands_for = before if before and self.rng.random() < 0.6 else passage.text.title
            made += [(n, m) for m in questions(span, stands_for, self.rng) if well_made(m)]
            before = _subject(span) or before
        return made

    def _near_miss(self, n: int, m: Made, passage: Passage) -> Iterator[Example]:
        """Yield the first near miss that can be made, trying four kinds."""
        kinds: list[NearMiss] = [
            self._dropped,
            self._swapped,
            self._other_verb,
            self._other_name,
            self._other_kind,
            self._other_name,
        ]
        self.rng.shuffle(kinds)
        for kind in kinds[:4]:
            if example := kind(n, m, passage):
                yield example
                return

    def _dropped(self, n: int, m: Made, passage: Passage) -> Example | None:
        """The passage without the sentence that answers."""
        rest = passage.sentences[:n] + passage.sentences[n + 1 :]
        said = passage.sentences[n][slice(*m.answer)]
        if len(rest) < 2 or any(said in other for other in rest):
            return None
        return self._example(m.text, replace(passage, sentences=rest))

    def _swapped(self, n: int, m: Made, passage: Passage) -> Example | None:
        """Who did it and to whom, exchanged."""
        both = m.subject and m.object and m.subject in m.text and m.object in m.text
        if not both or m.lemma in _SYMMETRIC:
            return None
        if m.object[0].islower() and m.subject[0].isupper():
            return None
        swapped = (
            m.text.replace(m.subject, "\0").replace(m.object, m.subject).replace("\0", m.object)
        )
        return self._example(swapped, passage) if swapped != m.text else None

    def _other_verb(self, n: int, m: Made, passage: Passage) -> Example | None:
        """Another thing that was done, which the passage does not speak of."""
        if not self.verbs or m.lemma == "be":
            return None
        body = " ".join(passage.sentences).lower()
        plain = f" {m.lemma}" in m.text and m.lemma != m.verb
        old = m.lemma if plain else m.verb
        for other in self.rng.sample(self.verbs, min(12, len(self.verbs))):
            new = other.lemma if plain else other.verb
            fits = (
                other.lemma != "be"
                and other.lemma[:5] not in body
                and other.verb[-2:] == m.verb[-2:]
            )
            if fits and f" {old}" in m.text and self.alike(other.lemma, m.lemma) < 0.4:
                return self._example(m.text.replace(f" {old}", f" {new}", 1), passage)
        return None

    def _other_name(self, n: int, m: Made, passage: Passage) -> Example | None:
        """Another name, place, date or figure in the question: from the passage, or from afar."""
        sentence, title = passage.sentences[n], passage.text.title
        inside = [(e.text, e.label_) for d in passage.docs for e in d.ents]
        held = [(name, label) for name, label in inside if name in m.text and len(name) > 1]
        if not held:
            return None
        name, label = self.rng.choice(held)
        here = [
            o
            for o, kind in inside
            if kind == label and o not in sentence and o not in name and name not in o
        ]
        far = self.names[label]
        options = here if here and self.rng.random() < 0.5 else far[-400:]
        other = self.rng.choice(options) if options else ""
        if not other or other in sentence or name in other or other in name:
            return None
        if title and (name in title or title in name) and self.rng.random() < 0.3:
            return None
        return self._example(m.text.replace(name, other), passage)

    def _other_kind(self, n: int, m: Made, passage: Passage) -> Example | None:
        """Ask when, where, how many … of a sentence that does not say."""
        asked = m.text.split()
        verbs = [k for k, word in enumerate(asked) if word in _AUXILIARIES]
        if not verbs or verbs[0] > 3 or m.kind in ("define", "role", "who") or not m.subject:
            return None
        options = _not_said(passage.docs[n], m.kind)
        if not options:
            return None
        thing = passage.sentences[n][slice(*m.answer)]
        keeps = [thing] if m.kind == "what" and len(thing) < 60 else []
        other = " ".join([self.rng.choice(options), *asked[verbs[0] :], *keeps])
        return self._example(other, passage)

    def _example(
        self,
        question: str,
        passage: Passage,
        answering: int | None = None,
        answer: tuple[int, int] | None = None,
    ) -> Example:
        """A question that sentence ``answering`` answers by the characters ``answer``, or none."""
        text, said = passage.text, passage.sentences
        return Example(
            dressed(question, self.rng),
            text.title,
            said,
            tuple(int(n == answering) for n in range(len(said))),
            None if answering is None or answer is None else (answering, *answer),
            text.source,
        )


def _not_said(doc: Doc, kind: str) -> list[str]:
    """Words that ask for what a sentence does not say, other than ``kind``."""
    labels = {e.label_ for e in doc.ents}
    options = []
    if "DATE" not in labels and kind != "when":
        options.append("when")
    if not labels & {"GPE", "LOC", "FAC", "ORG"} and kind != "where":
        options.append("where")
    if not {t.lower_ for t in doc} & _REASONS and kind not in ("why", "how"):
        options += ["why", "how"]
    return options


def _subject(span: Span) -> str:
    """A named subject that a pronoun in the next sentence may stand for."""
    for token in span.root.children:
        if token.dep_ in ("nsubj", "nsubjpass") and token.pos_ == "PROPN":
            return span.doc[token.left_edge.i : token.i + 1].text
    return ""


def main(data: str, out: str) -> None:
    """Write the examples made from the texts in ``data`` to ``out``."""
    rng = random.Random(7)
    every = list(texts(Path(data)))
    rng.shuffle(every)
    parsed = _parsed(every)
    words = Words(_lemmas(parsed), SentenceEmbedding())
    maker = Maker(rng, words)
    count = 0
    with Path(out).open("w", encoding="utf-8") as file:
        for text, docs in zip(every, parsed, strict=True):
            for passage in passages(text, docs):
                for example in maker.examples(passage):
                    file.write(example.line() + "\n")
                    count += 1
    show(count, "examples")


def _parsed(every: Sequence[Text]) -> list[list[Doc]]:
    nlp = language._model()
    parsed = []
    for n, text in enumerate(every):
        parsed.append(list(nlp.pipe(text.sentences, batch_size=64)))
        if n % 200 == 0:
            show("parsed", n, "of", len(every), "texts")
    return parsed


def _lemmas(parsed: Sequence[Sequence[Doc]]) -> list[tuple[str, str]]:
    """Every lower-case noun and verb of the texts, with its part of speech."""
    parts = {"VERB": "verb", "NOUN": "noun"}
    tokens = (t for docs in parsed for doc in docs for t in doc)
    found = {
        (t.lemma_, parts[t.pos_]) for t in tokens if t.pos_ in parts and t.is_alpha and t.is_lower
    }
    return sorted(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
