"""Which language model writes: what ``FOOTNOTE_LLM`` may say, and the model behind it.

Parsing imports nothing heavy, so that a bad value is told at once. Nothing here contacts an
endpoint before the first question is asked.
"""

from __future__ import annotations

import ipaddress
import os
import threading
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from rag.errors import BadModel

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM

Provider = Literal["bundled", "openai-like", "ollama", "openai", "anthropic"]

EXAMPLES = (
    "openai-like:http://127.0.0.1:8080/v1#model, ollama:llama3.2, openai:gpt-4.1-mini, "
    "anthropic:claude-sonnet-4-5, or bundled"
)
# Where a provider is unless an address is given; only there its own variable's key is sent.
_HOMES = {
    "ollama": "http://127.0.0.1:11434",
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}
_PACKAGES = {
    "bundled": ("xllamacpp", "llama_index.llms.openai_like"),
    "openai-like": ("llama_index.llms.openai_like",),
    "ollama": ("llama_index.llms.ollama",),
    "openai": ("llama_index.llms.openai",),
    "anthropic": ("llama_index.llms.anthropic",),
}
_EXTRAS = {"ollama": "llm-ollama", "anthropic": "llm-anthropic"}
_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_IDENTITIES = ("authorization", "x-api-key", "openai-organization", "openai-project")
_CUSTOM = ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS")  # lines of "name: value"
# Asked of those that are known to take it; another server may refuse what it does not know.
_COUNTED = {"stream_options": {"include_usage": True}}
_last = threading.local()
_CONNECT = 5.0  # seconds
_DEFAULT_WINDOW = 4096  # tokens, where neither the settings nor the model's package know


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider, the model there and, where it is not the provider's own, the address."""

    provider: Provider
    model: str
    url: str | None = None

    @property
    def name(self) -> str:
        """What an answer says it was written by; of a path, such as vLLM serves, the last part."""
        model = self.model.rstrip("/").rpartition("/")[2] if self.model[0] in "/~." else self.model
        return self.provider if self.provider == "bundled" else f"{self.provider}:{model}"

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return self.url or {"bundled": "the bundled model"}.get(self.provider, self.provider)


def parse(text: str) -> Endpoint:
    """Read ``provider:[address#]model``.

    Raises:
        BadModel: with the reason and examples; it does not repeat what may hold a password.
    """
    provider, _, rest = text.strip().partition(":")
    rest = rest.strip()
    if provider == "bundled" and not rest:
        return Endpoint("bundled", "SmolLM2-135M-Instruct")
    if provider not in _PACKAGES or provider == "bundled":
        raise BadModel(f"{provider[:40]!r} is no provider; write for example {EXAMPLES}")
    kind = cast(Provider, provider)
    if provider == "openai-like" or "://" in rest:
        url, _, model = rest.partition("#")
        return Endpoint(kind, _model(model, kind), _address(url, kind))
    return Endpoint(kind, _model(rest, kind), _HOMES["ollama"] if provider == "ollama" else None)


def connect(
    endpoint: Endpoint, key: str | None, timeout: float, window: int | None, most: int
) -> LLM:
    """Return the model behind ``endpoint``; its first call opens the connection.

    ``timeout`` is in seconds, between two pieces of an answer; ``window`` and ``most`` are the
    tokens the model reads and writes at most.

    Raises:
        BadModel: if the provider's package is not installed or its key is not set.
    """
    for package in _PACKAGES[endpoint.provider]:
        _require(endpoint.provider, package)
    if endpoint.provider in _KEYS and not endpoint.url:
        key = key or os.environ.get(_KEYS[endpoint.provider], "").strip() or None
    if endpoint.provider in _KEYS and not endpoint.url and not key:
        raise BadModel(
            f"{endpoint.name} needs a key: set {_KEYS[endpoint.provider]} in the environment"
        )
    builders = {
        "bundled": _bundled,
        "openai-like": _openai_like,
        "ollama": _ollama,
        "openai": _openai,
        "anthropic": _anthropic,
    }
    return builders[endpoint.provider](endpoint, key, timeout, window, most)


def window_of(model: LLM, given: int | None) -> int:
    """Return how many tokens ``model`` reads: as ``given``, or as its package knows it."""
    if given:
        return given
    try:
        return int(model.metadata.context_window)
    except ValueError:  # a model that the package does not know
        return _DEFAULT_WINDOW


def _model(name: str, provider: str) -> str:
    if not name.strip():
        raise BadModel(f"{provider} needs the name of a model; write for example {EXAMPLES}")
    return name.strip()


def _address(url: str, provider: str) -> str:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits, parts = False, urlsplit("")
    if not fits:
        raise BadModel(f"{provider} needs an address that begins with http:// or https://; "
                       f"write for example {EXAMPLES}")  # fmt: skip
    if parts.username or parts.password or parts.query:
        raise BadModel(
            "the address must not hold a name, password or key; set FOOTNOTE_LLM_API_KEY instead"
        )
    return url.rstrip("/")


def _require(provider: str, package: str) -> None:
    try:
        found = find_spec(package)
    except ModuleNotFoundError:
        found = None
    if found is None:
        extra = _EXTRAS.get(provider, "llm")
        raise BadModel(f"{provider} needs a package: pip install -c constraints.txt '.[{extra}]'")


def _client(url: str, timeout: float, key: str | None) -> httpx.Client:
    """An HTTP client that sends ``key`` and no other."""
    import httpx

    return httpx.Client(timeout=httpx.Timeout(timeout, connect=_CONNECT), **_manners(url, key))


def _manners(url: str, key: str | None) -> dict[str, Any]:
    """Options of an HTTP client: no redirect, no proxy for this machine, no key but ``key``.

    The packages take further keys and names from the environment, meant for another address.
    """
    lines = [line for variable in _CUSTOM for line in os.environ.get(variable, "").splitlines()]
    custom = [name.strip() for name, colon, _ in (line.partition(":") for line in lines) if colon]

    def keep_own(request: httpx.Request) -> None:
        for name in custom:
            request.headers.pop(name, None)
        for name in _IDENTITIES:
            if request.headers.get(name) not in (None, key, f"Bearer {key}"):
                del request.headers[name]

    named = url not in (_HOMES["openai"], _HOMES["anthropic"])
    return {
        "follow_redirects": False,
        "trust_env": not _is_here(url),
        "event_hooks": {"request": [keep_own] if named else [], "response": [_remember]},
    }


def hang_up() -> None:
    """Close the connection that this thread read last.

    The packages leave that to the garbage collector, and the model goes on writing until then.
    """
    response = getattr(_last, "response", None)
    _last.response = None
    if response is not None:
        response.close()


def _remember(response: httpx.Response) -> None:
    _last.response = response


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _openai_like(
    endpoint: Endpoint,
    key: str | None,
    timeout: float,
    window: int | None,
    most: int,
    **extra: Any,
) -> LLM:
    from llama_index.llms.openai_like import OpenAILike

    assert endpoint.url
    model: LLM = OpenAILike(
        api_base=endpoint.url,
        is_chat_model=True,
        context_window=window or _DEFAULT_WINDOW,
        http_client=_client(endpoint.url, timeout, key or "none"),
        additional_kwargs=extra,
        **_asked(endpoint, key, timeout, most),
    )
    return model


def _asked(endpoint: Endpoint, key: str | None, timeout: float, most: int) -> dict[str, Any]:
    """What the packages of OpenAI and Anthropic are told alike.

    Without a key of ours they would take the one in the environment, meant for another server.
    """
    return {
        "model": endpoint.model,
        "api_key": key or "none",
        "max_tokens": most,
        "temperature": 0.0,
        "timeout": timeout,
        "max_retries": 0,
    }


def _bundled(
    endpoint: Endpoint, key: str | None, timeout: float, window: int | None, most: int
) -> LLM:
    from rag.writers.bundled import start

    server = start()
    here = Endpoint("openai-like", endpoint.model, server.url)
    # Not from its cache: the same question must give the same answer.
    extra = {"extra_body": {"cache_prompt": False}, **_COUNTED}
    return _openai_like(here, server.key, timeout, server.window, most, **extra)


def _openai(
    endpoint: Endpoint, key: str | None, timeout: float, window: int | None, most: int
) -> LLM:
    from llama_index.llms.openai import OpenAI

    base = endpoint.url or _HOMES["openai"]
    model = OpenAI(
        api_base=base,
        http_client=_client(base, timeout, key),
        additional_kwargs=_COUNTED,
        **_asked(endpoint, key, timeout, most),
    )
    try:
        _ = model.metadata
    except ValueError:  # newer than the package, which would refuse to ask it
        here = replace(endpoint, url=base)
        return _openai_like(here, key, timeout, window, most, **_COUNTED)
    return model


def _ollama(
    endpoint: Endpoint, key: str | None, timeout: float, window: int | None, most: int
) -> LLM:
    from llama_index.llms.ollama import Ollama
    from ollama import Client

    assert endpoint.url
    headers = {"Authorization": f"Bearer {key}"} if key else None
    client = Client(
        host=endpoint.url, timeout=timeout, headers=headers, **_manners(endpoint.url, key)
    )
    return cast(
        "LLM",
        Ollama(
            model=endpoint.model,
            base_url=endpoint.url,
            client=client,
            context_window=window or _DEFAULT_WINDOW,
            request_timeout=timeout,
            temperature=0.0,
            additional_kwargs={"num_predict": most},
        ),
    )


def _anthropic(
    endpoint: Endpoint, key: str | None, timeout: float, window: int | None, most: int
) -> LLM:
    from llama_index.llms.anthropic import Anthropic

    base = endpoint.url or _HOMES["anthropic"]
    model = Anthropic(base_url=base, **_asked(endpoint, key, timeout, most))
    # The package takes no HTTP client, and its own one follows redirects.
    model._client = model._client.copy(http_client=_client(base, timeout, key))
    return cast("LLM", model)
