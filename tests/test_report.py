"""The ingest X-ray: every file, what came out of it, what is amiss; and texts nearly the same."""

from __future__ import annotations

import io
import json
import random

import pytest
from hashing import HashingEmbedder
from readers_files import pdf, slides, workbook
from rich.console import Console

from index import Index
from index.duplicates import near_duplicates
from ui.report import file_reports, print_report, report_json, report_line

WORDS = [f"word{n}" for n in range(500)]


def text_of(seed: int, count: int = 400) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The reports on a folder of good, odd and bad files."""
    folder = tmp_path_factory.mktemp("report")
    article = text_of(1)
    (folder / "article.txt").write_text(article)
    (folder / "copy.md").write_text(article + "\n\nOne sentence more.")
    (folder / "other.txt").write_text(text_of(2))
    (folder / "half.pdf").write_bytes(pdf("# Plan\n\nIt is a plan.", "", "It goes on."))
    (folder / "talk.pptx").write_bytes(slides(("One", "First."), ("Two", "Second.")))
    (folder / "prices.xlsx").write_bytes(workbook(A=[["Country", "Price"], ["Cuba", 4]]))
    (folder / "empty.md").write_bytes(b"")
    (folder / "film\u202e.mp4").write_bytes(b"0")
    with Index.open(folder.parent / "data", HashingEmbedder()) as index:
        return {f.source: f for f in file_reports(index, index.sync(folder))}


def test_every_file_is_named_with_what_came_out_of_it(files):
    assert list(files) == sorted(files)
    assert len(files) == 8
    talk = files["talk.pptx"]
    assert (talk.format, talk.pages, talk.unit, talk.passages) == ("PowerPoint", 2, "slide", 2)
    assert (files["prices.xlsx"].pages, files["prices.xlsx"].unit) == (1, "row")
    assert files["half.pdf"].remarks == ("page 2 has no text",)
    assert files["other.txt"].characters == len(text_of(2))
    assert files["empty.md"].skipped == "it is empty"
    assert files["film\u202e.mp4"].format == "–"


def test_near_duplicates_are_named_once(files):
    assert {f.source: f.duplicate_of for f in files.values() if f.duplicate_of} == {
        "copy.md": "article.txt"
    }
    assert 0.95 < files["copy.md"].similarity < 1


def test_the_report_ends_in_one_line(files):
    line = report_line(list(files.values()))
    passages = sum(file.passages for file in files.values())
    assert line == (
        f"8 files: 6 in the index ({passages} passages), 2 left out, "
        "1 nearly the same as another, 1 with pages without text"
    )
    out = io.StringIO()
    print_report(Console(file=out, width=100), list(files.values()))
    printed = out.getvalue()
    assert printed.splitlines()[-1] == line
    assert "left out: it is empty" in " ".join(printed.split())
    assert "\u202e" not in printed
    assert "2 slides" in printed


def test_the_report_as_json(files):
    report = json.loads(json.dumps(report_json(list(files.values()))))
    assert {file["source"] for file in report["files"]} == set(files)
    assert report["summary"] == report_line(list(files.values()))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.85, 0.95, 1.0])
def test_similarity_is_near_the_true_share_of_runs(share):
    one, other = text_of(1, 4000).split(), text_of(2, 4000).split()
    cut = int(share * len(one))
    mixed = [*one[:cut], *other[cut:]]
    runs = [{tuple(t[n : n + 5]) for n in range(len(t) - 4)} for t in (one, mixed)]
    true = len(runs[0] & runs[1]) / len(runs[0] | runs[1])
    found = near_duplicates([("one", " ".join(one)), ("mixed", " ".join(mixed))], least=0.02)
    assert abs(found.get("mixed", ("", 0.0))[1] - true) < 0.1


def test_short_blank_and_many_equal_texts():
    assert near_duplicates([("a", ""), ("b", ""), ("c", "...")]) == {}
    assert near_duplicates([("a", "Only this."), ("b", "only this")]) == {"b": ("a", 1.0)}
    many = near_duplicates((f"{n:03}", text_of(1)) for n in range(200))
    assert set(many.values()) == {("000", 1.0)}
    assert near_duplicates((f"{n}", text_of(n)) for n in range(50)) == {}
