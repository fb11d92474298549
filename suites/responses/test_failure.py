"""The end of a streamed response: completed, failed or with an error."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check

FINAL_EVENTS = ("response.completed", "response.incomplete")
FAILED_EVENT = "response.failed"
END_EVENTS = (*FINAL_EVENTS, FAILED_EVENT, "error")


@check("responses.ends-once")
def test_ends_once(exchange: Exchange) -> None:
    """Nothing follows the event that ends a stream; only an error may be followed by response.failed."""
    last = ""
    for place, kind, _ in expect.events(exchange):
        allowed = not last or (last, kind) == ("error", FAILED_EVENT)
        expect.condition(allowed, f"nothing after {last}", kind, where=place, at="/type")
        last = kind if kind in END_EVENTS else last


@check("responses.not-failed")
def test_not_failed(exchange: Exchange) -> None:
    """A response whose stream has begun is not given up with an error."""
    for place, kind, value in expect.events(exchange):
        expect.condition(kind not in (FAILED_EVENT, "error"), "no failure", value, where=place, at="/type")


@check("responses.failure-told")
def test_failure_told(exchange: Exchange) -> None:
    """A failure in a stream is an event of the type error with code and message, or a failed response with both."""
    found = expect.events(exchange)
    if not any(kind.startswith("response.") for _, kind, _ in found):
        raise Inconclusive("the stream has no typed events")
    for place, kind, value in found:
        expect.condition("error" not in value, "an event of the type error", value, where=place, at="/error")
        error_place = {FAILED_EVENT: "/response/error", "error": ""}.get(kind)
        if error_place is not None:
            text = expect.member(value, f"{error_place}/message", str, where=place)
            expect.condition(bool(text.strip()), "a message", text, where=place, at=f"{error_place}/message")
            code = (str,) if kind == FAILED_EVENT else (str, type(None))
            expect.member(value, f"{error_place}/code", *code, where=place)
