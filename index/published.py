"""What is known of the vector index that is in use, and what may go wrong with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from index.types import IndexUnusable


class Stopped(Exception):
    """The index is being closed."""


@dataclass(frozen=True)
class Published:
    """What the catalog knows of the vector index that is in use.

    ``unreached`` are points that no search in Chroma leads to; ``exact`` says that there are too
    many of them, so that Chroma is not asked at all. ``revision`` is the catalog's when both were
    last equal.
    """

    generation: str = ""
    revision: int = -1
    unreached: tuple[str, ...] = ()
    exact: bool = False

    @classmethod
    def read(cls, state: str | None) -> Published:
        """Return what ``text`` wrote, nothing published if there is no such text."""
        if not state:
            return cls()
        known = json.loads(state)
        return cls(**{**known, "unreached": tuple(known["unreached"])})

    def text(self) -> str:
        """Return it as the catalog keeps it."""
        return json.dumps(asdict(self))


def pass_on(error: BaseException) -> None:
    """Raise what is no fault of Chroma, and no other Chroma would help against."""
    if isinstance(error, Stopped):
        raise error.__cause__ or error
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | IndexUnusable):
        raise error


def first_line(error: BaseException) -> str:
    """Return what ``error`` says, in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
