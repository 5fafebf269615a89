r"""How the weights in rag/weights/ were made; docs/reader.md has what they are worth.

    python -m tools.reader.synthetic ../shared/data SYNTH.jsonl
    python -m tools.reader.human ../shared/data HUMAN.jsonl
    python -m tools.reader.train SYNTH.jsonl HUMAN.jsonl OUT.safetensors --steps 800 \
        --stop-at 400 --tokens 4000 --human-share 0.45 --fold 5 --lr 2.5e-4

The first makes questions from public texts (``text``, ``questions``, ``wording``,
``synthetic``), about 11 minutes on two cores; it needs WordNet's files (Debian: wordnet-base,
``wordnet``). The second takes the examples that people wrote (``human``). The third trains on
both (``model``, ``train``), about 11 minutes on one core, with its products in bfloat16.
"""
