"""The laws that every answer keeps, on answers written by hand: each at its bound, and beside its usual exceptions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wireproof.check import Inconclusive, Undecided, Violation
from wireproof.contract import loading
from wireproof.evidence.exchange import BodyRead, Exchange, Request

PROVIDERS = loading.load_providers()
ORDER = "ha ha ha 1833 1833 and a few words more"
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]


def exchange(body: Any, request: Any = None, *, status: int = 200, media: str = "application/json") -> Exchange:
    return Exchange(
        target="hand",
        case="hand",
        endpoint="chat",
        step=0,
        request=Request("POST", "http://localhost/v1", (), json.dumps(request or {}).encode()),
        status=status,
        headers=((b"content-type", media.encode()),),
        reads=(BodyRead(0, body if isinstance(body, bytes) else json.dumps(body).encode()),),
    )


def chat(text: Any = "ok", *, end: str = "stop", count: int | None = None, request: Any = None, **message: Any):
    usage = (
        {} if count is None else {"usage": {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": 5 + count}}
    )
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": end}
    return exchange({"id": "chatcmpl-1", "choices": [choice], **usage}, request)


def stream(*pieces: str, end: str = "stop", request: Any = None):
    deltas = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    deltas.append({"choices": [{"index": 0, "delta": {}, "finish_reason": end}]})
    events = "".join(f"data: {json.dumps(delta)}\n\n" for delta in deltas) + "data: [DONE]\n\n"
    return exchange(events.encode(), request, media="text/event-stream")


def response(*items: Any, status: str = "completed", reason: str | None = None) -> Exchange:
    details = {"reason": reason} if reason else None
    return exchange({"id": "resp_1", "status": status, "incomplete_details": details, "output": list(items)})


def message(status: str, id: str = "msg_1") -> dict[str, Any]:
    return {"id": id, "type": "message", "status": status, "content": [{"type": "output_text", "text": "ok"}]}


def call(arguments: Any, id: str = "call_1") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


def parity(plain: Exchange, streamed: Exchange) -> dict[str, Exchange]:
    return {"plain": plain, "stream": streamed}


def ordered(text: str, **given: Any) -> Exchange:
    return chat(text, request={"messages": [{"role": "user", "content": f"Say exactly: {ORDER}"}]}, **given)


HOLDS, BROKEN = None, Violation
CAPPED, OFFERED = {"max_tokens": 5}, {"tools": TOOLS}
LAWS = {
    "as many tokens as the cap": ("usage.at-cap", {"exchange": chat(end="length", count=5, request=CAPPED)}, HOLDS),
    "one token less": ("usage.at-cap", {"exchange": chat(end="length", count=4, request=CAPPED)}, BROKEN),
    "fewer tokens, ended by itself": ("usage.at-cap", {"exchange": chat(count=4, request=CAPPED)}, HOLDS),
    "no count": ("usage.at-cap", {"exchange": chat(end="length", request=CAPPED)}, HOLDS),
    "a text without a token": ("usage.covers-text", {"exchange": chat("ok", count=0)}, BROKEN),
    "a token for several words": ("usage.covers-text", {"exchange": chat("of the day by day", count=1)}, HOLDS),
    "a mark of a template": ("text.no-markup", {"exchange": chat("ok<|im_end|>")}, BROKEN),
    "a mark of another template": ("text.no-markup", {"exchange": chat("ok<｜end▁of▁sentence｜>")}, BROKEN),
    "a mark that was asked for": ("text.no-markup", {"exchange": chat("</s>", request={"prompt": "Say </s>"})}, HOLDS),
    "HTML, an address and arrows": (
        "text.no-markup",
        {"exchange": chat("<s>a</i> <b> <http://a.b> |> <| a<b>c")},
        HOLDS,
    ),
    "a call as markup": ("text.no-markup", {"exchange": chat('<tool_call>\n{"name": "get')}, BROKEN),
    "a call as JSON": (
        "calls.not-in-text",
        {"exchange": chat('{"name": "get_weather", "arguments": {"ci', request=OFFERED)},
        BROKEN,
    ),
    "JSON that names no function": ("calls.not-in-text", {"exchange": chat('{"name": "Ada"}', request=OFFERED)}, HOLDS),
    "no arguments": ("calls.arguments", {"exchange": chat(None, tool_calls=[call("")])}, BROKEN),
    "an empty object": ("calls.arguments", {"exchange": chat(None, tool_calls=[call("{}")])}, HOLDS),
    "arguments that the cap cut": (
        "calls.arguments",
        {"exchange": chat(None, end="length", tool_calls=[call('{"')])},
        HOLDS,
    ),
    "one id for two calls": ("calls.own-ids", {"exchange": chat(None, tool_calls=[call("{}"), call("{}")])}, BROKEN),
    "a completed message in a cut response": (
        "responses.items-agree",
        {"exchange": response(message("completed"), status="incomplete", reason="max_output_tokens")},
        BROKEN,
    ),
    "a completed item before the cut one": (
        "responses.items-agree",
        {
            "exchange": response(
                message("completed"), message("incomplete", "msg_2"), status="incomplete", reason="max_output_tokens"
            )
        },
        HOLDS,
    ),
    "a piece lost": ("parity.text", parity(ordered(ORDER), stream("ha ha 1833", " and a few words more")), BROKEN),
    "reasoning before the text": (
        "parity.text",
        parity(ordered(ORDER), stream("I am to say this text now. So: ", ORDER)),
        BROKEN,
    ),
    "a greeting in one of the two": ("parity.text", parity(ordered(ORDER), stream("Sure: ", ORDER)), HOLDS),
    "other words": ("parity.text", parity(ordered(ORDER), stream("I would rather not.")), Undecided),
    "other words twice": ("parity.text", parity(ordered("No."), stream("Never.")), Undecided),
    "a text that the cap cut": (
        "parity.text",
        parity(ordered(ORDER), stream("ha ha ha 1833", end="length")),
        Undecided,
    ),
    "another end": ("parity.end", parity(ordered(ORDER), stream(ORDER, end="length")), BROKEN),
    "another end of another text": ("parity.end", parity(ordered(ORDER), stream("ha", end="length")), Inconclusive),
    "a refusal with another status": (
        "parity.refusal",
        parity(exchange({"error": {}}, status=404), exchange({"error": {}}, status=400)),
        BROKEN,
    ),
    "a route without a key": (
        "auth.each-route",
        {"chat": exchange({"error": {}}, status=401), "route": exchange({"data": []})},
        BROKEN,
    ),
    "a route that is missing": (
        "auth.each-route",
        {"chat": exchange({"error": {}}, status=401), "route": exchange({"error": {}}, status=404)},
        Inconclusive,
    ),
    "a server without keys": ("auth.each-route", {"chat": chat(), "route": exchange({"data": []})}, Inconclusive),
    "blanks up to the cap": (
        "text.no-runaway",
        {"exchanges": (chat('{"city"' + "\n" * 60, end="length", count=64, request={"max_tokens": 64}),)},
        BROKEN,
    ),
    "words up to the cap": (
        "text.no-runaway",
        {"exchanges": (chat('{"city": "a long name', end="length", count=64, request={"max_tokens": 64}),)},
        Undecided,
    ),
    "indented JSON": ("text.no-runaway", {"exchanges": (chat('{\n    "city": "Paris"\n}', count=9),)}, HOLDS),
}


@pytest.mark.parametrize(("check", "arguments", "outcome"), LAWS.values(), ids=LAWS)
def test_a_law_is_kept_or_broken(assert_judged, check, arguments, outcome):
    assert_judged(check, arguments, outcome)


@pytest.mark.parametrize(("split", "outcome"), [(True, BROKEN), (None, BROKEN), (False, HOLDS)])
def test_reasoning_stands_in_the_text_only_where_the_request_keeps_it_there(assert_judged, split, outcome):
    request = {} if split is None else {"reasoning_split": split}
    thought = chat("<think>It is easy.</think> ok", request=request)
    assert_judged("text.no-thoughts", {"exchange": thought, "provider": PROVIDERS["aion"]}, outcome)
    if outcome is not HOLDS:
        assert_judged("text.no-thoughts", {"exchange": thought, "provider": PROVIDERS["openai"]}, outcome)
