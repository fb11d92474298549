"""The chunks of a streamed chat completion."""

from __future__ import annotations

from collections.abc import Iterator

from wireproof.mock.endpoints.chat_request import ChatRequest
from wireproof.mock.endpoints.obfuscation import is_obfuscated, padding_for
from wireproof.mock.model import logprobs
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.speech import speak_in_pieces
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.protocol.answers import OutgoingEvent
from wireproof.mock.provider.body_validation import JsonObject

DONE_EVENT = OutgoingEvent("[DONE]")


def build_chat_chunks(chat: ChatRequest) -> Iterator[JsonObject]:
    """Yields the chunks of a stream: roles, tokens of the choices in turn, finishes, and the usage if requested."""
    shared = {**chat.envelope("chat.completion.chunk"), **chat.optional_members()}
    for index, choice in enumerate(chat.choices):
        yield {**shared, **chunk_members(chat, index, first_delta(chat, choice))}
    deltas_by_choice = [list(choice_deltas(chat, index, choice)) for index, choice in enumerate(chat.choices)]
    for place in range(max(map(len, deltas_by_choice), default=0)):
        for index, deltas in enumerate(deltas_by_choice):
            if place < len(deltas):
                yield {**shared, **chunk_members(chat, index, deltas[place])}
    for index, choice in enumerate(chat.choices):
        yield {**shared, **chunk_members(chat, index, {}, chat.finish_reason(choice))}
    if shows_usage(chat):
        yield {**shared, "choices": [], "usage": chat.usage}


def shows_usage(chat: ChatRequest) -> bool:
    return bool(chat.body.get("stream_options", {}).get("include_usage"))


def first_delta(chat: ChatRequest, choice: GeneratedChoice) -> JsonObject:
    delta: JsonObject = {"role": "assistant", "content": "" if choice.has_text else None}
    return delta | ({"refusal": None} if "refusal" in chat.members else {})


def choice_deltas(chat: ChatRequest, index: int, choice: GeneratedChoice) -> Iterator[JsonObject]:
    """Yields thought and text by token, the picture, and each call: its name, then fragments of its arguments."""
    for member, token in choice.separate_thought:
        yield {member: token}
    if "audio" in chat.body.get("modalities", ()):
        for piece in speak_in_pieces(chat.id, chat.context.created, choice.text):
            yield {"audio": piece}
    else:
        yield from ({"content": token} for token in choice.tokens)
    for token in choice.refusal:
        yield {"refusal": token}
    if pictures := chat.pictures(index):
        yield {"images": pictures}
    for place, call in enumerate(() if chat.uses_functions else choice.calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": place, "id": call.id, "type": "function", "function": opening}]}
        for fragment in tokenize(call.arguments):
            yield {"tool_calls": [{"index": place, "function": {"arguments": fragment}}]}
    for call in choice.calls if chat.uses_functions else ():
        yield {"function_call": {"name": call.name, "arguments": ""}}
        for fragment in tokenize(call.arguments):
            yield {"function_call": {"arguments": fragment}}


def chunk_members(chat: ChatRequest, index: int, delta: JsonObject, finish: str | None = None) -> JsonObject:
    """Returns the members of a chunk beside those that all chunks share."""
    entry: JsonObject = {"index": index, "delta": delta, "finish_reason": finish}
    if chat.top_logprobs is not None and delta.get("content"):
        entry["logprobs"] = logprobs.chat_entries([delta["content"]], chat.top_logprobs)
    elif chat.top_logprobs is not None or "logprobs" in chat.members:
        entry["logprobs"] = None
    extras: JsonObject = {"usage": None} if shows_usage(chat) else {}
    if delta.get("content") and is_obfuscated(chat.members, chat.body):
        extras["obfuscation"] = padding_for(delta["content"])
    return {"choices": [entry], **extras}
