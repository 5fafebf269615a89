"""Errors over HTTP as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ui.errors import Refused

MEDIA_TYPE = "application/problem+json"


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


async def _refused(request: Request, error: Refused) -> ProblemResponse:
    return ProblemResponse(error.status, error.title, error.detail)


async def _http(request: Request, error: HTTPException) -> ProblemResponse:
    title = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    return ProblemResponse(error.status_code, title, str(error.detail), headers=headers)


async def _invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
    flaws = [_flaw(problem) for problem in error.errors()]
    detail = "; ".join(f"{flaw.pointer}: {flaw.detail}" for flaw in flaws)
    return ProblemResponse(422, "Request not valid", detail, flaws)


async def _unusable(request: Request, error: ValueError) -> ProblemResponse:
    return ProblemResponse(422, "Request not valid", str(error))


async def _internal(request: Request, error: Exception) -> ProblemResponse:
    return ProblemResponse(500, "Internal error", "Footnote failed; the server's log says where.")


def _flaw(problem: dict[str, Any]) -> Flaw:
    place, *parts = problem["loc"]
    if problem["type"] == "json_invalid":
        return Flaw(detail=f"not JSON, from character {parts[0]} on", pointer="#")
    pointer = "".join(f"/{part}" for part in parts)
    return Flaw(detail=problem["msg"], pointer=f"#{pointer}" if place == "body" else str(parts[-1]))
