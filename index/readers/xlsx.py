"""Excel files: sheet by sheet, each row as a sentence with the names of its columns."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import openpyxl

from index.document import Document, UnreadableFile
from index.readers.archive import check_archive
from index.readers.blocks import TextBuilder, note_on
from index.readers.metadata import fields, plausible_title
from index.readers.records import Row, add_records

_UNNAMED = ("sheet1", "tabelle1", "hoja1", "feuil1", "sheet")  # a lone sheet nobody named


def parse(data: bytes) -> Document:
    """Read an .xlsx file: the values its formulas had when it was saved, as they were shown.

    Raises:
        UnreadableFile: if ``data`` is not such a file, would unpack to too much, or is blank.
    """
    check_archive(data, "Excel", ".xls")
    builder = TextBuilder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reports whatever it does not keep
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        blank = _add_sheets(builder, book)
    if not builder.text:
        raise UnreadableFile("its sheets are empty", "remove it, or fill it in")
    metadata = fields(_given(book.properties))
    title = plausible_title(metadata.pop("title", None))
    return builder.document(title, metadata, note_on(blank, "no text", "sheet"))


def _add_sheets(builder: TextBuilder, book: Any) -> list[int]:
    """Add each sheet under its name, and return the numbers of those that are blank."""
    blank = []
    sheets = book.worksheets
    is_named = len(sheets) > 1 or (sheets and sheets[0].title.lower() not in _UNNAMED)
    for number, sheet in enumerate(sheets, 1):
        rows = TextBuilder()
        if not add_records(rows, _rows(sheet)):
            blank.append(number)
            continue
        if is_named:
            builder.add(sheet.title, level=2)
        builder.extend(rows)
    return blank


def _rows(sheet: Any) -> Iterator[Row]:
    """The rows that hold cells; the size a sheet claims to have is not relied on."""
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.rows, 1):
        if row:
            yield number, [_shown(cell) for cell in row]


def _shown(cell: Any) -> str:
    """A cell's value about as Excel shows it."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
    return str(value)


def _number(value: float, pattern: str) -> str:
    """A number with the thousands, decimals and percent sign of its format."""
    positive = pattern.split(";")[0].split("_")[0]
    decimals = len(positive.partition(".")[2]) - len(positive.partition(".")[2].lstrip("0"))
    grouped = "," if "#,##" in positive else ""
    if "%" in positive:
        return f"{100 * value:{grouped}.{decimals}f}%"
    if grouped or decimals:
        return f"{value:{grouped}.{decimals}f}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _given(properties: Any) -> dict[str, object]:
    """Title, author and day of creation; a file that gives no day is given this moment."""
    created = properties.created
    is_given = created and datetime.now() - created.replace(tzinfo=None) > timedelta(minutes=1)
    return {
        "title": properties.title,
        "author": properties.creator if properties.creator != "openpyxl" else None,
        "created": created.date() if is_given else None,
    }
