"""The abilities of a model that its answers show, and those that requests ask it to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.contract.case import Case
from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.formats.strict_json import NotJson, parse_json
from wireproof.judging.expect_answers import GivenAnswer, given_answer, object_in, objects_in
from wireproof.judging.judge import Checking, judge_exchanges

# The members of a request that switch reasoning on, and their values that do not.
REASONING_SWITCHES = ("reasoning_effort", "reasoning", "reasoning_split", "reasoning_content")
NO_REASONING: tuple[Any, ...] = (None, False, "none", "minimal", {})
# The members of a usage object with the count of reasoning tokens: of a chat, and of a response.
USAGE_DETAILS = ("completion_tokens_details", "output_tokens_details")
JSON_FORMATS = ("json_object", "json_schema")
PICTURE_PLACES, CUSTOM_CALL_PLACES = "/messages/*/content/*/image_url/url", "/choices/*/message/tool_calls/*/custom"
# The roles that a chat model can play, each with the name of its ability.
ABILITY_ROLES = ("reasoning", "vision")
# The check that an answer names the colours of the pictures in its request.
COLOUR_CHECK = "vision.colour"


@dataclass(frozen=True, slots=True)
class FoundAbilities:
    """The abilities of a model that its answers show, and those that it was asked for in vain."""

    model: str
    shown: tuple[str, ...]
    not_shown: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """The abilities as JSON data."""
        return {"model": self.model, "shown": list(self.shown), "not_shown": list(self.not_shown)}


def found_abilities(
    model: str, exchanges: Iterable[Exchange], cases: Mapping[str, Case], names_colour: Checking
) -> FoundAbilities:
    """The abilities that all answers of a model show, and those for which it was asked in vain."""
    shown, asked = set[str](), set[str]()
    for exchange in exchanges:
        case = cases.get(exchange.case)
        if case is not None and case.refused is None and requested_model(exchange) == model:
            shown |= shown_abilities(exchange, names_colour)
            asked |= asked_abilities(exchange) | {requested_role(exchange, case)}.intersection(ABILITY_ROLES)
    return FoundAbilities(
        model,
        tuple(ability for ability in ABILITY_REQUESTS if ability in shown),
        tuple(ability for ability in ABILITY_REQUESTS if ability in asked - shown),
    )


def requested_role(exchange: Exchange, case: Case) -> str:
    """The role of the model in the request of an exchange."""
    return case.asks[exchange.step % len(case.asks)].model


def asked_abilities(exchange: Exchange) -> frozenset[str]:
    """The abilities that the request asks the model to show."""
    body = _request_body(exchange)
    return frozenset(ability for ability, asks in ABILITY_REQUESTS.items() if asks(body))


def shown_abilities(exchange: Exchange, names_colour: Checking) -> frozenset[str]:
    """The abilities that the answer shows; none if it is a refusal, or broke off.

    Args:
        names_colour: the check that an answer names the colours of the pictures in its request.
    """
    if not exchange.is_success:
        return frozenset()
    asked, answer = asked_abilities(exchange), given_answer(exchange)
    proven = {
        "reasoning": _shows_reasoning(exchange, answer),
        "tools": "tools" in asked and (bool(answer.calls) or _calls_custom_tool(exchange)),
        "vision": "vision" in asked and judge_exchanges(names_colour, {"exchange": exchange}).outcome == "pass",
        "JSON": "JSON" in asked and _is_json_object(answer.text),
    }
    return frozenset(ability for ability, is_shown in proven.items() if is_shown)


def requested_model(exchange: Exchange) -> Any:
    """The model that the request names; None if it names none."""
    return _request_body(exchange).get("model")


def _request_body(exchange: Exchange) -> Mapping[str, Any]:
    try:
        return object_in(exchange.request_json)
    except NotJson:
        return {}


def _asks_for_reasoning(body: Mapping[str, Any]) -> bool:
    return any(body.get(name) not in NO_REASONING for name in REASONING_SWITCHES)


def _asks_for_call(body: Mapping[str, Any]) -> bool:
    return bool(body.get("tools")) and body.get("tool_choice") != "none"


def _asks_about_picture(body: Mapping[str, Any]) -> bool:
    return any(True for _ in json_pointer.find(body, PICTURE_PLACES))


def _asks_for_json(body: Mapping[str, Any]) -> bool:
    formats = (object_in(body.get("response_format")), object_in(object_in(body.get("text")).get("format")))
    return any(one.get("type") in JSON_FORMATS for one in formats)


def _shows_reasoning(exchange: Exchange, answer: GivenAnswer) -> bool:
    usage = object_in(answer.usage)
    counts = (object_in(usage.get(name)).get("reasoning_tokens") for name in USAGE_DETAILS)
    is_counted = any(isinstance(count, int) and count > 0 for count in counts)
    has_item = any(item.get("type") == "reasoning" for item in _output_items(exchange))
    return bool(answer.reasoning.strip()) or is_counted or has_item


def _calls_custom_tool(exchange: Exchange) -> bool:
    """True if an answer has a call of a tool that takes a text, which has no arguments."""
    calls = json_pointer.find(_answer_body(exchange), CUSTOM_CALL_PLACES)
    return any(True for _ in calls) or any(item.get("type") == "custom_tool_call" for item in _output_items(exchange))


def _output_items(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The items of the output of a response, streamed or not."""
    if exchange.is_event_stream:
        return [object_in(object_in(chunk.value).get("item")) for chunk in exchange.stream.chunks]
    return objects_in(_answer_body(exchange).get("output"))


def _answer_body(exchange: Exchange) -> Mapping[str, Any]:
    try:
        return object_in(exchange.json)
    except NotJson:
        return {}


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(parse_json(text.encode()), dict)
    except NotJson:
        return False


# Ability → true for the body of a request that asks for it.
ABILITY_REQUESTS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "reasoning": _asks_for_reasoning,
    "tools": _asks_for_call,
    "vision": _asks_about_picture,
    "JSON": _asks_for_json,
}
