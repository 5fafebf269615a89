"""A model's text as it comes, taken apart into sentences and the passages they claim.

Markers are ``[1]`` or ``[1, 3]``, counted from 1; one that names no passage is dropped. What else
a model may write that is no sentence of an answer is dropped too: its thinking, HTML, images,
addresses, list bullets, Markdown's emphasis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from index.sentences import sentences

_MARKER = re.compile(
    r"\s*[\[【]{1,2}(?:passage |source |number )?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】]{1,2}", re.I
)
_MAY_BE_MARKER = re.compile(r"\s*[\[【<!][^\]】>\n]{0,60}$|\s+$")
_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
_IMAGE = re.compile(r"!\[[^\]\n]*\]\s*(?:\([^)\n]*\)?|\[[^\]\n]*\])?")
_LINK = re.compile(r"\[([^\]\n]*[^\]\n\d,;\s][^\]\n]*)\]\s*\([^)\n]*\)?")
_REFERENCE = re.compile(r"^\s*\[[^\]\n]+\]:.*$", re.M)
_CODE_TAG = re.compile(r"<(script|style|iframe|object|svg)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_TAG = re.compile(r"</?[a-z!?][^<>\n]*>?", re.I)
_ADDRESS = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{1,20}:/{1,2}|www\.|mailto:|data:|javascript:)\S*", re.I
)
_EMPHASIS = re.compile(r"\*{1,3}|__|`+|~~")
_BULLET = re.compile(r"^\s*(?:[-*•–>#|]+\s+|\(?\d{1,2}[.)]\s+|(?:answer|a)\s*:\s*)+", re.I | re.M)
_UNSEEN = frozenset(("Cf", "Cc", "Co", "Cn", "Cs"))
_ENDED = re.compile(r"[.!?…。！？][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence and the numbers of the passages its markers name, in their order."""

    text: str
    markers: tuple[int, ...]


class Reader:
    """Takes what a model writes in pieces and gives back whole sentences.

    A sentence is whole when the next has begun, for its marker may stand behind its full stop.
    ``passages`` is how many there are.

    Example:
        reader = Reader(2)
        reader.feed("It opened in 1871. [2] Its light")
        # [Written(text='It opened in 1871.', markers=(2,))]
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._raw = ""
        self._given = 0  # sentences given back

    def feed(self, piece: str) -> list[Written]:
        """Return the sentences that ``piece`` completes."""
        self._raw += piece
        if not piece.strip() or not any(c.isalnum() for c in piece):
            return []
        steady = _MAY_BE_MARKER.sub("", self._raw)
        found = self._read(steady)[:-1]
        return self._new(found)

    def finish(self, cut: bool = False) -> list[Written]:
        """Return what is left; if the model was ``cut``, not its unfinished last sentence."""
        found = self._read(self._raw)
        if cut and found and not _ENDED.search(found[-1].text):
            found = found[:-1]
        return self._new(found)

    def _new(self, found: list[Written]) -> list[Written]:
        new = found[self._given :]
        self._given = max(self._given, len(found))
        return new

    def _read(self, raw: str) -> list[Written]:
        """All sentences of ``raw`` so far. Earlier ones stay as they are while it grows."""
        text, marks = _without_markers(_cleaned(raw))
        spans = sentences(text)
        named: list[list[int]] = [[] for _ in spans]
        for place, numbers in marks:
            before = [k for k, (start, _) in enumerate(spans) if start < place]
            if before:
                named[before[-1]] += [n for n in numbers if 1 <= n <= self._passages]
        found = [
            Written(" ".join(text[start:end].split()), tuple(dict.fromkeys(numbers)))
            for (start, end), numbers in zip(spans, named, strict=True)
            if any(c.isalnum() for c in text[start:end])
        ]
        return list(_led(found))


def _led(found: list[Written]) -> Iterator[Written]:
    """Each item of a list with the words that lead to it ("It grows:", "wheat"), as one claim."""
    lead: Written | None = None
    for n, written in enumerate(found):
        if written.text.endswith(":") and n + 1 < len(found):
            lead = written
        elif lead:
            yield Written(f"{lead.text} {written.text}", (*lead.markers, *written.markers))
            lead = None if _ENDED.search(written.text) else lead
        else:
            yield written


def _cleaned(raw: str) -> str:
    """``raw`` without what is no prose; never shows more than the model wrote."""
    text = "".join(c for c in raw if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
    for pattern in (_THINKING, _COMMENT, _CODE_TAG, _REFERENCE, _IMAGE):
        text = pattern.sub(" ", text)
    text = _LINK.sub(r"\1", text)
    for pattern in (_TAG, _ADDRESS):
        text = pattern.sub(" ", text)
    return _BULLET.sub("\n", _EMPHASIS.sub("", text))  # an item is a sentence of its own


def _without_markers(text: str) -> tuple[str, list[tuple[int, list[int]]]]:
    """The text without its markers, and for each the place it stood at and its numbers."""
    parts: list[str] = []
    marks: list[tuple[int, list[int]]] = []
    last = length = 0
    for match in _MARKER.finditer(text):
        part = text[last : match.start()]
        length += len(part)
        parts.append(part)
        marks.append((length, _numbers(match[1])))
        last = match.end()
    return "".join([*parts, text[last:]]), marks


def _numbers(inside: str) -> list[int]:
    """The numbers of "1", "1, 3" and "1-3"."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", inside):
        first, *rest = (int(n) for n in re.split(r"\s*[–-]\s*", part))
        last = rest[-1] if rest else first
        found += range(first, last + 1) if first <= last < first + 10 else [first]
    return found
