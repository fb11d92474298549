"""Faults of the Responses API in what stands for the prompt, of its models, and of the ways a key is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.contract_changes import auth, row
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, heard_as, with_header
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

HEARD = "hi"
# The least that OpenAI takes.
LEAST_TOKENS = 16


def responding(change: Callable[[Body], Body]) -> Lapse:
    """A lapse that hears another request for a response."""

    def hear(received: HttpRequest, profile: Profile) -> HttpRequest:
        return heard_as(received, change) if received.path.endswith("/responses") else received

    return Lapse(hear=hear)


def without(name: str, body: Body) -> Body:
    return {key: value for key, value in body.items() if key != name}


def each_part(change: Callable[[list[Any]], Any]) -> Lapse:
    """A lapse that hears something else in place of the parts of each item or message."""

    def changed(body: Body) -> Body:
        given = {name: body[name] for name in ("input", "messages") if isinstance(body.get(name), list)}
        return {**body, **{name: [other(item) for item in items] for name, items in given.items()}}

    def other(item: Any) -> Any:
        parts = item.get("content") if isinstance(item, dict) else None
        return {**item, "content": change(parts)} if isinstance(parts, list) else item

    return responding(changed)


def few_models(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Only the first model of the catalogue is known to the Responses API."""

    def heard(body: Body) -> Body:
        known = body.get("model") == profile.catalogue[0].id or not isinstance(body.get("model"), str)
        return body if known else {**body, "model": "no-such-model"}

    return heard_as(received, heard) if received.path.endswith("/responses") else received


def own_header(received: HttpRequest, profile: Profile) -> HttpRequest:
    """A key in a header named after its scheme is as good as one in the promised header."""
    given = [value for name, value in received.headers if name == "api-key"]
    headers = ((profile.auth.header.lower(), f"Bearer {given[0]}"), *received.headers) if given else received.headers
    return replace(received, headers=headers)


def as_chat(answer: Answer, done: bool) -> Answer:
    """The text of a streamed response in chunks as of a chat."""
    if not isinstance(answer, StreamAnswer) or not any(event.name == "response.created" for event in answer.events):
        return answer
    values = [event.data for event in answer.events if isinstance(event.data, dict)]
    id = values[0]["response"]["id"]
    texts = [value["delta"] for value in values if value["type"] == "response.output_text.delta"]
    deltas = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts), {}]
    chunks = [{"id": id, "object": "chat.completion.chunk", "choices": [choice(delta)]} for delta in deltas]
    return replace(answer, events=(*map(OutgoingEvent, chunks), *([OutgoingEvent("[DONE]")] if done else [])))


def choice(delta: Body) -> Body:
    return {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}


def capped(body: Body) -> Body:
    cap = body.get("max_output_tokens")
    return {**body, "max_output_tokens": -1} if isinstance(cap, int) and 0 < cap < LEAST_TOKENS else body


LAPSES: Mapping[str, Lapse] = {
    "response-messages-refused": responding(lambda body: without("messages", body)),
    "response-messages-ignored": responding(
        lambda body: (
            {**without("messages", body), "input": HEARD} if "messages" in body and "input" not in body else body
        )
    ),
    "response-input-wins": responding(lambda body: without("messages", body) if "input" in body else body),
    "response-without-input": responding(
        lambda body: body if "input" in body or "messages" in body else {**body, "input": HEARD}
    ),
    "response-parts-refused": each_part(lambda parts: 7),
    "response-first-part-only": each_part(lambda parts: parts[:1]),
    "response-small-cap-refused": responding(capped),
    "response-knows-fewer-models": Lapse(hear=few_models),
    "response-stream-as-chat": Lapse(say=lambda answer, received: as_chat(answer, True)),
    "response-stream-as-chat-without-done": Lapse(say=lambda answer, received: as_chat(answer, False)),
    "second-scheme-refused": auth(schemes=("Bearer",)),
    "key-in-another-header-accepted": Lapse(hear=own_header),
    "revoked-key-accepted": with_header("authorization", lambda value: value.replace("mock-revoked", "mock-standard")),
    "public-list-needs-key": auth(public=()),
    "out-of-range-as-422": row("out-of-range", status=422),
    "out-of-range-as-502": row("out-of-range", status=502),
    "misconfigured-as-500": row("misconfigured", status=500),
    "upstream-failed-as-500": row("upstream-failed", status=500),
}
