"""Errors over HTTP as problem details (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ui.errors import Refused

MEDIA_TYPE = "application/problem+json"
OPENAI_PATHS = frozenset(("/v1/chat/completions", "/v1/models"))


class Flaw(BaseModel):
    """What is wrong with one part of a request."""

    detail: str
    pointer: str = Field(description="JSON pointer into the body, or the parameter's name.")


class Problem(BaseModel):
    """Problem details: what went wrong, for a program (`status`) and for a person (`detail`)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Flaw] = Field(default_factory=list)


class ProblemResponse(JSONResponse):
    """A problem as a response."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: list[Flaw] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        problem = Problem(title=title, status=status, detail=detail, errors=errors or [])
        retry = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        super().__init__(
            problem.model_dump(exclude_defaults=True), status, {**retry, **(headers or {})}
        )


class OpenAIError(JSONResponse):
    """A problem as OpenAI's clients expect one."""

    def __init__(
        self, status: int, title: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        retry = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        super().__init__(openai_error(status, detail), status, {**retry, **(headers or {})})

    @classmethod
    def of(cls, problem: ProblemResponse) -> OpenAIError:
        """Return ``problem`` in this shape, with its headers."""
        given = json.loads(bytes(problem.body))
        kept = {k: v for k, v in problem.headers.items() if not k.startswith("content-")}
        return cls(problem.status_code, given["title"], given["detail"], kept)


def openai_error(status: int, detail: str) -> dict[str, Any]:
    """Return an error in OpenAI's shape."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": detail, "type": kind, "param": None, "code": None}}


def answer_for(
    path: str,
    status: int,
    title: str,
    detail: str,
    errors: list[Flaw] | None = None,
    headers: dict[str, str] | None = None,
) -> ProblemResponse | OpenAIError:
    """Return the problem in the shape that clients of ``path`` expect."""
    if path in OPENAI_PATHS:
        return OpenAIError(status, title, detail, headers)
    return ProblemResponse(status, title, detail, errors, headers)


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem."""
    handlers: dict[Any, Any] = {
        Refused: _refused,
        HTTPException: _http,
        RequestValidationError: _invalid,
        ValueError: _unusable,
        Exception: _internal,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _refused(request: Request, error: Refused) -> JSONResponse:
    return answer_for(request.url.path, error.status, error.title, error.detail)


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    title = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    detail = str(error.detail)
    return answer_for(request.url.path, error.status_code, title, detail, headers=headers)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    flaws = [_flaw(problem) for problem in error.errors()]
    detail = "; ".join(f"{flaw.pointer}: {flaw.detail}" for flaw in flaws)
    return answer_for(request.url.path, 422, "Request not valid", detail, flaws)


async def _unusable(request: Request, error: ValueError) -> JSONResponse:
    return answer_for(request.url.path, 422, "Request not valid", str(error))


async def _internal(request: Request, error: Exception) -> JSONResponse:
    detail = "Footnote failed; the server's log says where."
    return answer_for(request.url.path, 500, "Internal error", detail)


def _flaw(problem: dict[str, Any]) -> Flaw:
    place, *parts = problem["loc"]
    if problem["type"] == "json_invalid":
        return Flaw(detail=f"not JSON, from character {parts[0]} on", pointer="#")
    pointer = "".join(f"/{part}" for part in parts)
    return Flaw(detail=problem["msg"], pointer=f"#{pointer}" if place == "body" else str(parts[-1]))
