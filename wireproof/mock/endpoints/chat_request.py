"""One chat request understood: what to say, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from wireproof.mock.endpoints import attachments
from wireproof.mock.endpoints.chat_rules import check_chat
from wireproof.mock.endpoints.request_context import Visit, cap_of, check_context, model_for, served_tier, stops_of
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

Json = dict[str, Any]
SIDE = 256
# A document may leave `n` unbounded; the server itself cannot.
MOST_CHOICES = 1024


@dataclass(frozen=True, slots=True)
class Turn:
    """A chat's answer, before it is written whole or in chunks."""

    visit: Visit
    body: Json
    model: Model
    ask: GenerationInput
    spoken: tuple[GeneratedChoice, ...]
    usage: Json
    id: str

    @property
    def members(self) -> tuple[str, ...]:
        return self.visit.profile.members

    @property
    def legacy(self) -> bool:
        """Whether calls are told in the older form, that of functions."""
        return bool(self.body.get("functions")) and not self.body.get("tools")

    def finish(self, one: GeneratedChoice) -> str:
        """Why a choice ended, in the words of the form that was asked for."""
        return "function_call" if self.legacy and one.finish_reason == "tool_calls" else one.finish_reason

    @property
    def top(self) -> int | None:
        """How many alternatives each token shows; none where logprobs are not asked for."""
        return int(self.body.get("top_logprobs", 0)) if self.body.get("logprobs") else None

    def envelope(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.visit.created, "model": self.body["model"]}

    def trimmings(self) -> Json:
        """The members that only some profiles show."""
        known = {"service_tier": served_tier(self.body), "system_fingerprint": model_fingerprint(self.body["model"])}
        return {name: value for name, value in known.items() if name in self.members}

    def pictures(self, index: int) -> list[Json]:
        """The picture a choice shows beside its text, where the model makes pictures."""
        makes = "image" in self.model.roles and "image-output" in self.visit.profile.capabilities
        if not makes or self.spoken[index].calls:
            return []
        made = draw_picture(self.ask.conversation.last_user_text, self.ask.draw.derive("picture", index), SIDE, SIDE)
        return [{"type": "image_url", "image_url": {"url": data_url(made)}}]


def understood(visit: Visit, given: Json) -> Turn:
    """The request read by the rules of its contract, and answered."""
    rules = visit.profile.rules("chat")
    body = body_validation.validate_body(given, rules)
    check_chat(body, rules)
    check_choices(body)
    model = model_for(visit, body["model"], "chat")
    ask = asked(visit, body, model)
    if any(line.pictures for line in ask.conversation.lines):
        refuse_without_vision(model.roles, model.id)
    refuse_unable(body, model)
    prompt = count_prompt_tokens(ask.conversation, body.get("tools"))
    check_context(visit, model, prompt + (cap_asked(visit, body) or 0), "messages")
    spoken = tuple(generate_choice(ask, index) for index in range(int(body.get("n", 1))))
    thought = sum(len(one.thought) for one in spoken)
    usage = chat_usage(visit.profile, prompt, sum(one.token_count for one in spoken), thought)
    foretold(usage, body, spoken)
    return Turn(visit, body, model, ask, spoken, usage, visit.id("chatcmpl-", ask.draw))


def check_choices(body: Json) -> None:
    if body.get("n", 1) > MOST_CHOICES:
        raise body_validation.out_of_range("n", f"Invalid 'n': this server makes at most {MOST_CHOICES} choices.")


def refuse_unable(body: Json, model: Model) -> None:
    """Refuse what only some models can: to speak, and to search the web."""
    wants = {"speech": "audio" in body.get("modalities", ()), "search": "web_search_options" in body}
    for role, wanted in wants.items():
        if wanted and role not in model.roles:
            raise RequestRefused("wrong-model-kind", f"The model '{model.id}' does not serve {role}.", param="model")


def foretold(usage: Json, body: Json, spoken: tuple[GeneratedChoice, ...]) -> None:
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


def tools_of(body: Json) -> tuple[Tool, ...]:
    """What the model may call, in the newer form or in the older."""
    functions = body.get("functions", ())
    return tuple(map(Tool.from_chat, body.get("tools", ()))) or tuple(map(Tool.from_mapping, functions))


def choice_of(body: Json) -> ToolChoice:
    """How free the model is; the older form of functions knows one call at a time."""
    if body.get("tools"):
        return parse_tool_choice(body.get("tool_choice"), parallel=body.get("parallel_tool_calls", True))
    return parse_tool_choice(body.get("function_call"), parallel=False)


def cap_asked(visit: Visit, body: Json) -> int | None:
    return cap_of(body, visit.profile.rules("chat").token_cap, "max_tokens", "max_completion_tokens")


def asked(visit: Visit, body: Json, model: Model) -> GenerationInput:
    wanted = body.get("response_format", {})
    conversation: Conversation = conversation_from_messages(attachments.read(body["messages"]), body.get("system"))
    cap = cap_asked(visit, body)
    return GenerationInput(
        conversation=conversation,
        draw=HashRandom.from_values(body["model"], body["messages"], body.get("system"), body.get("seed")),
        tools=tools_of(body),
        choice=choice_of(body),
        format=wanted.get("type", "text"),
        schema=wanted.get("json_schema", {}).get("schema"),
        stops=stops_of(body),
        cap=visit.profile.rules("chat").default_cap if cap is None else cap,
        thinking=find_reasoning_mode(visit.profile, model, body),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(visit.ordinals))),
    )
