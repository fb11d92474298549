"""Request parameters whose effect is visible without judging the meaning of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Undecided, Untestable, check, find_usage, json_pointer

# The text of a token that is no whole character, and the marks that vocabularies have for a blank and a new line.
HALF_CHARACTER = re.compile(r"\ufffd|\\x|<0x")
BLANK_MARKS = str.maketrans({"\u2581": " ", "\u0120": " ", "\u010a": "\n"})
IndexTextFinish = tuple[tuple[Any, str, Any], ...]


def choices(exchange: Exchange) -> IndexTextFinish:
    """Index, text and finish reason of each choice, streamed or not."""
    if expect.is_stream(exchange):
        found = expect.event_stream(exchange).choices
        return tuple((choice.index, choice.content, next(iter(choice.finish_reasons), None)) for choice in found)
    body = expect.answer(exchange)
    return tuple(plain_choice(body, at) for at in range(len(expect.member(body, "/choices", list))))


def plain_choice(body: Mapping[str, Any], at: int) -> tuple[Any, str, Any]:
    """Index, text and finish reason of one choice that is not streamed."""
    choice = expect.member(body, f"/choices/{at}", dict)
    content = expect.member(body, f"/choices/{at}/message", dict).get("content")
    return choice.get("index"), content if isinstance(content, str) else "", choice.get("finish_reason")


def first_choice(exchange: Exchange) -> tuple[str, Any]:
    """Text and finish reason of the first choice."""
    found = choices(exchange)
    expect.condition(bool(found), "a choice", "none", at="/choices")
    return found[0][1], found[0][2]


def logprobs(exchange: Exchange) -> tuple[Mapping[str, Any], ...]:
    """The entries of log probabilities of the first choice, streamed or not."""
    if expect.is_stream(exchange):
        parts = [choice for chunk in expect.event_stream(exchange).chunks for choice in chunk.choices]
    else:
        parts = [expect.member(expect.answer(exchange), "/choices/0", dict)]
    lists = [content for part in parts for _, content in json_pointer.find(part, "/logprobs/content")]
    return tuple(entry for found in lists if isinstance(found, list) for entry in found if isinstance(entry, dict))


@check("chat.cap", proves_obeyed=("max_tokens", "max_completion_tokens"))
def test_cap(exchange: Exchange) -> None:
    """An answer has no more tokens than the request allows."""
    expect.success(exchange)
    cap = expect.requested_cap(exchange)
    if cap is None:
        raise Untestable("the request names no cap")
    keeps_to_cap(exchange, cap * requested_choices(exchange))


def requested_choices(exchange: Exchange) -> int:
    """The number of choices that a request asks for, each of which may reach the cap."""
    request = expect.request_body(exchange)
    prompts = request.get("prompt")
    return (request.get("n") or 1) * (len(prompts) if isinstance(prompts, list) else 1)


@check("chat.default-cap")
def test_default_cap(exchange: Exchange, provider: Provider) -> None:
    """An answer to a request without a cap has no more tokens than the cap that holds by default."""
    cap = default_cap(provider)
    expect.success(exchange)
    keeps_to_cap(exchange, cap)


def default_cap(provider: Provider) -> int:
    """The token cap of a request that names none. Raises Untestable if the contract names no default."""
    cap = provider.fields("chat").get(provider.token_cap("chat") or "", {}).get("default")
    if not isinstance(cap, int):
        raise Untestable("the contract names no default")
    return cap


def keeps_to_cap(exchange: Exchange, cap: int) -> None:
    """Raises Violation if the answer counts more tokens than the cap."""
    count = find_usage(exchange).get("completion_tokens")
    if not isinstance(count, int):
        raise Inconclusive("the answer counts no tokens")
    expect.condition(count <= cap, f"at most {cap}", count, at="/usage/completion_tokens")


@check("chat.cap-length")
def test_cap_length(exchange: Exchange, provider: Provider) -> None:
    """An answer that the cap cuts off says so with the finish reason length."""
    reason, count = first_choice(exchange)[1], token_count(exchange)
    named_cap = expect.requested_cap(exchange)
    cap = default_cap(provider) if named_cap is None else named_cap
    if reason == "stop" and count is None:
        raise Inconclusive("the answer counts no tokens, so that it may have ended by itself")
    if reason == "stop" and count is not None and count < cap:
        raise Undecided(f"the answer ended by itself with {count} of {cap} tokens")
    if reason == "stop" and count is not None and count > cap:
        raise Inconclusive(f"the cap of {cap} cut nothing off, which chat.cap judges: {count} tokens")
    expect.equal(reason, "length", at="/choices/0/finish_reason")


def token_count(exchange: Exchange) -> int | None:
    """The tokens of an answer by its usage, or by the chunks of a stream without one; None if nothing counts them."""
    count = find_usage(exchange).get("completion_tokens")
    if count is None and expect.is_stream(exchange):
        deltas = [choice.get("delta") for chunk in exchange.stream.chunks for choice in chunk.choices]
        count = sum(isinstance(delta, dict) and bool(delta.get("content")) for delta in deltas)
    return count if isinstance(count, int) else None


@check("chat.cap-short", proves_obeyed=("max_tokens", "max_completion_tokens"))
def test_cap_short(exchange: Exchange) -> None:
    """The cap shortens the answer: a count to 100 does not reach its end."""
    text = first_choice(exchange)[0]
    expect.condition("100" not in text, "text that breaks off", text, at="/choices/0/message/content")


@check("chat.stop", proves_obeyed=("stop",))
def test_stop(exchange: Exchange) -> None:
    """The text of each choice ends before the first stop text."""
    stop = expect.request_body(exchange)["stop"]
    found = choices(exchange)
    expect.condition(bool(found), "a choice", "none", at="/choices")
    for at, (_, text, _) in enumerate(found):
        for end in [stop] if isinstance(stop, str) else stop:
            ends_before(text, end, f"/choices/{at}/message/content")


def ends_before(text: str, end: str, at: str) -> None:
    """Raises Violation if a text contains a stop text, or ends with the beginning of one."""
    at_end = text.find(end) in (-1, len(text) - len(end))
    expected = f"text without {end}" + (", which ended it" if at_end else "")
    expect.condition(end not in text, expected, text, at=at, shows_ignored=not at_end)
    begun = [end[:size] for size in range(1, len(end)) if text.endswith(end[:size])]
    expect.condition(not begun, f"text without the beginning of {end}", text, at=at, shows_ignored=False)


@check("chat.also-accepted", any_answer=True)
def test_also_accepted(accepted: Exchange, other: Exchange) -> None:
    """A request that is like an accepted one, but for another form of the option or its call, is accepted as well."""
    expect.require_no_rate_limit(other)
    if not accepted.is_success or other.broken is not None:
        raise Inconclusive("the option is not accepted in its first form, or the answers are inconclusive")
    new = ", ".join(new_members(expect.request_body(accepted), expect.request_body(other)))
    actual = f"{other.status} with {expect.display_text(other.text)}"
    expected = f"a status of success (2xx), as without {new}"
    expect.condition(other.is_success, expected, actual, where="status line")


def new_members(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Yields the members of a request that another one lacks or has otherwise, each with its value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in after.items():
            yield from new_members(before.get(name), value, f"{at}/{name}")
    elif isinstance(before, list) and isinstance(after, list):
        for number, value in enumerate(after):
            yield from new_members(before[number] if number < len(before) else None, value, f"{at}/{number}")
    elif before != after or before is None:
        yield f"{at}: {expect.display_text(after)}"


@check("chat.stop-finish")
def test_stop_finish(exchange: Exchange) -> None:
    """An answer that a stop text ends has the finish reason stop."""
    reason = first_choice(exchange)[1]
    if expect.reached_cap(exchange):
        raise Undecided("the token cap ended the answer")
    expect.equal(reason, "stop", at="/choices/0/finish_reason")


@check("chat.n", proves_obeyed=("n",))
def test_n(exchange: Exchange) -> None:
    """An answer has as many choices as were asked for, with the indexes from 0 upwards."""
    found = sorted(str(index) for index, _, _ in choices(exchange))
    expect.equal(found, [str(index) for index in range(expect.request_body(exchange)["n"])], at="/choices")


@check("chat.logprobs", proves_obeyed=("logprobs",))
def test_logprobs(exchange: Exchange) -> None:
    """An answer has a log probability of at most 0 for each of its tokens where they were asked for."""
    text, entries = first_choice(exchange)[0], logprobs(exchange)
    if not text:
        expect.undecided_if_cut(exchange)
        expect.condition(False, "text", "nothing", at="/choices/0/message/content", judged_by="chat.content")
    expect.condition(bool(entries), "log probabilities", "none", at="/choices/0/logprobs")
    for at, entry in enumerate(entries):
        value = entry.get("logprob")
        fits = isinstance(value, int | float) and value <= 0
        expect.condition(fits, "a number of at most 0", value, at=f"/choices/0/logprobs/content/{at}/logprob")


@check("chat.logprobs-text")
def test_logprobs_text(exchange: Exchange) -> None:
    """The tokens of the log probabilities join to the text of the answer."""
    text, entries = first_choice(exchange)[0], logprobs(exchange)
    if not entries:
        raise Inconclusive("the answer has no log probabilities")
    joined = "".join(str(entry.get("token")) for entry in entries)
    expect.condition(text.strip() in joined, f"tokens that join to {text}", joined, at="/choices/0/logprobs/content")


@check("chat.token-bytes")
def test_token_bytes(exchange: Exchange) -> None:
    """The bytes of a token, and of each alternative to it, are those of its text."""
    given = list(_bytes_by_token(_documents(exchange)))
    told = [(token, found) for token, found in given if isinstance(token, str) and isinstance(found, list) and token]
    if not told:
        raise Inconclusive("the answer has no bytes of tokens")
    for token, found in told:
        # A token may be a part of a character, which no text can show.
        if not HALF_CHARACTER.search(token):
            marked = token.translate(BLANK_MARKS)
            fits = found in (list(token.encode()), list(marked.encode()))
            expect.condition(fits, f"{list(token.encode())}", found, at="/logprobs/bytes")


def _documents(exchange: Exchange) -> list[Any]:
    """The JSON values of an answer: its body, or each event of a stream."""
    if expect.is_stream(exchange):
        return [chunk.value for chunk in expect.event_stream(exchange).chunks]
    return [expect.answer(exchange)]


def _bytes_by_token(value: Any) -> Iterator[tuple[Any, Any]]:
    """The text and the bytes of each token that a JSON value tells, alternatives included."""
    if isinstance(value, dict):
        if "token" in value:
            yield value["token"], value.get("bytes")
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _bytes_by_token(one)


@check("chat.top-logprobs", proves_obeyed=("top_logprobs",))
def test_top_logprobs(exchange: Exchange) -> None:
    """Each token has at most as many alternatives as were asked for, none where none were."""
    wanted = expect.request_body(exchange).get("top_logprobs", 0)
    for at, entry in enumerate(logprobs(exchange)):
        alternatives = entry.get("top_logprobs")
        fits = isinstance(alternatives, list) and len(alternatives) <= wanted
        expect.condition(
            fits, f"a list of at most {wanted}", alternatives, at=f"/choices/0/logprobs/content/{at}/top_logprobs"
        )
