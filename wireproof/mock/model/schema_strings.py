"""Texts that fit a string schema: formats, patterns, lengths."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from wireproof.mock.model.hash_random import Draw

# The standard library's own reader of patterns, for which some type stubs have a name and others none.
_parser: Any = import_module("re._parser")

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "jetty")
FORMATS: Mapping[str, str] = {
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
PRINTABLE = string.ascii_letters + string.digits
CATEGORIES: Mapping[str, str] = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": PRINTABLE,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_NOT_SPACE": PRINTABLE,
    "CATEGORY_NOT_WORD": "-",
}


def fitting_text(schema: Mapping[str, Any], draw: Draw, words: Sequence[str]) -> str:
    """A text for a string schema; a word of the prompt where nothing narrower is asked."""
    if isinstance(schema.get("pattern"), str):
        return matching(schema["pattern"], draw)
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    made = draw.pick(words) if words else draw.pick(WORDS)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    made = made if len(made) >= least else (made * (least // len(made) + 1))[: max(least, len(made))]
    return made if most is None else made[:most]


def matching(pattern: str, draw: Draw) -> str:
    """A text the regular expression matches, built along its parse tree; empty if it does not parse."""
    try:
        return sequence(_parser.parse(pattern), draw)
    except (re.error, RecursionError):
        return ""


def sequence(nodes: Any, draw: Draw) -> str:
    made = [NODES.get(str(node), nothing)(given, draw.at(index)) for index, (node, given) in enumerate(nodes)]
    return "".join(made)


def nothing(given: Any, draw: Draw) -> str:
    """Anchors and look-arounds add no text."""
    return ""


def among(given: Any, draw: Draw) -> str:
    """One character of a set."""
    if str(given[0][0]) == "NEGATE":
        barred = "".join(characters(given[1:]))
        return draw.pick([letter for letter in PRINTABLE if letter not in barred] or ["-"])
    return draw.pick(characters(given))


def characters(items: Any) -> list[str]:
    made: list[str] = []
    for kind, given in items:
        if str(kind) == "LITERAL":
            made.append(chr(given))
        elif str(kind) == "RANGE":
            made += [chr(code) for code in range(given[0], min(given[1], given[0] + 99) + 1)]
        else:
            made += CATEGORIES.get(str(given), "a")
    return made


def repeated(given: Any, draw: Draw) -> str:
    least, most, nodes = given
    times = max(least, min(1, int(most)))
    return "".join(sequence(nodes, draw.at("again", turn)) for turn in range(times))


NODES: Mapping[str, Callable[[Any, Draw], str]] = {
    "LITERAL": lambda given, draw: chr(given),
    "NOT_LITERAL": lambda given, draw: "b" if chr(given) == "a" else "a",
    "ANY": lambda given, draw: draw.pick(string.ascii_lowercase),
    "IN": among,
    "MAX_REPEAT": repeated,
    "MIN_REPEAT": repeated,
    "SUBPATTERN": lambda given, draw: sequence(given[-1], draw),
    "BRANCH": lambda given, draw: sequence(draw.pick(given[1]), draw),
}
