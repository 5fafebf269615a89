"""English words that say nothing about what a question is after."""

from __future__ import annotations

_ARTICLES_AND_CONJUNCTIONS = "a an the and or but nor so yet if then than as because while though"
_PRONOUNS = (
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself it its itself they them their theirs themselves this that these "
    "those one ones there here"
)
_VERBS = (
    "am is are was were be been being do does did doing done have has had having can could will "
    "would shall should may might must"
)
_PREPOSITIONS = (
    "of in on at by for with about against between into through during to from up down out off "
    "over under again further"
)
_QUESTION_WORDS = "what which who whom whose when where why how many much long often"
_ADVERBS = "not no only own same too very just also any some each all both more most other such"
_REQUESTS = "tell say says said give please describe explain mention mentioned list according"
_CONTRACTION_ENDS = (
    "s t d m ll re ve don doesn didn isn aren wasn weren hasn haven hadn won wouldn couldn shouldn"
)

QUESTION_WORDS = frozenset(_QUESTION_WORDS.split())
STOPWORDS = QUESTION_WORDS.union(
    *(
        words.split()
        for words in (
            _ARTICLES_AND_CONJUNCTIONS,
            _PRONOUNS,
            _VERBS,
            _PREPOSITIONS,
            _ADVERBS,
            _REQUESTS,
            _CONTRACTION_ENDS,
        )
    )
)
