"""Servers on loopback that speak as the providers document it, whatever their clients then do.

Each refuses what the provider would: another path, a wrong key, a body without what is required.
"""

from __future__ import annotations

import json

from scripted_llm import Endpoint

KEY = "sesame-7f3a"
READ, WROTE = 321, 45  # tokens that each says it read and wrote


class Provider(Endpoint):
    """An endpoint with the ``name``, ``path`` and ways of one provider."""

    name = path = model = ""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def llm(self):
        return f"{self.name}:{self.url}#{self.model}"

    def keyed(self, headers):
        """Whether the key is where the provider expects it, and nowhere else."""
        return headers.get("authorization") == f"Bearer {KEY}" and "x-api-key" not in headers

    def says(self, *sentences, cut=False):
        text = " ".join(sentences)
        pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
        self.script = lambda: iter(self.frames(pieces, cut))

    def parts(self, *pieces):
        """The frames of an answer, as a list for each piece and one for the end."""
        frames, parts = list(self.frames(pieces)), []
        for piece in pieces:
            at = next(n for n, f in enumerate(frames) if json.dumps(piece).encode() in f)
            parts.append(frames[: at + 1])
            del frames[: at + 1]
        return [*parts, frames]

    def failing(self, *pieces):
        """An answer that breaks off with an error in the stream."""
        for part in self.parts(*pieces)[:-1]:
            yield from part
        yield self.failure()

    def serve(self, handler):
        path, headers, body = self.requests[-1]
        if path != self.path:
            self.refuse(404)
        elif not self.keyed(headers):
            self.refuse(401)
        elif not self.accepts(headers, body):
            self.refuse(400)
        super().serve(handler)

    def refuse(self, status):
        """Answer with ``status`` and the words the provider has for it, the key among them."""
        self.status = status
        self.error = json.dumps(self.problem(status)).encode()


class AnthropicServer(Provider):
    """The Messages API, streamed as server-sent events."""

    name, path, model = "anthropic", "/v1/messages", "claude-sonnet-4-5"
    kinds = {  # noqa: RUF012
        400: "invalid_request_error",
        401: "authentication_error",
        404: "not_found_error",
        429: "rate_limit_error",
        500: "api_error",
    }

    def keyed(self, headers):
        return headers.get("x-api-key") == KEY and "authorization" not in headers

    def accepts(self, headers, body):
        roles = [message["role"] for message in body["messages"]]
        system = body["system"]
        return (
            headers["anthropic-version"] == "2023-06-01"
            and body["stream"] is True
            and body["max_tokens"] > 0
            and body["model"] == self.model
            and roles == ["user"]
            and bool(system if isinstance(system, str) else system[0]["text"])
        )

    def problem(self, status):
        error = {"type": self.kinds[status], "message": f"invalid x-api-key {KEY}"}
        return {"type": "error", "error": error, "request_id": "req_011"}

    def frames(self, pieces, cut=False):
        message = {
            "id": "msg_01", "type": "message", "role": "assistant", "content": [],
            "model": self.model, "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": READ, "output_tokens": 1},
        }  # fmt: skip
        yield self.event("message_start", message=message)
        yield self.event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield self.event("ping")
        for piece in pieces:
            text = {"type": "text_delta", "text": piece}
            yield self.event("content_block_delta", index=0, delta=text)
        yield self.event("content_block_stop", index=0)
        stop = {"stop_reason": "max_tokens" if cut else "end_turn", "stop_sequence": None}
        yield self.event("message_delta", delta=stop, usage={"output_tokens": WROTE})
        yield self.event("message_stop")

    def failure(self):
        error = {"type": "overloaded_error", "message": f"Overloaded {KEY}"}
        return self.event("error", error=error)

    @staticmethod
    def event(kind, **data):
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


class OllamaServer(Provider):
    """``/api/chat``, streamed as a JSON object a line; a key is what a proxy before it asks."""

    name, path, model = "ollama", "/api/chat", "llama3.2:1b"
    media = "application/x-ndjson"

    def accepts(self, headers, body):
        roles = [message["role"] for message in body["messages"]]
        options = body["options"]
        return (
            body["model"] == self.model
            and body["stream"] is True
            and roles == ["system", "user"]
            and options["temperature"] == 0
            and options["num_predict"] > 0
            and options["num_ctx"] > 0
        )

    def problem(self, status):
        return {"error": f"model {self.model!r} not found, {KEY}"}

    def frames(self, pieces, cut=False):
        for piece in pieces:
            yield self.line({"role": "assistant", "content": piece}, done=False)
        why = "length" if cut else "stop"
        yield self.line(
            {"role": "assistant", "content": ""}, done=True, done_reason=why,
            total_duration=4_883_583_458, load_duration=1_334_875, prompt_eval_count=READ,
            prompt_eval_duration=342_546_000, eval_count=WROTE, eval_duration=4_535_599_000,
        )  # fmt: skip

    def failure(self):
        return json.dumps({"error": f"llama runner process has terminated {KEY}"}).encode() + b"\n"

    def line(self, message, **more):
        created = "2026-11-26T02:19:19.385406455Z"
        line = {"model": self.model, "created_at": created, "message": message, **more}
        return json.dumps(line).encode() + b"\n"


class OpenAIServer(Provider):
    """Chat Completions, streamed as server-sent events."""

    name, path, model = "openai", "/v1/chat/completions", "gpt-4.1-mini"

    @property
    def url(self):
        return f"{super().url}/v1"

    def accepts(self, headers, body):
        roles = [message["role"] for message in body["messages"]]
        return (
            body["model"] == self.model
            and body["stream"] is True
            and roles == ["system", "user"]
            and body["temperature"] == 0
            and body["max_tokens"] > 0
        )

    def problem(self, status):
        error = {
            "message": f"Incorrect API key provided: {KEY}.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_api_key",
        }
        return {"error": error}

    def frames(self, pieces, cut=False):
        yield self.chunk({"role": "assistant", "content": "", "refusal": None})
        for piece in pieces:
            yield self.chunk({"content": piece})
        yield self.chunk({}, "length" if cut else "stop")
        if self.requests[-1][2].get("stream_options", {}).get("include_usage"):
            total = {
                "prompt_tokens": READ,
                "completion_tokens": WROTE,
                "total_tokens": READ + WROTE,
            }
            yield self.data({**self.head(), "choices": [], "usage": total})
        yield b"data: [DONE]\n\n"

    def failure(self):
        return self.data({"error": {"message": f"server error {KEY}", "type": "server_error"}})

    def chunk(self, delta, finish=None):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self.data({**self.head(), "choices": [choice], "usage": None})

    def head(self):
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_764_000_000,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_1",
        }

    @staticmethod
    def data(chunk):
        return f"data: {json.dumps(chunk)}\n\n".encode()


class ReasoningServer(OpenAIServer):
    """A model of OpenAI's that counts its thoughts, too, and has one temperature."""

    model = "gpt-99-thinking"
    words = {  # noqa: RUF012
        "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        "temperature": "Unsupported value: 'temperature' does not support 0.0 with this model. "
        "Only the default (1) value is supported.",
    }

    def accepts(self, headers, body):
        self.status = 200
        self.flaw = "max_tokens" if "max_tokens" in body else "temperature"
        return body.get("max_completion_tokens") and body.get("temperature", 1) == 1

    def problem(self, status):
        if status != 400:
            return super().problem(status)
        error = {"message": self.words[self.flaw], "type": "invalid_request_error"}
        return {"error": {**error, "param": self.flaw, "code": "unsupported"}}


class OpenAILikeServer(OpenAIServer):
    """The same at any address, for any model."""

    name, model = "openai-like", "any/model"


SERVERS = (AnthropicServer, OllamaServer, OpenAIServer, OpenAILikeServer)
