"""ZIP-based formats: what an archive would unpack to is looked at before anything is unpacked."""

from __future__ import annotations

import io
import zipfile

from index.document import UnreadableFile
from index.readers.blocks import a

_MAX_UNPACKED = 200_000_000
_MAX_MEMBERS = 20_000
_MAX_RATIO = 200  # real files stay far below; only checked where it could hurt
_SMALL = 20_000_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
OFFICE = "[Content_Types].xml"  # the member that every Office file has


def check_archive(data: bytes, program: str, old: str = "", member: str = OFFICE) -> None:
    """Refuse what is not a ZIP archive with ``member``, or unpacks to more than memory can take.

    ``program`` is what makes such files, ``old`` the suffix of its format before ZIP.

    Raises:
        UnreadableFile: for one of these reasons.
    """
    if old and data.startswith(_OLD_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableFile("it is password-protected", "remove the password and index again")
        raise UnreadableFile(
            f"it is an old {program} document ({old})", f"save it as {old}x in {program}"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        reason = f"it is not {a(program)} document, or is cut short"
        raise UnreadableFile(reason, "save it again") from error
    _check_entries(entries, len(data))
    if not any(entry.filename == member for entry in entries):
        raise UnreadableFile(f"it is a ZIP archive, not {a(program)} document", "unpack it")


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > _MAX_MEMBERS:
        raise UnreadableFile(
            f"it holds {len(entries):,} files, which no document does", "remove it"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile("it is password-protected", "remove the password and index again")
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(size, 1)
    if unpacked > _MAX_UNPACKED or (ratio > _MAX_RATIO and unpacked > _SMALL):
        reason = f"it would unpack to {unpacked // 1_000_000:,} MB"
        raise UnreadableFile(reason, "remove pictures, or split it up")
