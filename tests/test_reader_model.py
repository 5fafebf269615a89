"""The trained reader as it ships: its weights over the real model, and in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from index.sentences import sentences
from rag import Assistant, Settings
from rag.evidence import EvidenceReader
from rag.reading import LONGEST, CrossReader, Page, encode
from rag.retriever import HybridRetriever
from rag.writers.quotes import QuotesWriter

ROOT = Path(__file__).parents[1]

# A question, the sentence that answers it, and one that only speaks of the same thing. Written
# before the reader was asked any of them.
ASKED = [
    (
        "When was the lighthouse at Skarvnes built?",
        "The lighthouse at Skarvnes was built in 1871 by the harbour board.",
        "The lighthouse at Skarvnes can be seen from twenty miles away.",
    ),
    (
        "Who designed the bridge?",
        "The bridge was designed by the engineer Ines Calder.",
        "The bridge is crossed by nine thousand people every day.",
    ),
    (
        "How many seats does the new theatre have?",
        "The new theatre has 640 seats on two floors.",
        "The new theatre replaced one that burnt down in the spring.",
    ),
    (
        "Where do the eels spawn?",
        "The eels spawn in the Sargasso Sea.",
        "The eels are caught in traps made of willow.",
    ),
    (
        "Why was the mine closed?",
        "The mine was closed because water had entered its lowest gallery.",
        "The mine employed four hundred men before the war.",
    ),
    (
        "What do otters eat?",
        "Otters eat fish, crabs and frogs.",
        "Otters sleep in dens under the roots of trees.",
    ),
    (
        "Who won the prize for chemistry that year?",
        "Marta Lindqvist won the prize for chemistry that year.",
        "The prize for chemistry is given every year in December.",
    ),
    (
        "How long does the ferry take?",
        "The crossing by ferry takes forty minutes.",
        "The ferry was painted white and blue last winter.",
    ),
    (
        "What is the valley known for?",
        "The valley is known for its apples and its cider.",
        "The valley lies between two ranges of hills.",
    ),
    (
        "Which material is the roof made of?",
        "The roof is made of copper sheets.",
        "The roof was damaged by the storm.",
    ),
]

STORY = (
    "The mill stands on the Orre. It was built in 1790 by Per Holm. In 1834 his grandson sold it "
    "to the town. Since then it has ground flour for three villages. Visitors may climb the tower."
)


@pytest.fixture(scope="module")
def reader():
    reader = CrossReader()
    reader.load()
    return reader


def page(text, head=""):
    return Page(head, text, tuple(sentences(text)))


def test_a_sentence_that_answers_is_above_one_about_the_same_thing(reader):
    right = []
    for question, answer, other in ASKED:
        for text, place in ((f"{answer} {other}", 0), (f"{other} {answer}", 1)):
            (reading,) = reader.read(question, [page(text)])
            assert len(reading.sentences) == 2
            right.append(int(reading.sentences.argmax()) == place)
    assert sum(right) >= 0.8 * len(right)


def test_sentences_past_what_is_read_are_said_to_be_unread(reader):
    long = " ".join(f"Line {n} says that the boat came in at noon." for n in range(200))
    (reading,) = reader.read("When did the boat come in?", [page(long)])
    unread = np.isneginf(reading.sentences)
    first = int(unread.argmax())
    assert 20 < first < 60
    assert unread[first:].all()
    assert np.isfinite(reading.sentences[:first]).all()
    assert reading.spans.max() <= page(long).sentences[first][0]


@pytest.mark.parametrize("question", ["Who built it?", "", "?" * 400, "我" * 400, "word " * 5000])
@pytest.mark.parametrize(
    "text", ["The mill was built by Per Holm.", "x" * 20_000, "我" * 2000, "\0 \ufffd", " "]
)
def test_nothing_that_is_asked_or_read_breaks_it(reader, question, text):
    (reading,) = reader.read(question, [Page("我" * 300, text, ((0, len(text)),))])
    assert reading.sentences.shape == (1,)
    assert not np.isnan(reading.sentences).any()
    assert ((reading.tokens >= 0) & (reading.tokens <= 1)).all()
    assert len(reading.spans) == len(reading.tokens)


def test_pages_without_text_or_sentences_have_none(reader):
    assert reader.read("Who?", []) == []
    for empty in (Page("", "", ()), Page("A title", "", ()), Page("", "Words.", ())):
        (reading,) = reader.read("Who?", [empty])
        assert reading.sentences.shape == reading.tokens.shape == (0,)
        (_, beside) = reader.read("Who built the mill?", [empty, page(STORY)])
        assert np.isfinite(beside.sentences).all()


def test_neither_order_nor_batch_changes_what_is_read(reader):
    pages = [page(STORY), page(ASKED[1][1]), page(STORY * 3, "The mill"), page(ASKED[3][2])] * 6
    question = "When was the mill built?"
    together = reader.read(question, pages)
    backwards = reader.read(question, pages[::-1])[::-1]
    alone = [reader.read(question, [page])[0] for page in pages[:4]] * 6
    for one, *others in zip(together, backwards, alone, strict=True):
        for other in others:
            # bfloat16 rounds differently where the padding does: within 1 % of a chance
            assert _chances(one.sentences) == pytest.approx(_chances(other.sentences), abs=1e-2)
            assert (one.spans == other.spans).all()


def test_the_same_question_reads_the_same(reader):
    pages = [page(STORY, "The mill"), page(STORY * 2)]
    first, second = (reader.read("Who sold the mill?", pages) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert (one.sentences == other.sentences).all()
        assert (one.tokens == other.tokens).all()


def test_encoded_tokens_point_at_their_words(reader):
    tokenizer = reader._model[0]
    pages = [
        page("Zoë's 3 boats sank 🌊 off Ærø. She swam ashore.", "A title\nA heading"),
        page(STORY),
    ]
    inputs, offsets, place, asked = encode(tokenizer, ["Who swam?", "Who built it?"], pages)
    assert inputs["input_ids"].shape == place.shape == asked.shape == offsets.shape[:2]
    assert inputs["input_ids"].shape[1] <= LONGEST
    for n, held in enumerate(pages):
        for token, (start, end), k in zip(
            tokenizer.convert_ids_to_tokens(inputs["input_ids"][n]),
            offsets[n],
            place[n],
            strict=True,
        ):
            if k >= 0:
                first, last = held.sentences[k]
                assert first <= start < end <= last
                word = held.text[start:end].lower()
                assert token.removeprefix("##") in (word, word.replace("ë", "e"), "[UNK]")
        found = {int(k) for k in place[n]}
        assert found == {-1, *range(len(held.sentences))}
    words = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0][asked[0]])
    assert words == ["who", "swam", "?"]


def test_the_assistant_loads_it_before_the_first_question(embedder):
    reader = CrossReader()
    writer = QuotesWriter(EvidenceReader(embedder, reader))
    assert reader._model is None
    Assistant(Settings(), None, embedder, writer, HybridRetriever(None, embedder)).load()
    assert reader._model is not None


def test_a_wheel_holds_the_weights(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as built:
        for path in (ROOT / "rag" / "weights").glob("*.*"):
            assert built.read(f"rag/weights/{path.name}") == path.read_bytes()


def _chances(logits):
    return 1 / (1 + np.exp(-logits.astype(np.float64)))
