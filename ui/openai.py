"""``POST /v1/chat/completions`` and ``GET /v1/models`` as OpenAI has them, over the same answers.

Any client of theirs can ask Footnote. The content is Markdown with footnotes; the ``Answer``
itself is under ``footnote``, which such clients ignore. What documents and models wrote is
escaped: it makes no link, image or HTML in the client's page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from rag.schema import Answer, Event, Message, Sentence
from ui.errors import Refused
from ui.models import MAX_HISTORY, MAX_MESSAGE, MAX_QUESTION
from ui.problems import openai_error
from ui.service import Events, Service
from ui.text import markdown_text, reference, withheld_line

MODEL = "footnote"

router = APIRouter(tags=["OpenAI"])


class Part(BaseModel):
    """One part of a message; only those of type ``text`` are read."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """A message; only those of the user and the assistant are read."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its text, of all its parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class Completion(BaseModel):
    """A request as OpenAI has it; what is not named here is accepted and has no effect."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [{"model": MODEL, "messages": [{"role": "user", "content": "Who led it?"}]}]
        },
    )

    model: str = Field(default=MODEL, description="Any name; answers come from Footnote.")
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=1000, description="The last one of the user is the question."
    )
    stream: bool = False


@router.get("/v1/models")
def list_models() -> dict[str, Any]:
    """List the one model there is: the documents."""
    row = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
    return {"object": "list", "data": [row]}


@router.post("/v1/chat/completions", response_model=None)
def complete(request: Request, asked: Completion) -> JSONResponse | StreamingResponse:
    """Answer the last question of a conversation, as OpenAI's chat completions do.

    The content is Markdown with footnotes; the key `footnote` holds the whole answer.
    """
    service: Service = request.app.state.service
    question, history = _conversation(asked)
    events = service.stream(question, history)
    head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": MODEL}
    if asked.stream:
        first = next(events)  # what refuses the question does so before the response begins
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        frames = _frames(head, first, events)
        return StreamingResponse(frames, 200, headers, "text/event-stream")
    *_, answer = events
    assert isinstance(answer, Answer)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": completion_markdown(answer)},
        "finish_reason": "stop",
    }
    return JSONResponse(
        {
            **head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(answer),
            "footnote": answer.model_dump(mode="json"),
        }
    )


def _usage(answer: Answer) -> dict[str, int]:
    """What a language model behind Footnote read and wrote; nothing for quotes."""
    read, wrote = answer.usage.tokens_in, answer.usage.tokens_out
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


def completion_markdown(answer: Answer) -> str:
    """Return an answer as Markdown whose footnotes are its citations."""
    prose = " ".join(map(_sentence, answer.sentences))
    return "\n\n".join(part for part in (prose, _ending(answer)) if part)


def _sentence(sentence: Sentence) -> str:
    markers = "".join(f"[^{marker}]" for marker in sentence.citations)
    return f"{markdown_text(sentence.text)}{markers}"


def _ending(answer: Answer) -> str:
    """What follows the sentences: Footnote's own words, what was withheld, the footnotes."""
    parts = [markdown_text(answer.message)] if answer.message else []
    if answer.withheld:
        parts.append(f"*{withheld_line(len(answer.withheld))}.*")
    parts += [
        f"[^{citation.marker}]: {markdown_text(reference(citation))}: "
        f"“{markdown_text(citation.quote)}”"
        for citation in answer.citations
    ]
    return "\n\n".join(parts)


def _conversation(asked: Completion) -> tuple[str, list[Message]]:
    """The question, and the turns before it."""
    said = [message for message in asked.messages if message.role in ("user", "assistant")]
    if not said or said[-1].role != "user" or not said[-1].text.strip():
        raise Refused(400, "No question", "the last message must be the user's, and hold text")
    question = said[-1].text.strip()
    if len(question) > MAX_QUESTION:
        raise Refused(400, "Too long", f"a question may have {MAX_QUESTION} characters at most")
    history = [
        Message(role="user" if message.role == "user" else "assistant", content=message.text)
        for message in said[-MAX_HISTORY - 1 : -1]
        if len(message.text) <= MAX_MESSAGE
    ]
    return question, history


def _frames(head: dict[str, Any], first: Event, events: Events) -> Iterator[str]:
    """Server-sent chunks: the sentences, the rest of the text, then the answer and the end."""
    yield _chunk(head, {"role": "assistant", "content": ""})
    with closing(events):
        try:
            yield from _contents(head, chain([first], events))
        except Exception:
            detail = "Footnote failed; the server's log says where."
            yield f"data: {json.dumps(openai_error(500, detail))}\n\n"
            raise
    yield "data: [DONE]\n\n"


def _contents(head: dict[str, Any], events: Iterator[Event]) -> Iterator[str]:
    between = ""
    for event in events:
        if isinstance(event, Sentence) and event.verdict == "supported":
            yield _chunk(head, {"content": between + _sentence(event)})
            between = " "
        elif isinstance(event, Answer):
            ending = _ending(event)
            if ending:
                yield _chunk(head, {"content": ("\n\n" if between else "") + ending})
            footnote = {"footnote": event.model_dump(mode="json")}
            yield _chunk(head, {}, "stop", footnote)


def _chunk(
    head: dict[str, Any],
    delta: dict[str, str],
    finish: str | None = None,
    more: dict[str, Any] | None = None,
) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {**head, "object": "chat.completion.chunk", "choices": [choice], **(more or {})}
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
