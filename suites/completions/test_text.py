"""Text completions, plain and streamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Violation, check, find_usage, json_pointer

LOGPROB_LISTS = ("tokens", "token_logprobs", "top_logprobs", "text_offset")
DEFAULT_CAP = 16


def choices_or_parts(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The choices of an answer, or those of all chunks of a stream."""
    if expect.is_stream(exchange):
        return [choice for chunk in expect.event_stream(exchange).chunks for choice in chunk.choices]
    body = expect.answer(exchange)
    listed = expect.member(body, "/choices", list)
    return [expect.member(body, f"/choices/{at}", dict) for at in range(len(listed))]


def texts_by_index(exchange: Exchange) -> dict[Any, str]:
    """The text of each choice by its index, joined if it is streamed.

    A chunk may lack the member; its shape is judged by another check.
    """
    found: dict[Any, str] = {}
    for part in choices_or_parts(exchange):
        index, text = str(part.get("index")), part.get("text", "" if expect.is_stream(exchange) else None)
        expect.condition(isinstance(text, str), "a string", text, at="/choices/0/text")
        found[index] = found.get(index, "") + str(text)
    return found


def first_text(exchange: Exchange) -> str:
    """The text of the choice of index 0."""
    found = texts_by_index(exchange)
    expect.condition("0" in found, "a choice of index 0", sorted(found), at="/choices/0/index")
    return found["0"]


@check("completions.text", proves_obeyed=("prompt",))
def test_text(exchange: Exchange) -> None:
    """A prompt is continued with text."""
    expect.condition(bool(first_text(exchange).strip()), "text", "nothing", at="/choices/0/text")


@check("completions.finish")
def test_finish(exchange: Exchange) -> None:
    """Each choice of a streamed completion has exactly one finish reason."""
    found: dict[str, list[Any]] = {}
    for part in choices_or_parts(exchange):
        reasons = found.setdefault(str(part.get("index")), [])
        reasons += [part["finish_reason"]] if part.get("finish_reason") is not None else []
    for index, reasons in found.items():
        expect.condition(len(reasons) == 1, f"one for choice {index}", reasons, at="/choices/0/finish_reason")


@check("completions.echo", proves_obeyed=("echo",))
def test_echo(exchange: Exchange) -> None:
    """With echo the text begins with the prompt."""
    prompt = expect.request_body(exchange)["prompt"]
    text = first_text(exchange)
    expect.condition(text.startswith(prompt), f"text that begins with {prompt}", text, at="/choices/0/text")


@check("completions.counts", proves_obeyed=("n", "prompt"))
def test_counts(exchange: Exchange) -> None:
    """An answer has a choice for each prompt and each continuation asked for, with indexes from 0 upwards."""
    prompt, n = expect.request_body(exchange)["prompt"], expect.request_body(exchange).get("n", 1)
    wanted = (len(prompt) if isinstance(prompt, list) else 1) * n
    expect.equal(sorted(texts_by_index(exchange)), [str(index) for index in range(wanted)], at="/choices")


@check("completions.logprobs-null")
def test_logprobs_null(exchange: Exchange) -> None:
    """A choice has logprobs as null where none were asked for."""
    for part in choices_or_parts(exchange):
        value = part.get("logprobs", "absent")
        expect.condition(value is None, "null", value, at="/choices/0/logprobs")


@check("completions.logprobs", proves_obeyed=("logprobs",))
def test_logprobs(exchange: Exchange) -> None:
    """Log probabilities that were asked for come as lists of one length."""
    found = [
        value
        for part in choices_or_parts(exchange)
        for _, value in json_pointer.find(part, "/logprobs")
        if isinstance(value, dict)
    ]
    expect.condition(bool(found), "log probabilities", "none", at="/choices/0/logprobs")
    for lists in found:
        sizes = {
            name: len(value)
            for name in LOGPROB_LISTS
            for _, value in json_pointer.find(lists, f"/{name}")
            if isinstance(value, list)
        }
        if len(set(sizes.values())) != 1:
            # Those of a chat, a list of tokens at /content, are log probabilities as well.
            actual = expect.display_text(sizes or list(lists))
            wanted = f"lists of one length at {', '.join(LOGPROB_LISTS)}"
            raise Violation(wanted, actual, at="/choices/0/logprobs", shows_ignored=False)


@check("completions.default-cap")
def test_default_cap(exchange: Exchange) -> None:
    """A request that names no cap is continued with at most sixteen tokens."""
    expect.success(exchange)
    count = find_usage(exchange).get("completion_tokens")
    if not isinstance(count, int):
        raise Inconclusive("the answer counts no tokens")
    expect.condition(count <= DEFAULT_CAP, f"at most {DEFAULT_CAP}", count, at="/usage/completion_tokens")


@check("completions.stop", proves_obeyed=("stop",))
def test_stop(exchange: Exchange) -> None:
    """Each continuation ends before the stop text."""
    stop = expect.request_body(exchange)["stop"]
    for index, text in texts_by_index(exchange).items():
        expect.condition(stop not in text, f"text without {stop}", text, at=f"/choices/{index}/text")


@check("completions.same-text")
def test_same_text(plain: Exchange, stream: Exchange) -> None:
    """A prompt is continued with the same text whether it is streamed or not."""
    expect.equal(first_text(stream), first_text(plain), at="/choices/0/text")


@check("completions.suffix", proves_obeyed=("suffix",))
def test_suffix(exchange: Exchange) -> None:
    """A text that is put between a prompt and a suffix fills the gap, and does not go on beyond it."""
    text = first_text(exchange)
    numbers = re.findall(r"\d+", text)
    expect.condition(numbers == ["4", "5", "6"], "the numbers 4, 5 and 6", text, at="/choices/0/text")
