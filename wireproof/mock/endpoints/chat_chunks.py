"""The chunks of a streamed chat completion."""

from __future__ import annotations

from collections.abc import Iterator

from wireproof.mock.endpoints.chat_request import Json, Turn
from wireproof.mock.endpoints.obfuscation import is_obfuscated, padding
from wireproof.mock.model import logprobs
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.protocol.answers import OutgoingEvent

DONE = OutgoingEvent("[DONE]")


def chunks(turn: Turn) -> Iterator[Json]:
    """The chunks of a stream: roles, tokens in turns of the choices, finishes, and the usage if asked for."""
    alike = {**turn.envelope("chat.completion.chunk"), **turn.trimmings()}
    for index, one in enumerate(turn.spoken):
        yield {**alike, **varied(turn, index, first_delta(turn, one))}
    tracks = [list(deltas(turn, index, one)) for index, one in enumerate(turn.spoken)]
    for place in range(max(map(len, tracks), default=0)):
        for index, track in enumerate(tracks):
            if place < len(track):
                yield {**alike, **varied(turn, index, track[place])}
    for index, one in enumerate(turn.spoken):
        yield {**alike, **varied(turn, index, {}, turn.finish(one))}
    if shows_usage(turn):
        yield {**alike, "choices": [], "usage": turn.usage}


def shows_usage(turn: Turn) -> bool:
    return bool(turn.body.get("stream_options", {}).get("include_usage"))


def first_delta(turn: Turn, one: GeneratedChoice) -> Json:
    made: Json = {"role": "assistant", "content": None if one.calls else ""}
    return made | ({"refusal": None} if "refusal" in turn.members else {})


def deltas(turn: Turn, index: int, one: GeneratedChoice) -> Iterator[Json]:
    """The thought and the text token by token, the picture, each call's name and then its arguments in fragments."""
    for member, token in one.separate_thought:
        yield {member: token}
    for token in one.tokens:
        yield {"content": token}
    if pictures := turn.pictures(index):
        yield {"images": pictures}
    for place, call in enumerate(() if turn.legacy else one.calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": place, "id": call.id, "type": "function", "function": opening}]}
        for fragment in tokenize(call.arguments):
            yield {"tool_calls": [{"index": place, "function": {"arguments": fragment}}]}
    for call in one.calls if turn.legacy else ():
        yield {"function_call": {"name": call.name, "arguments": ""}}
        for fragment in tokenize(call.arguments):
            yield {"function_call": {"arguments": fragment}}


def varied(turn: Turn, index: int, delta: Json, finish: str | None = None) -> Json:
    """What a chunk says beside the members in which all of them are alike."""
    made: Json = {"index": index, "delta": delta, "finish_reason": finish}
    if turn.top is not None and delta.get("content"):
        made["logprobs"] = logprobs.chat_entries([delta["content"]], turn.top)
    elif turn.top is not None or "logprobs" in turn.members:
        made["logprobs"] = None
    extras: Json = {"usage": None} if shows_usage(turn) else {}
    if delta.get("content") and is_obfuscated(turn.members, turn.body):
        extras["obfuscation"] = padding(delta["content"])
    return {"choices": [made], **extras}
