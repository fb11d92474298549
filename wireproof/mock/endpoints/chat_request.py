"""A chat request after validation, with the generated choices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from wireproof.mock.endpoints import attachments
from wireproof.mock.endpoints.chat_rules import check_chat
from wireproof.mock.endpoints.request_context import (
    RequestContext,
    check_context_length,
    count_cached_tokens,
    find_model,
    lowest_cap,
    scripted_answer,
    served_tier,
    stop_sequences,
)
from wireproof.mock.endpoints.usage import chat_usage
from wireproof.mock.model.conversation import (
    Conversation,
    conversation_from_messages,
    count_prompt_tokens,
    text_from_content,
)
from wireproof.mock.model.generator import GeneratedChoice, GenerationInput, generate_choice
from wireproof.mock.model.hash_random import HashRandom, model_fingerprint
from wireproof.mock.model.png import data_url, draw_picture
from wireproof.mock.model.reasoning import find_reasoning_mode
from wireproof.mock.model.sampling import sampling_from_body
from wireproof.mock.model.speech import FORMATS, STREAM_FORMAT
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Tool, ToolChoice, parse_tool_choice
from wireproof.mock.model.vision import refuse_without_vision
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.refusals import RequestRefused

CHAT_PICTURE_SIDE = 256
# The limit of the server where the contract has none for `n`.
MAX_CHOICES = 1024


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request with its answer, before that is written whole or in chunks."""

    context: RequestContext
    body: JsonObject
    model: Model
    inputs: GenerationInput
    choices: tuple[GeneratedChoice, ...]
    usage: JsonObject
    id: str

    @property
    def members(self) -> tuple[str, ...]:
        return self.context.profile.members

    @property
    def uses_functions(self) -> bool:
        """True if calls have the older form, `function_call`."""
        return bool(self.body.get("functions")) and not self.body.get("tools")

    def finish_reason(self, choice: GeneratedChoice) -> str:
        """The reason why a choice ended, in the words of the form that the request uses."""
        return "function_call" if self.uses_functions and choice.finish_reason == "tool_calls" else choice.finish_reason

    @property
    def top_logprobs(self) -> int | None:
        """The number of alternatives for each token; None if no logprobs are requested."""
        return int(self.body.get("top_logprobs", 0)) if self.body.get("logprobs") else None

    def envelope(self, kind: str) -> JsonObject:
        return {"id": self.id, "object": kind, "created": self.context.created, "model": self.body["model"]}

    def optional_members(self) -> JsonObject:
        """The members that only some profiles show."""
        values = {"service_tier": served_tier(self.body), "system_fingerprint": model_fingerprint(self.body["model"])}
        shown = {name: value for name, value in values.items() if name in self.members}
        return {**shown, **self.context.profile.constant_members}

    def pictures(self, index: int) -> list[JsonObject]:
        """The picture of a choice, if the model makes pictures."""
        makes_pictures = "image" in self.model.roles and "image-output" in self.context.profile.capabilities
        if not makes_pictures or self.choices[index].calls:
            return []
        picture = draw_picture(
            self.inputs.conversation.last_user_text,
            self.inputs.draw.derive("picture", index),
            CHAT_PICTURE_SIDE,
            CHAT_PICTURE_SIDE,
        )
        return [{"type": "image_url", "image_url": {"url": data_url(picture)}}]


def read_chat_request(context: RequestContext, raw_body: JsonObject) -> ChatRequest:
    """Validates the request by its contract, and generates the choices."""
    rules = context.profile.rules("chat")
    body = body_validation.validate_body(raw_body, rules)
    check_chat(body, rules)
    check_choice_count(body)
    model = find_model(context, body["model"], "chat")
    inputs = generation_input_from_chat(context, body, model)
    if any(message.pictures for message in inputs.conversation.lines):
        refuse_without_vision(model.roles, model.id)
    refuse_unsupported(body, model)
    prompt_tokens = count_prompt_tokens(inputs.conversation, body.get("tools"))
    check_context_length(context, model, prompt_tokens + (requested_cap(context, body) or 0), "messages")
    choices = tuple(generate_choice(inputs, index) for index in range(int(body.get("n", 1))))
    thought_tokens = sum(len(choice.thought) for choice in choices)
    made_tokens = sum(choice.token_count for choice in choices)
    cached = count_cached_tokens(context, model.id, inputs.conversation, body.get("tools"), prompt_tokens)
    usage = chat_usage(context.profile, prompt_tokens, made_tokens, thought_tokens, cached)
    count_prediction(usage, body, choices)
    id = context.new_id(context.profile.chat_id_prefix, inputs.draw)
    return ChatRequest(context, body, model, inputs, choices, usage, id)


def check_choice_count(body: JsonObject) -> None:
    if body.get("n", 1) > MAX_CHOICES:
        raise body_validation.out_of_range("n", f"Invalid 'n': this server makes at most {MAX_CHOICES} choices.")


def refuse_unsupported(body: JsonObject, model: Model) -> None:
    """Raises RequestRefused if the model lacks what the request needs: speech or web search."""
    needs = {"speech": "audio" in body.get("modalities", ()), "search": "web_search_options" in body}
    for role, is_needed in needs.items():
        if is_needed and role not in model.roles:
            raise RequestRefused("wrong-model-kind", f"The model '{model.id}' does not serve {role}.", param="model")
    formats = (STREAM_FORMAT,) if body.get("stream") else FORMATS
    if needs["speech"] and audio_format(body) not in formats:
        raise body_validation.invalid("audio.format", f"expected one of {list(formats)}.")


def audio_format(body: JsonObject) -> str:
    """The requested format of a spoken answer."""
    format: str = body.get("audio", {}).get("format", STREAM_FORMAT if body.get("stream") else FORMATS[0])
    return format


def count_prediction(usage: JsonObject, body: JsonObject, choices: tuple[GeneratedChoice, ...]) -> None:
    """Adds to the usage how many tokens of the prediction the answer has, and how many it lacks."""
    content = body.get("prediction", {}).get("content")
    if content is None or "completion_tokens_details" not in usage:
        return
    predicted = tokenize(text_from_content(content))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(predicted, choices[0].tokens, strict=False)))
    usage["completion_tokens_details"] |= {
        "accepted_prediction_tokens": same,
        "rejected_prediction_tokens": len(predicted) - same,
    }


def tools_from_chat(body: JsonObject) -> tuple[Tool, ...]:
    """The functions and tools of the request, in the newer form or in the older."""
    functions = body.get("functions", ())
    return tuple(map(Tool.from_chat, body.get("tools", ()))) or tuple(map(Tool.from_mapping, functions))


def tool_choice_from_chat(body: JsonObject) -> ToolChoice:
    """The freedom of the model to call tools; the older form allows one call at a time."""
    if body.get("tools"):
        return parse_tool_choice(body.get("tool_choice"), parallel=body.get("parallel_tool_calls", True))
    return parse_tool_choice(body.get("function_call"), parallel=False)


def requested_cap(context: RequestContext, body: JsonObject) -> int | None:
    return lowest_cap(body, context.profile.rules("chat").token_cap, "max_tokens", "max_completion_tokens")


def generation_input_from_chat(context: RequestContext, body: JsonObject, model: Model) -> GenerationInput:
    response_format = body.get("response_format", {})
    conversation: Conversation = conversation_from_messages(
        attachments.inline_attachments(body["messages"]), body.get("system")
    )
    cap = requested_cap(context, body)
    return GenerationInput(
        conversation=conversation,
        draw=HashRandom.from_values(body["model"], body["messages"], body.get("system"), body.get("seed")),
        tools=tools_from_chat(body),
        choice=tool_choice_from_chat(body),
        format=response_format.get("type", "text"),
        schema=response_format.get("json_schema", {}).get("schema"),
        stops=stop_sequences(body),
        cap=context.profile.rules("chat").default_cap if cap is None else cap,
        thinking=find_reasoning_mode(context.profile, model, body),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(context.ordinals))),
        scripted=scripted_answer(context, conversation),
    )
