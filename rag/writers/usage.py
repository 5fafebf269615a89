"""What an answer takes of a language model: its calls, and the tokens in and out of them.

Taken from the model's own count where a response carries one, as OpenAI's, Anthropic's and
Ollama's do; else from the length of the text, and then marked as an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.schema import Usage

if TYPE_CHECKING:
    from llama_index.core.llms import ChatMessage

_BYTES_PER_TOKEN = 4  # English has about as many in common tokenizers
_FRAME = 4  # tokens around a message
_NAMES = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"),
          ("prompt_eval_count", "eval_count"))  # fmt: skip


@dataclass(slots=True)
class _Call:
    prompt: str
    messages: int
    written: list[str] = field(default_factory=list)
    read: int = 0
    wrote: int = 0


class Meter:
    """Counts the calls of one answer, as they are made and answered."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def ask(self, messages: Sequence[ChatMessage]) -> None:
        """Note that the model is asked."""
        self._calls.append(_Call("".join(m.content or "" for m in messages), len(messages)))

    def forget(self) -> None:
        """Take back the last call: it was refused as it was put, and took nothing."""
        self._calls.pop()

    def hear(self, text: str, raw: Any) -> None:
        """Note what came back of the last call: some text, and the response as it was sent."""
        call = self._calls[-1]
        call.written.append(text)
        read, wrote = _counted(raw)
        call.read, call.wrote = max(call.read, read), max(call.wrote, wrote)

    @property
    def usage(self) -> Usage:
        """The calls so far, together."""
        read = wrote = 0
        estimated = False
        for call in self._calls:
            known = call.read > 0 and (call.wrote > 0 or not any(call.written))
            estimated |= not known
            read += call.read if known else _tokens(call.prompt) + _FRAME * call.messages
            wrote += call.wrote if known else _tokens("".join(call.written))
        return Usage(calls=len(self._calls), tokens_in=read, tokens_out=wrote, estimated=estimated)


def _counted(raw: Any) -> tuple[int, int]:
    """Tokens in and out by the provider's own count in a response or a part of one; 0 without."""
    found = [0, 0]
    places = (raw, _get(raw, "usage"), _get(_get(raw, "message"), "usage"))
    for place in places:
        for names in _NAMES:
            for n, name in enumerate(names):
                value = _get(place, name)
                found[n] = max(found[n], value if isinstance(value, int) else 0)
    return found[0], found[1]


def _get(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)
