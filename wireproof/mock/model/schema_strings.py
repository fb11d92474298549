"""Texts that fit a string schema: formats, patterns, lengths."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from wireproof.mock.model.hash_random import HashRandom

# The standard library's own reader of patterns, for which some type stubs have a name and others none.
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
    """A text for a string schema; a word of the prompt where nothing narrower is asked."""
    if isinstance(schema.get("pattern"), str):
        return text_for_pattern(schema["pattern"], draw)
    if schema.get("format") in TEXTS_BY_FORMAT:
        return TEXTS_BY_FORMAT[schema["format"]]
    made = draw.pick(words) if words else draw.pick(FALLBACK_WORDS)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    made = made if len(made) >= least else (made * (least // len(made) + 1))[: max(least, len(made))]
    return made if most is None else made[:most]


def text_for_pattern(pattern: str, draw: HashRandom) -> str:
    """A text the regular expression matches, built along its parse tree; empty if it does not parse."""
    try:
        return text_for_nodes(_parser.parse(pattern), draw)
    except (re.error, RecursionError):
        return ""


def text_for_nodes(nodes: Any, draw: HashRandom) -> str:
    made = [
        TEXT_MAKERS_BY_NODE.get(str(node), empty_text)(given, draw.derive(index))
        for index, (node, given) in enumerate(nodes)
    ]
    return "".join(made)


def empty_text(given: Any, draw: HashRandom) -> str:
    """Anchors and look-arounds add no text."""
    return ""


def character_of_set(given: Any, draw: HashRandom) -> str:
    """One character of a set."""
    if str(given[0][0]) == "NEGATE":
        barred = "".join(characters_of_set(given[1:]))
        return draw.pick([letter for letter in LETTERS_AND_DIGITS if letter not in barred] or ["-"])
    return draw.pick(characters_of_set(given))


def characters_of_set(items: Any) -> list[str]:
    made: list[str] = []
    for kind, given in items:
        if str(kind) == "LITERAL":
            made.append(chr(given))
        elif str(kind) == "RANGE":
            made += [chr(code) for code in range(given[0], min(given[1], given[0] + 99) + 1)]
        else:
            made += CHARACTERS_BY_CATEGORY.get(str(given), "a")
    return made


def repeat_nodes(given: Any, draw: HashRandom) -> str:
    least, most, nodes = given
    times = max(least, min(1, int(most)))
    return "".join(text_for_nodes(nodes, draw.derive("again", turn)) for turn in range(times))


TEXT_MAKERS_BY_NODE: Mapping[str, Callable[[Any, HashRandom], str]] = {
    "LITERAL": lambda given, draw: chr(given),
    "NOT_LITERAL": lambda given, draw: "b" if chr(given) == "a" else "a",
    "ANY": lambda given, draw: draw.pick(string.ascii_lowercase),
    "IN": character_of_set,
    "MAX_REPEAT": repeat_nodes,
    "MIN_REPEAT": repeat_nodes,
    "SUBPATTERN": lambda given, draw: text_for_nodes(given[-1], draw),
    "BRANCH": lambda given, draw: text_for_nodes(draw.pick(given[1]), draw),
}
