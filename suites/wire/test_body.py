"""Rules of JSON (RFC 8259) and HTTP (RFC 9110) for the body of every answer."""

from __future__ import annotations

import json
import re
from typing import Any

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotJson, Violation, check

ANSWER_MEMBERS = ("choices", "data", "output", "embedding")


def json_document(exchange: Exchange) -> Any:
    """The JSON of a body; None for a stream, an empty body and anything else."""
    expect.complete(exchange)
    if expect.is_stream(exchange):
        return None
    try:
        return exchange.json
    except NotJson:
        return None


def plain_body(exchange: Exchange, case: Case) -> bytes:
    """The bytes of a body that is no event stream. Raises Inconclusive for a refusal that the case does not provoke."""
    expect.complete(exchange)
    if not exchange.is_success and case.kind != "refusal":
        raise Inconclusive(f"the request was refused with {exchange.status}")
    # A stream in place of a refusal is judged by the check of that refusal.
    if expect.is_stream(exchange) and (case.kind == "stream" or expect.asks_for_stream(exchange)):
        raise Inconclusive("the body is an event stream")
    return exchange.body


@check("wire.json", any_answer=True, every_request=True)
def test_json(exchange: Exchange, case: Case) -> None:
    """A body that is no event stream is exactly one JSON text."""
    plain_body(exchange, case)
    try:
        expect.json_body(exchange)
    except Violation as violation:
        violation.judged_by = expect.check_for_server_error(exchange)
        raise


@check("wire.utf-8", any_answer=True, every_request=True)
def test_utf8(exchange: Exchange, case: Case) -> None:
    """A JSON body is UTF-8 without a byte order mark."""
    body = plain_body(exchange, case)
    expect.condition(not body.startswith(b"\xef\xbb\xbf"), "no byte order mark", body[:8].hex(" "), where="byte 0")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        actual = f"{error.reason}: {body[error.start : error.start + 8].hex(' ')}"
        raise Violation("UTF-8", actual, where=f"byte {error.start}") from None


@check("wire.charset", any_answer=True, every_request=True)
def test_charset(exchange: Exchange) -> None:
    """A charset that the content type names is utf-8."""
    expect.complete(exchange)
    found = re.search(r"charset\s*=\s*\"?([^\s\";]*)", exchange.header("content-type") or "", re.I)
    if found:
        expect.equal(found[1].lower(), "utf-8", where="header Content-Type")


@check("wire.unique-members", any_answer=True, every_request=True)
def test_unique_members(exchange: Exchange) -> None:
    """The members of each JSON object in a body have distinct names."""
    if json_document(exchange) is None:
        raise Inconclusive("the body is no JSON text")

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in members]
        twice = sorted({name for name in names if names.count(name) > 1})
        expect.condition(not twice, "each member once", f"more than once: {', '.join(twice)}", where="body")
        return dict(members)

    json.loads(exchange.body, object_pairs_hook=pairs)


@check("wire.no-padding", any_answer=True, every_request=True)
def test_no_padding(exchange: Exchange, case: Case) -> None:
    """The first byte of a JSON body belongs to the JSON text."""
    body = plain_body(exchange, case)
    padding = len(body) - len(body.lstrip())
    expect.condition(padding == 0, "no whitespace before the JSON text", f"{padding} bytes of it", where="byte 0")


@check("wire.status-body", any_answer=True, every_request=True)
def test_status_body(exchange: Exchange, case: Case) -> None:
    """Status and body agree: success brings no error object, and a refusal brings no answer."""
    expect.complete(exchange)
    if exchange.content_type == "text/event-stream" and not exchange.is_success:
        is_labelled_only = not exchange.stream.events
        raise Violation(
            f"a plain body in a refusal with {exchange.status}",
            f"{exchange.content_type} for {expect.display_text(exchange.text)}" if is_labelled_only else "a stream",
            where="header Content-Type" if is_labelled_only else "body",
        )
    if expect.is_stream(exchange):
        return
    body = json_document(exchange)
    if case.kind == "text" and exchange.is_success and not isinstance(body, dict):
        return
    if not isinstance(body, dict):
        raise Inconclusive("the body is no JSON object")
    if exchange.is_success and body.get("object") != "response" and body.get("error"):
        actual = f"{exchange.status} with {expect.display_text(body)}"
        raise Violation("no error object in an answer", actual, where="/error")
    if exchange.status is not None and exchange.status >= 400:
        members = [name for name in ANSWER_MEMBERS if isinstance(body.get(name), list)]
        actual = f"{exchange.status} with {', '.join(members)}"
        expect.condition(not members, "no answer in a refusal", actual, where="body")
