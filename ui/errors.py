"""Errors in the words of a person: what happened, where, and what to do."""

from __future__ import annotations

from pydantic import ValidationError


class Refused(Exception):
    """A request that is understood and not carried out; ``status`` is the HTTP status for it."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


class Busy(Refused):
    """More questions at once than are worth queueing."""

    def __init__(self) -> None:
        super().__init__(503, "Busy", "Too many questions at once; try again in a moment.")


class NotReady(Refused):
    """The model is still loading, or the documents are still being read the first time."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, "Not ready", detail)


def explain(error: BaseException) -> str:
    """Return one line that says what went wrong, without a traceback."""
    if isinstance(error, ValidationError):
        return "; ".join(map(_invalid, error.errors()))
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    text = " ".join(str(error).split())
    return text if text else type(error).__name__


def _invalid(problem: object) -> str:
    """One field's problem, such as ``port: Input should be less than 65536 (got 70000)``."""
    assert isinstance(problem, dict)
    field = ".".join(str(part) for part in problem["loc"]) or "value"
    given = "" if isinstance(problem.get("input"), dict) else f" (got {problem.get('input')!r})"
    return f"{field}: {problem['msg']}{given}"
