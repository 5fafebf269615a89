"""The assistant as every door of a server shares it.

It is opened in the background, so that the page is up before the model is loaded; questions are
bounded in number; the folder is synced by one caller at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal

from index.models import ModelUnusable
from index.types import IndexLocked, IndexUnusable
from index.watch import changes
from rag.errors import BadModel
from rag.schema import Event, Message
from rag.settings import Settings
from ui.errors import Busy, NotReady, Refused, explain
from ui.listing import progress_line

if TYPE_CHECKING:
    from index.types import Progress, SyncReport
    from rag.assistant import Assistant

log = logging.getLogger(__name__)

_COURTESY = 2.0  # seconds in which who changed the folder may ask for a sync and get its report
_LASTING = (IndexLocked, IndexUnusable, BadModel, ModelUnusable, OSError)

Events = Generator[Event, None, None]
Phase = Literal["loading", "indexing", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class State:
    """What the service is doing, in a word and in a line for the page."""

    phase: Phase
    detail: str


def is_lasting(error: Exception) -> bool:
    """Whether a failed start needs a person: trying longer, or asking again, will not help."""
    return isinstance(error, _LASTING)


class Stopped(Exception):
    """The server stops while documents are being read."""


class Service:
    """One ``Assistant``, opened by ``start`` in a thread of its own.

    ``concurrent`` questions are answered at once and ``waiting`` more may wait; one more than
    that is refused with ``Busy``. ``on_failure`` is told why it could not be opened.
    """

    def __init__(
        self,
        settings: Settings,
        concurrent: int = 2,
        waiting: int = 16,
        on_failure: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self.settings = settings
        self.failure: Exception | None = None
        self._tell_failure = on_failure
        self.state = State("loading", "Loading the model…")
        self.report: SyncReport | None = None
        self._assistant: Assistant | None = None
        self._answering = threading.Semaphore(concurrent)
        self._admitted = threading.Semaphore(concurrent + waiting)
        self._syncing = threading.Lock()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._open, name="footnote-start", daemon=True)

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to open the index, load the model and sync the folder; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop a sync that is running and close the index."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._syncing:
            if self._assistant is not None:
                self._assistant.close()
                self._assistant = None

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and the folder has been synced once."""
        return self._ready.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until ready or failed, at most ``seconds``; return whether it is ready."""
        return self._ready.wait(seconds)

    @property
    def stopping(self) -> bool:
        """Whether it is being closed, so that what takes long should end."""
        return self._stopping.is_set()

    @property
    def assistant(self) -> Assistant:
        """The opened assistant.

        Raises:
            NotReady: while it is being opened, or if that failed.
        """
        if self._assistant is None or not self.ready:
            raise NotReady(self.state.detail)
        return self._assistant

    def _open(self) -> None:
        try:
            from rag.assistant import Assistant

            self._assistant = Assistant.open(self.settings)
            self._assistant.load()
            self._sync(self._assistant)
            self._ready.set()
            self._read_ahead(self._assistant)
            self._follow(self._assistant)
        except Stopped:
            pass
        except _LASTING as error:
            self._fail(error)
        except Exception as error:
            log.exception("the assistant could not be opened")
            self._fail(error)

    def _read_ahead(self, assistant: Assistant) -> None:
        """Spare the first searches a wait; without it they work as well."""
        try:
            assistant.index.read_ahead(self._stopping)
        except Exception as error:
            log.warning("the index could not be read ahead: %s", explain(error))

    def _follow(self, assistant: Assistant) -> None:
        """Sync when the folder changes, unless who changed it does so first."""
        folder, data = self.settings.documents, self.settings.data
        try:
            for _ in changes(folder, leave_out=data, stop=self._stopping):
                if self._stopping.wait(_COURTESY):
                    return
                try:
                    self._sync(assistant, unasked=True)
                    self._read_ahead(assistant)
                except Stopped:
                    raise
                except Exception as error:
                    log.warning("the folder changed and could not be indexed: %s", explain(error))
        except OSError as error:
            log.warning("the folder is not followed, re-index it by hand: %s", explain(error))

    def _fail(self, error: Exception) -> None:
        self.state = State("failed", explain(error))
        self.failure = error
        self._tell_failure(error)

    # -- questions -------------------------------------------------------------------------

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        top_k: int | None = None,
    ) -> Events:
        """Answer as ``Assistant.stream`` does, when it is this question's turn.

        Raises:
            NotReady: before the service is ready.
            Busy: if too many questions wait already.
            Refused: if no document matches ``documents``.
            ValueError: on an empty question.
        """
        assistant = self.assistant
        if documents and not assistant.index.match(documents):
            raise Refused(422, "No such document", f"no document matches {' or '.join(documents)}")
        events = assistant.stream(question, history, documents, top_k)
        with self._turn(), closing(events):
            yield from events

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._admitted.acquire(blocking=False):
            raise Busy
        try:
            with self._answering:
                yield
        finally:
            self._admitted.release()

    # -- documents -------------------------------------------------------------------------

    def sync(self, allow_empty: bool = False) -> SyncReport:
        """Make the index equal to the folder, after any sync that is running.

        ``allow_empty`` as in ``Index.sync``.

        Raises:
            NotReady: before the service is ready.
        """
        return self._sync(self.assistant, allow_empty=allow_empty)

    def follow_sync(self) -> Iterator[str | SyncReport]:
        """Sync, and yield a line at each step and the report at the end.

        Raises:
            NotReady: before the service is ready.
        """
        assistant = self.assistant
        steps: SimpleQueue[str | SyncReport | Exception] = SimpleQueue()

        def run() -> None:
            try:
                steps.put(self._sync(assistant, steps.put))
            except Exception as error:
                steps.put(error)

        threading.Thread(target=run, name="footnote-sync", daemon=True).start()
        while isinstance(step := steps.get(), str):
            yield step
        if isinstance(step, Exception):
            raise step
        yield step

    def _sync(
        self,
        assistant: Assistant,
        tell: Callable[[str], None] = lambda line: None,
        unasked: bool = False,
        allow_empty: bool = False,
    ) -> SyncReport:
        def advance(progress: Progress) -> None:
            if self._stopping.is_set():
                raise Stopped
            self.state = State("indexing", progress_line(progress))
            tell(self.state.detail)

        with self._syncing:
            try:
                report = assistant.sync(advance, allow_empty)
            finally:
                self.state = State("ready", "Ready")
            if not (unasked and self.report and _nothing_new(report, self.report)):
                self.report = report
            return report


def _nothing_new(report: SyncReport, before: SyncReport) -> bool:
    changed = report.added or report.changed or report.renamed or report.deleted
    return not changed and (report.skipped, report.kept) == (before.skipped, before.kept)
