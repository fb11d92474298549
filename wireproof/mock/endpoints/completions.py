"""Legacy completions, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wireproof.mock.endpoints.chat_chunks import DONE_EVENT
from wireproof.mock.endpoints.chat_rules import check_dependent_members, check_logit_bias
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


def create_completion(context: RequestContext, raw_body: JsonObject) -> Answer:
    """Returns the answer to a legacy completion request."""
    rules = context.profile.rules("completions")
    body = body_validation.validate_body(raw_body, rules)
    check_logit_bias(body)
    if rules.strict:
        check_dependent_members({**body, "logprobs": True})
    model = find_model(context, body["model"], "completions")
    for prompt in prompts_as_text(body["prompt"]):
        check_context_length(context, model, count_tokens(prompt), "prompt")
    continuations = [
        continuation
        for prompt in prompts_as_text(body["prompt"])
        for continuation in continue_prompt(context, body, prompt)
    ]
    shared = shared_members(context, body)
    usage = count_usage(context, body, continuations)
    if not body.get("stream"):
        choices = [whole_choice(body, index, *continuation) for index, continuation in enumerate(continuations)]
        return PlainAnswer(200, {**shared, "choices": choices, "usage": usage})
    return StreamAnswer(
        200,
        (*map(OutgoingEvent, build_completion_chunks(body, continuations, shared, usage)), DONE_EVENT),
        tokens=usage["total_tokens"],
    )


def prompts_as_text(prompts: Any) -> list[str]:
    """Returns each prompt as text; a list of tokens becomes the words of its numbers."""
    if isinstance(prompts, str):
        return [prompts]
    if is_token_list(prompts):
        return [" ".join(map(str, prompts))]
    for index, item in enumerate(prompts):
        if not isinstance(item, str) and not is_token_list(item):
            raise wrong_type(f"prompt[{index}]", "string or an array of tokens")
    return [item if isinstance(item, str) else " ".join(map(str, item)) for item in prompts]


def continue_prompt(context: RequestContext, body: JsonObject, prompt: str) -> list[tuple[str, GeneratedChoice]]:
    """Returns the `n` continuations of one prompt."""
    inputs = GenerationInput(
        conversation=Conversation((ChatLine("user", prompt),)),
        draw=HashRandom.from_values(body["model"], prompt, body.get("seed")),
        stops=stop_sequences(body),
        cap=lowest_cap({"max_tokens": DEFAULT_MAX_TOKENS, **body}, "max_tokens"),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(context.ordinals))),
        suffix=body.get("suffix", ""),
    )
    return [(prompt, generate_choice(inputs, index)) for index in range(int(body.get("n", 1)))]


def count_usage(
    context: RequestContext, body: JsonObject, continuations: list[tuple[str, GeneratedChoice]]
) -> JsonObject:
    prompt_tokens = sum(max(1, count_tokens(prompt)) for prompt in prompts_as_text(body["prompt"]))
    return chat_usage(context.profile, prompt_tokens, sum(choice.token_count for _, choice in continuations))


def shared_members(context: RequestContext, body: JsonObject) -> JsonObject:
    draw = HashRandom.from_values(body["model"], body["prompt"])
    members = {
        "id": context.new_id("cmpl-", draw),
        "object": "text_completion",
        "created": context.created,
        "model": body["model"],
    }
    if "system_fingerprint" in context.profile.members:
        members["system_fingerprint"] = model_fingerprint(body["model"])
    return members


def whole_choice(body: JsonObject, index: int, prompt: str, choice: GeneratedChoice) -> JsonObject:
    tokens = (*tokenize(prompt), *choice.tokens) if body.get("echo") else choice.tokens
    return completion_choice(body, index, tokens, choice.finish_reason, 0)


def completion_choice(
    body: JsonObject, index: int, tokens: tuple[str, ...], finish: str | None, offset: int
) -> JsonObject:
    """Returns a choice, whole or one token long."""
    top = body.get("logprobs")
    lists = None if top is None else logprobs.legacy_lists(tokens, int(top), offset)
    return {"text": "".join(tokens), "index": index, "logprobs": lists, "finish_reason": finish}


def build_completion_chunks(
    body: JsonObject, continuations: list[tuple[str, GeneratedChoice]], shared: JsonObject, usage: JsonObject
) -> Iterator[JsonObject]:
    shows_usage = bool(body.get("stream_options", {}).get("include_usage"))
    no_usage: JsonObject = {"usage": None} if shows_usage else {}
    for index, (prompt, choice) in enumerate(continuations):
        tokens = (*tokenize(prompt), *choice.tokens) if body.get("echo") else choice.tokens
        offset = 0
        for token in tokens:
            yield {**shared, "choices": [completion_choice(body, index, (token,), None, offset)], **no_usage}
            offset += len(token)
        yield {**shared, "choices": [completion_choice(body, index, (), choice.finish_reason, offset)], **no_usage}
    if shows_usage:
        yield {**shared, "choices": [], "usage": usage}
