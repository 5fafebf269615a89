"""Switches that keep the libraries silent and off the network; set before they are imported."""

from __future__ import annotations

import os

_SILENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
}


def go_offline(allow_hub: bool = False) -> None:
    """Turn telemetry and progress noise off, and the model hub unless ``allow_hub``.

    Must run before transformers, gradio or chromadb are first imported.
    """
    os.environ.update(_SILENT)
    if not allow_hub:
        os.environ["HF_HUB_OFFLINE"] = "1"
