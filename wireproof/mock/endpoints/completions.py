"""Legacy completions, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wireproof.mock.endpoints.chat_chunks import DONE
from wireproof.mock.endpoints.chat_rules import check_bias, check_pairs, check_stop
from wireproof.mock.endpoints.embeddings import is_tokens
from wireproof.mock.endpoints.request_context import Visit, cap_of, check_context, model_for, stops_of
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

DEFAULT_CAP = 16


def completions(visit: Visit, given: JsonObject) -> Answer:
    """The answer to a legacy completion request."""
    body = body_validation.validate_body(given, visit.profile.rules("completions"))
    check_stop(body)
    check_bias(body)
    check_pairs({**body, "logprobs": True}, strict=visit.profile.rules("completions").refuses_unknown)
    model = model_for(visit, body["model"], "completions")
    for prompt in prompts_of(body["prompt"]):
        check_context(visit, model, count_tokens(prompt), "prompt")
    spoken = [one for prompt in prompts_of(body["prompt"]) for one in continued(visit, body, prompt)]
    frame = envelope(visit, body)
    usage = counted(visit, body, spoken)
    if not body.get("stream"):
        choices = [choice(body, index, *one) for index, one in enumerate(spoken)]
        return PlainAnswer(200, {**frame, "choices": choices, "usage": usage})
    return StreamAnswer(
        200, (*map(OutgoingEvent, chunks(body, spoken, frame, usage)), DONE), tokens=usage["total_tokens"]
    )


def prompts_of(given: Any) -> list[str]:
    """Each prompt as text; a list of tokens reads as the words of its numbers."""
    if isinstance(given, str):
        return [given]
    if is_tokens(given):
        return [" ".join(map(str, given))]
    for index, item in enumerate(given):
        if not isinstance(item, str) and not is_tokens(item):
            raise wrong_type(f"prompt[{index}]", "string or an array of tokens")
    return [item if isinstance(item, str) else " ".join(map(str, item)) for item in given]


def continued(visit: Visit, body: JsonObject, prompt: str) -> list[tuple[str, GeneratedChoice]]:
    """The continuations of one prompt, `n` of them."""
    ask = GenerationInput(
        conversation=Conversation((ChatLine("user", prompt),)),
        draw=HashRandom.from_values(body["model"], prompt, body.get("seed")),
        stops=stops_of(body),
        cap=cap_of({"max_tokens": DEFAULT_CAP, **body}, "max_tokens"),
        sampling=sampling_from_body(body, HashRandom.from_values("chance", next(visit.ordinals))),
        suffix=body.get("suffix", ""),
    )
    return [(prompt, generate_choice(ask, index)) for index in range(int(body.get("n", 1)))]


def counted(visit: Visit, body: JsonObject, spoken: list[tuple[str, GeneratedChoice]]) -> JsonObject:
    prompts = sum(max(1, count_tokens(prompt)) for prompt in prompts_of(body["prompt"]))
    return chat_usage(visit.profile, prompts, sum(one.token_count for _, one in spoken))


def envelope(visit: Visit, body: JsonObject) -> JsonObject:
    draw = HashRandom.from_values(body["model"], body["prompt"])
    made = {
        "id": visit.id("cmpl-", draw),
        "object": "text_completion",
        "created": visit.created,
        "model": body["model"],
    }
    if "system_fingerprint" in visit.profile.members:
        made["system_fingerprint"] = model_fingerprint(body["model"])
    return made


def choice(body: JsonObject, index: int, prompt: str, one: GeneratedChoice) -> JsonObject:
    tokens = (*tokenize(prompt), *one.tokens) if body.get("echo") else one.tokens
    return piece(body, index, tokens, one.finish_reason, 0)


def piece(body: JsonObject, index: int, tokens: tuple[str, ...], finish: str | None, offset: int) -> JsonObject:
    """A choice, whole or one token long."""
    asked = body.get("logprobs")
    shown = None if asked is None else logprobs.legacy_lists(tokens, int(asked), offset)
    return {"text": "".join(tokens), "index": index, "logprobs": shown, "finish_reason": finish}


def chunks(
    body: JsonObject, spoken: list[tuple[str, GeneratedChoice]], frame: JsonObject, usage: JsonObject
) -> Iterator[JsonObject]:
    shows = bool(body.get("stream_options", {}).get("include_usage"))
    blank: JsonObject = {"usage": None} if shows else {}
    for index, (prompt, one) in enumerate(spoken):
        tokens = (*tokenize(prompt), *one.tokens) if body.get("echo") else one.tokens
        offset = 0
        for token in tokens:
            yield {**frame, "choices": [piece(body, index, (token,), None, offset)], **blank}
            offset += len(token)
        yield {**frame, "choices": [piece(body, index, (), one.finish_reason, offset)], **blank}
    if shows:
        yield {**frame, "choices": [], "usage": usage}
