"""The JSON form of an exchange, one line of the ledger."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from wireproof.evidence.exchange import BodyRead, Exchange, Request, TransportFailure

# Fields that need conversion; every other one is a JSON value already.
TIME_FIELDS = ("headers_ns", "ended_ns")
SPECIAL_FIELDS = frozenset({"request", "headers", "reads", "broken", "attempts", *TIME_FIELDS})


def exchange_to_json(exchange: Exchange) -> dict[str, Any]:
    """The JSON form of an exchange; times are relative to its start."""
    broken, start = exchange.broken, exchange.started_ns
    request = _field_values(exchange.request) | {"body": _bytes_to_json(exchange.request.body)}
    plain = {name: value for name, value in _field_values(exchange).items() if name not in SPECIAL_FIELDS}
    return {
        **plain,
        "request": request,
        "headers": [[_latin1_text(name), _latin1_text(value)] for name, value in exchange.headers],
        "reads": [[read.at_ns - start, _bytes_to_json(read.data)] for read in exchange.reads],
        "attempts": [exchange_to_json(attempt) for attempt in exchange.attempts],
        "broken": broken and _field_values(broken) | {"evidence": _bytes_to_json(broken.evidence)},
        **{name: None if (at := getattr(exchange, name)) is None else at - start for name in TIME_FIELDS},
    }


def exchange_from_json(data: Mapping[str, Any]) -> Exchange:
    """The exchange of a JSON form; missing members get their defaults."""
    field_names = {field.name for field in fields(Exchange) if field.init}
    start, broken, request = data["started_ns"], data["broken"], dict(data["request"])
    headers = tuple((name, value) for name, value in request.pop("headers"))
    plain: dict[str, Any] = {
        name: _lists_to_tuples(value) for name, value in data.items() if name in field_names - SPECIAL_FIELDS
    }
    return Exchange(
        **plain,
        request=Request(**(request | {"headers": headers, "body": _bytes_from_json(request["body"])})),
        headers=tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in data["headers"]),
        reads=tuple(BodyRead(start + at, _bytes_from_json(body)) for at, body in data["reads"]),
        attempts=tuple(exchange_from_json(attempt) for attempt in data.get("attempts", ())),
        broken=broken and TransportFailure(**(broken | {"evidence": _bytes_from_json(broken["evidence"])})),
        headers_ns=None if data["headers_ns"] is None else start + data["headers_ns"],
        ended_ns=None if data["ended_ns"] is None else start + data["ended_ns"],
    )


def _field_values(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}


def _lists_to_tuples(value: Any) -> Any:
    return tuple(_lists_to_tuples(item) for item in value) if isinstance(value, list) else value


def _latin1_text(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes_to_json(data: bytes) -> Any:
    """Text for UTF-8, else base64 in an object."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _bytes_from_json(data: Any) -> bytes:
    return base64.b64decode(data["base64"]) if isinstance(data, dict) else str(data).encode()
