"""The description of the API (OpenAPI 3.1) as it is given: every route with the problems that it may answer."""

from __future__ import annotations

from functools import cache
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin
from msgspec import Struct

from payper.web.api import shapes, write_shapes

_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "What is wrong (RFC 9457): `code` is stable, `where`, `seen` and `mend` are for people.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "where", "seen", "mend"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "where": {"type": "string"},
        "seen": {"type": "string"},
        "mend": {"type": "string"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["row", "where", "seen", "mend"],
                "properties": {
                    "row": {"type": ["integer", "null"]},
                    "where": {"type": "string"},
                    "seen": {"type": "string"},
                    "mend": {"type": "string"},
                },
            },
        },
    },
}
_ALWAYS = {
    "400": "What was sent cannot be read.",
    "401": "No token that is known and in force was sent.",
    "403": "The token does not allow this.",
    "404": "There is no such thing, or none that the token's party reaches.",
    "409": "As things stand it cannot be done; `code` says why.",
    "429": "The token asked as often as it may; Retry-After says when to go on.",
    "503": "Not now: somebody else writes to the book. Retry-After says when to try again.",
}
_CHANGING = {
    "412": "It was changed since it was read.",
    "413": "Too large.",
    "415": "Not JSON.",
    "422": "It can be read, and not understood; `code` says why, `faults` of which row.",
    "428": "If-Match is missing.",
}
_CLOSED = {"additionalProperties": False}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


class Described(JsonRenderPlugin):
    """Gives the description with the problems of every route, whoever wrote the route."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Give the description as JSON."""
        return super().render(request, with_problems(openapi_schema))


def with_problems(description: dict[str, Any]) -> dict[str, Any]:
    """Add the problems that routes answer, and take out what the framework says of them."""
    components = dict(description.get("components", {}))
    schemas = {name: {**schema, **_CLOSED} if name in _closed() else schema for name, schema in components.get("schemas", {}).items()}
    components["schemas"] = {**schemas, "Problem": _PROBLEM}
    paths = {}
    for path, item in description.get("paths", {}).items():
        paths[path] = {
            method: _operation(method, operation) if isinstance(operation, dict) and "responses" in operation else operation
            for method, operation in item.items()
        }
    return {**description, "components": components, "paths": paths}


@cache
def _closed() -> frozenset[str]:
    """List the shapes that take no field beside their own; the framework does not say so of them."""
    kinds = [
        kind for module in (shapes, write_shapes) for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Struct)
    ]
    return frozenset(kind.__name__ for kind in kinds if kind.__struct_config__.forbid_unknown_fields)


def _operation(method: str, operation: dict[str, Any]) -> dict[str, Any]:
    told = _ALWAYS if method == "get" else {**_ALWAYS, **_CHANGING}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problems = {
        status: {"description": words, "content": content, **({"headers": _RETRY} if status in {"429", "503"} else {})}
        for status, words in told.items()
    }
    own = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    return {**operation, "responses": {**own, **problems}}
