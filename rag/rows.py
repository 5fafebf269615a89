"""Rows of tables, as the readers write them: "Item: Total; Budget: 350"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.terms import Term, among, terms

_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]*; [^:;\n]{1,60}: ")


def is_row(text: str) -> bool:
    """Return whether ``text`` is a row of a table."""
    return _ROW.match(text) is not None


def cells(row: str) -> str:
    """Return what stands in the cells of a row, without the headings of its columns."""
    return "; ".join(cell.partition(": ")[2] for cell in row.split("; "))


def asked_span(row: str, asked: Sequence[Term]) -> tuple[int, int]:
    """Return where the cells of a row are whose headings hold most of the words ``asked``.

    The whole row if no heading holds any; else from the first such cell to the last, if no other
    stands between them.
    """
    held, start = list[tuple[int, int, int]](), 0
    for cell in row.split("; "):
        heading = terms(cell.partition(": ")[0])
        held.append((sum(among(t, heading) for t in asked), start, start + len(cell)))
        start += len(cell) + len("; ")
    most = max(count for count, *_ in held)
    best = [n for n, (count, *_) in enumerate(held) if count == most]
    if not most or best != list(range(best[0], best[-1] + 1)):
        return 0, len(row)
    return held[best[0]][1], held[best[-1]][2]


def label(row: str, at: int) -> str:
    """Return what the cell at character ``at`` of a row is of: its column's heading, its row."""
    heading = row[row.rfind("; ", 0, at) + 1 : at].partition(": ")[0]
    return f"{heading.strip('; ')} {row.partition('; ')[0].partition(': ')[2]}"
