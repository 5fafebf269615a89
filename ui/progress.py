"""A progress bar on standard error: only in a terminal, and gone when the work is done."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from index import Progress as Step
from ui.listing import progress_line


class Bar:
    """What is being done, with a bar where it is known how much there is to do."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (SpinnerColumn(), BarColumn(24), TextColumn("{task.description}", markup=False))
        self._progress = Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._task = self._progress.add_task("Starting…", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, what: str) -> None:
        """Show ``what`` is being done, of unknown length."""
        self._progress.update(self._task, description=what, total=None, completed=0)

    def advance(self, step: Step) -> None:
        """Show how far a sync is."""
        self._progress.update(
            self._task, description=progress_line(step), total=step.total, completed=step.done
        )
