"""A chat answer that is not streamed: its members, its counts, and whether it follows the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Undecided, check, find_usage

ONE_WORD_ORDER = re.compile(r"[Aa]nswer only with the word (\w+)")
EXACT_ORDER = re.compile(r"Say exactly:\s*(.+)", re.S)
NUMBER = re.compile(r"\d+")
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
# The text of the first choice.
CONTENT = "/choices/0/message/content"


def content_text(content: Any) -> str:
    """The text of a message's content, which is a string or an array of parts."""
    parts = content if isinstance(content, list) else [{"text": content}]
    return " ".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def answer_text(exchange: Exchange) -> str:
    """The content of the first choice. Raises Undecided if the answer is cut off before its first word."""
    body = expect.answer(exchange)
    content = expect.member(body, "/choices/0/message/content")
    if not content:
        expect.undecided_if_cut(exchange)
    return str(expect.member(body, "/choices/0/message/content", str))


def token_counts(exchange: Exchange) -> Mapping[str, Any]:
    """The token counts. Raises Inconclusive if one is missing."""
    expect.success(exchange)
    counts = find_usage(exchange)
    if not all(isinstance(counts.get(name), int) for name in COUNTS):
        raise Inconclusive("the answer has no whole token counts")
    return counts


@check("chat.answers")
def test_answers(exchange: Exchange) -> None:
    """A chat request is answered with success and one JSON object."""
    expect.answer(exchange)


@check("chat.created")
def test_created(exchange: Exchange) -> None:
    """The member created is the second in which the answer was made."""
    created = expect.member(expect.answer(exchange), "/created", int, float)
    expect.recent(exchange, created, at="/created")


@check("chat.model")
def test_model(exchange: Exchange) -> None:
    """The member model repeats the model that was asked for, or names a dated version of it."""
    expect.same_model(exchange, expect.member(expect.answer(exchange), "/model", str), at="/model")


@check("chat.one-choice")
def test_one_choice(exchange: Exchange) -> None:
    """A request that does not name n is answered with one choice, of index 0."""
    body = expect.answer(exchange)
    choices = expect.member(body, "/choices", list)
    expect.condition(len(choices) == 1, "one choice", f"{len(choices)} choices", at="/choices")
    expect.equal(expect.member(body, "/choices/0/index", int), 0, at="/choices/0/index")


@check("chat.content")
def test_content(exchange: Exchange) -> None:
    """A plain question is answered with text."""
    text = answer_text(exchange)
    actual = f"{len(text)} blanks" if text else "nothing"
    expect.condition(bool(text.strip()), "text", actual, at="/choices/0/message/content")


@check("chat.finish-stop")
def test_finish_stop(exchange: Exchange) -> None:
    """An answer that ends by itself says that it stopped."""
    reason = expect.member(expect.answer(exchange), "/choices/0/finish_reason")
    if expect.reached_cap(exchange):
        raise Undecided("the token cap ended the answer")
    expect.equal(reason, "stop", at="/choices/0/finish_reason")


@check("chat.usage")
def test_usage(exchange: Exchange) -> None:
    """An answer counts at least one token of the prompt and one of the completion."""
    body = expect.answer(exchange)
    for name in COUNTS:
        count = expect.member(body, f"/usage/{name}", int)
        expect.condition(count >= 1, "at least 1", count, at=f"/usage/{name}")


@check("chat.usage-sum")
def test_usage_sum(exchange: Exchange) -> None:
    """The total of tokens is the sum of prompt and completion."""
    counts = token_counts(exchange)
    total, parts = counts["total_tokens"], [counts["prompt_tokens"], counts["completion_tokens"]]
    judged_by = expect.check_for_total(total, parts)
    expect.equal(total, sum(parts), at="/usage/total_tokens", judged_by=judged_by)


@check("chat.usage-covers")
def test_usage_covers(exchange: Exchange) -> None:
    """The total of tokens is no less than the sum of prompt and completion."""
    counts = token_counts(exchange)
    total, parts = counts["total_tokens"], [counts["prompt_tokens"], counts["completion_tokens"]]
    judged_by, least = expect.check_for_total(total, parts), sum(parts)
    expect.condition(total >= least, f"at least {least}", total, at="/usage/total_tokens", judged_by=judged_by)


@check("chat.usage-details")
def test_usage_details(exchange: Exchange) -> None:
    """No detail of the token counts is larger than the count it belongs to."""
    counts = token_counts(exchange)
    for side in ("prompt", "completion"):
        details = counts.get(f"{side}_tokens_details")
        for name, value in details.items() if isinstance(details, dict) else ():
            fits = not isinstance(value, int) or value <= counts[f"{side}_tokens"]
            at = f"/usage/{side}_tokens_details/{name}"
            expect.condition(fits, f"at most {counts[f'{side}_tokens']}", value, at=at)


@check("chat.no-null-details")
def test_no_null_details(exchange: Exchange) -> None:
    """The details of the token counts are objects where they are there, as clients expect that read into them."""
    counts = token_counts(exchange)
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        expect.condition(
            isinstance(counts.get(name, {}), dict), "an object or nothing", counts.get(name), at=f"/usage/{name}"
        )


@check("chat.usage-grows")
def test_usage_grows(short: Exchange, long: Exchange) -> None:
    """A longer prompt counts more tokens."""
    before, after = token_counts(short)["prompt_tokens"], token_counts(long)["prompt_tokens"]
    expect.condition(after > before, f"more than {before}", after, at="/usage/prompt_tokens")


@check("chat.obeys", proves_obeyed=("messages",))
def test_obeys(exchange: Exchange) -> None:
    """The model says what the user's message tells it to say."""
    found = EXACT_ORDER.search(content_text(expect.request_body(exchange)["messages"][-1]["content"]))
    wanted = found[1].strip() if found else ""
    text = answer_text(exchange)
    expect.condition(wanted.lower() in text.lower(), f"text with {wanted}", text, at=CONTENT, shows_ignored=False)


@check("chat.said-once")
def test_said_once(exchange: Exchange) -> None:
    """An answer to an order to say one text is not the same text twice in a row."""
    text = expect.text(exchange)
    half = len(text) // 2
    twice = bool(text) and text[:half] == text[half:]
    expect.condition(not twice, "the text once", expect.display_text(text), where="/choices/0/message/content")


@check("chat.recalls", proves_obeyed=("messages",))
def test_recalls(exchange: Exchange) -> None:
    """The model knows what was said in earlier turns of the conversation."""
    wanted = NUMBER.findall(content_text(expect.request_body(exchange)["messages"][0]["content"]))[-1]
    text = answer_text(exchange)
    expect.condition(wanted in text, f"text with {wanted}", text, at=CONTENT, shows_ignored=False)


@check("chat.orders", proves_obeyed=("system", "messages"))
def test_orders(exchange: Exchange) -> None:
    """The model follows the order of a system message, a developer message or the system field."""
    follows_orders(exchange)


def follows_orders(exchange: Exchange) -> None:
    """Raises Violation unless the answer contains a word that an order of the request names."""
    request = expect.request_body(exchange)
    orders = [request.get("system", "")] + [content_text(message["content"]) for message in request["messages"]]
    words = [found[1].lower() for order in orders if (found := ONE_WORD_ORDER.search(order))]
    text = expect.text(exchange) if expect.is_stream(exchange) else answer_text(exchange)
    if not text:
        expect.undecided_if_cut(exchange)
    expect.condition(
        any(word in text.lower() for word in words),
        f"text with {words}",
        text,
        at=CONTENT,
        shows_ignored=False,
    )


@check("chat.field-equals-message")
def test_field_equals_message(field: Exchange, message: Exchange) -> None:
    """The system field has the effect of a leading system message: the same text for as many tokens."""
    expect.equal(answer_text(field).strip(), answer_text(message).strip(), at="/choices/0/message/content")
    gap = token_counts(field)["prompt_tokens"] - token_counts(message)["prompt_tokens"]
    expect.condition(abs(gap) <= 10, "within 10 prompt tokens of each other", f"{gap} apart", at="/usage/prompt_tokens")


@check("chat.both-orders")
def test_both_orders(exchange: Exchange) -> None:
    """A system field beside a system message is refused, or one of the two is followed."""
    if exchange.status is not None and 400 <= exchange.status < 500:
        expect.json_body(exchange)
    else:
        follows_orders(exchange)


@check("chat.ids-differ")
def test_ids_differ(exchanges: tuple[Exchange, ...]) -> None:
    """Two answers have different ids."""
    ids = [expect.member(expect.answer(exchange), "/id", str) for exchange in exchanges]
    expect.condition(len(set(ids)) == len(ids), "a different id each time", ids, at="/id")


@check("chat.id-prefix")
def test_id_prefix(exchange: Exchange, provider: Provider) -> None:
    """The id of an answer begins as the document prints it: with chatcmpl-, or with the provider's own beginning."""
    found = expect.member(expect.answer(exchange), "/id", str)
    prefix = provider.chat_id_prefix
    expect.condition(found.startswith(prefix), f"an id that begins with {prefix}", found, at="/id")


@check("chat.no-empty-tool-calls")
def test_no_empty_tool_calls(exchange: Exchange) -> None:
    """An answer without tool calls has no list of them."""
    message = expect.member(expect.answer(exchange), "/choices/0/message", dict)
    calls = message.get("tool_calls", "absent")
    expect.condition(calls == "absent" or bool(calls), "no tool_calls", calls, at="/choices/0/message/tool_calls")
