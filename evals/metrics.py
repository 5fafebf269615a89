"""What is measured on one answer, as pure functions; nothing here trusts the answer's own word.

Each metric returns a ``Score``, points out of a possible weight, or None where it does not
apply. Scores of many cases add up: the metric over a set is the sum of points over the sum of
weights (``evals.intervals``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from evals.cases import Evidence
from evals.matching import holds, overlap, place_of, verbatim
from rag.schema import Answer, Citation, Passage, Sentence

TextOf = Callable[[str], str]
Supports = Callable[[str, Sequence[str]], bool]


class Score(NamedTuple):
    """``points`` earned ``of`` a possible weight (1 for a case, or a count of things judged)."""

    points: float
    of: float = 1.0


# --- retrieval -------------------------------------------------------------------------------


def first_ranks(evidence: Evidence, passages: Sequence[Passage]) -> list[int | None]:
    """Return, for each evidence group, the rank (from 1) of the first passage that shows it.

    A passage shows a group when it overlaps one of its places; None if no passage does.
    """
    places = [place_of(passage) for passage in passages]
    return [
        next((n for n, p in enumerate(places, start=1) if any(overlap(p, g) for g in group)), None)
        for group in evidence.groups
    ]


def evidence_at(ranks: Sequence[int | None], k: int) -> Score:
    """Whether the right evidence is in the top ``k``: every group is shown there."""
    return Score(float(all(rank is not None and rank <= k for rank in ranks)))


def recall_at(ranks: Sequence[int | None], k: int) -> Score:
    """Share of the evidence groups shown in the top ``k``.

    This is S-recall, with groups as subtopics: Zhai, Cohen and Lafferty, "Beyond independent
    relevance" (SIGIR 2003), eq. 1. For a case with one group it is recall@k of one document.
    """
    return Score(sum(rank is not None and rank <= k for rank in ranks) / len(ranks))


def document_ranks(relevant: Sequence[str], found: Sequence[Passage]) -> list[int | None]:
    """Return the rank (from 1) of each relevant document among the documents found.

    A document stands where its best passage does (MaxP; Dai and Callan, SIGIR 2019).
    """
    documents = list(dict.fromkeys(passage.source for passage in found))
    return [documents.index(source) + 1 if source in documents else None for source in relevant]


def ranking(ranks: Sequence[int | None], depths: Sequence[int] = (10,)) -> list[Score]:
    """Return the reciprocal rank, then nDCG at each depth, as ir-measures computes them.

    A passage's gain is the number of groups it is the first to show, so a repetition earns
    nothing; a group never shown counts as a relevant passage that was missed. RR is 1 / rank of
    the first passage with a gain; nDCG is that of Järvelin and Kekäläinen (2002), with the
    discount log2(1 + rank).
    """
    import ir_measures

    shown = [rank for rank in ranks if rank is not None]
    gains = {str(rank): shown.count(rank) for rank in shown}
    missed = {f"missed {n}": 1 for n in range(len(ranks) - len(shown))}
    judged = [ir_measures.Qrel("q", name, gain) for name, gain in (gains | missed).items()]
    run = [
        ir_measures.ScoredDoc("q", str(rank), -float(rank))
        for rank in range(1, max(shown, default=0) + 1)
    ]
    wanted = [ir_measures.RR, *(ir_measures.nDCG @ depth for depth in depths)]
    values = ir_measures.calc_aggregate(wanted, judged, run)
    return [Score(float(values[measure])) for measure in wanted]


# --- answers ---------------------------------------------------------------------------------


def shown_text(answer: Answer) -> str:
    """Return the sentences a reader is shown; neither the message nor what was withheld."""
    return " ".join(sentence.text for sentence in answer.sentences)


def missing_groups(answer: Answer, groups: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the answer groups of which no alternative is in the shown text."""
    text = shown_text(answer)
    return [group for group in groups if not any(holds(text, phrase) for phrase in group)]


def correct(answer: Answer, groups: Sequence[Sequence[str]]) -> Score:
    """Whether an answerable question was answered: every answer group is in the shown text.

    A refusal is wrong whatever it shows; a conflict needs both its sides, each a group. This is
    the short-answer match of ASQA (STR-EM; Stelmakh et al., 2022), all or nothing.
    """
    return Score(float(not refused(answer) and not missing_groups(answer, groups)))


# --- citations against the golden evidence ---------------------------------------------------


def fair_citation(citation: Citation, evidence: Evidence) -> bool:
    """Say whether a citation overlaps an evidence or also place."""
    return any(overlap(place_of(citation), place) for place in evidence.fair)


def citation_precision(answer: Answer, evidence: Evidence) -> Score | None:
    """Share of the citations that overlap an evidence or also place; None without citations."""
    if not answer.citations:
        return None
    fair = sum(fair_citation(citation, evidence) for citation in answer.citations)
    return Score(fair / len(answer.citations))


def cited_groups(answer: Answer, evidence: Evidence) -> list[bool]:
    """Say for each evidence group whether a citation overlaps one of its places."""
    cited = [place_of(citation) for citation in answer.citations]
    return [any(overlap(c, place) for c in cited for place in group) for group in evidence.groups]


def citation_recall(answer: Answer, evidence: Evidence) -> Score:
    """Share of the evidence groups that are cited; a refusal cites none."""
    groups = cited_groups(answer, evidence)
    return Score(sum(groups) / len(groups))


def citation_focus(answer: Answer, evidence: Evidence) -> Score | None:
    """Share of the cited characters that are evidence or also; None without citations.

    Citation precision cannot tell a cited sentence from a cited page; this can.
    """
    places = [place_of(citation) for citation in answer.citations]
    cited = {(p.document, n) for p in places for n in range(p.start, p.end)}
    fair = {(p.document, n) for p in evidence.fair for n in range(p.start, p.end)}
    return Score(len(cited & fair) / len(cited)) if cited else None


def selection_f1(answer: Answer, evidence: Evidence, selections: Sequence[Sequence[int]]) -> Score:
    """F1 of the sentences cited against those an annotator chose, the best over annotators.

    A sentence of ``evidence.units`` is cited if citations cover at least half of it. A refusal
    cites none and scores 0.
    """
    places = [place_of(citation) for citation in answer.citations]
    cited = {(p.document, n) for p in places for n in range(p.start, p.end)}
    chosen = {
        n
        for n, (document, start, end) in enumerate(evidence.units)
        if 2 * sum((document, at) in cited for at in range(start, end)) >= end - start
    }
    values = [
        2 * len(chosen & set(wanted)) / (len(chosen) + len(wanted))
        for wanted in selections
        if wanted
    ]
    return Score(max(values, default=0.0))


# --- support of each sentence by what it cites -----------------------------------------------


def quotes_of(answer: Answer, sentence: Sentence) -> list[str]:
    """Return the quotes of the citations whose markers ``sentence`` carries."""
    return [c.quote for c in answer.citations if c.marker in sentence.citations]


def support_recall(answer: Answer, supports: Supports = verbatim) -> Score | None:
    """ALCE citation recall: the share of shown sentences that their cited text supports.

    Gao et al., "Enabling Large Language Models to Generate Text with Citations" (EMNLP 2023),
    section on citation quality. Their entailment model is ``supports`` here: for verbatim
    quotes, containment. None if no sentence is shown.
    """
    if not answer.sentences:
        return None
    supported = sum(supports(s.text, quotes_of(answer, s)) for s in answer.sentences)
    return Score(supported / len(answer.sentences))


def support_precision(answer: Answer, supports: Supports = verbatim) -> Score | None:
    """ALCE citation precision: the share of citations, over sentences, that do some work.

    A sentence's citation is at fault if the sentence is not supported at all, or if it alone
    does not support the sentence and the others do without it (Gao et al., 2023). None if no
    sentence carries a citation.
    """
    working = total = 0
    for sentence in answer.sentences:
        quotes = quotes_of(answer, sentence)
        total += len(quotes)
        if not supports(sentence.text, quotes):
            continue
        for n, quote in enumerate(quotes):
            others = quotes[:n] + quotes[n + 1 :]
            working += supports(sentence.text, [quote]) or not supports(sentence.text, others)
    return Score(working / total) if total else None


def verify(citation: Citation, text_of: TextOf) -> str | None:
    """Check a citation against the stored text; return what is wrong, None if nothing is.

    ``text[start:end]`` must be the quote, and the content hash the SHA-256 of the text.
    """
    try:
        text = text_of(citation.document)
    except KeyError:
        return f"[{citation.marker}] cites a document that is not in the index"
    if text[citation.start : citation.end] != citation.quote:
        return f"[{citation.marker}] is not what stands at {citation.start}-{citation.end}"
    if hashlib.sha256(text.encode()).hexdigest() != citation.content_hash:
        return f"[{citation.marker}] carries the hash of another text"
    return None


def sentence_fault(
    answer: Answer, sentence: Sentence, text_of: TextOf, supports: Supports = verbatim
) -> str | None:
    """Return why a shown sentence is not grounded, None if it is: every step is checked anew."""
    if sentence.verdict != "supported":
        return "shown though its verdict is unsupported"
    cited = [c for c in answer.citations if c.marker in sentence.citations]
    if not cited or len({c.marker for c in cited}) < len(set(sentence.citations)):
        return "has no citation" if not cited else "carries a marker without a citation"
    faults = [fault for fault in (verify(c, text_of) for c in cited) if fault]
    if faults:
        return "; ".join(faults)
    if not supports(sentence.text, [c.quote for c in cited]):
        return "is not supported by the text it cites"
    return None


def unsupported(answer: Answer, text_of: TextOf, supports: Supports = verbatim) -> Score | None:
    """Count of shown sentences that are not grounded, out of the sentences shown.

    The rate over a set is over sentences, not cases. None if no sentence is shown.
    """
    faults = [sentence_fault(answer, s, text_of, supports) for s in answer.sentences]
    return Score(sum(fault is not None for fault in faults), len(faults)) if faults else None


# --- refusals --------------------------------------------------------------------------------


def refused(answer: Answer) -> bool:
    """Say whether the answer claims nothing: the documents do not say, or it asks back."""
    return answer.status in ("not_found", "needs_clarification")


def refusal_precision(answer: Answer, answerable: bool) -> Score | None:
    """Of the questions refused, the share that are unanswerable; None if not refused."""
    return Score(float(not answerable)) if refused(answer) else None


def refusal_recall(answer: Answer, answerable: bool) -> Score | None:
    """Of the unanswerable questions, the share refused; None if answerable.

    A partial question is answerable: what the documents do say is due.
    """
    return None if answerable else Score(float(refused(answer)))


def attempted(answer: Answer, answerable: bool) -> Score | None:
    """Of the answerable questions, the share not refused (specificity of the refusal)."""
    return Score(float(not refused(answer))) if answerable else None


# --- the contract ----------------------------------------------------------------------------


def contract_faults(answer: Answer) -> list[str]:
    """Return how the answer breaks the contract of its form: markers, and claims in a refusal.

    Markers run 1..n in reading order, each is used, and ``not_found`` makes no claim.
    """
    used = list(dict.fromkeys(m for s in answer.sentences for m in s.citations))
    given = [citation.marker for citation in answer.citations]
    faults = []
    if used != list(range(1, len(used) + 1)):
        faults.append(f"markers are used in the order {used}")
    if sorted(given) != sorted(used):
        faults.append(f"the citations are {given}, the markers used {used}")
    if refused(answer) and answer.sentences:
        faults.append("a refusal makes a claim")
    return faults
