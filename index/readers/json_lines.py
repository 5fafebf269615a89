"""JSON Lines: a record a line, each as a sentence of names and values."""

from __future__ import annotations

from index.document import Document, UnreadableFile
from index.readers.blocks import TextBuilder, note_on
from index.readers.encoding import decode
from index.readers.json_records import add_record, parsed


def parse(data: bytes) -> Document:
    """Read a file with a JSON value on each line; a line that is none is left out and noted.

    Raises:
        UnreadableFile: if ``data`` is not text, or no line of it is JSON.
    """
    source, notes = decode(data)
    builder = TextBuilder()
    bad = []
    for number, line in enumerate(source.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = parsed(line)
        except UnreadableFile:
            bad.append(number)
            continue
        builder.start_page(number)
        add_record(builder, value, "\n")
    if bad and not builder.text:
        parsed(source.split("\n")[bad[0] - 1])  # raises, and says why
    return builder.document(notes=(*notes, *note_on(bad, "no valid JSON, left out", "line")))
