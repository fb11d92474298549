"""Judgements on stored items, resumed streams and streamed speech, on answers written by hand."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from wireproof.judging.check import BodyRead, Exchange, Inconclusive, Request, Violation

HOLDS = None
RESUME = "http://localhost/v1/responses/r?stream=true&starting_after=1"
TOOLS = {"tools": [{"type": "web_search"}]}


def answered(body: Any, request_body: Any = None, *, status: int = 200, url: str = "http://localhost/v1") -> Exchange:
    sent = b"" if request_body is None else json.dumps(request_body).encode()
    return Exchange(
        target="hand", case="hand", endpoint="responses", step=0, request=Request("POST", url, (), sent), status=status,
        headers=((b"content-type", b"application/json"),), reads=(BodyRead(0, json.dumps(body).encode()),),
    )  # fmt: skip


def streamed(*values: Any, url: str = "http://localhost/v1") -> Exchange:
    body = "".join(f"data: {json.dumps(value)}\n\n" for value in values).encode()
    return Exchange(
        target="hand", case="hand", endpoint="responses", step=0, request=Request("GET", url), status=200,
        headers=((b"content-type", b"text/event-stream"),), reads=(BodyRead(0, body),),
    )  # fmt: skip


def states(*words: str, ids: str = "rrr") -> tuple[Exchange, ...]:
    return tuple(answered({"id": id, "status": word, "output": []}) for id, word in zip(ids, words, strict=True))


def event(number: int, delta: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "sequence_number": number, "delta": delta, **more}


def resumed(*values: Any) -> tuple[Exchange, Exchange]:
    return streamed(event(0), event(1), event(2, "a"), event(3, "b")), streamed(*values, url=RESUME)


def spoken(*pieces: dict[str, Any]) -> Exchange:
    return streamed(*({"choices": [{"index": 0, "delta": {"audio": piece}}]} for piece in pieces))


def sound(data: bytes) -> str:
    return base64.b64encode(data).decode()


def repeated(*counts: int) -> tuple[Exchange, ...]:
    return tuple(
        answered({"usage": {"prompt_tokens": 1200, "prompt_tokens_details": {"cached_tokens": count}}})
        for count in counts
    )


NAMED = {"id": "audio_1", "transcript": "good morning"}
JUDGED: dict[str, tuple[str, dict[str, Any], type[Exception] | None]] = {
    "cancelled for good": ("responses.cancelled", {"exchanges": states("queued", "cancelled", "cancelled")}, HOLDS),
    "completed before it was cancelled": (
        "responses.cancelled", {"exchanges": states("queued", "completed", "completed")}, HOLDS,
    ),
    "still under way": ("responses.cancelled", {"exchanges": states("queued", "in_progress", "completed")}, Violation),
    "cancelled, then completed": (
        "responses.cancelled", {"exchanges": states("queued", "cancelled", "completed")}, Violation,
    ),
    "cancelled by another id": (
        "responses.cancelled", {"exchanges": states("queued", "cancelled", "cancelled", ids="rsr")}, Violation,
    ),
    "the later events": ("responses.resumed", {"exchanges": resumed(event(2, "a"), event(3, "b"))}, HOLDS),
    "the later events with other padding": (
        "responses.resumed", {"exchanges": resumed(event(2, "a", obfuscation="x"), event(3, "b"))}, HOLDS,
    ),
    "one event lost": ("responses.resumed", {"exchanges": resumed(event(3, "b"))}, Violation),
    "another text": ("responses.resumed", {"exchanges": resumed(event(2, "a"), event(3, "c"))}, Violation),
    "a stream that is too short to resume": (
        "responses.resumed", {"exchanges": (streamed(event(0), event(1)), streamed(event(0), url=RESUME))},
        Inconclusive,
    ),
    "a hosted tool refused": (
        "responses.hosted-called", {"exchange": answered({"error": {}}, TOOLS, status=400)}, HOLDS,
    ),
    "a hosted tool used": (
        "responses.hosted-called",
        {"exchange": answered({"output": [{"type": "reasoning"}, {"type": "web_search_call"}]}, TOOLS)},
        HOLDS,
    ),
    "a hosted tool ignored": (
        "responses.hosted-called", {"exchange": answered({"output": [{"type": "message"}]}, TOOLS)}, Violation,
    ),
    "a foreign item hidden": (
        "auth.stored-apart", {"exchanges": (answered({}), answered({"error": {}}, status=404))}, HOLDS,
    ),
    "a foreign item shown": ("auth.stored-apart", {"exchanges": (answered({}), answered({}))}, Violation),
    "a foreign key refused": (
        "auth.stored-apart", {"exchanges": (answered({}), answered({"error": {}}, status=401))}, Inconclusive,
    ),
    "a foreign key limited": (
        "auth.stored-apart",
        {"exchanges": (answered({}), answered({"error": {"message": "rate limit"}}, status=429))},
        Inconclusive,
    ),
    "cached at the second time": ("usage.cached", {"exchanges": repeated(0, 1152)}, HOLDS),
    "cached at the first time alone": ("usage.cached", {"exchanges": repeated(1152, 0)}, Violation),
    "whole samples": (
        "chat.sound-streamed", {"exchange": spoken(NAMED, {"data": sound(b"ab")}, {"data": sound(b"cd")})}, HOLDS,
    ),
    "samples that are split between pieces": (
        "chat.sound-streamed", {"exchange": spoken({"data": sound(b"a")}, {"data": sound(b"bcd")})}, HOLDS,
    ),
    "half a sample": ("chat.sound-streamed", {"exchange": spoken({"data": sound(b"abc")})}, Violation),
    "no base64": ("chat.sound-streamed", {"exchange": spoken({"data": "!"})}, Violation),
    "no sound": ("chat.sound-streamed", {"exchange": spoken(NAMED)}, Violation),
    "an id in the first piece alone": (
        "chat.sound-described", {"exchange": spoken(NAMED, {"data": "AAAA"}, {"expires_at": 1800000000})}, HOLDS,
    ),
    "two ids": (
        "chat.sound-described", {"exchange": spoken(NAMED, {"id": "audio_2", "expires_at": 1800000000})}, Violation,
    ),
    "no end": ("chat.sound-described", {"exchange": spoken(NAMED)}, Violation),
    "another text spoken": (
        "chat.sound-described", {"exchange": spoken({**NAMED, "transcript": "bye", "expires_at": 1})}, Violation,
    ),
    "an expiry in place of a finish reason": (
        "stream.finish", {"exchange": spoken(NAMED, {"expires_at": 1800000000})}, HOLDS,
    ),
    "sound without an end": ("stream.finish", {"exchange": spoken(NAMED)}, Violation),
}  # fmt: skip


@pytest.mark.parametrize(("check", "arguments", "outcome"), JUDGED.values(), ids=JUDGED)
def test_an_answer_is_judged(assert_judged, check, arguments, outcome):
    assert_judged(check, arguments, outcome)
