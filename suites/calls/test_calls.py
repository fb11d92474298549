"""The calls of functions in every answer, of a chat or a response, streamed or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, check

CALL_MEMBERS = ("arguments", "parameters", "args", "input")
CALL_START = re.compile(r'\{\s*"(?:name|function|tool|tool_name|type)"\s*:\s*(?:\{\s*"name"\s*:\s*)?"([\w.-]+)"')


@check("calls.arguments", every_request=True)
def test_arguments(exchange: Exchange) -> None:
    """The arguments of each call are one JSON object, of a function without parameters too, unless the cap cut them."""
    given = expect.given_answer(exchange)
    for at, call in enumerate(given.calls if not given.is_cut else ()):
        expect.json_object(call.arguments, where=f"the arguments of call {at}")


@check("calls.own-ids", every_request=True)
def test_own_ids(exchange: Exchange) -> None:
    """Each call of an answer has an id, and no other call of its choice has the same."""
    found = [(call.choice, call.id) for call in expect.given_answer(exchange).calls if not call.is_older]
    ids = [id for _, id in found]
    expect.condition(all(ids), "an id for each call", ids, where="the ids of the calls")
    expect.condition(len(set(found)) == len(found), "an id of its own for each call", ids, where="the ids of the calls")


@check("calls.not-in-text", every_request=True)
def test_not_in_text(exchange: Exchange) -> None:
    """A call of an offered function stands among the calls of an answer, whole or cut, and not in its text."""
    texts = expect.given_answer(exchange).texts
    names = set(_offered_names(expect.request_body(exchange))) if texts else set()
    for text in texts:
        called = [match[1] for match in CALL_START.finditer(text) if match[1] in names]
        called = [name for name in called if _is_call(text, name)]
        shown = f"{called[0] if called else ''} in {expect.display_text(text)}"
        expect.condition(not called, "the call among the calls", shown, where="text")


def _offered_names(body: Mapping[str, Any]) -> Iterator[str]:
    """Yields the names of the functions that a request offers."""
    for tool in [*expect.objects_in(body.get("tools")), *expect.objects_in(body.get("functions"))]:
        function = tool.get("function")
        name = function.get("name") if isinstance(function, dict) else tool.get("name")
        if isinstance(name, str):
            yield name


def _is_call(text: str, name: str) -> bool:
    """True if the name is followed by arguments; a cut call may end before them."""
    rest = text[text.index(f'"{name}"') + len(name) + 2 :]
    return not rest.strip() or any(f'"{member}"' in rest for member in CALL_MEMBERS)
