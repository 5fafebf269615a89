"""Time for slow work: a reader that knows it needs longer than its file's size tells says so."""

from __future__ import annotations

from collections.abc import Callable

_ask: list[Callable[[float], None]] = []


def ask_with(ask: Callable[[float], None]) -> None:
    """Pass every request for more time on to ``ask``."""
    _ask[:] = [ask]


def more_time(seconds: float) -> None:
    """Ask for ``seconds`` more; where nobody limits the time there is nothing to ask for."""
    for ask in _ask:
        ask(seconds)
