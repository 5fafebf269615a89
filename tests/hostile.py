"""A folder of files that mean harm, or came to it: forty of them, and the good ones among them."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from docx import Document as Word
from readers_files import archive, book, pdf, saved, slides, word, workbook

XXE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
OLE = b"\xd0\xcf\x11\xe0"

GOOD = {
    "good.md": "# Good\n\nIt is good.",
    "good.pdf": pdf("A good page."),
    "good.docx": word(("Normal", "A good paragraph.")),
    "good.pptx": slides(("Good", "A good slide.")),
    "good.xlsx": workbook(Good=[["Name", "Kind"], ["a", "good"]]),
    "good.epub": book("<p>A good chapter.</p>"),
    "good.csv": "Name,Kind\na,good\n",
    "good.json": '[{"kind": "good"}]',
    "good.eml": "From: a@b\nSubject: Good\n\nA good message.",
    "new\nline.txt": "A good name, but for its line.",
    "\u202egpj.txt": "It is read from right to left.",
    "xxe.html": f"{XXE}<html><body><p>It names a file: &e;</p></body></html>",
    "deep.html": "<div>" * 50_000 + "deep",
    "brackets.md": "It opens them: " + "[" * 100_000,
    "tables.html": "<p>Many tables.</p>" + "<table><tr><td>x</table>" * 5_000,
}


def bad() -> dict[str, bytes | str]:
    """Files that no reader can or should read, by name."""
    entities = f"<!DOCTYPE x [<!ENTITY l0 'ha'>{LAUGHS}]><x>&l9;</x>"
    return {
        "empty.md": b"",
        "blank.txt": " \n\t\n",
        "noise.txt": bytes(range(256)) * 1000,
        "picture.txt": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "cut.pdf": pdf("Words that are cut.")[:300],
        "locked.pdf": pdf("A secret.", password="secret"),
        "loop.pdf": _looping_pdf(),
        "words.pdf": "only words",
        "cut.docx": word(("Normal", "Words"))[:5000],
        "locked.docx": OLE + "EncryptedPackage".encode("utf-16-le") * 9,
        "old.docx": OLE + bytes(9000),
        "bomb.docx": bomb("word/document.xml", 400),
        "bomb.xlsx": bomb("xl/worksheets/sheet1.xml", 300),
        "many.xlsx": archive(**{f"a{n}": b"" for n in range(30_000)}),
        "bomb.pptx": bomb("ppt/presentation.xml", 50),
        "bomb.epub": bomb("META-INF/container.xml", 250),
        "nested.docx": archive(inner__a=archive(b=bytes(1_000_000))),
        "xxe.docx": _with_part("word/document.xml", f"{XXE}<x>&e;</x>"),
        "laughs.docx": _with_part("word/document.xml", entities),
        "laughs.epub": book("<p>x</p>", **{"OEBPS__book.opf": entities}),
        "zip.epub": archive(page="only words"),
        "wide.csv": ",".join(map(str, range(1_000_000))),
        "quote.csv": 'a,b\n"' + "x" * 2_000_000,
        "deep.json": "[" * 200_000,
        "cut.json": '{"a": [1, 2',
        "number.json": "9" * 1_000_000,
        "lines.jsonl": "not json\n" * 10,
        "words.eml": "only words",
        "tags.html": "<b>" * 1_000_001,
        "film.mp4": b"0",
    }


def write_hostile_folder(folder: Path) -> tuple[set[str], set[str]]:
    """Fill ``folder``; return the names of what is good in it and of what is not."""
    folder.mkdir(parents=True)
    spoiled = bad()
    for name, content in (GOOD | spoiled).items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    for name, size in (("huge.txt", 200_000_000), ("vast.pdf", 10**12)):
        with (folder / name).open("wb") as file:
            file.truncate(size)
    os.mkfifo(folder / "pipe.md")
    (folder / "null.txt").symlink_to("/dev/zero")
    (folder / "self.md").symlink_to(folder / "self.md")
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    (folder / "loop").symlink_to(folder)  # passed over: what is in it is there already
    (folder / os.fsdecode(b"\xff.md")).write_bytes(b"")
    (folder / "slow.md").write_text("* _" * 900_000)
    names = {"huge.txt", "vast.pdf", "pipe.md", "null.txt", "self.md", "nowhere.md", r"\xff.md"}
    names |= {"slow.md"}
    if os.geteuid():  # root may read everything
        (folder / "forbidden.md").write_text("Words.")
        (folder / "forbidden.md").chmod(0)
        names.add("forbidden.md")
    return set(GOOD), {*spoiled, *names}


def bomb(name: str, megabytes: int) -> bytes:
    """A ZIP archive with a member that unpacks to so many megabytes."""
    buffer, zeros = io.BytesIO(), bytes(1_000_000)
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open(name, "w") as member,
    ):
        for _ in range(megabytes):
            member.write(zeros)
    return buffer.getvalue()


def _with_part(name: str, content: str) -> bytes:
    """A Word file with one of its parts replaced."""
    buffer = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(saved(Word())))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for part in source.namelist():
            file.writestr(part, content if part == name else source.read(part))
    return buffer.getvalue()


def _looping_pdf() -> bytes:
    """A PDF whose tree of pages leads back to itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 9/Kids[2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
