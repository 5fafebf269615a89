"""What a question asks for, and what an answer must therefore hold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from rag.language import NAMES, parse
from rag.quantities import Measure
from rag.terms import Term, fold, terms
from rag.times import MONTH
from rag.wording import plainly

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

Kind = Literal[
    "person", "body", "date", "number", "place", "reason", "manner", "definition", "other"
]

_ASKED_OF = (  # "what fee", "what is the yearly fee", "fee for"
    r"^\W*(?:(?:at )?(?:what|which)(?:(?:'s|’s| is| was| are| were) (?:the|its|his|her|their))? "
    r"(?:[\w-]+ ){0,2}?|(?:the )?(?:[\w-]+ )?(?=\w+ (?:of|for|per)\b))"
)
_ATTRIBUTE = r"^\W*what(?:'s|’s| is| was| are| were) (?:the|its|his|her|their) (?:[\w-]+ ){0,2}"
_MONEY = "price|cost|fee|rent|deposit|fine|salary|wage|budget"
_LENGTH = "height|length|width|depth|distance"
_MEASURED = f"{_MONEY}|{_LENGTH}|weight|age|temperature|speed"
# What follows where a measure is asked for: not "the fee for?", nor "the deposit scheme".
_GOES_ON = (
    r"(?:of|in|at|on|per|to|is|was|are|were|must|do|does|did|will|would|has|have|had|can|should"
    r"|for(?= \w))\b"
)
_CLOCK = (
    r"\b(?:what|which) time\b(?! (?:zone|limit|period|frame|span|of year)\b)"
    r"|\bhow late\b(?=.{1,60}\bopen\b)"
)
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        "number",
        r"\bhow (?:many|much|old|long|far|large|big|tall|high|deep|wide|thick|heavy|fast|hot|cold"
        r"|often)\b|^\W*what (?:do|does|did|would|will) [^?]{1,60}? (?:cost|weigh)"
        r"(?=\W*$| (?:in|for|per|to|on|at|an?|me|us|you|them|the|incl|including|excl"
        r"|excluding|with|without|before|after|net|gross|last|this|then)\b)"
        r"|^\W*what (?:do|does|did|would|will) [^?]{1,60}? pay (?:for \w|per\b|an? \w)"
        r"|(?<!phone )(?<!mobile )(?<!policy )(?<!model )(?<!serial )\bnumber of\b"
        r"|\b(?:percentage|percent|amount|total|share|proportion) of\b"
        r"|\b(?:what|which) (?:number|percentage|percent|share|proportion|price|cost|age)\b"
        rf"|\b(?:what|which) (?:sum|{_MEASURED})(?=\W*$| {_GOES_ON})"
        rf"|{_ATTRIBUTE}(?:population|rate|{_MEASURED})(?=\W*$| {_GOES_ON})"
        rf"|^\W*(?:the )?(?:[\w-]+ )?(?:{_MEASURED}) (?:of|for|per) (?=\w)"
        r"(?!.*\b(?:who|whom|why|when|where|how|mean\w*)\b)",
    ),
    (
        "date",
        r"^\W*(?:\w+\W+){0,2}?when\b|\bwhen\W*$"
        r"|\b(?:what|which) (?:year|date|day|month|century)\b|\b(?:year|date)\s*\??$"
        rf"|{_CLOCK}",
    ),
    ("person", r"^\W*(?:\w+\W+){0,3}?who(?:m|se|'s|’s)?\b|\bnames? of the (?:\w+ )*\w+"),
    (
        "place",
        r"\bwhere\b(?!as)|\b(?:what|which) (?:country|city|town|state|province|region)\b",
    ),
    (
        "body",
        r"\b(?:what|which) (?:[\w-]+ )?(?:organi[sz]ation|body|agency|company|institute"
        r"|institution|airline|ministry|university|bank|newspaper|outlet|party)\b",
    ),
    ("reason", r"\bwhy\b|\bhow come\b|\breasons?\b|\bwhat (?:caused|led)\b|\bpurpose\b"),
    (
        "definition",
        r"\b(?:mean|meaning|stands? for)\b|\bdefin"
        r"|^\W*what(?: is|'s|’s) [^?]{1,40}\??$",
    ),
    ("manner", r"\bhow\b"),
)
# What the figure of an answer measures, by how the question asks; "" is a mere count.
_MEASURES: tuple[tuple[str, tuple[Measure, ...]], ...] = (
    (r"\bhow long\b", ("time", "length")),
    (r"\bhow old\b|\bwhat age\b", ("time",)),
    (r"\bhow far\b", ("length", "time")),
    (r"\bhow (?:tall|deep|wide|thick)\b", ("length",)),
    (r"\bhow heavy\b|\bweighs?\b", ("weight",)),
    (r"\bhow fast\b", ("speed", "time")),
    (r"\bhow (?:hot|cold)\b", ("heat",)),
    (  # of what is spent, and by how much it rose
        r"\b(?:share|proportion|per ?cent\w*|rate|deficit|hours|rise|rose|risen|raised?"
        r"|increased?|up|drop(?:ped)?|fell|fallen|reduced?|by how much)\b",
        (),
    ),
    (rf"\bhow much (?:cash|money)\b|{_ASKED_OF}(?:sum|{_MONEY})\b", ("money",)),
    (r"\b(?:what|how much)\b[^?]{0,200}?\b(?:cost|pay|paid|charged?|spend|spent)\b", ("money",)),
    (rf"{_ASKED_OF}(?:height|width|depth)\b", ("length",)),
    (rf"{_ASKED_OF}(?:length|distance)\b", ("length", "time")),
    (rf"{_ASKED_OF}weight\b", ("weight",)),
    (rf"{_ASKED_OF}speed\b", ("speed", "time")),
    (rf"{_ASKED_OF}temperature\b", ("heat",)),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_LIST = re.compile(
    r"^\W*(?:list|name|enumerate)\b(?! of)|\b(?:what|which) (?:[\w-]+ ){0,3}?(?:are|were)\b", re.I
)
_BESIDES = re.compile(
    r"\b(?:besides|except|apart from|aside from|other than|in addition to|excluding)\b", re.I
)
_HALF_DAY = re.compile(r"\s?[ap]\.?m\b", re.I)  # "11pm" may be "23:00" in a document
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam"])
_ASKED_NOUN_FILLERS = frozenset(
    ["kind", "sort", "type", "way", "part", "thing", "role", "name", "one", "other"]
)
_CONTRACTED = re.compile(r"\b(who|what|where|when|how)s(?= )", re.I)  # "whos in charge"
_QUANTITIES = frozenset(
    ["number", "percentage", "percent", "amount", "total", "share", "proportion", "sum"]
)


# A figure is of them without saying so.
_UNCOUNTED = _QUANTITIES | {"money", "cash", *_MEASURED.split("|")}


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    ``names`` are the words of the entities it speaks of and ``figures`` its numbers and years:
    evidence about others is no answer. ``noun`` is what is counted ("how many doctors") or asked
    for ("which airline"), None where the question names no such thing; ``counted`` is it with its
    adjectives. ``verb`` is what the question says is done, ``deed`` the same with its particle
    ("set up"). ``topic`` are the other nouns. ``many`` says that a list is wanted,
    ``of_subject`` that the answer is who or what the rest is said of ("what crosses the Orm?").
    ``measures`` are what its figure may measure, () for anything; ``is_mass`` says that it is no
    count ("how much heat"), ``clock`` that a time of the day is asked for, ``about`` that one wants
    to be told about what ``text`` names.
    """

    text: str
    kind: Kind
    terms: tuple[Term, ...]
    names: tuple[Term, ...]
    figures: tuple[Term, ...]
    noun: Term | None
    counted: str | None
    verb: Term | None
    deed: str | None
    topic: tuple[Term, ...]
    many: bool
    of_subject: bool
    measures: tuple[Measure, ...]
    is_mass: bool
    clock: bool
    about: bool


@lru_cache(maxsize=1024)
def analyse(question: str) -> Question:
    """Take ``question`` apart; the result is remembered."""
    question = unicodedata.normalize("NFC", question)  # the grammar knows no combining accents
    asked_for = plainly(question)
    question = asked_for.text
    question = _CONTRACTED.sub(r"\1's", question)
    asked = tuple(terms(question) or terms(question, keep_stopwords=True))
    wanted = "other" if asked_for.about else kind(question)
    thing = _noun(question, asked)
    is_counted = thing is None or thing.text.lower() not in _UNCOUNTED
    noun = thing if is_counted and wanted != "date" else None
    names = _names(question, asked, thing)
    verb = _verb(question, asked)
    return Question(
        text=question,
        kind=wanted,
        terms=asked,
        names=tuple(names),
        figures=tuple(
            t for t in asked if t.number is not None and not _HALF_DAY.match(question, t.end)
        ),
        noun=noun,
        counted=_phrase(question, noun) if noun and wanted == "number" else None,
        verb=verb,
        deed=_deed(question, verb) if verb else None,
        topic=_topic(question, asked, noun),
        many=wanted != "number" and _wants_list(question, noun),
        of_subject=any(_asks_subject(token) for token in parse(question)),
        measures=_measures(question) if wanted == "number" and noun is None else (),
        is_mass=re.search(r"\bhow much\b", question, re.I) is not None,
        clock=re.search(_CLOCK, question, re.I) is not None,
        about=asked_for.about,
    )


def kind(question: str) -> Kind:
    """Return the kind of answer that the first question word asks for, "other" if none does.

    "What is the purpose of X?" asks for a reason, although "what is X?" asks for a definition.
    """
    found = [(match.start(), name) for name, p in _KINDS if (match := p.search(question))]
    return min(found, key=lambda row: (row[1] == "definition", row[0]))[1] if found else "other"


def _measures(question: str) -> tuple[Measure, ...]:
    """What the figure that is asked for measures."""
    return next((m for asked, m in _MEASURES if re.search(asked, question, re.I)), ())


def _verb(question: str, asked: tuple[Term, ...]) -> Term | None:
    """The main verb, None where it says no more than "is" or "did"."""
    root = next((token for token in parse(question) if token.dep_ == "ROOT"), None)
    if root is None or root.pos_ != "VERB":
        return None
    return next((term for term in asked if term.start == root.idx), None)


def _topic(question: str, asked: tuple[Term, ...], noun: Term | None) -> tuple[Term, ...]:
    """The nouns that say what the question is about, not what it asks for."""
    nouns = {token.idx for token in parse(question) if token.pos_ in ("NOUN", "PROPN")}
    return tuple(
        term
        for term in asked
        if term.start in nouns and term != noun and term.text.lower() not in _UNCOUNTED
    )


def _deed(question: str, verb: Term) -> str:
    """The verb with its particle: "set up"."""
    token = next(token for token in parse(question) if token.idx == verb.start)
    return " ".join([verb.text, *(child.text for child in token.children if child.dep_ == "prt")])


def _wants_list(question: str, noun: Term | None) -> bool:
    """A list is asked for outright ("name the …") or by a plural ("which missions")."""
    if _LIST.search(question):
        return True
    plural = {token.idx for token in parse(question) if token.tag_ in ("NNS", "NNPS")}
    return noun is not None and noun.start in plural


def _asks_subject(token: Token) -> bool:
    """Whether it is the question word of "who came?", "which ship came?" or "what is the X?"."""
    if token.lower_ not in ("who", "what", "which"):
        return False
    return (token.head if token.dep_ == "det" else token).dep_ in ("nsubj", "nsubjpass", "attr")


def _names(question: str, asked: tuple[Term, ...], noun: Term | None) -> list[Term]:
    """Content words that the grammar takes for a proper noun or that stand in an entity.

    What is asked for in lower case ("which bloc …") is none, whatever the grammar takes it for;
    nor is what an answer is to leave out ("besides the Corran Bridge").
    """
    doc = parse(question)
    others = [(match.end(), _phrase_end(doc, match.end())) for match in _BESIDES.finditer(question)]
    spans = [
        (token.idx, token.idx + len(token))
        for token in doc
        if token.pos_ == "PROPN" and (token.dep_ != "ROOT" or token.text[0].isupper())
    ]
    spans += [(e.start_char, e.end_char) for e in doc.ents if e.label_ in NAMES]
    return [
        term
        for term in asked
        if term.number is None
        and len(term.stem) > 1
        and (term.name or any(start <= term.start < end for start, end in spans))
        and (term.text != term.text.lower() or term != noun)
        and term.stem not in _TITLES
        and not _is_month(term)
        and not any(start <= term.start < end for start, end in others)
    ]


def _phrase_end(doc: Doc, start: int) -> int:
    """Where the noun phrase that begins at ``start`` ends, names joined by "and" included."""
    inside = ("ADJ", "ADP", "CCONJ", "DET", "NOUN", "NUM", "PART", "PROPN", "SPACE")
    behind = (token for token in doc if token.idx >= start)
    return next((token.idx for token in behind if token.pos_ not in inside), len(doc.text))


def _is_month(term: Term) -> bool:
    return re.fullmatch(MONTH, fold(term.text)) is not None


def _noun(question: str, asked: tuple[Term, ...]) -> Term | None:
    """The noun that "how many", "which", "what" or "number of" asks for."""
    for token in parse(question):
        head = _asked_head(token)
        if head is None or head.pos_ not in ("NOUN", "PROPN") or head.ent_type_ == "DATE":
            continue
        if head.lemma_.lower() in _ASKED_NOUN_FILLERS:
            continue
        return next((term for term in asked if term.start <= head.idx < term.end), None)
    return None


def _phrase(question: str, noun: Term) -> str:
    """The noun with the nouns and adjectives before it: "home visits"."""
    words: list[str] = []
    for token in parse(question):
        if token.idx > noun.start:
            break
        keep = token.pos_ in ("NOUN", "PROPN", "ADJ") and token.lower_ not in ("many", "much")
        words = [*words, token.text] if keep else []
    return " ".join(words) or noun.text


def _asked_head(token: Token) -> Token | None:
    word = token.lower_
    if word in ("many", "much") and token.i and token.nbor(-1).lower_ == "how":
        following = token.nbor(1) if token.i + 1 < len(token.doc) else None
        asks_price = following is not None and following.pos_ == "AUX"  # "how much does it cost"
        return None if asks_price else _next_noun(token)
    if word in _QUANTITIES:
        of = next((child for child in token.children if child.lower_ == "of"), None)
        return next((child for child in of.children if child.dep_ == "pobj"), None) if of else None
    if word in ("which", "what") and token.dep_ in ("det", "nsubj", "nsubjpass", "pobj", "dobj"):
        following = token.nbor(1) if token.i + 1 < len(token.doc) else None
        plain = following is not None and following.pos_ in ("NOUN", "PROPN", "ADJ", "NUM")
        return _next_noun(token) if plain else None
    return None


def _next_noun(token: Token) -> Token | None:
    """The last noun of the run of nouns that follows ``token``."""
    last = None
    for follower in token.doc[token.i + 1 :]:
        if follower.pos_ in ("NOUN", "PROPN"):
            last = follower
        elif (last is not None and follower.pos_ != "PART") or follower.pos_ not in (
            "ADJ",
            "NUM",
            "DET",
            "PUNCT",
            "PART",
        ):
            break
    return last
