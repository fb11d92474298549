"""Answers that the token cap cuts off: the finish reason, and cuts inside a character."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, NotJson, Undecided, check, parse_json

REPLACEMENT_CHARACTER = "\ufffd"


def is_json_object(arguments: str) -> bool:
    """True if the arguments of a call are one JSON object."""
    try:
        return isinstance(parse_json(arguments), dict)
    except NotJson:
        return False


@check("tools.cut-said")
def test_cut_said(exchange: Exchange) -> None:
    """A call that the token cap cuts off is told by the finish reason length, never as a success."""
    reason, calls = expect.finish_reason(exchange), expect.tool_calls(exchange)
    if reason == "length":
        return
    for call in calls:
        expect.condition(
            is_json_object(call.arguments), "length, where arguments are cut", reason, at="/choices/0/finish_reason"
        )
    has_content = bool(calls) or bool(expect.text(exchange))
    expect.condition(has_content, "length, where nothing is left", reason, at="/choices/0/finish_reason")
    raise Undecided("the answer fits within the cap")


@check("chat.whole-characters")
def test_whole_characters(exchange: Exchange) -> None:
    """A text that the token cap cuts ends between two characters, not inside one."""
    text = expect.text(exchange)
    at = "/choices/0/delta/content" if expect.is_stream(exchange) else "/choices/0/message/content"
    expect.condition(REPLACEMENT_CHARACTER not in text, "no replacement character", text, at=at)
    halves = [character for character in text if "\ud800" <= character <= "\udfff"]
    expect.condition(not halves, "no half of a pair of surrogates", ascii(text), at=at)
    if expect.finish_reason(exchange) != "length":
        raise Undecided("the answer fits within the cap")
