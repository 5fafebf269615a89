"""What the tabs of the page are made of."""

from __future__ import annotations

from importlib import resources
from typing import Any

import gradio as gr

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def html(value: str = "", script: str | None = None, **options: Any) -> gr.HTML:
    """Return HTML styled by our sheet alone; ``script`` is the file that runs when it is made.

    A function, because Gradio writes a file beside the source of each subclass.
    """
    code = asset(script) if script else None
    return gr.HTML(value, js_on_load=code, apply_default_css=False, **options)


def asset(name: str) -> str:
    """Return the text of a file that lies beside the code."""
    return resources.files("ui").joinpath(name).read_text(encoding="utf-8")
