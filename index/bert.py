"""BERT's pass over tokens without what is done anew for every text and need not be.

The operations are those of ``transformers.BertModel`` in the same order, so the vectors are the
same (bit for bit on an AMD EPYC, docs/benchmarks.md). Saved are the calls through modules,
separate products for query, key and value, and the weights' being laid out for every product: 4
of the 9 ms of a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Layer = Callable[["Tensor"], "Tensor"]
Encoder = Callable[[Mapping[str, "Tensor"]], "Tensor"]  # what a tokenizer gives, to (n, t, d)

_TOKENS = 32  # a sentence's; weights are laid out for a product with about so many


def encoder(model: Any) -> Encoder | None:
    """Return the pass of ``model`` over tokens of type 0, None if it is no BERT like that."""
    from torch.nn import Linear
    from transformers import BertModel

    if type(model) is not BertModel or model.config.is_decoder:
        return None
    if (model.config.hidden_act, model.config._attn_implementation) != ("gelu", "sdpa"):
        return None
    if any(type(part) is not Linear for layer in model.encoder.layer for part in _products(layer)):
        return None  # an adapter around them would be passed by
    embed = _embeddings(model.embeddings)
    layers = [_layer(layer) for layer in model.encoder.layer]

    def encode(features: Mapping[str, Tensor]) -> Tensor:
        states, mask = embed(features["input_ids"]), features["attention_mask"].bool()
        seen = None if mask.all() else mask[:, None, None, :]
        for layer in layers:
            states = layer(states, seen)
        return states

    return encode


def _embeddings(part: Any) -> Layer:
    from torch.nn.functional import embedding

    words, places = part.word_embeddings.weight, part.position_embeddings.weight
    kind, norm = part.token_type_embeddings.weight[0], _norm(part.LayerNorm)
    return lambda tokens: norm(embedding(tokens, words) + kind + places[: tokens.shape[1]])


def _products(layer: Any) -> tuple[Any, ...]:
    own, output = layer.attention.self, layer.attention.output.dense
    return own.query, own.key, own.value, output, layer.intermediate.dense, layer.output.dense


def _layer(part: Any) -> Callable[[Tensor, Tensor | None], Tensor]:
    from torch.nn.functional import gelu, scaled_dot_product_attention

    heads = part.attention.self.num_attention_heads
    *inputs, output, first, second = _products(part)
    project, out, up, down = _linear(*inputs), _linear(output), _linear(first), _linear(second)
    out_norm, down_norm = _norm(part.attention.output.LayerNorm), _norm(part.output.LayerNorm)

    def layer(states: Tensor, seen: Tensor | None) -> Tensor:
        apart = project(states).view(*states.shape[:2], 3, heads, -1)
        query, key, value = apart.permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=seen)
        states = out_norm(out(mixed.transpose(1, 2).flatten(2)) + states)
        return down_norm(down(gelu(up(states))) + states)

    return layer


def _norm(part: Any) -> Layer:
    from torch import layer_norm

    shape, weight, bias, eps = part.normalized_shape, part.weight, part.bias, part.eps
    return lambda states: layer_norm(states, shape, weight, bias, eps)


def _linear(*parts: Any) -> Layer:
    """Linear layers side by side, as one product."""
    import torch

    weight, bias = parts[0].weight.detach(), parts[0].bias.detach()
    if len(parts) > 1:
        weight = torch.cat([part.weight for part in parts]).detach()
        bias = torch.cat([part.bias for part in parts]).detach()
    products = torch.ops.mkldnn

    def plain(states: Tensor) -> Tensor:
        return torch.nn.functional.linear(states, weight, bias)

    # In float32 a packed weight is multiplied by another routine, whose last bits differ.
    if weight.dtype is not torch.bfloat16 or not hasattr(products, "_linear_pointwise"):
        return plain
    try:
        packed = products._reorder_linear_weight(weight, _TOKENS)
    except RuntimeError:  # oneDNN may not use what the processor has
        return plain
    product = products._linear_pointwise.default
    return lambda states: product(states, packed, bias, "none", [], "")
