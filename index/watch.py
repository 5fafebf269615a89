"""Tells when a folder changes, so that the index can follow it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from index.folder import check_folder

STEP = 200  # milliseconds without a change after which what has changed is told
MOST = 2_000  # milliseconds that changes are gathered for at most
_WAKE = 250  # milliseconds between two looks at ``stop``


def changes(folder: Path, leave_out: Path, stop: Event | None = None) -> Iterator[None]:
    """Yield once as soon as ``folder`` is watched, then after each burst of changes below it.

    Added, edited, renamed and deleted files count; hidden ones, and what lies in ``leave_out``, do
    not. What changes while the caller is busy is told when it asks again, so nothing is missed.
    It ends when ``stop`` is set, or with Ctrl-C's KeyboardInterrupt.

    Raises:
        FileNotFoundError: if there is no ``folder``.
        NotADirectoryError: if it is not a folder.
        OSError: if the system cannot watch it, having reached its limit for instance.
    """
    from watchfiles import Change, watch

    check_folder(folder)
    root, left_out = folder.resolve(), leave_out.resolve()

    def counts(change: Change, name: str) -> bool:
        path = Path(name)
        if path.is_relative_to(left_out):
            return False
        inside = path.relative_to(root) if path.is_relative_to(root) else path
        return not any(part.startswith((".", "~$")) for part in inside.parts)

    watched = False
    for changed in watch(
        root,
        watch_filter=counts,
        step=STEP,
        debounce=MOST,
        rust_timeout=_WAKE,
        yield_on_timeout=True,  # the first says that the watching has begun
        stop_event=stop,
        ignore_permission_denied=True,  # a sync says so
    ):
        if changed or not watched:
            watched = True
            yield
