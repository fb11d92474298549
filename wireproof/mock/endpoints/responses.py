"""The Responses API: validates a request, and answers it whole or as an event stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wireproof.mock.endpoints.input_items import items_from_input
from wireproof.mock.endpoints.request_context import (
    RequestContext,
    check_context_length,
    count_cached_tokens,
    find_model,
    lowest_cap,
    scripted_answer,
)
from wireproof.mock.endpoints.response_input import CALLS, conversation_from_input, input_member
from wireproof.mock.endpoints.response_object import ResponseObject
from wireproof.mock.endpoints.response_stream import build_events
from wireproof.mock.endpoints.stored_responses import StoredResponse
from wireproof.mock.endpoints.usage import response_usage
from wireproof.mock.model.conversation import OPERATOR_ROLES, ChatLine, Conversation, count_prompt_tokens
from wireproof.mock.model.generator import GeneratedChoice, GenerationInput, generate_choice
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.reasoning import find_reasoning_mode
from wireproof.mock.model.sampling import sampling_from_body
from wireproof.mock.model.tool_calls import Tool, ToolChoice
from wireproof.mock.model.vision import refuse_without_vision
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, missing_field, out_of_range
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.request_rules import BodyRules

# A hosted tool would need a service that this server is not.
RESPONSE_TOOLS = ("function", "custom")


def create_response(context: RequestContext, raw_body: JsonObject) -> Answer:
    """Returns the answer to a request of the Responses API."""
    rules = context.profile.rules("responses")
    body = body_validation.validate_body(raw_body, rules)
    if "model" not in body:
        raise missing_field("model")
    check_references(context, body)
    conversation = with_earlier_conversation(context, body, rules)
    check_response_tools(body.get("tools", ()))
    model = find_model(context, body["model"], "chat")
    if conversation.last_pictures:
        refuse_without_vision(model.roles, model.id)
    response = make_response(context, body, conversation, model)
    if stores_response(context, body):
        store_response(context, response, with_answer(conversation, response.choice))
    if body.get("stream"):
        events, tokens = build_events(response), response.usage["total_tokens"]
        return StreamAnswer(200, events, tokens=tokens, delay_s=response.delay_s)
    whole = response.as_json_at("queued", [], None) if body.get("background") else response.as_json()
    return PlainAnswer(200, whole, delay_s=response.delay_s)


def with_earlier_conversation(context: RequestContext, body: JsonObject, rules: BodyRules) -> Conversation:
    """Returns the conversation in the body, preceded by that of `previous_response_id`."""
    if "previous_response_id" not in body:
        return conversation_from_input(body, rules)
    earlier = earlier_response(context, body)
    conversation = conversation_from_input(body, rules, call_ids(earlier.response))
    return Conversation((*earlier.conversation.lines, *conversation.lines))


def check_references(context: RequestContext, body: JsonObject) -> None:
    """Refuses what refers to a thing that is not stored: conversations and prompts never are."""
    for name in ("conversation", "prompt"):
        if name in body:
            value = body[name]
            context.stored_items.get(value["id"] if isinstance(value, dict) else value, name)
    if body.get("background") and body.get("store") is False:
        raise out_of_range("background", "'background' needs 'store' to be true.")
    items = body["input"] if isinstance(body.get("input"), list) else []
    for index, item in enumerate(items):
        is_reference = isinstance(item, dict) and item.get("type") == "item_reference"
        if is_reference and str(item.get("id")) not in items_by_id(context):
            raise out_of_range(f"input[{index}].id", f"Item with id '{item.get('id')}' not found.")


def earlier_response(context: RequestContext, body: JsonObject) -> StoredResponse:
    """Returns the response that the request continues; raises RequestRefused if it is not stored."""
    name = "previous_response_id"
    earlier: StoredResponse = context.stored_items.get(body[name], name, StoredResponse)
    return earlier


def items_by_id(context: RequestContext) -> dict[str, JsonObject]:
    """The items of the stored responses, of their input and of their output."""
    # A copy, because another request of the account may store an item meanwhile.
    stored = [item for item in tuple(context.stored_items.items.values()) if isinstance(item, StoredResponse)]
    return {item["id"]: item for answer in stored for item in (*answer.input_items, *answer.response["output"])}


def store_response(context: RequestContext, made: ResponseObject, conversation: Conversation) -> None:
    """Stores a response with the items of its input."""
    body = made.body
    items = items_from_input(body[input_member(body)], items_by_id(context), made.id)
    if "previous_response_id" in body:
        earlier = earlier_response(context, body)
        items = [*earlier.input_items, *earlier.response["output"], *items]
    is_pending = bool(body.get("background")) and not body.get("stream")
    context.stored_items.store(made.id, StoredResponse(made, made.as_json(), conversation, items, is_pending))


def call_ids(response: JsonObject) -> tuple[str, ...]:
    """The ids of the calls of a response."""
    return tuple(item["call_id"] for item in response["output"] if item["type"] in CALLS)


def with_answer(conversation: Conversation, answer: GeneratedChoice) -> Conversation:
    """Returns the conversation with the answer, and without the instructions, which apply to one response only."""
    lines = (line for line in conversation.lines if line.role not in OPERATOR_ROLES)
    called = tuple(call.name for call in answer.calls)
    return Conversation((*lines, ChatLine("assistant", answer.text, called=called)))


def stores_response(context: RequestContext, body: JsonObject) -> bool:
    """True if the response is stored: by default, unless the request switches it off."""
    return "response" in context.profile.endpoint_names and body.get("store", True) is True


def count_input_tokens(context: RequestContext, raw_body: JsonObject) -> PlainAnswer:
    """Returns the number of tokens in the input of a response."""
    rules = context.profile.rules("responses")
    body = body_validation.validate_body(raw_body, rules)
    if "model" not in body:
        raise missing_field("model")
    find_model(context, body["model"], "chat")
    conversation = with_earlier_conversation(context, body, rules)
    return PlainAnswer(
        200, {"object": "response.input_tokens", "input_tokens": count_prompt_tokens(conversation, body.get("tools"))}
    )


def make_response(
    context: RequestContext, body: JsonObject, conversation: Conversation, model: Model
) -> ResponseObject:
    inputs = generation_input_from_response(context, body, conversation, model)
    prompt_tokens = count_prompt_tokens(conversation, body.get("tools"))
    check_context_length(context, model, prompt_tokens + (inputs.cap or 0), input_member(body))
    choice = generate_choice(inputs, 0)
    cached = count_cached_tokens(context, model.id, conversation, body.get("tools"), prompt_tokens)
    usage = response_usage(context.profile, prompt_tokens, choice.token_count, len(choice.thought), cached)
    members = context.profile.members
    return ResponseObject(
        context.new_id("resp_", inputs.draw),
        context.created,
        body,
        choice,
        usage,
        inputs.draw,
        members,
        inputs.delay_s,
    )


def generation_input_from_response(
    context: RequestContext, body: JsonObject, conversation: Conversation, model: Model
) -> GenerationInput:
    text_format = body.get("text", {}).get("format", {})
    return GenerationInput(
        conversation=conversation,
        draw=HashRandom.from_values(body["model"], body[input_member(body)], body.get("instructions")),
        tools=tuple(map(Tool.from_response, body.get("tools", ()))),
        choice=tool_choice_from_response(body),
        format=text_format.get("type", "text"),
        schema=text_format.get("schema"),
        cap=lowest_cap(body, context.profile.rules("responses").token_cap),
        thinking=find_reasoning_mode(context.profile, model, body),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(context.ordinals))),
        scripted=scripted_answer(context, conversation),
    )


def tool_choice_from_response(body: JsonObject) -> ToolChoice:
    choice, parallel = body.get("tool_choice", "auto"), body.get("parallel_tool_calls", True)
    if isinstance(choice, dict):
        return ToolChoice("named", choice.get("name"), parallel)
    return ToolChoice(choice, None, parallel)


def check_response_tools(tools: Sequence[Any]) -> None:
    """Refuses hosted tools."""
    for index, tool in enumerate(tools):
        if tool["type"] not in RESPONSE_TOOLS:
            message = f"The tool {tool['type']!r} is not offered: expected one of {list(RESPONSE_TOOLS)}."
            raise out_of_range(f"tools[{index}].type", message)
