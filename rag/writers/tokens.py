"""What a model writes, piece by piece, whatever its endpoint does.

The model is read in a thread of its own, so that a reader who stops is free at once: an endpoint
that hangs keeps only that thread, until its timeout. Nothing an endpoint says is repeated in an
error, for it may hold a key or be of any length.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from rag.writers.endpoints import hang_up
from rag.writers.reasoning import accommodate
from rag.writers.usage import Meter

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

log = logging.getLogger(__name__)

BEAT = 0.5  # seconds between two signs of life while nothing comes
_RETRIES = 2  # further tries of a call that failed before its first piece
_PAUSE = 0.5  # seconds before the first of them, twice that before the next
_TOTAL = 5  # times the timeout that a whole answer may take

_AGAIN = frozenset((408, 409, 429, 500, 502, 503, 504, 529))
_STATUS = {
    400: "did not accept the request; if its window is small, set FOOTNOTE_LLM_CONTEXT",
    401: "refused the key; check FOOTNOTE_LLM_API_KEY, or the provider's own variable",
    403: "refused the key; check FOOTNOTE_LLM_API_KEY, or the provider's own variable",
    404: "does not know the address or the model; check FOOTNOTE_LLM",
    429: "allows no more requests at present",
}


class ModelFailed(Exception):
    """The model could not be asked, or broke off; says what happened, without its words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters that the model wrote; ``cut`` says that it had to stop there."""

    text: str
    cut: bool = False


def pieces(
    connect: Callable[[], LLM],
    messages: Sequence[ChatMessage],
    timeout: float,
    most: int,
    meter: Meter | None = None,
) -> Generator[Piece | None, None, None]:
    """Yield what the model answers to ``messages`` as it comes, None at times while it does not.

    At most ``most`` characters are taken, whatever the endpoint sends; ``meter`` is told of every
    call. Closing the iterator
    closes the connection at the model's next sign of life.

    Raises:
        ModelFailed: if it cannot be reached, is silent for ``timeout`` seconds, or breaks off.
    """
    said: SimpleQueue[Piece | Exception | None] = SimpleQueue()
    stopped = threading.Event()
    call = _Call(connect, messages, said, stopped, meter or Meter())
    threading.Thread(target=call.run, name="footnote-model", daemon=True).start()
    started = heard = time.monotonic()
    taken = 0
    try:
        while True:
            try:
                step = said.get(timeout=BEAT)
            except Empty:
                now = time.monotonic()
                if now - heard > timeout + 1 or now - started > _TOTAL * timeout:
                    raise ModelFailed(f"sent nothing for {timeout:g} seconds") from None
                yield None
                continue
            if step is None:
                return
            if isinstance(step, Exception):
                raise step
            heard = time.monotonic()
            taken += len(step.text)
            over = taken > most or heard - started > _TOTAL * timeout
            yield Piece(step.text, cut=step.cut or over)
            if over:
                return
    finally:
        stopped.set()


class _Call:
    """One call of the model, run in a thread; what it says goes into ``said``, None at the end."""

    def __init__(
        self,
        connect: Callable[[], LLM],
        messages: Sequence[ChatMessage],
        said: SimpleQueue[Piece | Exception | None],
        stopped: threading.Event,
        meter: Meter,
    ) -> None:
        self._connect = connect
        self._messages = messages
        self._said = said
        self._stopped = stopped
        self._meter = meter
        self._heard = False

    def run(self) -> None:
        try:
            self._try()
        except Exception as error:
            log.info("the language model failed: %s", type(error).__name__)
            failed = isinstance(error, ModelFailed | ValueError) and not _foreign(error)
            self._said.put(error if failed else ModelFailed(_reason(error)))

    def _try(self) -> None:
        model = self._connect()
        for tries_left in reversed(range(_RETRIES + 1)):
            try:
                self._read(model)
            except Exception as error:
                if self._heard or not tries_left:
                    raise
                if accommodate(model, error):
                    self._meter.forget()
                    continue
                if not _worth_again(error):
                    raise
                if self._stopped.wait(_PAUSE * 2 ** (_RETRIES - tries_left)):
                    return
            else:
                return

    def _read(self, model: LLM) -> None:
        self._meter.ask(self._messages)
        stream = model.stream_chat(self._messages)
        try:
            for response in stream:
                if self._stopped.is_set():
                    return
                self._heard = True
                self._meter.hear(response.delta or "", response.raw)
                self._said.put(Piece(response.delta or "", _was_cut(response.raw)))
        finally:
            hang_up()
        if not self._heard:
            raise ModelFailed("sent no answer")
        self._said.put(None)


def _foreign(error: Exception) -> bool:
    """Whether an error was raised by a library, so that its text may repeat the endpoint's."""
    return not type(error).__module__.startswith("rag.")


def _was_cut(raw: Any) -> bool:
    """Whether a chunk says that the model reached its limit, as any of the providers says it."""
    given = raw if isinstance(raw, dict) else getattr(raw, "__dict__", {})
    choices = given.get("choices") or []
    reasons = [given.get("done_reason"), *(getattr(c, "finish_reason", None) for c in choices)]
    reasons.append(getattr(given.get("delta"), "stop_reason", None))
    return not {"length", "max_tokens"}.isdisjoint(reasons)


def _worth_again(error: Exception) -> bool:
    status = getattr(error, "status_code", None)
    return status in _AGAIN or (_is_connection(error) and not _is_timeout(error))


def _names(error: BaseException) -> str:
    """The classes of an error and of those behind it."""
    names, seen = [], error
    while seen is not None:
        names += [base.__name__ for base in type(seen).__mro__]
        seen = seen.__cause__ or seen.__context__  # type: ignore[assignment]
    return " ".join(names)


def _is_timeout(error: Exception) -> bool:
    return "Timeout" in _names(error)


def _is_connection(error: Exception) -> bool:
    return "Connect" in _names(error)


def _reason(error: Exception) -> str:
    """What happened, in words that follow the name of the endpoint."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= 300:
        what = _STATUS.get(status, "failed" if status >= 500 else "did not accept the request")
        return f"{what} (HTTP {status})"
    names = _names(error)
    if "ConnectTimeout" in names:
        return "cannot be reached; is it running?"
    if "Timeout" in names:
        return "was silent for too long"
    if any(name in names for name in ("UnicodeDecodeError", "JSONDecodeError", "ValidationError")):
        return "sent something that is not an answer"
    if any(name in names for name in ("RemoteProtocolError", "ReadError", "ConnectionReset")):
        return "broke off"
    if "Connect" in names:
        return "cannot be reached; is it running?"
    if any(name in names for name in ("APIError", "ResponseError")):
        return "reported an error while it wrote"
    return f"failed ({type(error).__name__})"
