"""Text on scanned pages, recognised by Tesseract where that is installed.

Pages are rendered by pdfium and handed to the ``tesseract`` program one by one; its lines come
back at their places on the page, as the lines of a PDF with text do. ``FOOTNOTE_OCR_LANGUAGES``
names the languages as Tesseract does ("spa+eng"); English if it is not set.
"""

from __future__ import annotations

import csv
import io
import math
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from index.readers.allowance import more_time

if TYPE_CHECKING:
    from index.readers.pdf_lines import Line

SCANNED = "it looks scanned"  # the reason for refusing what could be read with Tesseract
INSTALL = "install Tesseract (the package tesseract-ocr), which recognises text, and index again"
MOST_PAGES = 2000  # of one file; at some seconds a page that is hours

_DOTS = 300  # per inch, as Tesseract wants them
_MOST_DOTS = 25_000_000  # of one page, however large it says that it is
_SECONDS = 60.0  # for one page
_SURE = 25  # of 100: words that Tesseract is less sure of are mostly specks
_POINTS = 72  # per inch


def installed() -> bool:
    """Whether Tesseract is there to recognise text."""
    return shutil.which("tesseract") is not None


def recognise(data: bytes, numbers: Sequence[int], size: float) -> Iterator[tuple[int, list[Line]]]:
    """Yield the lines on each page in ``numbers`` (from 1) of the PDF ``data``, set in ``size``.

    A page that is blank, damaged or takes too long has none. Each page asks for time of its own.
    """
    import pypdfium2

    language = _language()
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:  # it refuses files that pypdf can read
        return
    try:
        for number in numbers[:MOST_PAGES]:
            more_time(_SECONDS)
            try:
                lines = _recognised(document[number - 1], language, size)
            except pypdfium2.PdfiumError:
                lines = []
            yield number, lines
    finally:
        document.close()


def _recognised(page: Any, language: str, size: float) -> list[Line]:
    width, height = page.get_size()
    scale = min(_DOTS / _POINTS, math.sqrt(_MOST_DOTS / max(width * height, 1)))
    image = page.render(scale=scale, grayscale=True).to_pil()
    low, high = image.getextrema()
    if high - low < 16:  # one shade: nothing is drawn on it
        return []
    picture = io.BytesIO()
    image.save(picture, "PNG", compress_level=1)
    dots = str(round(scale * _POINTS))
    command = ["tesseract", "stdin", "stdout", "-l", language, "--dpi", dots, "--psm", "3", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # more threads make it slower
    try:
        done = subprocess.run(
            command,
            input=picture.getvalue(),
            capture_output=True,
            timeout=_SECONDS,
            env=environment,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return []
    return _lines(done.stdout.decode("utf-8", "replace"), scale, height, size)


def _lines(table: str, scale: float, height: float, size: float) -> list[Line]:
    """The lines in Tesseract's table of words, in points from the lower left."""
    from index.readers.pdf_lines import Line  # brings pypdf with it

    words = [
        row
        for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
        if row["level"] == "5" and row["text"].strip() and float(row["conf"]) >= _SURE
    ]
    lines = []
    for _, group in groupby(words, itemgetter("block_num", "par_num", "line_num")):
        line = list(group)
        foot = max(int(word["top"]) + int(word["height"]) for word in line)
        x, y = int(line[0]["left"]) / scale, height - foot / scale
        lines.append(Line(" ".join(word["text"] for word in line), x, y, size, bold=False))
    return lines


def _language() -> str:
    """The languages asked for, else English, else the first there is."""
    if asked := os.environ.get("FOOTNOTE_OCR_LANGUAGES"):
        return asked
    listed = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, timeout=30, check=False
    )
    there = [name for name in listed.stdout.splitlines()[1:] if name != "osd"]
    return "eng" if "eng" in there or not there else there[0]
