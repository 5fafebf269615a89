"""Bytes to text: which encoding a file is in, and whether it is text at all."""

from __future__ import annotations

import codecs
import re

from index.document import UnreadableFile
from index.readers.blocks import clean

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF", ".pdf"),
    (b"PK\x03\x04", "a ZIP archive or an Office document", ".docx, if Word wrote it"),
    (b"\xd0\xcf\x11\xe0", "an old Office document", ""),
    (b"{\\rtf", "a Rich Text document", ""),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"GIF8", "a picture", ""),
    (b"\x7fELF", "a program", ""),
    (b"\x1f\x8b", "a compressed file", ""),
)
# Control characters that text does not hold (tab, newlines, form feed, escape and ^Z it does).
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1a\x1b"})
_MAX_CONTROLS = 0.01
_REPLACEMENT = "\ufffd"
_MAX_BAD = 0.01
_SAMPLE = 200_000  # bytes that the encoding is guessed from
# Legacy encodings still met in the wild; a guess among all 99 that Python knows is worse.
_LATIN = ["cp1252", "cp1250", "cp1254", "cp1257"]
_OTHERS = ["cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"]
_EAST_ASIAN = ["shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"]
_FEW = 10  # bytes beyond ASCII, too few to tell encodings apart


def decode(data: bytes, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    r"""Return the text in ``data`` and notes for the file's owner.

    The encoding is the byte order mark's, or UTF-8 if it fits, or the ``declared`` one, or the
    likeliest. Newlines become ``\n``; NUL and lone surrogates are dropped.

    Raises:
        UnreadableFile: if ``data`` is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    _refuse_known_formats(data)
    if wide := _unmarked_utf16(data):
        return _decoded(data, wide)
    if len(data) - len(data.translate(None, _CONTROLS)) > _MAX_CONTROLS * len(data):
        raise UnreadableFile("it is not text but binary data", "remove it, or give it its suffix")
    return _decoded(data, _encoding(data, declared))


def _refuse_known_formats(data: bytes) -> None:
    for signature, name, suffix in _SIGNATURES:
        if data.startswith(signature):
            remedy = f"rename it to {suffix}" if suffix else "save it as plain text or PDF"
            raise UnreadableFile(f"it is {name}, not text", remedy)


def _decoded(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, errors="replace")
    try:
        written = data.count(_REPLACEMENT.encode(encoding))
    except UnicodeEncodeError:
        written = 0
    bad = text.count(_REPLACEMENT) - written
    if bad > _MAX_BAD * len(text):
        raise UnreadableFile("its encoding is not recognised", "save it as UTF-8 and index again")
    notes = (f"{bad} bytes could not be decoded and show as {_REPLACEMENT}",) if bad > 0 else ()
    return clean(text), notes


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 gives every character below U+0100, spaces at least, a zero byte on one side."""
    sample = data[:_SAMPLE]
    zeros = {"utf-16-be": sample[0::2].count(0), "utf-16-le": sample[1::2].count(0)}
    encoding = max(zeros, key=lambda name: zeros[name])
    if zeros[encoding] < 0.05 * len(sample) / 2 or min(zeros.values()) > 0.02 * zeros[encoding]:
        return None
    text = sample.decode(encoding, errors="replace")
    readable = sum(char.isprintable() or char.isspace() for char in text)
    return encoding if readable > 0.95 * len(text) else None


def _encoding(data: bytes, declared: str | None) -> str:
    if _mostly_utf8(data):
        return "utf-8"
    if declared and (name := _known(declared)):
        return name
    return _likeliest(data[:_SAMPLE])


def _likeliest(sample: bytes) -> str:
    """Guess by script, then by the letters' mess and coherence; in doubt Windows-1252."""
    from charset_normalizer import from_bytes

    beyond = sum(byte > 127 for byte in sample)
    letters = sum(byte < 128 and chr(byte).isalpha() for byte in sample)
    if beyond < _FEW and beyond < letters:
        return "cp1252"
    candidates = (_LATIN if beyond < letters else []) + _OTHERS + _EAST_ASIAN
    matches = from_bytes(sample, cp_isolation=candidates)
    ranked = sorted(
        (round(match.chaos, 2), -match.coherence, name != "cp1252", name)
        for match in matches
        for name in match.could_be_from_charset
    )
    return ranked[0][3] if ranked else "cp1252"


def _mostly_utf8(data: bytes) -> bool:
    """Whether the bytes beyond ASCII are UTF-8, but for a few that a bad cut may have left."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        bad = text.count(_REPLACEMENT)
        return len(re.findall(r"[^\x00-\x7f\ufffd]", text)) > 10 * bad
    return True


def _known(encoding: str) -> str | None:
    """The codec of a declared encoding; as browsers do, Latin-1 is read as Windows-1252."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        return None
    return "cp1252" if name in {"iso8859-1", "ascii"} else name
