"""What goes into the HTTP doors and comes out, besides the ``Answer``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from index.types import DocumentInfo, SyncReport
from rag.schema import Role
from ui.service import Phase

MAX_QUESTION = 4_000  # characters
MAX_HISTORY = 50  # messages
MAX_MESSAGE = 20_000  # characters of one earlier message

Glob = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Turn(BaseModel):
    """An earlier message of the conversation."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    content: str = Field(max_length=MAX_MESSAGE)


class Question(BaseModel):
    """A question, with what was said before it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "When was the alliance founded?"}]},
    )

    question: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION)
    ]
    history: list[Turn] = Field(
        default_factory=list, max_length=MAX_HISTORY, description="Earlier messages, oldest first."
    )
    documents: list[Glob] = Field(
        default_factory=list,
        max_length=100,
        description="Answer only from documents whose path matches one of these, as in `*.pdf`.",
    )
    top_k: int | None = Field(
        default=None, ge=1, le=50, description="Passages to answer from; unset: the setting."
    )
    stream: bool = Field(
        default=False,
        description="Answer in server-sent events: `status`, `sentence`, `withheld`, `answer`; "
        "`error` holds a problem.",
    )


class Listing(BaseModel):
    """The documents in the index."""

    documents: list[DocumentInfo]
    passages: int


class Stored(BaseModel):
    """Files that were taken in, and the sync that followed."""

    stored: list[str]
    sync: SyncReport


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What the server is doing; it can answer when `phase` is "ready"."""

    phase: Phase
    detail: str
