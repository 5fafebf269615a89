"""A folder of files that mean harm, or came to it: over fifty, and the good ones among them."""

from __future__ import annotations

import io
import os
import socket
import zipfile
import zlib
from pathlib import Path

from docx import Document as Word
from readers_files import CONTAINER, archive, book, pdf, saved, slides, word, workbook

XXE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
OLE = b"\xd0\xcf\x11\xe0"


def far_cell() -> bytes:
    """A workbook with a cell in the last row and column that there can be."""
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row>'
    name = "xl/worksheets/sheet1.xml"
    source = workbook(Far=[["Name", "Kind"], ["a", "near"]])
    with zipfile.ZipFile(io.BytesIO(source)) as file:
        sheet = file.read(name).decode()
    return replaced(source, name, sheet.replace("</sheetData>", f"{far}</sheetData>"))


def replaced(source: bytes, name: str, content: str) -> bytes:
    """An archive with one of its members replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return buffer.getvalue()


GOOD = {
    "good.md": "# Good\n\nIt is good.",
    "good.pdf": pdf("A good page."),
    "good.docx": word(("Normal", "A good paragraph.")),
    "good.pptx": slides(("Good", "A good slide.")),
    "good.xlsx": workbook(Good=[["Name", "Kind"], ["a", "good"]]),
    "far.xlsx": far_cell(),
    "good.epub": book("<p>A good chapter.</p>"),
    "good.csv": "Name,Kind\na,good\n",
    "good.json": '[{"kind": "good"}]',
    "good.eml": "From: a@b\nSubject: Good\n\nA good message.",
    "new\nline.txt": "A good name, but for its line.",
    "\u202egpj.txt": "It is read from right to left.",
    "xxe.html": f"{XXE}<html><body><p>It names a file: &e;</p></body></html>",
    "deep.html": "<div>" * 50_000 + "deep",
    "brackets.md": "It opens them: " + "[" * 100_000,
    "attributes.html": f"<p {' '.join(f'a{n}=1' for n in range(200_000))}>Too many attributes.</p>",
    "comments.html": "<p>None of them ends.</p>" + "<!--" * 500_000,
    "half.json": '[{"kind": "half \\ud800 of a character"}]',
    "marks.txt": "It has marks: a" + "\u0301\u0316" * 100_000,
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
        "loop.pdf": _pdf(b"<</Type/Pages/Count 9/Kids[2 0 R]>>"),
        "words.pdf": "only words",
        "bomb.pdf": _pdf_of(zlib.compress(bytes(300_000_000), 1)),
        "cut.docx": word(("Normal", "Words"))[:5000],
        "locked.docx": OLE + "EncryptedPackage".encode("utf-16-le") * 9,
        "old.docx": OLE + bytes(9000),
        "gzip.docx": b"\x1f\x8b\x08" + bytes(5000),
        "locked.xlsx": OLE + "EncryptedPackage".encode("utf-16-le") * 9,
        "cut.pptx": slides(("Words", "that are cut"))[:9000],
        "bomb.docx": bomb("word/document.xml", 400),
        "bomb.xlsx": bomb("xl/worksheets/sheet1.xml", 300),
        "many.xlsx": archive(**{f"a{n}": b"" for n in range(30_000)}),
        "bomb.pptx": bomb("ppt/presentation.xml", 50),
        "bomb.epub": bomb("META-INF/container.xml", 250),
        "nested.docx": archive(inner__a=archive(b=bytes(1_000_000))),
        "xxe.docx": replaced(saved(Word()), "word/document.xml", f"{XXE}<x>&e;</x>"),
        "laughs.docx": replaced(saved(Word()), "word/document.xml", entities),
        "laughs.epub": book("<p>x</p>", **{"OEBPS__book.opf": entities}),
        "escape.epub": _escaping_book(),
        "zip.epub": archive(page="only words"),
        "wide.csv": ",".join(map(str, range(1_000_000))),
        "quote.csv": 'a,b\n"' + "x" * 2_000_000,
        "deep.json": "[" * 200_000,
        "cut.json": '{"a": [1, 2',
        "number.json": "9" * 1_000_000,
        "lines.jsonl": "not json\n" * 10,
        "words.eml": "only words",
        "deep.eml": _deep_message(2_000),
        "null.md": "Words\0 and what is none\0.",
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
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(os.path.relpath(folder / "socket.md"))  # an absolute one may be too long
    (folder / "null.txt").symlink_to("/dev/zero")
    (folder / "self.md").symlink_to(folder / "self.md")
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    (folder / "loop").symlink_to(folder)  # passed over: what is in it is there already
    (folder / os.fsdecode(b"\xff.md")).write_bytes(b"")
    (folder / "slow.md").write_text("* _" * 900_000)
    names = {"huge.txt", "vast.pdf", "pipe.md", "null.txt", "self.md", "nowhere.md", r"\xff.md"}
    names |= {"slow.md", "socket.md"}
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


def _escaping_book() -> bytes:
    """An EPUB whose contents are said to lie outside of it."""
    outside = CONTAINER.replace("OEBPS/book.opf", "../../../../../../etc/passwd")
    return replaced(book("<p>x</p>"), "META-INF/container.xml", outside)


def _deep_message(levels: int) -> str:
    """A message in parts that are made of parts, and so on."""
    parts = (f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(levels))
    return f"From: a@b\nSubject: Deep\n{''.join(parts)}Content-Type: text/plain\n\nWords."


def _pdf_of(deflated: bytes) -> bytes:
    """A PDF of one page with these contents."""
    stream = b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(deflated), deflated)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>"
    return _pdf(b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream)


def _pdf(*objects: bytes) -> bytes:
    """A PDF of objects, of which number 2 is the tree of pages."""
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate((b"<</Type/Catalog/Pages 2 0 R>>", *objects), 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(places) + 1
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table)
        + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (count, len(written))
    )
