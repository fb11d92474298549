"""Chat completions, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wireproof.mock import logprobs, validate
from wireproof.mock.answer import Ask, Spoken, speak_once
from wireproof.mock.conversation import Conversation, from_messages, prompt_tokens
from wireproof.mock.draw import Draw, fingerprint
from wireproof.mock.endpoint import Visit, cap_of, check_context, model_for, stops_of
from wireproof.mock.messages import check_chat
from wireproof.mock.said import Answer, Event, Said, Told
from wireproof.mock.tokens import pieces
from wireproof.mock.tools import Call, Tool, named_choice
from wireproof.mock.usage import chat_usage

Json = dict[str, Any]
DONE = Event("[DONE]")


@dataclass(frozen=True, slots=True)
class Turn:
    """One chat request understood: what to say, and in which form."""

    visit: Visit
    body: Json
    spoken: tuple[Spoken, ...]
    usage: Json
    id: str

    @property
    def top(self) -> int | None:
        """How many alternatives each token shows; none where logprobs are not asked for."""
        return int(self.body.get("top_logprobs", 0)) if self.body.get("logprobs") else None

    def envelope(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.visit.created, "model": self.body["model"]}

    def trimmings(self) -> Json:
        """The members that only some profiles show."""
        known = {"service_tier": "default", "system_fingerprint": fingerprint(self.body["model"])}
        return {name: value for name, value in known.items() if name in self.visit.profile.members}


def chat(visit: Visit, given: Json) -> Answer:
    """The answer to a chat request."""
    rules = visit.profile.rules("chat")
    body = validate.fields(given, rules)
    check_chat(body, rules)
    model = model_for(visit, body["model"], "chat")
    turn = understood(visit, body)
    cap = cap_of(body, rules.token_cap, "max_tokens", "max_completion_tokens")
    check_context(visit, model, turn.usage["prompt_tokens"] + (cap or 0), "messages")
    if body.get("stream"):
        return Told(200, (*map(Event, chunks(turn)), DONE), tokens=turn.usage["total_tokens"])
    return Said(200, whole(turn))


def understood(visit: Visit, body: Json) -> Turn:
    conversation = from_messages(body["messages"], body.get("system"))
    draw = Draw.of(body["model"], body["messages"], body.get("system"), body.get("seed"))
    ask = asked(visit, body, conversation, draw)
    spoken = tuple(speak_once(ask, index) for index in range(int(body.get("n", 1))))
    prompt = prompt_tokens(conversation, body.get("tools"))
    usage = chat_usage(visit.profile, prompt, sum(one.size for one in spoken))
    return Turn(visit, body, spoken, usage, visit.id("chatcmpl-", draw))


def asked(visit: Visit, body: Json, conversation: Conversation, draw: Draw) -> Ask:
    wanted = body.get("response_format", {})
    cap = cap_of(body, visit.profile.rules("chat").token_cap, "max_tokens", "max_completion_tokens")
    return Ask(
        conversation=conversation,
        draw=draw,
        tools=tuple(Tool.from_mapping(tool["function"]) for tool in body.get("tools", ())),
        choice=named_choice(body.get("tool_choice"), parallel=body.get("parallel_tool_calls", True)),
        format=wanted.get("type", "text"),
        schema=wanted.get("json_schema", {}).get("schema"),
        stops=stops_of(body),
        cap=cap,
    )


def whole(turn: Turn) -> Json:
    choices = [choice(turn, index, one) for index, one in enumerate(turn.spoken)]
    return {**turn.envelope("chat.completion"), "choices": choices, "usage": turn.usage, **turn.trimmings()}


def choice(turn: Turn, index: int, one: Spoken) -> Json:
    made: Json = {"index": index, "message": message(turn, one), "finish_reason": one.finish}
    if turn.top is not None:
        made["logprobs"] = logprobs.chat_entries(one.tokens, turn.top)
    elif "logprobs" in turn.visit.profile.members:
        made["logprobs"] = None
    return made


def message(turn: Turn, one: Spoken) -> Json:
    made: Json = {"role": "assistant", "content": None if one.calls else one.text}
    if one.calls:
        made["tool_calls"] = [{"id": call.id, "type": "function", "function": function(call)} for call in one.calls]
    extras: Json = {"refusal": None, "annotations": []}
    return made | {name: value for name, value in extras.items() if name in turn.visit.profile.members}


def function(call: Call) -> Json:
    return {"name": call.name, "arguments": call.arguments}


def chunks(turn: Turn) -> Iterator[Json]:
    """The chunks of a stream: roles, tokens in turns of the choices, finishes, and the usage if asked for."""
    for index, one in enumerate(turn.spoken):
        yield chunk(turn, index, first_delta(turn, one))
    tracks = [list(deltas(one)) for one in turn.spoken]
    for place in range(max(map(len, tracks), default=0)):
        for index, track in enumerate(tracks):
            if place < len(track):
                yield chunk(turn, index, track[place])
    for index, one in enumerate(turn.spoken):
        yield chunk(turn, index, {}, one.finish)
    if shows_usage(turn):
        yield {
            **turn.envelope("chat.completion.chunk"),
            **turn.trimmings(),
            "choices": [],
            "usage": turn.usage,
        }


def shows_usage(turn: Turn) -> bool:
    return bool(turn.body.get("stream_options", {}).get("include_usage"))


def first_delta(turn: Turn, one: Spoken) -> Json:
    made: Json = {"role": "assistant", "content": None if one.calls else ""}
    return made | ({"refusal": None} if "refusal" in turn.visit.profile.members else {})


def deltas(one: Spoken) -> Iterator[Json]:
    """The text token by token, or each call's name and then its arguments in fragments."""
    for token in one.tokens:
        yield {"content": token}
    for index, call in enumerate(one.calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": opening}]}
        for fragment in pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


def chunk(turn: Turn, index: int, delta: Json, finish: str | None = None) -> Json:
    made: Json = {"index": index, "delta": delta, "finish_reason": finish}
    if turn.top is not None and delta.get("content"):
        made["logprobs"] = logprobs.chat_entries([delta["content"]], turn.top)
    elif turn.top is not None or "logprobs" in turn.visit.profile.members:
        made["logprobs"] = None
    usage: Json = {"usage": None} if shows_usage(turn) else {}
    return {**turn.envelope("chat.completion.chunk"), **turn.trimmings(), "choices": [made], **usage}
