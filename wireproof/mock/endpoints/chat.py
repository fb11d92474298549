"""Chat completions, whole and streamed."""

from __future__ import annotations

from wireproof.mock.endpoints.chat_chunks import DONE, chunks
from wireproof.mock.endpoints.chat_request import Json, Turn, understood
from wireproof.mock.endpoints.request_context import Visit
from wireproof.mock.model import logprobs
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.speech import speak_text
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.model.web_search import with_source
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer


def chat(visit: Visit, given: Json) -> Answer:
    """The answer to a chat request."""
    turn = understood(visit, given)
    if turn.body.get("store"):
        visit.kept.store(turn.id, {**whole(turn), "metadata": turn.body.get("metadata", {})})
    if turn.body.get("stream"):
        return StreamAnswer(200, (*map(OutgoingEvent, chunks(turn)), DONE), tokens=turn.usage["total_tokens"])
    return PlainAnswer(200, whole(turn))


def whole(turn: Turn) -> Json:
    choices = [choice(turn, index, one) for index, one in enumerate(turn.spoken)]
    made = {**turn.envelope("chat.completion"), "choices": choices, "usage": turn.usage, **turn.trimmings()}
    return made | ({"prompt_logprobs": None} if "prompt_logprobs" in turn.members else {})


def choice(turn: Turn, index: int, one: GeneratedChoice) -> Json:
    made: Json = {"index": index, "message": message(turn, index, one), "finish_reason": turn.finish(one)}
    if turn.top is not None:
        made["logprobs"] = logprobs.chat_entries(one.tokens, turn.top)
    elif "logprobs" in turn.members:
        made["logprobs"] = None
    return made | ({"stop_reason": None} if "stop_reason" in turn.members else {})


def message(turn: Turn, index: int, one: GeneratedChoice) -> Json:
    made: Json = {"role": "assistant"}
    for member, token in one.separate_thought:
        made[member] = made.get(member, "") + token
    made["content"] = None if one.calls and not one.tokens else one.text
    if one.calls and turn.legacy:
        made["function_call"] = function(one.calls[0])
    elif one.calls:
        made["tool_calls"] = [tool_call(call) for call in one.calls]
    if pictures := turn.pictures(index):
        made["images"] = pictures
    if "audio" in turn.body.get("modalities", ()):
        made |= {"content": None, "audio": speak_text(turn.id, turn.visit.created, one.text)}
    if "web_search_options" in turn.body:
        made["content"], cited = with_source(one.text)
    else:
        cited = []
    extras: Json = {"refusal": None, "annotations": cited}
    return made | {name: value for name, value in extras.items() if name in turn.members}


def tool_call(call: Call) -> Json:
    if call.is_custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": function(call)}


def function(call: Call) -> Json:
    return {"name": call.name, "arguments": call.arguments}
