"""The written training examples: their format, and that every passage is found in the data."""

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tools.reader.claims import copied, edited, narrowed
from tools.reader.elsewhere import without
from tools.reader.mean import main as mean_main
from tools.reader.mean import mean
from tools.reader.written import FOLDER, examples, held_out, passage_key, passages

SAMPLE = """\
## h0 | The ferry, History
1 Captain Holm crossed the fjord first, in 1874.
2 His ferry was built by Lindqvist.
3 It sank in 1881.
q when did the first ferry cross? | 1 (2) | 1874
q what became of the ferry of Lindqvist | 2,3
q who built the second ferry? | -
c + 1,2 | Holm's ferry, built by Lindqvist, made the crossing in 1874.
c - 3 | The ferry sank in 1874.
"""


def written(tmp_path, text):
    path = tmp_path / "sample.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path):
    first, second, third, right, wrong = examples(written(tmp_path, SAMPLE), {})
    assert first.labels == (1, -1, 0)
    n, start, end = first.answer
    assert first.sentences[n][start:end] == "1874"
    assert (second.labels, second.answer, second.answered) == ((0, 1, 1), None, True)
    assert (third.labels, third.answered, third.supported) == ((0, 0, 0), False, None)
    assert (right.supported, right.labels) == (True, (1, 1, 0))
    assert (wrong.supported, wrong.labels) == (False, (0, 0, -1))
    assert {e.title for e in (first, wrong)} == {"The ferry, History"}
    assert len({held_out(e) for e in (first, second, third, right, wrong)}) == 1


def test_a_question_is_read_without_what_answers_it(tmp_path):
    four = SAMPLE.replace("3 It sank in 1881.", "3 It sank in 1881.\n4 It lay there.\n5 It rotted.")
    first, second, _, right, _ = examples(written(tmp_path, four), {})
    less = without(first)
    assert less.sentences == first.sentences[2:]
    assert (less.labels, less.answered, less.answer) == ((0, 0, 0), False, None)
    assert without(right).supported is False
    assert without(second) is not None
    assert without(replace(second, sentences=second.sentences[:3], labels=(0, 1, 1))) is None


def test_claims_are_read_over_less_copied_and_edited(tmp_path):
    *questions, right, wrong = examples(written(tmp_path, SAMPLE), {})
    assert narrowed(right).sentences == right.sentences[:2]
    assert (narrowed(right).labels, narrowed(wrong).labels) == ((1, 1), (-1,))
    rng = random.Random(1)
    said = list(copied([*questions, right, wrong], rng))
    assert {claim.question for claim in said} <= set(right.sentences)
    assert all(c.sentences[c.labels.index(1)] == c.question and c.supported for c in said)
    changed = edited(right, rng)
    assert changed.question != right.question
    assert (changed.supported, changed.labels) == (False, (-1, -1, 0))


def test_a_passage_of_public_data_is_found_by_its_hash(tmp_path):
    said = ("One sentence.", "Another.")
    key = passage_key(said)
    text = f"## a0 | {key}\nq is there another? | 2 | 2:0-7\n"
    (found,) = examples(written(tmp_path, text), {key: ("A title", said)})
    assert (found.sentences, found.title, found.answer) == (said, "A title", (1, 0, 7))
    with pytest.raises(KeyError):
        list(examples(written(tmp_path, text), {}))


@pytest.mark.parametrize("line", ["q no bars", "c ? 1 | What", "x", "q what? | one | two"])
def test_a_line_that_is_not_understood_is_named(tmp_path, line):
    path = written(tmp_path, "## h0 | A\n1 A sentence.\n" + line + "\n")
    with pytest.raises(ValueError, match=r"sample\.txt, line 3"):
        list(examples(path, {}))


def test_every_passage_that_was_written_about_is_in_the_data():
    shared = Path(os.environ.get("FOOTNOTE_SHARED", Path(__file__).parents[2] / "shared"))
    if not (data := shared / "data").is_dir():
        pytest.skip(f"the public data is not at {data}; set FOOTNOTE_SHARED to its folder")
    known = passages(data)
    found = [e for path in sorted(FOLDER.glob("*.txt")) for e in examples(path, known)]
    asked = [e for e in found if e.supported is None]
    assert len(asked) > 15000
    assert 0.4 < sum(e.answered for e in asked) / len(asked) < 0.7
    assert len(found) - len(asked) > 7000


def test_the_mean_of_two_readers_lies_between_them(tmp_path):
    one, other = tmp_path / "one=a.safetensors", tmp_path / "other.safetensors"
    save_file({"token.weight": torch.full((2, 3), 1.0)}, one)
    save_file({"token.weight": torch.full((2, 3), 4.0)}, other)
    found = mean([(one, 2.0), (other, 1.0)])["token.weight"]
    assert found.dtype == torch.float16
    assert found.tolist() == [[2.0] * 3] * 2
    mean_main(str(tmp_path / "out.safetensors"), f"{one}=2", f"{other}=1")
    assert load_file(tmp_path / "out.safetensors")["token.weight"].equal(found)
