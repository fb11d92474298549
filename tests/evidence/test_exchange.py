"""Properties of a frozen exchange."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import zlib
from dataclasses import MISSING, fields, replace

import pytest

from wireproof.client.partial_response import PartialResponse
from wireproof.evidence.curl import curl_command
from wireproof.evidence.exchange import BodyRead, Exchange, Request, TransportFailure, find_usage
from wireproof.formats.strict_json import NotJson

REQUEST = Request("POST", "http://127.0.0.1:1/v1/chat/completions")


def exchange(body: bytes = b"", *headers: tuple[str, str], status: int | None = 200) -> Exchange:
    lines = tuple((name.encode(), value.encode("latin-1")) for name, value in headers)
    reads = tuple(BodyRead(at, body[at : at + 3]) for at in range(0, len(body), 3))
    return Exchange("t", "c", "chat", 0, REQUEST, status=status, headers=lines, reads=reads)


def test_the_body_is_the_joined_reads() -> None:
    assert exchange(b'{"a": [1, 2]}').json == {"a": [1, 2]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"{} {}", id="two-texts"),
        pytest.param(b'{"a": NaN}', id="not-a-number"),
        pytest.param(b"-Infinity", id="minus-infinity"),
        pytest.param(b'"\xff"', id="not-utf-8"),
        pytest.param(b"[" * 100_000, id="too-deep"),
        pytest.param(b"1" * 5000, id="a-number-of-5000-digits"),
    ],
)
def test_a_body_that_is_not_one_json_text_raises_not_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        _ = exchange(body).json


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        pytest.param("gzip", gzip.compress(b'{"a": 1}'), id="gzip"),
        pytest.param("GZIP", gzip.compress(b'{"a": 1}'), id="upper-case"),
        pytest.param("deflate", zlib.compress(b'{"a": 1}'), id="deflate"),
        pytest.param("identity", b'{"a": 1}', id="identity"),
        pytest.param("gzip", b'{"a": 1}', id="a-coding-that-is-only-claimed"),
    ],
)
def test_a_content_coding_is_decoded(coding: str, coded: bytes) -> None:
    assert exchange(coded, ("Content-Encoding", coding)).json == {"a": 1}


def test_a_coded_stream_is_decoded() -> None:
    found = exchange(gzip.compress(b"data: a\n\n"), ("Content-Encoding", "gzip")).stream
    assert [event.data for event in found.events] == ["a"]


def test_header_names_are_case_insensitive_and_every_line_is_kept() -> None:
    found = exchange(b"", ("X-One", "a"), ("x-one", "b"))
    assert (found.header("X-ONE"), found.header_values("x-One"), found.header("x-two")) == ("a", ("a", "b"), None)


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        pytest.param("text/event-stream; charset=utf-8", "text/event-stream", id="a-parameter"),
        pytest.param("Application/JSON", "application/json", id="case"),
        pytest.param("", "", id="empty"),
    ],
)
def test_the_content_type_has_no_parameters(value: str, media_type: str) -> None:
    assert exchange(b"", ("Content-Type", value)).content_type == media_type


@pytest.mark.parametrize(
    ("status", "broken", "answered"),
    [
        pytest.param(200, None, True, id="whole"),
        pytest.param(204, None, True, id="another-success"),
        pytest.param(301, None, False, id="redirected"),
        pytest.param(404, None, False, id="refused"),
        pytest.param(None, None, False, id="nothing-came"),
        pytest.param(200, TransportFailure("idle", "nothing came"), False, id="broken-off"),
    ],
)
def test_only_a_complete_2xx_response_is_a_success(
    status: int | None, broken: TransportFailure | None, answered: bool
) -> None:
    assert replace(exchange(status=status), broken=broken).is_success is answered


def test_a_changed_copy_does_not_reuse_the_body_of_the_original() -> None:
    first = exchange(b'{"a": 1}')
    assert first.json == {"a": 1}
    assert replace(first, reads=(BodyRead(0, b'{"a": 2}'),)).json == {"a": 2}


@pytest.mark.parametrize(
    ("body", "kind", "usage"),
    [
        pytest.param(b'{"usage": {"prompt_tokens": 3}}', "application/json", {"prompt_tokens": 3}, id="an-answer"),
        pytest.param(b'data: {"usage": {"a": 1}}\n\n', "text/event-stream", {"a": 1}, id="a-stream"),
        pytest.param(b'{"usage": 7}', "application/json", {}, id="a-number"),
        pytest.param(b"[]", "application/json", {}, id="a-list"),
        pytest.param(b"<html>", "text/html", {}, id="html"),
    ],
)
def test_usage_is_found_in_responses_and_streams(body: bytes, kind: str, usage: dict[str, int]) -> None:
    assert find_usage(exchange(body, ("Content-Type", kind))) == usage


def test_the_curl_command_sends_the_same_request_with_the_key_from_the_environment() -> None:
    """A shell parses the command; a shell function in place of curl prints the arguments."""
    body = json.dumps({"text": 'it\'s $HOME `id` "x" \\ ä\n'}, ensure_ascii=False).encode()
    headers = (("Authorization", "Bearer $WIREPROOF_KEY"), ("X-Odd", 'a\'b "c" \\d'))
    command = curl_command(Request("POST", "http://127.0.0.1:1/v1/models/a%2Fb?x=1&y=$z", headers, body))
    shell = subprocess.run(
        ["sh", "-c", "curl() { printf '%s\\0' \"$@\"; }; " + command],
        env={**os.environ, "WIREPROOF_KEY": "sk-secret"},
        capture_output=True,
        check=True,
    )
    arguments = shell.stdout.decode().split("\0")[:-1]
    assert arguments[5:] == [
        "http://127.0.0.1:1/v1/models/a%2Fb?x=1&y=$z",
        "-H",
        "Authorization: Bearer sk-secret",
        "-H",
        'X-Odd: a\'b "c" \\d',
        "--data-binary",
        body.decode(),
    ]


def test_an_exchange_has_every_member_of_the_response_that_it_is_made_of() -> None:
    response = PartialResponse(
        sent_at=1.0,
        started_ns=2,
        status=201,
        http_version="HTTP/1.1",
        headers=((b"A", b"b"),),
        headers_ns=3,
        reads=[BodyRead(4, b"x")],
        ended_ns=5,
        broken=TransportFailure("idle", "nothing came"),
        truncated=True,
        connection=6,
        interim=(100,),
        left=True,
        stalled_ns=7,
        reset_after=True,
        reused=True,
    )
    made = Exchange.from_response(response, REQUEST, target="t", case="c", endpoint="chat", step=1, retries=("again",))
    members = {one.name: getattr(made, one.name) for one in fields(Exchange) if one.init}
    came = {one.name: getattr(response, one.name) for one in fields(PartialResponse)} | {"reads": (BodyRead(4, b"x"),)}
    assert came.items() <= members.items()
    defaults = {one.name: one.default for one in fields(Exchange) if one.init and one.default is not MISSING}
    assert [name for name, default in defaults.items() if members[name] == default] == ["attempts", "cut_before"]
