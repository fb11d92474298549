"""Which tools the model calls, and with what arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import Draw
from wireproof.mock.model.schema_strings import matching
from wireproof.mock.model.schema_values import Hints, fit

FILLERS = frozenset(
    re.findall(
        r"\w+",
        "a an and are at by call do find for from get give have how in into is it its look me now of on or "
        "please run set show tell the this to tool up use what which with you your current given",
    )
)
NAMES = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w-]+(?: [A-Z][\w-]+)*")


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

    def written(self, draw: Draw, hints: Hints) -> str:
        """What a call of this tool is given: arguments as JSON, or a text."""
        if self.pattern is not None:
            return matching(self.pattern, draw)
        return json.dumps(fit(self.parameters or {"type": "object"}, draw, hints), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its id, the tool, the arguments as JSON text, or a text for a tool of the user's own."""

    id: str
    name: str
    arguments: str
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """How free the model is: none, auto, required or one named function; one call or several; all tools or some."""

    mode: str = "auto"
    named: str | None = None
    parallel: bool = True
    allowed: tuple[str, ...] | None = None


def calls(tools: Sequence[Tool], choice: Choice, asked: str, draw: Draw, *, answered: bool) -> tuple[Call, ...]:
    """The calls the model makes; none where it is told so, or where the tool has answered."""
    chosen = chosen_tools(tools, choice, asked, answered=answered)
    wanted = [(tool, hints) for tool in chosen for hints in readings(tool, choice, asked)]
    wanted = wanted if choice.parallel else wanted[:1]
    return tuple(
        Call(
            id=f"call_{draw.at('call', index).hex(24)}",
            name=tool.name,
            arguments=tool.written(draw.at(index), hints),
            is_custom=tool.pattern is not None,
        )
        for index, (tool, hints) in enumerate(wanted)
    )


def chosen_tools(tools: Sequence[Tool], choice: Choice, asked: str, *, answered: bool) -> Sequence[Tool]:
    if choice.named is not None:
        return [tool for tool in tools if tool.name == choice.named]
    tools = [tool for tool in tools if choice.allowed is None or tool.name in choice.allowed]
    if choice.mode == "none" or not tools:
        return ()
    meant = [tool for tool in tools if is_meant(tool, asked)]
    if choice.mode == "required":
        return meant or tools[:1]
    return () if answered else meant


def words_of(text: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ")
    return {word.removesuffix("s") for word in re.findall(r"[a-z]+", spaced.lower())} - FILLERS


def is_meant(tool: Tool, asked: str) -> bool:
    """The prompt names the tool, its subject, or its purpose in two words."""
    said = words_of(asked)
    named = tool.name.lower() in asked.lower() or bool(words_of(tool.name) & said)
    return named or len(words_of(tool.description) & said) >= 2


def readings(tool: Tool, choice: Choice, asked: str) -> Sequence[Hints]:
    """One reading for each thing the prompt asks about: two places give two calls."""
    names = tuple(name for name in NAMES.findall(asked) if name != "I" and name.lower() != tool.name.lower())
    numbers = tuple(int(number) for number in re.findall(r"\b\d{1,9}\b", asked))
    between = asked[asked.find(names[0]) : asked.rfind(names[-1])] if names else ""
    if not choice.parallel or " and " not in between:
        return [Hints(names[:1], numbers)]
    return [Hints((name,), numbers) for name in names]


def named_choice(given: Any, *, parallel: bool) -> Choice:
    """The choice as a chat request writes it."""
    if isinstance(given, dict) and given.get("type") == "allowed_tools":
        limits = given["allowed_tools"]
        names = tuple(tool["function"]["name"] for tool in limits["tools"])
        return Choice(limits["mode"], None, parallel, names)
    if isinstance(given, dict):
        described: Any = given.get("function", given.get("custom", given))
        return Choice("named", described.get("name"), parallel)
    return Choice(given or "auto", None, parallel)
