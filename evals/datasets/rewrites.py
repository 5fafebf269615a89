"""Follow-up questions that people rewrote so that each stands alone: CANARD and TREC CAsT.

Elgohary et al., "Can You Unpack That? Learning to Rewrite Questions-in-Context" (EMNLP 2019);
Dalton et al., "TREC CAsT 2019" (arXiv 2003.13624). A sample of CANARD (shortened)::

    {"History": ["Pinhead (Hellraiser)", "Powers, …", "What was Powers?", "Pinhead is …"],
     "Question": "What are some of these abilities?",
     "Rewrite": "What are some of Pinhead's (Hellraiser's) supernatural abilities?"}

Its first two utterances are titles of the article and the section talked about: they are not
turns, but nothing else names the topic, so they come as a first question ("Pinhead (Hellraiser),
Powers, …") that has no answer. CAsT has questions only, no answers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from rag.schema import Message


class Turn(BaseModel):
    """A question in its conversation, and how a person put it so that it stands alone."""

    model_config = ConfigDict(frozen=True)

    id: str
    group: str
    history: tuple[Message, ...]
    question: str
    rewrite: str


def canard(folder: Path) -> list[Turn]:
    """Return the questions of CANARD, in order."""
    rows = json.loads((folder / "dev_visible.json").read_text(encoding="utf-8"))
    return [_canard(row) for row in rows]


def _canard(row: dict[str, Any]) -> Turn:
    title, section, *said = row["History"]
    roles = ("user", "assistant")
    turns = [Message(role=roles[n % 2], content=text) for n, text in enumerate(said)]
    return Turn(
        id=f"canard-{row['QuAC_dialog_id']}-{row['Question_no']}",
        group="first" if not said else "later",
        history=(Message(role="user", content=f"{title}, {section}"), *turns),
        question=row["Question"],
        rewrite=row["Rewrite"],
    )


def cast(folder: Path) -> list[Turn]:
    """Return the turns of CAsT that have a resolved form, in order."""
    topics = json.loads((folder / "2019_topics.json").read_text(encoding="utf-8"))
    lines = (folder / "2019_resolved.tsv").read_text(encoding="utf-8").splitlines()
    resolved = dict(line.split("\t", 1) for line in lines if line.strip())
    return [turn for topic in topics for turn in _topic(topic, resolved)]


def _topic(topic: dict[str, Any], resolved: dict[str, str]) -> list[Turn]:
    turns: list[Turn] = []
    before: list[Message] = []
    for turn in topic["turn"]:
        key = f"{topic['number']}_{turn['number']}"
        question = turn["raw_utterance"].strip()
        if key in resolved:
            turns.append(
                Turn(
                    id=f"cast-{key}",
                    group="first" if not before else "later",
                    history=tuple(before),
                    question=question,
                    rewrite=resolved[key].strip(),
                )
            )
        before.append(Message(role="user", content=question))
    return turns
