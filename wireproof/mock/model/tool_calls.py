"""Which tools the model calls, and with what arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.schema_strings import text_for_pattern
from wireproof.mock.model.schema_values import ValueHints, value_for_schema

FILLER_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are at by call do find for from get give have how in into is it its look me now of on or "
        "please run set show tell the this to tool up use what which with you your current given",
    )
)
PROPER_NAMES = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w-]+(?: [A-Z][\w-]+)*")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call, or a tool of its user's own that takes a text.

    Attributes:
        pattern: the regular expression that the text fits; None for a function.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    pattern: str | None = None

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Tool:
        return cls(row["name"], row.get("description") or "", row.get("parameters") or {})

    @classmethod
    def from_chat(cls, row: Mapping[str, Any]) -> Tool:
        """A tool as a chat request describes it."""
        if row.get("type") != "custom":
            return cls.from_mapping(row["function"])
        given = row["custom"]
        grammar = given.get("format", {}).get("grammar", {})
        pattern = grammar.get("definition") if grammar.get("syntax") == "regex" else "ok"
        return cls(given["name"], given.get("description") or "", {}, pattern)

    def make_arguments(self, draw: HashRandom, hints: ValueHints) -> str:
        """What a call of this tool is given: arguments as JSON, or a text."""
        if self.pattern is not None:
            return text_for_pattern(self.pattern, draw)
        return json.dumps(value_for_schema(self.parameters or {"type": "object"}, draw, hints), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its id, the tool, the arguments as JSON text, or a text for a tool of the user's own."""

    id: str
    name: str
    arguments: str
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """How free the model is: none, auto, required or one named function; one call or several; all tools or some."""

    mode: str = "auto"
    function_name: str | None = None
    parallel: bool = True
    allowed: tuple[str, ...] | None = None


def make_calls(
    tools: Sequence[Tool], choice: ToolChoice, asked: str, draw: HashRandom, *, answered: bool
) -> tuple[Call, ...]:
    """The calls the model makes; none where it is told so, or where the tool has answered."""
    chosen = choose_tools(tools, choice, asked, answered=answered)
    wanted = [(tool, hints) for tool in chosen for hints in hints_for_calls(tool, choice, asked)]
    wanted = wanted if choice.parallel else wanted[:1]
    return tuple(
        Call(
            id=f"call_{draw.derive('call', index).hex(24)}",
            name=tool.name,
            arguments=tool.make_arguments(draw.derive(index), hints),
            is_custom=tool.pattern is not None,
        )
        for index, (tool, hints) in enumerate(wanted)
    )


def choose_tools(tools: Sequence[Tool], choice: ToolChoice, asked: str, *, answered: bool) -> Sequence[Tool]:
    if choice.function_name is not None:
        return [tool for tool in tools if tool.name == choice.function_name]
    tools = [tool for tool in tools if choice.allowed is None or tool.name in choice.allowed]
    if choice.mode == "none" or not tools:
        return ()
    meant = [tool for tool in tools if is_meant(tool, asked)]
    if choice.mode == "required":
        return meant or tools[:1]
    return () if answered else meant


def word_set(text: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ")
    return {word.removesuffix("s") for word in re.findall(r"[a-z]+", spaced.lower())} - FILLER_WORDS


def is_meant(tool: Tool, asked: str) -> bool:
    """The prompt names the tool, its subject, or its purpose in two words."""
    said = word_set(asked)
    named = tool.name.lower() in asked.lower() or bool(word_set(tool.name) & said)
    return named or len(word_set(tool.description) & said) >= 2


def hints_for_calls(tool: Tool, choice: ToolChoice, asked: str) -> Sequence[ValueHints]:
    """One reading for each thing the prompt asks about: two places give two calls."""
    names = tuple(name for name in PROPER_NAMES.findall(asked) if name != "I" and name.lower() != tool.name.lower())
    numbers = tuple(int(number) for number in re.findall(r"\b\d{1,9}\b", asked))
    between = asked[asked.find(names[0]) : asked.rfind(names[-1])] if names else ""
    if not choice.parallel or " and " not in between:
        return [ValueHints(names[:1], numbers)]
    return [ValueHints((name,), numbers) for name in names]


def parse_tool_choice(given: Any, *, parallel: bool) -> ToolChoice:
    """The choice as a chat request writes it."""
    if isinstance(given, dict) and given.get("type") == "allowed_tools":
        limits = given["allowed_tools"]
        names = tuple(tool["function"]["name"] for tool in limits["tools"])
        return ToolChoice(limits["mode"], None, parallel, names)
    if isinstance(given, dict):
        described: Any = given.get("function", given.get("custom", given))
        return ToolChoice("named", described.get("name"), parallel)
    return ToolChoice(given or "auto", None, parallel)
