"""The Responses API: one request understood, answered whole or as an event stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.mock.endpoints.request_context import Visit, cap_of, check_context, model_for
from wireproof.mock.endpoints.response_input import conversation_of, named
from wireproof.mock.endpoints.response_object import Response
from wireproof.mock.endpoints.response_stream import events
from wireproof.mock.endpoints.stored_answers import Stored
from wireproof.mock.endpoints.usage import response_usage
from wireproof.mock.model.conversation import OPERATOR_ROLES, ChatLine, Conversation, count_prompt_tokens
from wireproof.mock.model.generator import GenerationInput, generate_choice
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.reasoning import find_reasoning_mode
from wireproof.mock.model.sampling import sampling_from_body
from wireproof.mock.model.tool_calls import Tool, ToolChoice
from wireproof.mock.model.vision import refuse_without_vision
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, missing_field, wrong_type
from wireproof.mock.provider.model_entry import Model


def responses(visit: Visit, given: JsonObject) -> Answer:
    """The answer to a request of the Responses API."""
    rules = visit.profile.rules("responses")
    body = body_validation.validate_body(given, rules)
    if "model" not in body:
        raise missing_field("model")
    conversation = continued(visit, body, conversation_of(body, rules))
    check_tools(body.get("tools", ()))
    model = model_for(visit, body["model"], "chat")
    if conversation.last_pictures:
        refuse_without_vision(model.roles, model.id)
    response = understood(visit, body, conversation, model)
    if keeps(visit, body):
        visit.kept.store(response.id, Stored(response.whole(), answered(conversation, response.spoken.text)))
    if body.get("stream"):
        return StreamAnswer(200, events(response), tokens=response.usage["total_tokens"])
    return PlainAnswer(200, response.at("queued", [], None) if body.get("background") else response.whole())


def continued(visit: Visit, body: JsonObject, conversation: Conversation) -> Conversation:
    """The conversation with that of the response it goes on from before it."""
    if "previous_response_id" not in body:
        return conversation
    earlier: Stored = visit.kept.get(body["previous_response_id"], "previous_response_id")
    return Conversation((*earlier.conversation.lines, *conversation.lines))


def answered(conversation: Conversation, said: str) -> Conversation:
    """The conversation with what was said last, and without the instructions, which hold for one response."""
    lines = (line for line in conversation.lines if line.role not in OPERATOR_ROLES)
    return Conversation((*lines, ChatLine("assistant", said)))


def keeps(visit: Visit, body: JsonObject) -> bool:
    """Whether a response is stored, as it is unless the request says otherwise."""
    return "response" in visit.profile.endpoint_names and body.get("store", True) is True


def input_tokens(visit: Visit, given: JsonObject) -> PlainAnswer:
    """The tokens that the input of a response has."""
    rules = visit.profile.rules("responses")
    body = body_validation.validate_body(given, rules)
    if "model" not in body:
        raise missing_field("model")
    model_for(visit, body["model"], "chat")
    conversation = continued(visit, body, conversation_of(body, rules))
    return PlainAnswer(
        200, {"object": "response.input_tokens", "input_tokens": count_prompt_tokens(conversation, body.get("tools"))}
    )


def understood(visit: Visit, body: JsonObject, conversation: Conversation, model: Model) -> Response:
    ask = asked(visit, body, conversation, model)
    prompt = count_prompt_tokens(conversation, body.get("tools"))
    check_context(visit, model, prompt + (ask.cap or 0), named(body))
    spoken = generate_choice(ask, 0)
    usage = response_usage(visit.profile, prompt, spoken.token_count, len(spoken.thought))
    members = visit.profile.members
    return Response(visit.id("resp_", ask.draw), visit.created, body, spoken, usage, ask.draw, members)


def asked(visit: Visit, body: JsonObject, conversation: Conversation, model: Model) -> GenerationInput:
    wanted = body.get("text", {}).get("format", {})
    return GenerationInput(
        conversation=conversation,
        draw=HashRandom.from_values(body["model"], body[named(body)], body.get("instructions")),
        tools=tuple(Tool.from_mapping(tool) for tool in body.get("tools", ()) if tool.get("type") == "function"),
        choice=choice_of(body),
        format=wanted.get("type", "text"),
        schema=wanted.get("schema"),
        cap=cap_of(body, visit.profile.rules("responses").token_cap),
        thinking=find_reasoning_mode(visit.profile, model, body),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(visit.ordinals))),
    )


def choice_of(body: JsonObject) -> ToolChoice:
    given, parallel = body.get("tool_choice", "auto"), body.get("parallel_tool_calls", True)
    if isinstance(given, dict):
        return ToolChoice("named", given.get("name"), parallel)
    return ToolChoice(given, None, parallel)


def check_tools(tools: Sequence[Any]) -> None:
    for place, tool in enumerate(tools):
        if not isinstance(tool, Mapping):
            raise wrong_type(f"tools[{place}]", "object")
        if tool.get("type") == "function" and not isinstance(tool.get("name"), str):
            raise missing_field(f"tools[{place}].name")
