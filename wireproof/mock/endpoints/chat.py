"""Chat completions, whole and streamed."""

from __future__ import annotations

from wireproof.mock.endpoints.chat_chunks import DONE_EVENT, build_chat_chunks
from wireproof.mock.endpoints.chat_request import ChatRequest, JsonObject, read_chat_request
from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.model import logprobs
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.speech import speak_text
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.model.web_search import with_source
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer


def create_chat_completion(visit: RequestContext, given: JsonObject) -> Answer:
    """The answer to a chat request."""
    turn = read_chat_request(visit, given)
    if turn.body.get("store"):
        visit.stored_items.store(turn.id, {**completion_body(turn), "metadata": turn.body.get("metadata", {})})
    if turn.body.get("stream"):
        return StreamAnswer(
            200, (*map(OutgoingEvent, build_chat_chunks(turn)), DONE_EVENT), tokens=turn.usage["total_tokens"]
        )
    return PlainAnswer(200, completion_body(turn))


def completion_body(turn: ChatRequest) -> JsonObject:
    choices = [choice_body(turn, index, one) for index, one in enumerate(turn.choices)]
    made = {**turn.envelope("chat.completion"), "choices": choices, "usage": turn.usage, **turn.optional_members()}
    return made | ({"prompt_logprobs": None} if "prompt_logprobs" in turn.members else {})


def choice_body(turn: ChatRequest, index: int, one: GeneratedChoice) -> JsonObject:
    made: JsonObject = {
        "index": index,
        "message": message_body(turn, index, one),
        "finish_reason": turn.finish_reason(one),
    }
    if turn.top_logprobs is not None:
        made["logprobs"] = logprobs.chat_entries(one.tokens, turn.top_logprobs)
    elif "logprobs" in turn.members:
        made["logprobs"] = None
    return made | ({"stop_reason": None} if "stop_reason" in turn.members else {})


def message_body(turn: ChatRequest, index: int, one: GeneratedChoice) -> JsonObject:
    made: JsonObject = {"role": "assistant"}
    for member, token in one.separate_thought:
        made[member] = made.get(member, "") + token
    made["content"] = None if one.calls and not one.tokens else one.text
    if one.calls and turn.uses_functions:
        made["function_call"] = function_body(one.calls[0])
    elif one.calls:
        made["tool_calls"] = [tool_call_body(call) for call in one.calls]
    if pictures := turn.pictures(index):
        made["images"] = pictures
    if "audio" in turn.body.get("modalities", ()):
        made |= {"content": None, "audio": speak_text(turn.id, turn.visit.created, one.text)}
    if "web_search_options" in turn.body:
        made["content"], cited = with_source(one.text)
    else:
        cited = []
    extras: JsonObject = {"refusal": None, "annotations": cited}
    return made | {name: value for name, value in extras.items() if name in turn.members}


def tool_call_body(call: Call) -> JsonObject:
    if call.is_custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": function_body(call)}


def function_body(call: Call) -> JsonObject:
    return {"name": call.name, "arguments": call.arguments}
