"""Faults of obedience, part two: what a request says of chance, effort, form and memory is heard and ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.contract_changes import ruling
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, each_message, hearing, ignoring
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

BROUGHT = ("input_audio", "file")
MOST_TEXTS = 2048


def always(name: str, value: Any) -> Lapse:
    """A lapse that hears one value of a member, whatever was sent."""
    return hearing(lambda body: {**body, name: value})


def within(name: str, inner: str) -> Lapse:
    """A lapse that does not hear a member of a member."""

    def change(body: Body) -> Body:
        outer = body.get(name)
        kept = {key: value for key, value in outer.items() if key != inner} if isinstance(outer, dict) else outer
        return {**body, name: kept} if name in body else body

    return hearing(change)


def both(first: Lapse, second: Lapse) -> Lapse:
    """Two lapses of hearing at once."""
    return Lapse(hear=lambda received, profile: second.hear(first.hear(received, profile), profile))


def if_there(name: str, heard: Any) -> Lapse:
    return hearing(lambda body: {**body, name: heard} if name in body else body)


def unless_there(name: str, heard: Any) -> Lapse:
    return hearing(lambda body: {name: heard, **body})


def zero_is_unset(body: Body) -> Body:
    return {name: value for name, value in body.items() if (name, value) != ("temperature", 0)}


def with_json(body: Body) -> Body:
    """JSON mode is heard as if the word stood in the messages."""
    asked = body.get("response_format")
    if not isinstance(asked, dict) or asked.get("type") != "json_object":
        return body
    return {**body, "messages": [*body["messages"], {"role": "system", "content": "JSON"}]}


def loosely(body: Body) -> Body:
    """A strict schema is heard as one that is not."""
    asked = body.get("response_format")
    schema = asked.get("json_schema") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or not isinstance(schema, dict):
        return body
    return {**body, "response_format": {**asked, "json_schema": {**schema, "strict": False}}}


def without_options(value: Any) -> Any:
    """What a schema says of options is not heard."""
    if isinstance(value, dict):
        return {name: without_options(inner) for name, inner in value.items() if name != "enum"}
    return [without_options(inner) for inner in value] if isinstance(value, list) else value


def without_grammar(body: Body) -> Body:
    """Tools of the user's own take any text."""

    def plain(tool: Any) -> Any:
        given = tool.get("custom") if isinstance(tool, dict) else None
        return {**tool, "custom": {**given, "format": {"type": "text"}}} if isinstance(given, dict) else tool

    tools = body.get("tools")
    return {**body, "tools": [plain(tool) for tool in tools]} if isinstance(tools, list) else body


def empty_handed(message: Body) -> Body:
    """What a message brings along is not taken in."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [part for part in content if part.get("type") not in BROUGHT]}


def first_texts(body: Body) -> Body:
    given = body.get("input")
    return {**body, "input": given[:MOST_TEXTS]} if isinstance(given, list) else body


def without_endpoint(name: str) -> Lapse:
    def change(profile: Profile) -> Profile:
        return replace(profile, endpoints=tuple(row for row in profile.endpoints if row[0] != name))

    return ruling(change)


def wandering(answer: Answer, received: HttpRequest) -> Answer:
    """The tokens of a prompt are counted otherwise each time."""
    usage = answer.value.get("usage") if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else None
    if not isinstance(answer, PlainAnswer) or not isinstance(usage, dict) or "prompt_tokens" not in usage:
        return answer
    more = int(str(answer.value["id"])[-6:], 16)
    counted = {name: usage[name] + more for name in ("prompt_tokens", "total_tokens")}
    return replace(answer, value={**answer.value, "usage": {**usage, **counted}})


LAPSES: Mapping[str, Lapse] = {
    "prompt-count-wanders": Lapse(say=wandering),
    "temperature-ignored": always("temperature", 0),
    "temperature-zero-unset": hearing(zero_is_unset),
    "temperature-zero-by-default": unless_there("temperature", 0),
    "top-p-ignored": ignoring("top_p"),
    "seed-ignored": ignoring("seed"),
    "logit-bias-ignored": ignoring("logit_bias"),
    "frequency-penalty-ignored": ignoring("frequency_penalty"),
    "presence-penalty-ignored": ignoring("presence_penalty"),
    "service-tier-ignored": if_there("service_tier", "flex"),
    "effort-ignored": both(ignoring("reasoning_effort"), within("reasoning", "effort")),
    "verbosity-ignored": both(ignoring("verbosity"), within("text", "verbosity")),
    "modalities-ignored": ignoring("modalities", "audio"),
    "attachments-ignored": each_message(empty_handed),
    "prediction-ignored": ignoring("prediction"),
    "search-ignored": ignoring("web_search_options"),
    "store-ignored": always("store", False),
    "stored-always": if_there("store", True),
    "chat-metadata-lost": ignoring("metadata"),
    "padding-kept": within("stream_options", "include_obfuscation"),
    "grammar-ignored": hearing(without_grammar),
    "json-mode-unsaid-accepted": hearing(with_json),
    "open-schema-accepted": hearing(loosely),
    "schema-options-ignored": hearing(without_options),
    "too-many-texts-accepted": hearing(first_texts),
    "suffix-ignored": ignoring("suffix"),
    "summary-ignored": within("reasoning", "summary"),
    "include-ignored": ignoring("include"),
    "background-ignored": ignoring("background"),
    "deletion-not-served": without_endpoint("response-delete"),
}
