"""An OpenAI-compatible endpoint on loopback that does what a test tells it, failures above all."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag import Assistant
from rag.assistant import _writer


def delta(text, finish=None):
    """One chunk of a streamed completion, as bytes."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return b"data: " + json.dumps({**body, "choices": [choice]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
ERROR = "application/json"


class Endpoint:
    """``script`` yields bytes or numbers of seconds to wait; ``status`` answers without it."""

    media = "text/event-stream"

    def __init__(self):
        self.script = lambda: iter(())
        self.status = 200
        self.headers = {}
        self.error = b"{}"
        self.requests = []
        self.sent = 0
        self.broken = threading.Event()
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.requests.append((self.path, headers, json.loads(body)))
                outer.serve(self)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def llm(self):
        return f"openai-like:http://127.0.0.1:{self.server.server_port}/v1#m"

    def says(self, *sentences):
        """Stream ``sentences``, some characters at a time."""
        text = " ".join(sentences)
        pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
        self.script = lambda: iter([*map(delta, pieces), delta("", "stop"), DONE])

    def serve(self, handler):
        handler.send_response(self.status)
        handler.send_header("content-type", self.media if self.status == 200 else ERROR)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if self.status != 200:
            handler.wfile.write(self.error)
            return
        try:
            for step in self.script():
                if isinstance(step, bytes):
                    handler.wfile.write(step)
                    handler.wfile.flush()
                    self.sent += 1
                elif self.released.wait(step):
                    return
        except OSError:
            self.broken.set()
        handler.close_connection = True

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def endless():
    while True:
        yield delta("The bridge is long and it goes on ")
        time.sleep(0.001)


@pytest.fixture
def over(assistant):
    """``over(llm, **settings)``: an assistant on the same index, with that model writing."""

    def build(llm, **settings):
        chosen = assistant.settings.model_copy(update={"llm": llm, **settings})
        writer = _writer(chosen, assistant._embedder)
        index, retriever = assistant.index, assistant._retriever
        return Assistant(chosen, index, assistant._embedder, writer, retriever)

    return build


@pytest.fixture
def endpoint():
    served = Endpoint()
    yield served
    served.close()
