"""The packaged model, offline, as unit vectors."""

import threading
import time

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, ByT5Tokenizer

from index import bert
from index.embedder import SentenceEmbedding, bfloat16_flag
from index.models import ModelUnusable

TEXTS = [
    "The bridge was opened in 1904.",
    "",
    "A doctor treats patients in a clinic. " * 40,
    "Cafe\u0301 👩\u200d🏫 橋はいつ開通しましたか?",
    "The bridge has been open since 1904.",
    "x",
]


@pytest.fixture(scope="module")
def vectors(embedder):
    return embedder.embed(TEXTS)


def test_rows_are_unit_vectors(vectors):
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 384), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_texts_of_like_meaning_are_near(vectors):
    cosines = vectors @ vectors[0]
    assert cosines[4] > 0.8 > 0.5 > cosines[2]


@pytest.mark.parametrize("order", [[5, 4, 3, 2, 1, 0], [0, 0, 2, 2], [1]])
def test_order_is_kept_and_a_vector_does_not_depend_on_its_batch(embedder, vectors, order):
    again = embedder.embed([TEXTS[n] for n in order])
    assert (again * vectors[order]).sum(axis=1).min() >= 0.999


def test_the_same_batch_gives_the_same_vectors(embedder, vectors):
    assert np.array_equal(embedder.embed(TEXTS), vectors)


def test_threads_get_the_vectors_of_their_own_texts(embedder, vectors):
    found = {}

    def embed(n):
        found[n] = embedder.embed([TEXTS[n]])[0]

    threads = [threading.Thread(target=embed, args=(n,)) for n in range(len(TEXTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(float(found[n] @ vectors[n]) for n in range(len(TEXTS))) >= 0.999


def test_nothing_has_no_rows(embedder):
    assert len(embedder.embed([])) == 0
    assert embedder.encode([]) == []


def test_tokens_stand_where_their_words_do(embedder):
    text = TEXTS[0]
    (encoded,) = embedder.encode([text])
    words = "".join(text[start:end] for start, end in encoded.spans)
    assert words == text.replace(" ", "")
    assert encoded.tokens.shape == (len(encoded.spans), 384)
    assert np.linalg.norm(encoded.tokens, axis=1) == pytest.approx(1, abs=1e-5)


async def embedded_async(embedder, text):
    return await embedder.aget_query_embedding(text)


def test_the_interface_of_llama_index_agrees(embedder, vectors):
    import asyncio

    one = embedder.get_text_embedding(TEXTS[0])
    assert np.dot(one, vectors[0]) >= 0.999
    assert np.dot(embedder.get_query_embedding(TEXTS[0]), one) >= 0.9999
    assert np.dot(asyncio.run(embedded_async(embedder, TEXTS[0])), one) >= 0.9999
    batch = np.array(embedder.get_text_embedding_batch(TEXTS))
    assert (batch * vectors).sum(axis=1).min() >= 0.999


@pytest.mark.parametrize("name", ["nobody/no-such-model", "/no/such/folder", ""])
def test_an_unknown_model_is_named_at_once(name):
    started = time.perf_counter()
    with pytest.raises(ModelUnusable) as error:
        SentenceEmbedding(name=name).embed(["text"])
    assert time.perf_counter() - started < 5
    assert repr(name) in str(error.value)
    assert "FOOTNOTE_EMBEDDING_MODEL" in str(error.value)


def test_a_folder_that_holds_no_model_is_named(tmp_path):
    with pytest.raises(ModelUnusable, match=tmp_path.name):
        SentenceEmbedding(name=str(tmp_path)).load()


def test_precision_says_why(embedder):
    assert embedder.precision.split()[0] in ("bfloat16", "float32")
    assert "CPU" in embedder.precision


def test_texts_are_cut_into_the_tokens_that_transformers_cuts(embedder):
    model = embedder.load()
    texts = [*TEXTS, "[SEP] a\u00a0 b\n", "word " * 300]
    ours = embedder._tokenizer.encode_batch(texts)
    theirs = model.tokenizer(
        texts, padding=True, truncation=True, max_length=256, return_offsets_mapping=True
    )
    assert [one.ids for one in ours] == theirs["input_ids"]
    assert [one.attention_mask for one in ours] == theirs["attention_mask"]
    assert [one.offsets for one in ours] == theirs["offset_mapping"]


def test_a_text_is_cut_alike_whatever_transformers_was_asked_last(embedder):
    (before,) = embedder.encode(TEXTS[:1])
    embedder.load().tokenizer(TEXTS[:1], padding="max_length", truncation=True, max_length=5)
    (after,) = embedder.encode(TEXTS[:1])
    assert np.array_equal(before.tokens, after.tokens)


def test_a_model_that_cannot_tell_where_words_stand_is_refused(tmp_path):
    BertModel(BertConfig(vocab_size=400, hidden_size=32, num_attention_heads=4)).save_pretrained(
        tmp_path
    )
    ByT5Tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelUnusable, match="has no fast tokenizer"):
        SentenceEmbedding(name=str(tmp_path)).load()


def a_bert(dtype=torch.float32, attention="sdpa", **options):
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
    config = BertConfig(vocab_size=50, num_attention_heads=4, **sizes, **options)
    model = BertModel._from_config(config, attn_implementation=attention, dtype=dtype).eval()
    with torch.no_grad():
        for name, part in model.named_parameters():
            if name.endswith("bias") or "LayerNorm" in name:  # zeros and ones would hide a mistake
                part.uniform_(0.5, 1.5)
    return model


DTYPES = [torch.float32, torch.bfloat16] if bfloat16_flag() else [torch.float32]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lengths", [[1], [19], [70], [19, 3, 11], [8, 8]])
def test_our_pass_gives_the_states_of_berts(dtype, lengths):
    model, tokens = a_bert(dtype), torch.randint(50, (len(lengths), max(lengths)))
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    features = {"input_ids": tokens, "attention_mask": mask.long()}
    with torch.inference_mode():
        theirs, ours = model(**features).last_hidden_state, bert.encoder(model)(features)
    close = {torch.float32: 1e-5, torch.bfloat16: 0.05}[dtype]  # equal where it was measured
    assert torch.allclose(ours[mask].float(), theirs[mask].float(), atol=close, rtol=close)


@pytest.mark.parametrize(
    "other", [{"hidden_act": "relu"}, {"attention": "eager"}, {"is_decoder": True}]
)
def test_a_bert_of_another_kind_is_left_to_transformers(other):
    assert bert.encoder(a_bert(**other)) is None
    assert bert.encoder(object()) is None


def test_a_bert_with_an_adapter_is_left_to_transformers():
    class Adapted(torch.nn.Linear):
        """As adapters are put around a layer: what it says is not its weights alone."""

    model = a_bert()
    model.encoder.layer[1].attention.self.value = Adapted(64, 64)
    assert bert.encoder(model) is None


def test_where_weights_cannot_be_packed_they_are_used_as_they_are(monkeypatch):
    if not bfloat16_flag():
        pytest.skip("this processor does not compute in bfloat16, so nothing is packed")

    def refuses(*_):
        raise RuntimeError("bf16 path needs the cpu support")

    monkeypatch.setattr(torch.ops.mkldnn, "_reorder_linear_weight", refuses)
    model, tokens = a_bert(torch.bfloat16), torch.randint(50, (2, 9))
    features = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
    with torch.inference_mode():
        theirs, ours = model(**features).last_hidden_state, bert.encoder(model)(features)
    assert torch.allclose(ours.float(), theirs.float(), atol=0.05, rtol=0.05)


def test_a_model_that_is_left_to_transformers_gives_the_same(embedder, monkeypatch):
    monkeypatch.setattr("index.embedder.bert_encoder", lambda model: None)
    theirs = SentenceEmbedding()
    cosines = (theirs.embed(TEXTS) * embedder.embed(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.9999
