"""Does the source say it, or deny it? Negations, opposites, quantifiers, comparatives.

Negation reaches from its word to the next comma, conjunction or end, at most a few words on; the
same rule reads claim and source, so that what it misreads it misreads in both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.support.comparison import Comparison
from rag.support.reading import Reading, Word
from rag.support.weights import opposites

_NEGATIONS = "not no never none nobody nothing neither nor cannot without nowhere"
_NO = frozenset(_NEGATIONS.split())
# In a source these do the work of a negation, in whatever form.
_DENIES = re.compile(
    r"(?:fail|unable|inab|lack|refus|den(?:y|ied|ies|ial)|hardly|rarely|seldom|barely|scarcely"
    r"|prevent|prohibit|forbid|forbad|reject|avoid|absen|exclu|ceas|stop|end(?:ed|s)?$|instead|except"
    r"|unlike|un[a-z]{4}|in(?:capab|suff|eff|corr|act|dep|def|elig|comp|val|freq|app)|non|dis[a-z]{4}"
    r"|im(?:poss|perf|prop)|il(?:leg|log)|ir(?:reg|rel|resp)|rather|few|little|only|but|false|myth"
    r"|never|no|illegal|however|although|though|yet|opposed|contrary|zero|less$)"
)
_STOPS = re.compile(r"[,;:.!?()\[\]–—\"“”]|\s-+\s")
_LINKS = "but although though because while whereas which who that when unless except"
_TURNS = frozenset(_LINKS.split())
_REACH = 7  # words

_WORDS: dict[str, str] = {
    "all": "all every each always entire entirely whole wholly everyone everybody everything both",
    "part": "some several many most mostly few often sometimes usually partly partially generally "
    "majority minority half typically certain frequently occasionally",
    "only": "only solely exclusively merely sole",
    "more": "more over above greater exceed exceeds exceeded exceeding minimum higher larger least",
    "less": "less fewer under below maximum lower smaller most",
    "maybe": "may might could possibly perhaps probably likely potentially allegedly reportedly "
    "suggest suggests suggested believed thought claimed",
    "before": "before until prior earlier",
    "after": "after since following later",
}
_GROUPS = {group: frozenset(words.split()) for group, words in _WORDS.items()}
_FUNCTION = """
before/after above/below over/under more/less more/fewer most/least always/never first/last
inside/outside all/none many/few early/late earlier/later began/ended won/lost wins/loses
rose/fell
risen/fallen bought/sold gave/took given/taken born/died with/without up/down into/from
everyone/nobody everything/nothing left/right left/arrived front/back men/women man/woman
husband/wife brother/sister son/daughter father/mother mother/father king/queen his/her he/she
him/her increase/decline increase/reduce increase/drop grow/shrink grew/shrank rise/drop
rise/decline
include/exclude support/oppose supported/opposed for/against legal/illegal majority/minority
maximum/minimum north/south east/west northern/southern eastern/western upper/lower major/minor
internal/external success/failure successful/unsuccessful victory/defeat better/worse best/worst
higher/lower highest/lowest larger/smaller largest/smallest longer/shorter longest/shortest
older/younger oldest/youngest greater/lesser faster/slower earliest/latest common/rare
often/rarely
allow/forbid allowed/forbidden allow/prohibit permit/prohibit accept/reject same/different
similar/different positive/negative similar/unlike ancient/modern old/new alive/dead top/bottom
begin/end start/stop started/stopped start/end open/close opened/closed enter/leave join/leave
joined/left gain/lose gained/lost raise/lower raised/lowered true/false public/private strong/weak
strengthen/weaken expand/contract agree/disagree approve/disapprove approved/rejected
possible/impossible able/unable male/female rich/poor high/low large/small big/small big/little
long/short old/young hot/cold warm/cool warm/cold hard/soft hard/easy difficult/easy heavy/light
full/empty fast/slow quick/slow deep/shallow wide/narrow thick/thin wet/dry near/far day/night
"""


@dataclass(frozen=True, slots=True)
class Clash:
    """A word of the claim that the source turns round, and how sure that is in [0, 1]."""

    word: str
    against: str
    weight: float


class Polarity:
    """Where ``comparison`` turns what the source says into its opposite."""

    def __init__(self, comparison: Comparison, deep: int = 3) -> None:
        self.comparison = comparison
        self._near = comparison.best[:deep]
        self._spans = [comparison.span(sentence) for sentence in self._near]

    @cached_property
    def added(self) -> Clash | None:
        """A negation of the claim for which the source has none near the same words."""
        found = [self._unmatched(n) for n in self.comparison.claim.kept(negators)]
        return max(
            (clash for clash in found if clash), key=lambda clash: clash.weight, default=None
        )

    @cached_property
    def dropped(self) -> Clash | None:
        """A word the source has only under a negation that the claim leaves out."""
        claim, source = self.comparison.claim, self.comparison.source
        mine, theirs = claim.kept(scope), source.kept(scope)
        found = []
        for n, word in enumerate(claim.words if theirs else ()):
            if not word.content or n in mine:
                continue
            places = [p for p in self._places(n, 0.99) if self._in_near(p)]
            if places and all(p in theirs for p in places):
                found.append(Clash(word.text, source.words[theirs[places[0]]].text, word.weight))
        return max(found, key=lambda clash: clash.weight, default=None)

    @cached_property
    def opposite(self) -> Clash | None:
        """A word of the claim whose opposite the best sentences have, and not it."""
        table, claim, source = _opposites(), self.comparison.claim, self.comparison.source
        near = [n for span in self._spans for n in range(*span)]
        forms = {form for at in near for form in (source.words[at].stem, source.words[at].folded)}
        found = []
        for n, word in enumerate(claim.words):
            wanted = table.get(word.stem, frozenset()) | table.get(word.folded, frozenset())
            if wanted.isdisjoint(forms) or self.comparison.same[n, near].any():
                continue
            for at in near:
                if source.words[at].stem in wanted or source.words[at].folded in wanted:
                    fits = self._fits(n, at)
                    found.append(Clash(word.text, source.words[at].text, fits))
        return max(found, key=lambda clash: clash.weight, default=None)

    @cached_property
    def counts(self) -> dict[str, float]:
        """For each group of words (all, some, only, more, may, before): said less given."""
        claim = {word.folded for word in self.comparison.claim.words}
        given = {w.folded for s in self._near[:2] for w in self._words(s)}
        return {
            group: float(bool(claim & words) and not given & words)
            for group, words in _GROUPS.items()
        }

    def _words(self, sentence: int) -> Sequence[Word]:
        first, last = self.comparison.span(sentence)
        return self.comparison.source.words[first:last]

    def _in_near(self, place: int) -> bool:
        return any(first <= place < last for first, last in self._spans)

    def _places(self, word: int, least: float) -> list[int]:
        """Where the source has a word of the claim, or one at least so close in use."""
        same = [int(n) for n in self.comparison.same[word].nonzero()[0]]
        if same or not self.comparison.with_vectors or least >= 0.99:
            return same
        row = self.comparison.close[word]
        return [int(n) for n in (row >= max(least, float(row.max()) - 0.02)).nonzero()[0]]

    def _unmatched(self, negator: int) -> Clash | None:
        """How sure it is that nothing in the source negates what ``negator`` does."""
        claim = self.comparison.claim
        ahead = [n for n in _ahead(claim, negator) if claim.words[n].content][:3]
        ahead = ahead or [n for n in range(max(0, negator - 3), negator) if claim.words[n].content]
        if not ahead:
            return None
        best, denied = 0.0, 0.0
        for n in ahead:
            for place in self._places(n, 0.5):
                if self._in_near(place):
                    fits = self._fits(n, place)
                    best = max(best, fits)
                    denied = max(denied, fits * self._denied(place))
        weight = 0.5 if not best else max(0.0, best - denied)
        if not best and any(self._denies(w) for s in self._near[:1] for w in self._words(s)):
            weight = 0.2
        return Clash(claim.words[ahead[0]].text, claim.words[negator].text, weight)

    def _fits(self, word: int, place: int) -> float:
        """How alike a word of the claim and one of the source are put, in [0, 1]."""
        carried = float(self.comparison.support_of[self.comparison.sentence_of(place)])
        if self.comparison.with_vectors:
            return float(0.5 * max(self.comparison.close[word, place], 0) + 0.5 * carried)
        return carried

    def _denied(self, place: int) -> float:
        source = self.comparison.source
        sentence = source.words[place].sentence
        strength = 0.0
        for n in range(max(0, place - 8), min(len(source.words), place + 5)):
            word = source.words[n]
            if word.sentence != sentence:
                continue
            if word.stem in _NO or word.folded in _NO:
                strength = 1.0
            elif self._denies(word):
                strength = max(strength, 0.7)
        return strength

    @staticmethod
    def _denies(word: Word) -> bool:
        return word.stem in _NO or word.folded in _NO or _DENIES.match(word.folded) is not None


def negators(reading: Reading) -> list[int]:
    """Return where ``reading`` negates: not "not only", "no longer" counts, "No. 5" does not."""
    words = reading.words
    found = []
    for n, word in enumerate(words):
        if word.stem not in _NO and word.folded not in _NO:
            continue
        after = words[n + 1].folded if n + 1 < len(words) else ""
        if word.folded == "not" and after in ("only", "just", "merely", "least", "necessarily"):
            continue
        if word.folded == "no" and (after[:1].isdigit() or after in ("doubt", "matter")):
            continue
        found.append(n)
    return found


def scope(reading: Reading) -> dict[int, int]:
    """Return which words of ``reading`` stand under a negation, each with the negation."""
    return {at: n for n in reading.kept(negators) for at in _ahead(reading, n)}


def _ahead(reading: Reading, negator: int) -> list[int]:
    words = reading.words
    found: list[int] = []
    for n in range(negator + 1, min(len(words), negator + 1 + _REACH)):
        gap = reading.text[words[n - 1].end : words[n].start]
        if words[n].sentence != words[negator].sentence or words[n].folded in _TURNS:
            break
        if _STOPS.search(gap):
            break
        found.append(n)
    return found


def _opposites() -> dict[str, frozenset[str]]:
    if not _TABLE:
        _TABLE.update(opposites())
        for pair in _FUNCTION.split():
            one, other = pair.split("/")
            _TABLE[one] = _TABLE.get(one, frozenset()) | {other}
            _TABLE[other] = _TABLE.get(other, frozenset()) | {one}
    return _TABLE


_TABLE: dict[str, frozenset[str]] = {}
