"""The HTTP interface as one page, from its OpenAPI description: no script, nothing fetched."""

from __future__ import annotations

import json
from html import escape
from importlib import resources
from typing import Any

Json = dict[str, Any]


def docs_html(openapi: Json) -> str:
    """Return a page that shows every operation of an OpenAPI 3.1 description."""
    info = openapi["info"]
    operations = "".join(
        _operation(method, path, operation, openapi)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    )
    style = resources.files("ui").joinpath("docs.css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: HTTP interface</title><style>{style}</style></head>"
        f"<body><main><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info.get('description', ''))} "
        '<a href="/openapi.json">openapi.json</a> · <a href="/">the page</a></p>'
        "<p>Errors are problem details (RFC 9457, <code>application/problem+json</code>). Where a "
        "key is set, send <code>Authorization: Bearer KEY</code>.</p>"
        f"{operations}</main></body></html>"
    )


def _operation(method: str, path: str, operation: Json, openapi: Json) -> str:
    responses = operation.get("responses", {}).items()
    outcomes = "".join(_outcome(status, response, openapi) for status, response in responses)
    return (
        f'<article id="{escape(operation["operationId"])}"><h2><code><b>{method.upper()}</b> '
        f"{escape(path)}</code></h2>{_prose(operation.get('description', ''))}"
        f"{_parameters(operation.get('parameters', []))}"
        f"{_body(operation.get('requestBody', {}), openapi)}"
        f"<h3>Responses</h3><dl>{outcomes}</dl>{_curl(method, path, operation, openapi)}</article>"
    )


def _prose(text: str) -> str:
    """Paragraphs, with `code` marked as such."""
    pieces = escape(text).split("`")
    text = "".join(f"<code>{piece}</code>" if n % 2 else piece for n, piece in enumerate(pieces))
    return "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n") if paragraph.strip())


def _parameters(parameters: list[Json]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        _row(f"{parameter['name']} ({parameter['in']})", parameter["schema"], parameter)
        for parameter in parameters
    )
    return f"<h3>Parameters</h3>{_table(rows)}"


def _body(body: Json, openapi: Json) -> str:
    tables = ""
    for media, content in body.get("content", {}).items():
        schema = _resolved(content["schema"], openapi)
        required = schema.get("required", [])
        rows = "".join(
            _row(name, field, {"required": name in required, **field})
            for name, field in schema.get("properties", {}).items()
        )
        tables += f"<h3>Body <small>{escape(media)}</small></h3>{_table(rows)}"
    return tables


def _table(rows: str) -> str:
    return (
        f"<table><thead><tr><th>Name</th><th>Type</th><th>Meaning</th></tr></thead>{rows}</table>"
    )


def _row(name: str, schema: Json, about: Json) -> str:
    required = " <em>required</em>" if about.get("required") else ""
    default = schema.get("default")
    unset = f" Default: <code>{escape(json.dumps(default))}</code>." if default is not None else ""
    meaning = _prose(about.get("description", "")).removeprefix("<p>").removesuffix("</p>")
    return (
        f"<tr><td><code>{escape(name)}</code>{required}</td><td>{escape(_type(schema))}</td>"
        f"<td>{meaning}{unset}</td></tr>"
    )


def _type(schema: Json) -> str:
    """A schema in a few words, such as "string, 1 to 4,000 characters"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        most = f", {schema['maxItems']} at most" if "maxItems" in schema else ""
        return f"array of {_type(schema.get('items', {}))}{most}"
    return str(schema.get("type", "any")) + _bounds(schema)


def _bounds(schema: Json) -> str:
    low = schema.get("minimum", schema.get("minLength", 0))
    high = schema.get("maximum", schema.get("maxLength"))
    unit = " characters" if "maxLength" in schema else ""
    return f", {low:,.0f} to {high:,.0f}{unit}" if high is not None else ""


def _outcome(status: str, response: Json, openapi: Json) -> str:
    shown = []
    for media, content in response.get("content", {}).items():
        schema = content.get("schema", {})
        name = _type(schema) if "$ref" in schema else schema.get("title", "")
        fields = _resolved(schema, openapi).get("properties", {})
        names = ", ".join(f"<code>{escape(field)}</code>" for field in fields)
        shown.append(f"<small>{escape(media)}</small> {escape(name)} {names}")
    description = _prose(response.get("description", ""))
    return f"<dt>{escape(status)}</dt><dd>{description}{'<br>'.join(shown)}</dd>"


def _curl(method: str, path: str, operation: Json, openapi: Json) -> str:
    """A command that calls the operation, where its body has an example."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = _resolved(content.get("application/json", {}).get("schema", {}), openapi)
    if not schema.get("examples"):
        return ""
    example = json.dumps(schema["examples"][0])
    command = (
        f"curl -X {method.upper()} http://127.0.0.1:7860{path} "
        f"-H 'Content-Type: application/json' -d '{example}'"
    )
    return f"<pre><code>{escape(command)}</code></pre>"


def _resolved(schema: Json, openapi: Json) -> Json:
    if "$ref" not in schema:
        return schema
    name = str(schema["$ref"]).rpartition("/")[2]
    resolved: Json = openapi["components"]["schemas"][name]
    return resolved
