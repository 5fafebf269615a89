"""Tables of records: which row names the columns, and each row as a sentence with those names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice

from index.document import UnreadableFile
from index.readers.blocks import TextBuilder, one_line, table_rows

MAX_COLUMNS = 16_384  # as many as Excel has
_MAX_ROWS = 1_000_000
_TOP = 20  # rows among which the one that names the columns is looked for
_NUMBER = re.compile(r"[-+(]?[\s$€£¥]*\d[\d.,:/ %-]*\)?[%€$£]?")
_ENDS = (".", "!", "?", "…", "。")

Row = tuple[int, list[str]]  # its number, from 1, and its cells


def add_records(builder: TextBuilder, rows: Iterable[Row]) -> int:
    """Add rows that hold anything, each at its number, and return how many there were.

    The first row of words alone, at least two of them, names the columns; what stands above it
    are remarks. A row is written ``Country: Cuba; Doctors: 20,000.``

    Raises:
        UnreadableFile: if there are more rows or columns than a spreadsheet can have.
    """
    filled = ((number, _cells(cells)) for number, cells in rows if any(map(str.strip, cells)))
    top = list(islice(filled, _TOP))
    at = _header(top)
    names = top[at][1] if at is not None else []
    above = top[:at] if at is not None else []
    count = _add(builder, above, [])
    below = chain(top[at + 1 :] if at is not None else top, filled)
    added = _add(builder, below, names)
    if at is not None and not added:  # nothing but names
        added = _add(builder, top[at : at + 1], [])
    return count + added


def _cells(cells: Sequence[str]) -> list[str]:
    if len(cells) > MAX_COLUMNS:
        reason = f"it has {len(cells):,} columns, more than the {MAX_COLUMNS:,} of a spreadsheet"
        raise UnreadableFile(reason, "check that it is a table, or split it up")
    return [one_line(cell) for cell in cells]


def _header(top: Sequence[Row]) -> int | None:
    """Which row names the columns: the first as wide as the table, if it is of words."""
    width = max((sum(map(bool, cells)) for _, cells in top), default=0)
    for n, (_, cells) in enumerate(top):
        names = [cell for cell in cells if cell]
        if len(names) < 2 or 2 * len(names) < width:
            continue
        is_named = not any(map(_NUMBER.fullmatch, names)) and len(set(names)) == len(names)
        return n if is_named else None
    return None


def _add(builder: TextBuilder, rows: Iterable[Row], names: Sequence[str]) -> int:
    count = 0
    for number, cells in rows:
        text = table_rows([cells], names)
        builder.start_page(number)
        builder.add(text if text.endswith(_ENDS) else f"{text}.", separator="\n")
        count += 1
        if count > _MAX_ROWS:
            raise UnreadableFile(f"it has over {_MAX_ROWS:,} rows", "split it up")
    return count
