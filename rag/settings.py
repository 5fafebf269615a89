"""Every setting in one object: flags, then the environment, then ``footnote.toml``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


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
    top_k: int = Field(default=5, ge=1, le=50, description="Passages an answer is written from.")
    api_key: SecretStr | None = Field(
        default=None, description="Needed by every request; required off loopback."
    )

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
