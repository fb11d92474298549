"""Texts that match a string schema: formats, patterns, lengths."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from wireproof.mock.model.hash_random import HashRandom

# The parser of the standard library for patterns; only some type stubs declare it.
_parser: Any = import_module("re._parser")

FALLBACK_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "jetty")
TEXTS_BY_FORMAT: Mapping[str, str] = {
    "date": "2026-03-14",
    "time": "09:26:53Z",
    "date-time": "2026-03-14T09:26:53Z",
    "duration": "PT5M",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.7",
    "ipv6": "2001:db8::7",
    "uri": "https://example.com/a",
    "uri-reference": "/a",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}
LETTERS_AND_DIGITS = string.ascii_letters + string.digits
CHARACTERS_BY_CATEGORY: Mapping[str, str] = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": LETTERS_AND_DIGITS,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_NOT_SPACE": LETTERS_AND_DIGITS,
    "CATEGORY_NOT_WORD": "-",
}


def text_for_schema(schema: Mapping[str, Any], draw: HashRandom, words: Sequence[str]) -> str:
    """Returns a text for a string schema; a word of the prompt if the schema has no pattern and no format."""
    if isinstance(schema.get("pattern"), str):
        return text_for_pattern(schema["pattern"], draw)
    if schema.get("format") in TEXTS_BY_FORMAT:
        return TEXTS_BY_FORMAT[schema["format"]]
    text = draw.pick(words) if words else draw.pick(FALLBACK_WORDS)
    min_length, max_length = schema.get("minLength", 0), schema.get("maxLength")
    text = text if len(text) >= min_length else (text * (min_length // len(text) + 1))[: max(min_length, len(text))]
    return text if max_length is None else text[:max_length]


def text_for_pattern(pattern: str, draw: HashRandom) -> str:
    """Returns a text that the regular expression matches, built along its parse tree; empty if it is invalid."""
    try:
        return text_for_nodes(_parser.parse(pattern), draw)
    except (re.error, RecursionError):
        return ""


def text_for_nodes(nodes: Any, draw: HashRandom) -> str:
    texts = [
        TEXT_MAKERS_BY_NODE.get(str(node), empty_text)(argument, draw.derive(index))
        for index, (node, argument) in enumerate(nodes)
    ]
    return "".join(texts)


def empty_text(argument: Any, draw: HashRandom) -> str:
    """Returns no text, for anchors and look-arounds."""
    return ""


def character_of_set(argument: Any, draw: HashRandom) -> str:
    """Returns one character of a set."""
    if str(argument[0][0]) == "NEGATE":
        excluded = "".join(characters_of_set(argument[1:]))
        return draw.pick([letter for letter in LETTERS_AND_DIGITS if letter not in excluded] or ["-"])
    return draw.pick(characters_of_set(argument))


def characters_of_set(items: Any) -> list[str]:
    characters: list[str] = []
    for kind, argument in items:
        if str(kind) == "LITERAL":
            characters.append(chr(argument))
        elif str(kind) == "RANGE":
            characters += [chr(code) for code in range(argument[0], min(argument[1], argument[0] + 99) + 1)]
        else:
            characters += CHARACTERS_BY_CATEGORY.get(str(argument), "a")
    return characters


def repeat_nodes(argument: Any, draw: HashRandom) -> str:
    min_count, max_count, nodes = argument
    times = max(min_count, min(1, int(max_count)))
    return "".join(text_for_nodes(nodes, draw.derive("again", index)) for index in range(times))


TEXT_MAKERS_BY_NODE: Mapping[str, Callable[[Any, HashRandom], str]] = {
    "LITERAL": lambda argument, draw: chr(argument),
    "NOT_LITERAL": lambda argument, draw: "b" if chr(argument) == "a" else "a",
    "ANY": lambda argument, draw: draw.pick(string.ascii_lowercase),
    "IN": character_of_set,
    "MAX_REPEAT": repeat_nodes,
    "MIN_REPEAT": repeat_nodes,
    "SUBPATTERN": lambda argument, draw: text_for_nodes(argument[-1], draw),
    "BRANCH": lambda argument, draw: text_for_nodes(draw.pick(argument[1]), draw),
}
