"""Answers that the token cap cuts off: the finish reason, and cuts inside a character."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, NotJson, Undecided, check, find_usage, parse_json

REPLACEMENT_CHARACTER = "\ufffd"


def is_json_object(arguments: str) -> bool:
    """True if the arguments of a call are one JSON object."""
    try:
        return isinstance(parse_json(arguments), dict)
    except NotJson:
        return False


def within_cap(exchange: Exchange) -> None:
    """Raises Inconclusive if the answer counts more tokens than its cap, which then cut nothing off."""
    cap, count = expect.requested_cap(exchange), find_usage(exchange).get("completion_tokens")
    if isinstance(count, int) and cap is not None and count > cap:
        raise Inconclusive(f"the answer counts {count} tokens, the cap is {cap}; chat.cap judges that")


@check("tools.cut-said")
def test_cut_said(exchange: Exchange) -> None:
    """A call that the token cap cuts off is told by the finish reason length, never as a success."""
    reason, calls = expect.finish_reason(exchange), expect.tool_calls(exchange)
    if reason == "length":
        return
    within_cap(exchange)
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
        within_cap(exchange)
        raise Undecided("the answer fits within the cap")
