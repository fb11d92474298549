"""The tools that the model calls, and their arguments."""

from __future__ import annotations

import json
import re
from collections import Counter
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
    """A function that the model may call, or a custom tool that takes a text.

    Attributes:
        pattern: the regular expression of that text; None for a function.
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
        """Returns a tool as a chat request describes it."""
        if row.get("type") != "custom":
            return cls.from_mapping(row["function"])
        custom = row["custom"]
        return cls.from_custom(custom, custom.get("format", {}).get("grammar", {}))

    @classmethod
    def from_response(cls, row: Mapping[str, Any]) -> Tool:
        """Returns a tool as a request for a response describes it."""
        return cls.from_custom(row, row.get("format", {})) if row["type"] == "custom" else cls.from_mapping(row)

    @classmethod
    def from_custom(cls, row: Mapping[str, Any], grammar: Mapping[str, Any]) -> Tool:
        """Returns a custom tool, whose input is a text of this grammar."""
        pattern = grammar.get("definition") if grammar.get("syntax") == "regex" else "ok"
        return cls(row["name"], row.get("description") or "", {}, pattern)

    def make_arguments(self, draw: HashRandom, hints: ValueHints) -> str:
        """Returns the arguments of a call as JSON, or the text for a custom tool."""
        if self.pattern is not None:
            return text_for_pattern(self.pattern, draw)
        return json.dumps(value_for_schema(self.parameters or {"type": "object"}, draw, hints), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool.

    Attributes:
        arguments: JSON as text, or the text for a custom tool.
    """

    id: str
    name: str
    arguments: str
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """The freedom of the model to call tools.

    Attributes:
        mode: none, auto, required or named.
        function_name: the function that a named choice calls.
        parallel: true if several calls at once are allowed.
        allowed: the names of the allowed tools; None for all.
    """

    mode: str = "auto"
    function_name: str | None = None
    parallel: bool = True
    allowed: tuple[str, ...] | None = None


def make_calls(
    tools: Sequence[Tool], choice: ToolChoice, prompt: str, draw: HashRandom, called: Sequence[str]
) -> tuple[Call, ...]:
    """Returns the calls of the model; none if the choice forbids them or all that it means were made.

    Args:
        called: the names of the tools that were called for this prompt.
    """
    chosen_tools = choose_tools(tools, choice, prompt)
    planned = [(tool, hints) for tool in chosen_tools for hints in hints_for_calls(tool, prompt)]
    if choice.mode == "auto":
        planned = without_made_calls(planned, called)
    planned = planned if choice.parallel else planned[:1]
    return tuple(
        Call(
            id=f"call_{draw.derive('call', index).hex(24)}",
            name=tool.name,
            arguments=tool.make_arguments(draw.derive(index), hints),
            is_custom=tool.pattern is not None,
        )
        for index, (tool, hints) in enumerate(planned)
    )


def without_made_calls(
    planned: Sequence[tuple[Tool, ValueHints]], called: Sequence[str]
) -> list[tuple[Tool, ValueHints]]:
    """Returns the planned calls that are left after those that were made; one under another name counts too."""
    made = Counter(called)
    strange = sum(count for name, count in made.items() if name not in {tool.name for tool, _ in planned})
    left = []
    for tool, hints in planned:
        if made[tool.name]:
            made[tool.name] -= 1
        else:
            left.append((tool, hints))
    return left[strange:]


def choose_tools(tools: Sequence[Tool], choice: ToolChoice, prompt: str) -> Sequence[Tool]:
    if choice.function_name is not None:
        return [tool for tool in tools if tool.name == choice.function_name]
    tools = [tool for tool in tools if choice.allowed is None or tool.name in choice.allowed]
    if choice.mode == "none" or not tools:
        return ()
    meant_tools = [tool for tool in tools if is_meant(tool, prompt)]
    if choice.mode == "required":
        return meant_tools or tools[:1]
    return meant_tools


def word_set(text: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ")
    return {word.removesuffix("s") for word in re.findall(r"[a-z]+", spaced.lower())} - FILLER_WORDS


def is_meant(tool: Tool, prompt: str) -> bool:
    """True if the prompt names the tool, its subject, or two words of its description."""
    words = word_set(prompt)
    is_named = tool.name.lower() in prompt.lower() or bool(word_set(tool.name) & words)
    return is_named or len(word_set(tool.description) & words) >= 2


def hints_for_calls(tool: Tool, prompt: str) -> Sequence[ValueHints]:
    """Returns the hints for each call; two places in the prompt give two calls."""
    names = tuple(name for name in PROPER_NAMES.findall(prompt) if name != "I" and name.lower() != tool.name.lower())
    numbers = tuple(int(number) for number in re.findall(r"\b\d{1,9}\b", prompt))
    between = prompt[prompt.find(names[0]) : prompt.rfind(names[-1])] if names else ""
    if " and " not in between:
        return [ValueHints(names[:1], numbers)]
    return [ValueHints((name,), numbers) for name in names]


def parse_tool_choice(choice: Any, *, parallel: bool) -> ToolChoice:
    """Returns the choice that a chat request describes."""
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed_tools = choice["allowed_tools"]
        names = tuple(tool["function"]["name"] for tool in allowed_tools["tools"])
        return ToolChoice(allowed_tools["mode"], None, parallel, names)
    if isinstance(choice, dict):
        described: Any = choice.get("function", choice.get("custom", choice))
        return ToolChoice("named", described.get("name"), parallel)
    return ToolChoice(choice or "auto", None, parallel)
