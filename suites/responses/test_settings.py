"""The settings and token counts that a response repeats or reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, check, json_pointer

# The settings of a request that its response repeats.
REPEATED_SETTINGS = (
    "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "temperature", "text.format", "top_p",
    "truncation",
)  # fmt: skip


@check("responses.settings", proves_obeyed=(*REPEATED_SETTINGS, "previous_response_id", "background"))
def test_settings(exchange: Exchange) -> None:
    """A response repeats the settings of its request."""
    request, response = expect.request_body(exchange), expect.answer(exchange)
    for name in REPEATED_SETTINGS:
        at = "/" + name.replace(".", "/")
        for _, wanted in json_pointer.find(request, at):
            found = next((value for _, value in json_pointer.find(response, at)), "nothing")
            # A setting that is not repeated may be in effect all the same.
            expect.condition(found == wanted, expect.display_text(wanted), found, at=at, shows_ignored=False)


@check("responses.logprobs", proves_obeyed=("include", "top_logprobs"))
def test_logprobs(exchange: Exchange) -> None:
    """A text whose log probabilities are included has them token by token, with as many alternatives as asked for."""
    asked, body = expect.request_body(exchange)["top_logprobs"], expect.whole_response(exchange)
    for at, part in json_pointer.find(body, "/output/*/content/*"):
        if not isinstance(part, dict) or part.get("type") != "output_text":
            continue
        entries = [entry for entry in part.get("logprobs") or () if isinstance(entry, dict)]
        expect.condition(bool(entries), "log probabilities", part.get("logprobs"), at=f"{at}/logprobs")
        for number, entry in enumerate(entries):
            is_logprob_entry(entry, asked, f"{at}/logprobs/{number}")


def is_logprob_entry(entry: Mapping[str, Any], asked: int, at: str) -> None:
    """Raises Violation unless an entry has a log probability and no more alternatives than requested."""
    value, others = entry.get("logprob"), entry.get("top_logprobs")
    expect.condition(isinstance(value, int | float) and value <= 0, "a number of at most 0", value, at=f"{at}/logprob")
    count = len(others) if isinstance(others, list) else 0
    expect.condition(1 <= count <= asked, f"from 1 to {asked} alternatives", others, at=f"{at}/top_logprobs")


@check("responses.call-single", proves_obeyed=("parallel_tool_calls",))
def test_call_single(exchange: Exchange) -> None:
    """A request that switches parallel calls off is answered with one function call at most."""
    output = expect.member(expect.answer(exchange), "/output", list)
    count = sum(isinstance(item, dict) and item.get("type") == "function_call" for item in output)
    expect.condition(count <= 1, "one call at most", count, at="/output")


@check("responses.counted-beforehand")
def test_counted_beforehand(counted: Exchange, answered: Exchange) -> None:
    """The tokens of an input that are counted beforehand are those that its response counts."""
    before = expect.member(expect.answer(counted), "/input_tokens", int)
    expect.equal(before, expect.member(expect.answer(answered), "/usage/input_tokens", int), at="/input_tokens")
