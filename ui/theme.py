"""The look of the page: Gradio's base theme in our colours and the system's own fonts."""

from __future__ import annotations

import gradio as gr

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
_ACCENT = gr.themes.Color(
    name="ink",
    c50="#eef5f9",
    c100="#d7e7f0",
    c200="#b3d2e3",
    c300="#86b8d1",
    c400="#5a9cbd",
    c500="#357fa3",
    c600="#1d6388",
    c700="#195472",
    c800="#18465e",
    c900="#173a4e",
    c950="#0e2533",
)


def footnote_theme() -> gr.themes.Base:
    """Return the theme; fonts come from the reader's system, so nothing is fetched."""
    return gr.themes.Base(
        primary_hue=_ACCENT,
        secondary_hue=_ACCENT,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="#faf9f6",
        body_background_fill_dark="#16181b",
        body_text_color="#22272c",
        body_text_color_dark="#e6e3dd",
        body_text_color_subdued="#636a70",
        body_text_color_subdued_dark="#9aa0a6",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1d2024",
        background_fill_secondary="#f4f2ed",
        background_fill_secondary_dark="#24282d",
        border_color_primary="#e4e0d8",
        border_color_primary_dark="#33383e",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1d2024",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1d2024",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="#ffffff",
    )
