"""What stands before every door of the server: who may ask, from where, and how much at once."""

from __future__ import annotations

import hmac
import ipaddress
import re
from base64 import b64decode
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.settings import Settings
from ui.problems import OPENAI_PATHS, OpenAIError, ProblemResponse

UPLOAD_LIMIT = 200 * 1024 * 1024  # bytes in one upload, all its files together
BODY_LIMIT = 1024 * 1024  # bytes in any other request

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'self'; "
    "base-uri 'self'; object-src 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Our own routes, and of Gradio's only those the page needs: no file, upload or proxy route.
_OPEN_PATHS = re.compile(
    r"/|/v1/.+|/healthz|/readyz|/docs|/openapi\.json|/config/?|/theme\.css|/favicon\.ico"
    r"|/manifest\.json|/robots\.txt|/(assets|static|svelte)/[^:]+"
    r"|/gradio_api/(queue/(join|data)|cancel|reset/?|heartbeat/\w+|info/?|startup-events|app_id/?)"
)
_UNKEYED = {"/healthz", "/readyz"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class UnsafeBinding(ValueError):
    """The server would be open to the network without a key."""


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an address, can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_binding(settings: Settings) -> None:
    """Refuse to serve the network without a key.

    Raises:
        UnsafeBinding: if the host is not loopback and there is no API key.
    """
    if not is_loopback(settings.host) and not _key(settings):
        raise UnsafeBinding(
            f"binding to {settings.host} lets other machines read your documents; "
            "set FOOTNOTE_API_KEY, or use --host 127.0.0.1"
        )


class Guard:
    """Middleware that checks a request before any route sees it.

    In order: the Host names this machine (on loopback, against DNS rebinding), the path is one
    that is served, the Origin is the page's own on anything that is not a GET, the key is right,
    the body is not too large. Every response carries the security headers.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.loopback = is_loopback(settings.host)
        self.key = _key(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer it with a problem."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            limit = UPLOAD_LIMIT if scope["path"] == "/v1/documents" else BODY_LIMIT
            refusal = self._refusal(scope, Headers(scope=scope), limit)
            served: ASGIApp = refusal or self.app
            if refusal and scope["path"] in OPENAI_PATHS:
                served = OpenAIError.of(refusal)
            await served(scope, _limited(receive, limit), _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers, limit: int) -> ProblemResponse | None:
        path, host = scope["path"], headers.get("host", "")
        if self.loopback and not is_loopback(_host_name(host)):
            return ProblemResponse(421, "Wrong host", f"This server is not {host[:100]!r}.")
        if not _OPEN_PATHS.fullmatch(path) or ".." in path.split("/"):
            return ProblemResponse(404, "Not found", "There is nothing at this address; see /docs.")
        if scope["method"] not in _SAFE_METHODS and not _same_origin(headers, host):
            return ProblemResponse(403, "Foreign origin", "Another site's page may not do this.")
        if self.key and path not in _UNKEYED and not self._authorised(headers):
            detail = "Send the key: Authorization: Bearer KEY (a browser: any name, the key)."
            challenge = {"WWW-Authenticate": 'Bearer, Basic realm="Footnote", charset="UTF-8"'}
            return ProblemResponse(401, "Key needed", detail, headers=challenge)
        if int(headers.get("content-length", "0") or 0) > limit:
            return ProblemResponse(413, "Too large", _too_large(limit))
        return None

    def _authorised(self, headers: Headers) -> bool:
        """Bearer is for programs; Basic lets a browser ask for the key as a password."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        given = value.strip().encode("latin-1")  # the bytes as they were sent
        if scheme.lower() == "basic":
            try:
                given = b64decode(given, validate=True).partition(b":")[2]
            except ValueError:
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given, self.key.encode())


def _key(settings: Settings) -> str:
    return settings.api_key.get_secret_value().strip() if settings.api_key else ""


def _host_name(host: str) -> str:
    return re.sub(r":\d*$", "", host).lower()


def _same_origin(headers: Headers, host: str) -> bool:
    """A browser says where a request comes from; a program need not."""
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return False
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _too_large(limit: int) -> str:
    return f"A request to this address may have {limit // (1024 * 1024)} MB at most."


def _limited(receive: Receive, limit: int) -> Receive:
    """Count the body as it comes, whatever its Content-Length said."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return receive_limited


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
