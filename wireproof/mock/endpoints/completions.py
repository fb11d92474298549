"""Legacy completions, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wireproof.mock.endpoints.chat_chunks import DONE_EVENT
from wireproof.mock.endpoints.chat_rules import check_dependent_members, check_logit_bias, check_stop
from wireproof.mock.endpoints.embeddings import is_token_list
from wireproof.mock.endpoints.request_context import (
    RequestContext,
    check_context_length,
    find_model,
    lowest_cap,
    stop_sequences,
)
from wireproof.mock.endpoints.usage import chat_usage
from wireproof.mock.model import logprobs
from wireproof.mock.model.conversation import ChatLine, Conversation
from wireproof.mock.model.generator import GeneratedChoice, GenerationInput, generate_choice
from wireproof.mock.model.hash_random import HashRandom, model_fingerprint
from wireproof.mock.model.sampling import sampling_from_body
from wireproof.mock.model.tokenizer import count_tokens, tokenize
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, wrong_type

DEFAULT_MAX_TOKENS = 16


def create_completion(visit: RequestContext, given: JsonObject) -> Answer:
    """The answer to a legacy completion request."""
    body = body_validation.validate_body(given, visit.profile.rules("completions"))
    check_stop(body)
    check_logit_bias(body)
    check_dependent_members({**body, "logprobs": True}, strict=visit.profile.rules("completions").refuses_unknown)
    model = find_model(visit, body["model"], "completions")
    for prompt in prompts_as_text(body["prompt"]):
        check_context_length(visit, model, count_tokens(prompt), "prompt")
    spoken = [one for prompt in prompts_as_text(body["prompt"]) for one in continue_prompt(visit, body, prompt)]
    frame = shared_members(visit, body)
    usage = count_usage(visit, body, spoken)
    if not body.get("stream"):
        choices = [whole_choice(body, index, *one) for index, one in enumerate(spoken)]
        return PlainAnswer(200, {**frame, "choices": choices, "usage": usage})
    return StreamAnswer(
        200,
        (*map(OutgoingEvent, build_completion_chunks(body, spoken, frame, usage)), DONE_EVENT),
        tokens=usage["total_tokens"],
    )


def prompts_as_text(given: Any) -> list[str]:
    """Each prompt as text; a list of tokens reads as the words of its numbers."""
    if isinstance(given, str):
        return [given]
    if is_token_list(given):
        return [" ".join(map(str, given))]
    for index, item in enumerate(given):
        if not isinstance(item, str) and not is_token_list(item):
            raise wrong_type(f"prompt[{index}]", "string or an array of tokens")
    return [item if isinstance(item, str) else " ".join(map(str, item)) for item in given]


def continue_prompt(visit: RequestContext, body: JsonObject, prompt: str) -> list[tuple[str, GeneratedChoice]]:
    """The continuations of one prompt, `n` of them."""
    ask = GenerationInput(
        conversation=Conversation((ChatLine("user", prompt),)),
        draw=HashRandom.from_values(body["model"], prompt, body.get("seed")),
        stops=stop_sequences(body),
        cap=lowest_cap({"max_tokens": DEFAULT_MAX_TOKENS, **body}, "max_tokens"),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(visit.ordinals))),
        suffix=body.get("suffix", ""),
    )
    return [(prompt, generate_choice(ask, index)) for index in range(int(body.get("n", 1)))]


def count_usage(visit: RequestContext, body: JsonObject, spoken: list[tuple[str, GeneratedChoice]]) -> JsonObject:
    prompts = sum(max(1, count_tokens(prompt)) for prompt in prompts_as_text(body["prompt"]))
    return chat_usage(visit.profile, prompts, sum(one.token_count for _, one in spoken))


def shared_members(visit: RequestContext, body: JsonObject) -> JsonObject:
    draw = HashRandom.from_values(body["model"], body["prompt"])
    made = {
        "id": visit.new_id("cmpl-", draw),
        "object": "text_completion",
        "created": visit.created,
        "model": body["model"],
    }
    if "system_fingerprint" in visit.profile.members:
        made["system_fingerprint"] = model_fingerprint(body["model"])
    return made


def whole_choice(body: JsonObject, index: int, prompt: str, one: GeneratedChoice) -> JsonObject:
    tokens = (*tokenize(prompt), *one.tokens) if body.get("echo") else one.tokens
    return completion_choice(body, index, tokens, one.finish_reason, 0)


def completion_choice(
    body: JsonObject, index: int, tokens: tuple[str, ...], finish: str | None, offset: int
) -> JsonObject:
    """A choice, whole or one token long."""
    asked = body.get("logprobs")
    shown = None if asked is None else logprobs.legacy_lists(tokens, int(asked), offset)
    return {"text": "".join(tokens), "index": index, "logprobs": shown, "finish_reason": finish}


def build_completion_chunks(
    body: JsonObject, spoken: list[tuple[str, GeneratedChoice]], frame: JsonObject, usage: JsonObject
) -> Iterator[JsonObject]:
    shows = bool(body.get("stream_options", {}).get("include_usage"))
    blank: JsonObject = {"usage": None} if shows else {}
    for index, (prompt, one) in enumerate(spoken):
        tokens = (*tokenize(prompt), *one.tokens) if body.get("echo") else one.tokens
        offset = 0
        for token in tokens:
            yield {**frame, "choices": [completion_choice(body, index, (token,), None, offset)], **blank}
            offset += len(token)
        yield {**frame, "choices": [completion_choice(body, index, (), one.finish_reason, offset)], **blank}
    if shows:
        yield {**frame, "choices": [], "usage": usage}
