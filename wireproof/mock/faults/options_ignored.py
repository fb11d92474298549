"""Faults of ignored options: sampling, effort, output form and storage have no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.contract_changes import on_contract
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import ignore_members, on_body, on_each_message
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile

ATTACHMENT_PART_TYPES = ("input_audio", "file")
MAX_EMBEDDED_TEXTS = 2048


def set_member(name: str, value: Any) -> FaultHooks:
    """Hooks that set a member of the request, sent or not."""
    return on_body(lambda body: {**body, name: value})


def ignore_inner_member(name: str, inner: str) -> FaultHooks:
    """Hooks that ignore a member of a member."""

    def change_body(body: JsonObject) -> JsonObject:
        outer = body.get(name)
        remaining = {key: value for key, value in outer.items() if key != inner} if isinstance(outer, dict) else outer
        return {**body, name: remaining} if name in body else body

    return on_body(change_body)


def combine_hooks(first: FaultHooks, second: FaultHooks) -> FaultHooks:
    """Combines two hooks on requests; the second receives the result of the first."""
    return FaultHooks(
        on_request=lambda received, profile: second.on_request(first.on_request(received, profile), profile)
    )


def set_if_present(name: str, value: Any) -> FaultHooks:
    return on_body(lambda body: {**body, name: value} if name in body else body)


def set_if_absent(name: str, value: Any) -> FaultHooks:
    return on_body(lambda body: {name: value, **body})


def without_zero_temperature(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if (name, value) != ("temperature", 0)}


def with_word_json(body: JsonObject) -> JsonObject:
    """Adds the word JSON to the messages if JSON mode is requested."""
    response_format = body.get("response_format")
    if not isinstance(response_format, dict) or response_format.get("type") != "json_object":
        return body
    return {**body, "messages": [*body["messages"], {"role": "system", "content": "JSON"}]}


def without_strict_schema(body: JsonObject) -> JsonObject:
    """Turns off the strictness of a schema."""
    response_format = body.get("response_format")
    schema = response_format.get("json_schema") if isinstance(response_format, dict) else None
    if not isinstance(response_format, dict) or not isinstance(schema, dict):
        return body
    return {**body, "response_format": {**response_format, "json_schema": {**schema, "strict": False}}}


def without_options(value: Any) -> Any:
    """Drops every enum of a schema."""
    if isinstance(value, dict):
        return {name: without_options(inner) for name, inner in value.items() if name != "enum"}
    return [without_options(inner) for inner in value] if isinstance(value, list) else value


def without_grammar(body: JsonObject) -> JsonObject:
    """Turns every grammar of a custom tool into plain text."""

    def with_plain_format(tool: Any) -> Any:
        custom = tool.get("custom") if isinstance(tool, dict) else None
        return {**tool, "custom": {**custom, "format": {"type": "text"}}} if isinstance(custom, dict) else tool

    tools = body.get("tools")
    return {**body, "tools": [with_plain_format(tool) for tool in tools]} if isinstance(tools, list) else body


def without_attachments(message: JsonObject) -> JsonObject:
    """Drops the recordings and files of a message."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [part for part in content if part.get("type") not in ATTACHMENT_PART_TYPES]}


def keep_first_texts(body: JsonObject) -> JsonObject:
    texts = body.get("input")
    return {**body, "input": texts[:MAX_EMBEDDED_TEXTS]} if isinstance(texts, list) else body


def without_endpoint(name: str) -> FaultHooks:
    def change_profile(profile: Profile) -> Profile:
        return replace(profile, endpoints=tuple(row for row in profile.endpoints if row[0] != name))

    return on_contract(change_profile)


def vary_prompt_count(answer: Answer, received: HttpRequest) -> Answer:
    """Counts the tokens of the same prompt differently each time."""
    usage = answer.value.get("usage") if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else None
    if not isinstance(answer, PlainAnswer) or not isinstance(usage, dict) or "prompt_tokens" not in usage:
        return answer
    surplus = int(str(answer.value["id"])[-6:], 16)
    counts = {name: usage[name] + surplus for name in ("prompt_tokens", "total_tokens")}
    return replace(answer, value={**answer.value, "usage": {**usage, **counts}})


HOOKS: Mapping[str, FaultHooks] = {
    "prompt-count-wanders": FaultHooks(on_answer=vary_prompt_count),
    "temperature-ignored": set_member("temperature", 0),
    "temperature-zero-unset": on_body(without_zero_temperature),
    "temperature-zero-by-default": set_if_absent("temperature", 0),
    "top-p-ignored": ignore_members("top_p"),
    "seed-ignored": ignore_members("seed"),
    "logit-bias-ignored": ignore_members("logit_bias"),
    "frequency-penalty-ignored": ignore_members("frequency_penalty"),
    "presence-penalty-ignored": ignore_members("presence_penalty"),
    "service-tier-ignored": set_if_present("service_tier", "flex"),
    "effort-ignored": combine_hooks(ignore_members("reasoning_effort"), ignore_inner_member("reasoning", "effort")),
    "verbosity-ignored": combine_hooks(ignore_members("verbosity"), ignore_inner_member("text", "verbosity")),
    "modalities-ignored": ignore_members("modalities", "audio"),
    "attachments-ignored": on_each_message(without_attachments),
    "prediction-ignored": ignore_members("prediction"),
    "search-ignored": ignore_members("web_search_options"),
    "store-ignored": set_member("store", False),
    "stored-always": set_if_present("store", True),
    "chat-metadata-lost": ignore_members("metadata"),
    "padding-kept": ignore_inner_member("stream_options", "include_obfuscation"),
    "grammar-ignored": on_body(without_grammar),
    "json-mode-unsaid-accepted": on_body(with_word_json),
    "open-schema-accepted": on_body(without_strict_schema),
    "schema-options-ignored": on_body(without_options),
    "too-many-texts-accepted": on_body(keep_first_texts),
    "suffix-ignored": ignore_members("suffix"),
    "summary-ignored": ignore_inner_member("reasoning", "summary"),
    "include-ignored": ignore_members("include"),
    "background-ignored": ignore_members("background"),
    "deletion-not-served": without_endpoint("response-delete"),
}
