"""Every setting in one object: flags, then the environment, then ``footnote.toml``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.writers.endpoints import parse

LARGE_READER = Path(sys.prefix) / "share" / "all-mpnet-base-v2"  # where `make setup` puts it


def installed_reader() -> str | None:
    """Return the folder of the large reader's model, None if it was not installed."""
    return str(LARGE_READER) if (LARGE_READER / "config.json").is_file() else None


class Settings(BaseSettings):
    """How Footnote runs; each field is also ``FOOTNOTE_<NAME>`` and a key of ``footnote.toml``.

    Raises:
        pydantic.ValidationError: on a value that does not fit, or an unknown key in the file.
    """

    model_config = SettingsConfigDict(
        env_prefix="FOOTNOTE_",
        env_ignore_empty=True,
        toml_file="footnote.toml",
        frozen=True,
        extra="forbid",
    )

    documents: Path = Field(default=Path("documents"), description="Folder answered from.")
    data: Path = Field(default=Path(".footnote"), description="Folder of the index.")
    host: str = Field(default="127.0.0.1", description="Address the server binds to.")
    port: int = Field(default=7860, ge=0, le=65535, description="Port the server binds to.")
    embedding_model: str = Field(
        default="all-MiniLM-L6-v2",
        description="The packaged model, a folder, or a hub model that is already cached.",
    )
    chroma_url: str | None = Field(
        default=None, description="Address of a Chroma server; Chroma runs in-process if not set."
    )
    reader: str | None = Field(
        default_factory=installed_reader,
        description="all-mpnet-base-v2, for the large reader: a folder or a cached hub model; "
        "unset: the one that was installed along, if any; small: none.",
    )
    reranker: str | None = Field(
        default=None,
        description="CrossEncoder that orders the passages: a folder, or a cached hub model.",
    )
    checker: str | None = Field(
        default=None,
        description="CrossEncoder that must support a sentence too: a folder, or as above.",
    )
    top_k: int = Field(default=5, ge=1, le=50, description="Passages an answer is written from.")
    llm: str | None = Field(
        default=None,
        description="Language model that writes: provider:[address#]model; unset: quotes only.",
    )
    llm_api_key: SecretStr | None = Field(
        default=None, description="Key for the language model; from the environment only."
    )
    llm_timeout: float = Field(
        default=60.0, gt=0, le=3600, description="Seconds of silence before a model is given up."
    )
    llm_context: int | None = Field(
        default=None, ge=512, description="Tokens the model reads and writes at most, in all."
    )
    llm_max_tokens: int = Field(
        default=400, ge=16, le=8192, description="Tokens of one answer at most."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Needed by every request; required off loopback."
    )

    @field_validator("reader")
    @classmethod
    def _names_a_reader(cls, text: str | None) -> str | None:
        return None if text is None or text.strip().lower() == "small" else text

    @field_validator("llm")
    @classmethod
    def _names_a_model(cls, text: str | None) -> str | None:
        if text is not None:
            parse(text)
        return text

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, ``footnote.toml``."""
        return init_settings, env_settings, _File(settings_cls)


class _File(TomlConfigSettingsSource):
    """``footnote.toml``; the key of a language model does not belong into a file."""

    def __call__(self) -> dict[str, Any]:
        """Return what the file sets.

        Raises:
            ValueError: if it sets ``llm_api_key``.
        """
        values = super().__call__()
        if "llm_api_key" in values:
            raise ValueError(
                "llm_api_key: keep the key out of the file, set FOOTNOTE_LLM_API_KEY instead"
            )
        return values
