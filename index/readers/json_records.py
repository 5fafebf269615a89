"""JSON: objects as sentences of names and values, what lies deeper under readable paths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from index.document import Document, UnreadableFile
from index.readers.blocks import TextBuilder, one_line
from index.readers.encoding import decode
from index.readers.metadata import fields

_MAX_DEPTH = 40
_LONG = 200  # characters from which a value is a paragraph of its own
_PATH = " › "
_ENDS = (".", "!", "?", "…", "。")


def parse(data: bytes) -> Document:
    """Read a JSON file; if it is a list, its records are numbered from 1.

    Raises:
        UnreadableFile: if ``data`` is not JSON, or is nested too deeply.
    """
    source, notes = decode(data)
    value = parsed(source)
    builder = TextBuilder()
    if isinstance(value, list):
        _add_list(builder, value, numbered=True)
    else:
        _add(builder, value, 1)
    given = fields(value) if isinstance(value, dict) else {}
    return builder.document(given.pop("title", None), given, notes)


def parsed(source: str) -> Any:
    """Return the value that ``source`` writes in JSON.

    Raises:
        UnreadableFile: if it is not JSON, or is nested too deeply.
    """
    try:
        return json.loads(source)
    except RecursionError as error:
        raise UnreadableFile("it is nested too deeply", "flatten it, or remove it") from error
    except ValueError as error:
        reason = f"it is not valid JSON ({one_line(str(error))[:200]})"
        raise UnreadableFile(reason, "mend it at that place and index again") from error


def add_record(builder: TextBuilder, value: Any, separator: str = "\n\n") -> None:
    """Add one record: what is short as one sentence, then each long text."""
    short: list[str] = []
    long: list[str] = []
    for path, text in _flat(value, ()):
        kind = short if len(text) < _LONG and "\n" not in text else long
        kind.append(f"{_PATH.join(path)}: {text}" if path else text)
    builder.add(_ended("; ".join(short)), separator=separator)
    for text in long:
        builder.add(text)


def _add(builder: TextBuilder, value: Any, level: int) -> None:
    if level >= _MAX_DEPTH:
        add_record(builder, value)
    elif isinstance(value, dict):
        _add_object(builder, value, level)
    else:
        _add_list(builder, value if isinstance(value, list) else [value])


def _add_list(builder: TextBuilder, values: list[Any], numbered: bool = False) -> None:
    """Add each record of a list; one of plain values alone is one sentence."""
    if not any(isinstance(item, dict | list) for item in values):
        add_record(builder, values)
        return
    for number, item in enumerate(values, 1):
        if numbered:
            builder.start_page(number)
        add_record(builder, item, "\n" if number > 1 else "\n\n")


def _add_object(builder: TextBuilder, value: Mapping[str, Any], level: int) -> None:
    """Add an object: its plain values first, then those that hold records, as sections."""
    sections = {name: item for name, item in value.items() if _is_section(item)}
    plain = {name: item for name, item in value.items() if name not in sections}
    if plain:
        add_record(builder, plain)
    for name, item in sections.items():
        builder.add(name, level=min(level + 1, 6))
        _add(builder, item, level + 1)


def _is_section(value: Any) -> bool:
    """Whether a value is a list of records, or an object that holds more than plain values."""
    if isinstance(value, list):
        return any(isinstance(item, dict) for item in value)
    return isinstance(value, dict) and any(isinstance(v, dict | list) for v in value.values())


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each plain value below ``value`` and the names that lead to it; what is empty is left out."""
    if len(path) > _MAX_DEPTH:
        raise UnreadableFile("it is nested too deeply", "flatten it, or remove it")
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, (*path, one_line(name)))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, 1):
            yield from _flat(item, (*path, str(number)))
    elif isinstance(value, list):
        if text := ", ".join(filter(None, map(_scalar, value))):
            yield path, text
    elif text := _scalar(value):
        yield path, text


def _scalar(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, str):
        return value.strip()
    return ", ".join(map(_scalar, value)) if isinstance(value, list) else json.dumps(value)


def _ended(sentence: str) -> str:
    return sentence if not sentence or sentence.endswith(_ENDS) else f"{sentence}."
