"""ClapNQ: real questions to a search engine, long answers that annotators wrote and grounded.

Rosenthal et al., "CLAPnq: Cohesive Long-form Answers from Passages in Natural Questions for RAG
systems" (arXiv 2404.02103). A sample (shortened)::

    {"id": "7812627963583184440", "input": "what is the role of the prime minister in canada",
     "passages": [{"title": "Prime Minister of Canada", "text": "Because the prime …",
                   "sentences": ["Because the prime …", …]}],
     "output": [{"answer": "Prime Minister of Canada is …", "selected_sentences": ["…"]}]}

An unanswerable question has the passage that search found for it, and an empty answer. Two ways
to ask: ``given`` tells the system which passage to read, as the paper's tables 5 and 6 do;
``pooled`` has it find the passage among all those of ClapNQ and MTRAG-UN.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.cases import Case, Span
from evals.datasets import json_lines, mtrag
from evals.pool import Collection, Pool


def given(folder: Path) -> Collection:
    """Return every question with its passage given."""
    pool = Pool()
    return Collection(_cases(folder, pool, given=True), pool)


def pooled(root: Path) -> Collection:
    """Return every question, to be answered from all passages of ClapNQ and MTRAG-UN."""
    pool = Pool()
    cases = _cases(root / "clapnq", pool, given=False)
    mtrag.add_passages(root / "mtrag_un", pool)
    return Collection(cases, pool)


def _cases(folder: Path, pool: Pool, given: bool) -> list[Case]:
    rows = [*json_lines(folder / "answerable.jsonl"), *json_lines(folder / "unanswerable.jsonl")]
    return [_case(row, pool, given) for row in rows]


def _case(row: dict[str, Any], pool: Pool, given: bool) -> Case:
    (passage,) = row["passages"]
    source = pool.add(passage["title"], passage["text"])
    outputs = [output for output in row["output"] if output["answer"].strip()]
    sentences = passage["sentences"]
    chosen_by = (_numbers(sentences, output["selected_sentences"]) for output in outputs)
    selections = [chosen for chosen in chosen_by if chosen]  # one answer names no sentence
    first, others = selections[:1], {n for chosen in selections[1:] for n in chosen}
    units = [Span(document=source, quote=words) for words in sentences]
    needed = [n for chosen in first for n in chosen]
    return Case(
        id=f"clapnq-{row['id']}",
        split="dev",
        kind="passage" if outputs else "unanswerable",
        question=row["input"],
        answerable=bool(outputs),
        status="answered" if outputs else "not_found",
        references=tuple(output["answer"] for output in outputs),
        evidence=tuple((units[n],) for n in needed),
        also=tuple(units[n] for n in sorted(others.difference(needed))),
        units=tuple(units) if outputs else (),
        selections=tuple(selections),
        relevant=(source,) if outputs else (),
        given=(source,) if given else (),
    )


def _numbers(sentences: list[str], selected: list[str]) -> tuple[int, ...]:
    return tuple(sorted({sentences.index(words) for words in selected}))
