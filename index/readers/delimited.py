"""CSV and TSV: each row as a sentence with the names of its columns."""

from __future__ import annotations

import csv
import io

from index.document import Document, UnreadableFile
from index.readers.blocks import TextBuilder
from index.readers.encoding import decode
from index.readers.records import add_records

_DELIMITERS = ",;\t|"
_SAMPLE = 20_000  # characters that show which delimiter is used
_MAX_FIELD = 1_000_000


def parse(data: bytes) -> Document:
    """Read a table of values set apart by commas, semicolons, tabs or bars.

    Raises:
        UnreadableFile: if ``data`` is not text, or no table a person would make.
    """
    source, notes = decode(data)
    csv.field_size_limit(_MAX_FIELD)
    builder = TextBuilder()
    rows = csv.reader(io.StringIO(source, newline=""), delimiter=_delimiter(source[:_SAMPLE]))
    try:
        add_records(builder, enumerate(rows, 1))
    except csv.Error as error:
        remedy = "check its quotation marks"
        raise UnreadableFile(f"it is no table of values ({error})", remedy) from error
    return builder.document(notes=notes)


def _delimiter(sample: str) -> str:
    """The character that cuts the first lines into the most rows of one width, a comma in doubt."""
    lines = sample.splitlines()[:50]
    if len(lines) > 1 and len(sample) == _SAMPLE:
        lines.pop()  # it may be cut short

    def fit(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    try:
        return max(_DELIMITERS, key=fit)
    except csv.Error:
        return ","
