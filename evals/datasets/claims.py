"""Claims with the text they should rest on, and a person's word on whether they do.

| set | a claim is | its source | supported means |
|---|---|---|---|
| BEGIN | a reply of a dialogue system | the knowledge it was given | fully attributable |
| AttributionBench | a sentence of a generated answer | the passages it cites | attributable |
| WiCE | a sentence of Wikipedia | the page it cites, sentence by sentence | supported, in full |
| FaithDial audit | a reply, by system or person | its knowledge | entailment, no hallucination |
| DialFact | a reply | sentences of Wikipedia | supports, not refutes or neither |

Sources: Dziri et al., "Evaluating Attribution in Dialogue Systems: The BEGIN Benchmark" (TACL
2022); Li et al., "AttributionBench" (ACL Findings 2024); Kamoi et al., "WiCE" (EMNLP 2023); Dziri
et al., "On the Origin of Hallucinations in Conversational Models" (NAACL 2022); Gupta et al.,
"DialFact" (ACL 2022). BEGIN is part of AttributionBench's out-of-domain test: never train on one
and report the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evals.datasets import json_lines, table


class Claim(BaseModel):
    """A sentence and what it cites; ``group`` is the source or kind it is reported under."""

    model_config = ConfigDict(frozen=True)

    id: str
    group: str
    text: str
    cited: str
    question: str = ""
    supported: bool
    label: str


def begin(folder: Path) -> list[Claim]:
    """Return the claims of BEGIN, by the dialogues they are from (wow, tc, cmu)."""
    return [
        Claim(
            id=f"begin-{path.stem[-3:].strip('_')}-{n}",
            group=row["data_source"],
            text=row["response"],
            cited=row["knowledge"],
            supported=row["begin_label"] == "Fully attributable",
            label=row["begin_label"],
        )
        for path in sorted(folder.glob("begin_dev_*.tsv"))
        for n, row in enumerate(table(path, "\t"))
    ]


def attributionbench(folder: Path) -> list[Claim]:
    """Return the claims of AttributionBench dev, by source; the four are its in-domain ones."""
    return [
        Claim(
            id=row["id"],
            group=row["src_dataset"],
            text=row["claim"],
            cited="\n\n".join(row["references"]),
            question=row["question"],
            supported=row["attribution_label"] == "attributable",
            label=row["attribution_label"],
        )
        for row in json_lines(folder / "dev_all_subset_balanced.jsonl")
    ]


def wice(folder: Path) -> list[Claim]:
    """Return the claims of WiCE dev; a partly supported one counts as not supported."""
    return [
        Claim(
            id=f"wice-{row['meta']['id']}",
            group="claim",
            text=row["claim"],
            cited="\n".join(row["evidence"]),
            supported=row["label"] == "supported",
            label=row["label"],
        )
        for row in json_lines(folder / "claim_dev.jsonl")
    ]


def faithdial(folder: Path) -> list[Claim]:
    """Return the labelled replies of the audit, by file: three by people, three by systems."""
    return [claim for path in sorted(folder.glob("*.csv")) for claim in _faithdial(path)]


def _faithdial(path: Path) -> Iterator[Claim]:
    group = path.stem.removesuffix("_processed_wow")
    for n, row in enumerate(table(path)):
        label = (row.get("BEGIN") or row.get("begin_label") or "").strip().lower()
        text = row.get("response") or row.get(group) or ""
        if label and text.strip():
            yield Claim(
                id=f"faithdial-{group}-{n}",
                group=group,
                text=text,
                cited=row.get("evidence") or row["knowledge"],
                supported="entail" in label and "hallucination" not in label,
                label=label,
            )


def dialfact(folder: Path) -> list[Claim]:
    """Return the replies of DialFact that claim something; small talk is left out."""
    return [
        Claim(
            id=f"dialfact-{row['id']}",
            group=row["data_type"],
            text=row["response"],
            cited="\n".join(f"{title}: {text}" for title, _, text, *_ in row["evidence_list"]),
            supported=row["response_label"] == "SUPPORTS",
            label=row["response_label"],
        )
        for row in json_lines(folder / "testsmall.jsonl")
        if row["type_label"] == "factual"
    ]
