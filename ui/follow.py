"""Follow the documents folder from a terminal: sync when something changes, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from index.types import SyncReport
from index.watch import changes
from rag.settings import Settings
from ui.listing import skipped_line, summary
from ui.options import remember_folder
from ui.progress import Bar

Tell = Callable[[str], None]


def follow(
    settings: Settings,
    tell: Tell,
    warn: Tell,
    allow_empty: bool = False,
    remember: bool = False,
) -> None:
    """Sync now and whenever the folder changes; ``tell`` gets a line after each.

    ``warn`` gets a line for each file that cannot be read, once, and one if the folder is empty
    and the index was kept, which it is unless ``allow_empty``. Returns at Ctrl-C: a sync that
    was running is finished by the next one. With ``remember``, later commands answer from the
    folder, once it is indexed.

    Raises:
        FileNotFoundError: if there is no folder, or it is removed.
        NothingToRead: if it is empty, and the index that of another one.
        IndexLocked, IndexUnusable: if the index cannot be opened or written.
    """
    warned: set[str] = set()
    with suppress(KeyboardInterrupt):
        with Bar() as bar:
            bar.say("Opening the index…")
            from rag.assistant import Assistant

            assistant = Assistant.open(settings)
        with assistant:
            for _ in changes(settings.documents, leave_out=settings.data):
                with Bar() as bar:
                    report = assistant.sync(bar.advance, allow_empty)
                if remember and not report.kept:
                    remember_folder(settings)
                for line in _problems(report):
                    if line not in warned:
                        warn(line)
                warned = set(_problems(report))  # one that is back is told again
                tell(f"{datetime.now():%H:%M:%S} {summary(report)}")


def _problems(report: SyncReport) -> list[str]:
    return [*map(skipped_line, report.skipped), *report.remarks]
