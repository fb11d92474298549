"""The chunks of a streamed chat completion."""

from __future__ import annotations

from collections.abc import Iterator

from wireproof.mock.endpoints.chat_request import ChatRequest, JsonObject
from wireproof.mock.endpoints.obfuscation import is_obfuscated, padding_for
from wireproof.mock.model import logprobs
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.protocol.answers import OutgoingEvent

DONE_EVENT = OutgoingEvent("[DONE]")


def build_chat_chunks(turn: ChatRequest) -> Iterator[JsonObject]:
    """The chunks of a stream: roles, tokens in turns of the choices, finishes, and the usage if asked for."""
    alike = {**turn.envelope("chat.completion.chunk"), **turn.optional_members()}
    for index, one in enumerate(turn.choices):
        yield {**alike, **chunk_members(turn, index, first_delta(turn, one))}
    tracks = [list(choice_deltas(turn, index, one)) for index, one in enumerate(turn.choices)]
    for place in range(max(map(len, tracks), default=0)):
        for index, track in enumerate(tracks):
            if place < len(track):
                yield {**alike, **chunk_members(turn, index, track[place])}
    for index, one in enumerate(turn.choices):
        yield {**alike, **chunk_members(turn, index, {}, turn.finish_reason(one))}
    if shows_usage(turn):
        yield {**alike, "choices": [], "usage": turn.usage}


def shows_usage(turn: ChatRequest) -> bool:
    return bool(turn.body.get("stream_options", {}).get("include_usage"))


def first_delta(turn: ChatRequest, one: GeneratedChoice) -> JsonObject:
    made: JsonObject = {"role": "assistant", "content": None if one.calls else ""}
    return made | ({"refusal": None} if "refusal" in turn.members else {})


def choice_deltas(turn: ChatRequest, index: int, one: GeneratedChoice) -> Iterator[JsonObject]:
    """The thought and the text token by token, the picture, each call's name and then its arguments in fragments."""
    for member, token in one.separate_thought:
        yield {member: token}
    for token in one.tokens:
        yield {"content": token}
    if pictures := turn.pictures(index):
        yield {"images": pictures}
    for place, call in enumerate(() if turn.uses_functions else one.calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": place, "id": call.id, "type": "function", "function": opening}]}
        for fragment in tokenize(call.arguments):
            yield {"tool_calls": [{"index": place, "function": {"arguments": fragment}}]}
    for call in one.calls if turn.uses_functions else ():
        yield {"function_call": {"name": call.name, "arguments": ""}}
        for fragment in tokenize(call.arguments):
            yield {"function_call": {"arguments": fragment}}


def chunk_members(turn: ChatRequest, index: int, delta: JsonObject, finish: str | None = None) -> JsonObject:
    """What a chunk says beside the members in which all of them are alike."""
    made: JsonObject = {"index": index, "delta": delta, "finish_reason": finish}
    if turn.top_logprobs is not None and delta.get("content"):
        made["logprobs"] = logprobs.chat_entries([delta["content"]], turn.top_logprobs)
    elif turn.top_logprobs is not None or "logprobs" in turn.members:
        made["logprobs"] = None
    extras: JsonObject = {"usage": None} if shows_usage(turn) else {}
    if delta.get("content") and is_obfuscated(turn.members, turn.body):
        extras["obfuscation"] = padding_for(delta["content"])
    return {"choices": [made], **extras}
