"""What a question asks apart from how it is put: "could you tell me when it opened, please?".

A request to be told about something ("tell me about Operation Robinson", "an overview of the
missions", "summarise the report") asks no question: what it is about is what remains of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.terms import terms

_LONGEST = 400  # characters; a longer text is no question in a frame

_SOFT = r"(?:(?:please|kindly|maybe|perhaps|possibly|just|also|quickly|briefly|really|very)\s+)*"
_YOU = r"(?:you|u|anyone|anybody|someone|somebody)"
_PAPERS = (
    r"(?:(?:the|my|our|your|these|those|all)\s+)?"
    r"(?:documents?|docs|files?|papers?|texts?|articles?|sources?|notes?|records?)"
)
_CLAUSE = r"(?=(?:who|whom|whose|what|which|when|where|why|how|if|whether)\b)"
# Not "on the third floor", nor "on Monday".
_ON = (
    r"on(?!\s+(?:the\s+\w+\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|floor|page|day|evening"
    r"|morning|night)s?\b)"
)
_OF_IT = r"(?:about|regarding|concerning)\b"
_ABOUT = rf"(?:{_OF_IT}|{_ON}\b)"
_NEXT = rf"(?=[\s,:]+(?:more\s+|a\s+bit\s+)*(?:{_CLAUSE}|{_ABOUT}))"
# Said first: "Hi there, quick question: …".
_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|good\s+(?:morning|afternoon|evening|day))(?:\s+(?:there|all|everyone))?"
    r"|please|pls|ok|okay|well|thanks|thank\s+you|excuse\s+me"
    r"|(?:(?:a|one|my)\s+)?(?:(?:quick|short|simple|last|further)\s+)?question)"
    rf"(?:\s*[,.:;!–—]\s*|\s+)(?:{_CLAUSE}|(?=(?:can|could|would|will|do|does|did|is|are|was|were"
    r"|has|have|tell|explain|describe|summari[sz]e|give|show|i|we|any|against|in|at)\b))",
    re.I,
)
_CLOSING = re.compile(
    r"(?:\s+(?:please|pls)|\s*[,–—]\s*(?:please|pls|thanks|thank\s+you"
    r"|(?:many\s+)?thanks\s+in\s+advance|if\s+you\s+(?:know|can|could|don['’]t\s+mind)"
    r"|do\s+you\s+know))+(?=[\s?.!]*$)",
    re.I,
)
# Who asks to be told; a question follows, or what it is to be about.
_ASKS = re.compile(
    rf"""(?:
      (?:can|could|would|will)\s+{_YOU}\s+{_SOFT}
        (?:tell|remind|inform|let)\s+(?:me|us)(?:\s+know)?
    | (?:please\s+)?(?:tell|remind|inform|let)\s+(?:me|us)(?:\s+know)?
    | (?:can|could|would|will)\s+{_YOU}\s+{_SOFT}
        (?:say|show\s+(?:me|us)|check|confirm|clarify|find\s+out|look\s+up)(?=\s+{_CLAUSE})
    | (?:(?:can|could|would|will)\s+{_YOU}\s+)?{_SOFT}explain(?:\s+to\s+(?:me|us))?(?=\s+{_CLAUSE})
    | (?:can|could|may|might)\s+(?:i|we)\s+{_SOFT}(?:ask|know|learn|find\s+out)(?:\s+you)?{_NEXT}
    | (?:do|does|did)\s+{_YOU}\s+(?:happen\s+to\s+)?(?:know|remember|recall){_NEXT}
    | (?:do|does|did)\s+{_PAPERS}\s+(?:say|tell|state|mention)(?=\s+{_CLAUSE})
    | (?:(?:do\s+you\s+)?have\s+)?any\s+(?:idea|clue)
    | (?:i|we)(?:['’]m|['’]re|\s+am|\s+are|\s+was|\s+were|['’]ve\s+been|\s+have\s+been)?\s+{_SOFT}
        (?:wondering|wonder|curious(?:\s+to\s+know)?
        |(?:interested|trying)(?:\s+to\s+(?:know|find\s+out|learn|understand|hear))?{_NEXT})
    | (?:i|we)(?:(?:['’]d|\s+would)\s+{_SOFT}(?:like|love)
        |\s+{_SOFT}(?:want|wanted|need|needed|wish|have))
        \s+to\s+{_SOFT}(?:know|find\s+out|(?:learn|understand|hear|ask(?:\s+you)?|be\s+told){_NEXT})
    )(?:\s+(?:more|something|anything|briefly|again|a\s+(?:little\s+)?(?:bit|more)))*
    [\s,:]+(?=\w)""",
    re.I | re.X,
)
# What asks to be told about something, whatever follows.
_TELLS_OF = re.compile(
    rf"""(?:
      (?:(?:can|could|would|will)\s+{_YOU}\s+)?{_SOFT}
        (?:explain|describe|summari[sz]e|outline(?=\s+(?:the|my|our|your)\b)|sum\s+up)(?:\s+to\s+(?:me|us))?
    | what\s+(?:do|does|did|can|could)\s+(?:{_PAPERS}|you|u)\s+
        (?:say|tell(?:\s+(?:me|us))?|know|state|report|mention|have(?:\s+to\s+say)?)\s+{_ABOUT}
    | (?:do|does|did)\s+(?:{_PAPERS}|you|u)\s+(?:say|tell|mention|contain|have|know|report|state)
        (?:\s+(?:anything|something|more|much))?\s+{_ABOUT}
    | (?:do|does|did)\s+{_PAPERS}\s+(?:mention|name|cover|speak\s+of)
    | who(?:\s+(?:is|was)|['’]s)(?=(?:\s+(?-i:[A-Z][\w.’'-]*[a-z.][\w.’'-]*)){{2,4}}[\s?.!]*$)
    | what(?:\s+is|['’]s)\s+(?:there|known|said|written|in\s+{_PAPERS})(?:\s+to\s+know)?\s+{_OF_IT}
    | (?:is|are)\s+there\s+(?:any(?:thing)?|something|some)(?:\s+(?:information|info|details?|facts
        |said|written|known))?(?:\s+in\s+{_PAPERS})?\s+{_ABOUT}
    | (?:(?:do\s+(?:you|{_PAPERS})\s+have|give\s+(?:me|us))\s+)?
        (?:anything|something|everything|all)\s+{_ABOUT}
    | (?:(?:can|could|would|will)\s+{_YOU}\s+)?{_SOFT}
        (?:(?:give|show|get|write|make)(?:\s+(?:me|us))?
        |(?:(?:do\s+(?:you|{_PAPERS})|i|we)\s+(?:have|need|want)))?\s*
        (?:(?:an?|the|some|any|more)\s+)?(?:(?:short|brief|quick|general|complete|full|rough)\s+)*
        (?:overview|summary|outline|introduction|description|information|info|details|facts
        |background|explanation)\s+(?:(?:of|to)\b|{_ABOUT})
    )[\s,:]+(?=\w)""",
    re.I | re.X,
)
_SUBJECT = re.compile(rf"{_ABOUT}\s+(?=\w)", re.I)
_GOES_ON = re.compile(r"[.?!]\s+\w{2,}\s")
_IF = re.compile(r"(?:if|whether)\s+", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a question, or with ``about`` what one wants to be told about."""

    text: str
    about: bool = False


@lru_cache(maxsize=1024)
def plainly(question: str) -> Asked:
    """Return ``question`` without what only says that something is asked, and by whom.

    One that would have no word left to look for comes back as it is, and so does a long text.
    """
    if len(question) > _LONGEST:
        return Asked(question)
    rest = _CLOSING.sub("", question.strip())
    while opening := _OPENING.match(rest):
        rest = rest[opening.end() :]
    about = False
    asks = _ASKS.match(rest)
    if asks:
        rest = rest[asks.end() :]
        if subject := _SUBJECT.match(rest):
            rest, about = rest[subject.end() :], True
    if told := _TELLS_OF.match(rest):
        rest, about = rest[told.end() :], True
    if re.match(_CLAUSE, rest, re.I):
        about = False
    if about and _GOES_ON.search(rest):  # "tell me about the mill. Who owns it?"
        return Asked(question)
    if asks and (found := _IF.match(rest)):
        rest = rest[found.end() :]
    if asks and not about:  # a question that is put as a sentence, unlike the words of a search
        rest = rest.rstrip(" .!?") + "?"
    return Asked(rest, about) if terms(rest) else Asked(question)
