"""A request that a client sent, as data for the client's author: without its key, with the verdict of its schema."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from wireproof.contract.schemas import SchemaSet
from wireproof.evidence.redactor import Redactor
from wireproof.formats.strict_json import NotJson, parse_json

# Headers that carry a secret, whatever the contract.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"})
# Of a longer body the beginning is shown, as text.
MAX_SHOWN_BODY = 64 * 1024
SCHEMES = ("basic", "bearer")


def describe_request(
    schemas: str, endpoint: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
) -> dict[str, Any]:
    """The path, the headers and the body of a request, and what breaks the schema of its endpoint.

    Args:
        schemas: the folder of the contract below schemas/; empty for a path of no contract.
    """
    lines = list(headers)
    redactor = _redactor(
        tuple(secret for name, value in lines if name.lower() in SECRET_HEADERS for secret in value.split())
    )
    facts = {
        "path": path,
        "headers": dict(lines),
        "body": _shown_body(body),
        **_verdict(schemas, endpoint, body),
    }
    masked: dict[str, Any] = redactor.mask_facts(facts)
    return masked


def _shown_body(body: bytes) -> Any:
    """The JSON value of a body, or its text; cut if it is long."""
    text = body[:MAX_SHOWN_BODY].decode("utf-8", "replace")
    try:
        return text if len(body) > MAX_SHOWN_BODY else parse_json(text)
    except NotJson:
        return text


def _verdict(schemas: str, endpoint: str, body: bytes) -> dict[str, Any]:
    """`valid` is null if the contract has no schema for the request, or if the body is a form."""
    schema = SchemaSet(schemas).shape(f"{endpoint}.request") if schemas and endpoint else None
    if schema is None or not body or body.startswith(b"--"):
        return {"valid": None, "findings": []}
    try:
        found = schema.findings(parse_json(body))
    except NotJson as problem:
        return {"valid": False, "findings": [{"where": "", "expected": "JSON", "actual": str(problem)}]}
    findings = [{"where": one.where, "expected": one.expected, "actual": one.actual} for one in found]
    return {"valid": not findings, "findings": findings}


@lru_cache(maxsize=256)
def _redactor(secrets: tuple[str, ...]) -> Redactor:
    return Redactor.from_secrets(secret for secret in secrets if secret.lower() not in SCHEMES)
