"""A folder that is empty, another, or not there takes nothing out of the index by accident."""

from __future__ import annotations

import pytest
from indexed import assert_equal_to_folder

from index.types import NothingToRead

pytest_plugins = ["syncing"]


def empty(folder):
    for path in folder.rglob("*.md"):
        path.unlink()


@pytest.mark.parametrize("left", [None, "film.mp4", ".hidden"])
def test_an_empty_folder_empties_no_index_unless_that_is_allowed(index, folder, hashing, left):
    index.sync(folder)
    empty(folder)
    if left:
        (folder / left).write_text("Nothing Footnote reads.")
    for _ in range(2):
        report = index.sync(folder)
        assert (report.kept, report.deleted, report.passages) == (2, [], 3)
        assert f"nothing to read in {folder}" in report.remarks[0]
        assert "2 documents" in report.remarks[0]
        assert index.search_lexical("Cuba", 5)
    report = index.sync(folder, allow_empty=True)
    assert (report.kept, report.deleted) == (0, ["islands.md", "water/rivers.md"])
    assert report.remarks == []
    assert_equal_to_folder(index, folder, hashing)
    assert index.sync(folder).kept == 0


def test_another_folder_that_is_empty_takes_nothing_out_of_the_index(index, folder, tmp_path):
    index.sync(folder)
    other = tmp_path / "not mounted"
    other.mkdir()
    for _ in range(2):
        with pytest.raises(NothingToRead) as caught:
            index.sync(other)
        assert f"nothing to read in {other}" in str(caught.value)
        assert f"that of {folder} (2 documents)" in str(caught.value)
        assert f"`footnote index '{other}' --allow-empty --data " in str(caught.value)
        assert index.search_lexical("Cuba", 5)
    assert index.sync(folder).unchanged == ["islands.md", "water/rivers.md"]


def test_another_folder_is_another_collection(index, folder, hashing, tmp_path):
    index.sync(folder)
    other = tmp_path / "other"
    other.mkdir()
    report = index.sync(other, allow_empty=True)
    assert (report.kept, report.deleted) == (0, ["islands.md", "water/rivers.md"])
    (said,) = report.remarks
    assert f"now that of {other}" in said
    assert f"2 documents of {folder}" in said
    assert_equal_to_folder(index, other, hashing)
    assert index.sync(other).remarks == []
    (other / "new.md").write_text("Something new.")
    index.sync(other)
    (other / "new.md").unlink()
    assert index.sync(other).kept == 1  # this one was emptied


def test_what_comes_back_after_an_empty_folder_is_not_read_again(index, folder, hashing):
    index.sync(folder)
    folder.rename(folder.parent / "elsewhere")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        index.sync(folder)
    folder.mkdir()
    assert index.sync(folder).kept == 2
    folder.rmdir()
    (folder.parent / "elsewhere").rename(folder)
    before = hashing.embedded
    assert index.sync(folder).unchanged == ["islands.md", "water/rivers.md"]
    assert hashing.embedded == before


def test_missing_folder_is_a_clear_error(index, folder):
    with pytest.raises(FileNotFoundError, match="FOOTNOTE_DOCUMENTS"):
        index.sync(folder / "nowhere")
    with pytest.raises(NotADirectoryError, match=r"islands\.md is not a folder"):
        index.sync(folder / "islands.md")
