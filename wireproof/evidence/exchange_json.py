"""An exchange as one line of the ledger."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from wireproof.evidence.exchange import Break, Exchange, Read, Request

# Fields with a form of their own; every other one is a JSON value as it stands.
TIMES = ("headers_ns", "ended_ns")
FORMED = frozenset({"request", "headers", "reads", "broken", *TIMES})


def exchange_data(exchange: Exchange) -> dict[str, Any]:
    """The JSON form of an exchange; its times count from its start."""
    broken, start = exchange.broken, exchange.started_ns
    request = _fields(exchange.request) | {"body": _bytes(exchange.request.body)}
    plain = {name: value for name, value in _fields(exchange).items() if name not in FORMED}
    return {
        **plain,
        "request": request,
        "headers": [[_latin(name), _latin(value)] for name, value in exchange.headers],
        "reads": [[read.at_ns - start, _bytes(read.data)] for read in exchange.reads],
        "broken": broken and _fields(broken) | {"evidence": _bytes(broken.evidence)},
        **{name: None if (at := getattr(exchange, name)) is None else at - start for name in TIMES},
    }


def exchange_from(data: Mapping[str, Any]) -> Exchange:
    """Read an exchange back; what the line does not tell is as where nothing was said."""
    known = {field.name for field in fields(Exchange) if field.init}
    start, broken, request = data["started_ns"], data["broken"], dict(data["request"])
    headers = tuple((name, value) for name, value in request.pop("headers"))
    told: dict[str, Any] = {name: _tuple(value) for name, value in data.items() if name in known - FORMED}
    return Exchange(
        **told,
        request=Request(**(request | {"headers": headers, "body": _from_bytes(request["body"])})),
        headers=tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in data["headers"]),
        reads=tuple(Read(start + at, _from_bytes(body)) for at, body in data["reads"]),
        broken=broken and Break(**(broken | {"evidence": _from_bytes(broken["evidence"])})),
        headers_ns=None if data["headers_ns"] is None else start + data["headers_ns"],
        ended_ns=None if data["ended_ns"] is None else start + data["ended_ns"],
    )


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}


def _tuple(value: Any) -> Any:
    return tuple(_tuple(item) for item in value) if isinstance(value, list) else value


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes(data: bytes) -> Any:
    """Text where the bytes are UTF-8, else base64 in an object."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _from_bytes(data: Any) -> bytes:
    return base64.b64decode(data["base64"]) if isinstance(data, dict) else str(data).encode()
