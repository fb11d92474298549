"""One chat request understood: what to say, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from wireproof.mock.endpoints import attachments
from wireproof.mock.endpoints.chat_rules import check_chat
from wireproof.mock.endpoints.request_context import (
    RequestContext,
    check_context_length,
    find_model,
    lowest_cap,
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
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Tool, ToolChoice, parse_tool_choice
from wireproof.mock.model.vision import refuse_without_vision
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.refusals import RequestRefused

JsonObject = dict[str, Any]
CHAT_PICTURE_SIDE = 256
# A document may leave `n` unbounded; the server itself cannot.
MAX_CHOICES = 1024


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat's answer, before it is written whole or in chunks."""

    visit: RequestContext
    body: JsonObject
    model: Model
    ask: GenerationInput
    choices: tuple[GeneratedChoice, ...]
    usage: JsonObject
    id: str

    @property
    def members(self) -> tuple[str, ...]:
        return self.visit.profile.members

    @property
    def uses_functions(self) -> bool:
        """Whether calls are told in the older form, that of functions."""
        return bool(self.body.get("functions")) and not self.body.get("tools")

    def finish_reason(self, one: GeneratedChoice) -> str:
        """Why a choice ended, in the words of the form that was asked for."""
        return "function_call" if self.uses_functions and one.finish_reason == "tool_calls" else one.finish_reason

    @property
    def top_logprobs(self) -> int | None:
        """How many alternatives each token shows; none where logprobs are not asked for."""
        return int(self.body.get("top_logprobs", 0)) if self.body.get("logprobs") else None

    def envelope(self, kind: str) -> JsonObject:
        return {"id": self.id, "object": kind, "created": self.visit.created, "model": self.body["model"]}

    def optional_members(self) -> JsonObject:
        """The members that only some profiles show."""
        known = {"service_tier": served_tier(self.body), "system_fingerprint": model_fingerprint(self.body["model"])}
        return {name: value for name, value in known.items() if name in self.members}

    def pictures(self, index: int) -> list[JsonObject]:
        """The picture a choice shows beside its text, where the model makes pictures."""
        makes = "image" in self.model.roles and "image-output" in self.visit.profile.capabilities
        if not makes or self.choices[index].calls:
            return []
        made = draw_picture(
            self.ask.conversation.last_user_text,
            self.ask.draw.derive("picture", index),
            CHAT_PICTURE_SIDE,
            CHAT_PICTURE_SIDE,
        )
        return [{"type": "image_url", "image_url": {"url": data_url(made)}}]


def read_chat_request(visit: RequestContext, given: JsonObject) -> ChatRequest:
    """The request read by the rules of its contract, and answered."""
    rules = visit.profile.rules("chat")
    body = body_validation.validate_body(given, rules)
    check_chat(body, rules)
    check_choice_count(body)
    model = find_model(visit, body["model"], "chat")
    ask = generation_input_from_chat(visit, body, model)
    if any(line.pictures for line in ask.conversation.lines):
        refuse_without_vision(model.roles, model.id)
    refuse_unsupported(body, model)
    prompt = count_prompt_tokens(ask.conversation, body.get("tools"))
    check_context_length(visit, model, prompt + (requested_cap(visit, body) or 0), "messages")
    spoken = tuple(generate_choice(ask, index) for index in range(int(body.get("n", 1))))
    thought = sum(len(one.thought) for one in spoken)
    usage = chat_usage(visit.profile, prompt, sum(one.token_count for one in spoken), thought)
    count_prediction(usage, body, spoken)
    return ChatRequest(visit, body, model, ask, spoken, usage, visit.new_id("chatcmpl-", ask.draw))


def check_choice_count(body: JsonObject) -> None:
    if body.get("n", 1) > MAX_CHOICES:
        raise body_validation.out_of_range("n", f"Invalid 'n': this server makes at most {MAX_CHOICES} choices.")


def refuse_unsupported(body: JsonObject, model: Model) -> None:
    """Refuse what only some models can: to speak, and to search the web."""
    wants = {"speech": "audio" in body.get("modalities", ()), "search": "web_search_options" in body}
    for role, wanted in wants.items():
        if wanted and role not in model.roles:
            raise RequestRefused("wrong-model-kind", f"The model '{model.id}' does not serve {role}.", param="model")


def count_prediction(usage: JsonObject, body: JsonObject, spoken: tuple[GeneratedChoice, ...]) -> None:
    """Count how much of the predicted text was said, and how much was not."""
    content = body.get("prediction", {}).get("content")
    if content is None or "completion_tokens_details" not in usage:
        return
    predicted = tokenize(text_from_content(content))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(predicted, spoken[0].tokens, strict=False)))
    usage["completion_tokens_details"] |= {
        "accepted_prediction_tokens": same,
        "rejected_prediction_tokens": len(predicted) - same,
    }


def tools_from_chat(body: JsonObject) -> tuple[Tool, ...]:
    """What the model may call, in the newer form or in the older."""
    functions = body.get("functions", ())
    return tuple(map(Tool.from_chat, body.get("tools", ()))) or tuple(map(Tool.from_mapping, functions))


def tool_choice_from_chat(body: JsonObject) -> ToolChoice:
    """How free the model is; the older form of functions knows one call at a time."""
    if body.get("tools"):
        return parse_tool_choice(body.get("tool_choice"), parallel=body.get("parallel_tool_calls", True))
    return parse_tool_choice(body.get("function_call"), parallel=False)


def requested_cap(visit: RequestContext, body: JsonObject) -> int | None:
    return lowest_cap(body, visit.profile.rules("chat").token_cap, "max_tokens", "max_completion_tokens")


def generation_input_from_chat(visit: RequestContext, body: JsonObject, model: Model) -> GenerationInput:
    wanted = body.get("response_format", {})
    conversation: Conversation = conversation_from_messages(
        attachments.inline_attachments(body["messages"]), body.get("system")
    )
    cap = requested_cap(visit, body)
    return GenerationInput(
        conversation=conversation,
        draw=HashRandom.from_values(body["model"], body["messages"], body.get("system"), body.get("seed")),
        tools=tools_from_chat(body),
        choice=tool_choice_from_chat(body),
        format=wanted.get("type", "text"),
        schema=wanted.get("json_schema", {}).get("schema"),
        stops=stop_sequences(body),
        cap=visit.profile.rules("chat").default_cap if cap is None else cap,
        thinking=find_reasoning_mode(visit.profile, model, body),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(visit.ordinals))),
    )
