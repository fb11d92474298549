"""The token counts of an answer, of any endpoint: whole, not negative and not absurd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check, find_usage

# A token has at least a quarter of a byte in any tokeniser, and a server may add a long prompt of its own. A count
# beyond this bound is not the count of this request or of this answer.
MOST_TOKENS_PER_BYTE = 4
MOST_HIDDEN_TOKENS = 10_000
# Parts of a request whose tokens do not follow from their bytes.
MEDIA_PARTS = (b"image", b"audio", b"file", b"multipart")


@check("usage.plausible")
def test_plausible(exchange: Exchange) -> None:
    """Token counts that an answer has are whole numbers, not negative, at most the total, and not absurdly large."""
    if not exchange.is_success:
        raise Inconclusive(f"the request was refused with {exchange.status}")
    usage = find_usage(exchange)
    for at, count in _token_counts(usage, "/usage"):
        expect.condition(type(count) is int and count >= 0, "a whole number from 0", count, at=at)
    total = usage.get("total_tokens")
    for name in (*expect.PROMPT_COUNTS, *expect.ANSWER_COUNTS):
        count = usage.get(name)
        if type(count) is not int:
            continue
        if type(total) is int:
            expect.condition(count <= total, f"at most the total {total}", count, at=f"/usage/{name}")
        most = _most_tokens(exchange, is_prompt=name in expect.PROMPT_COUNTS)
        expect.condition(most is None or count <= most, f"at most {most}", count, at=f"/usage/{name}")


def _token_counts(usage: Mapping[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    """The (JSON Pointer, value) pairs of every token count that is not null."""
    for name, value in usage.items():
        if isinstance(value, dict):
            yield from _token_counts(value, f"{at}/{name}")
        elif name.endswith("_tokens") and value is not None:
            yield f"{at}/{name}", value


def _most_tokens(exchange: Exchange, *, is_prompt: bool) -> int | None:
    """The largest plausible count of the prompt or of the answer; None if it does not follow from the bytes."""
    sent = exchange.request.body
    if is_prompt and any(part in sent for part in MEDIA_PARTS):
        return None
    size = len(sent) if is_prompt else len(exchange.body)
    return MOST_TOKENS_PER_BYTE * size + MOST_HIDDEN_TOKENS


# Beyond this, an answer may end at the bound of its model before that of the request.
LARGEST_CAP = 2048


@check("usage.at-cap", every_request=True)
def test_at_cap(exchange: Exchange) -> None:
    """An answer that the token cap ended counts as many tokens as the cap, with those of its reasoning or without."""
    given = expect.given_answer(exchange)
    if not given.is_cut:
        return
    body = expect.request_body(exchange)
    caps = {body[name] for name in expect.TOKEN_CAPS if type(body.get(name)) is int}
    found = _answer_counts(given.usage or {})
    if not found or len(caps) != 1 or body.get("best_of", 1) != 1 or max(caps) > LARGEST_CAP:
        return
    cap = caps.pop() * len(given.ends)
    expect.condition(cap in found, f"{cap}, the cap", " or ".join(map(str, found)), where="/usage")


def _answer_counts(usage: Mapping[str, Any]) -> list[int]:
    """The tokens of the answer as its usage states them, and as they follow from its total and its details."""
    stated = expect.stated_count(usage, expect.ANSWER_COUNTS)
    if stated is None:
        return []
    total, prompt = usage.get("total_tokens"), expect.stated_count(usage, expect.PROMPT_COUNTS)
    details = [usage.get(f"{name}_details") for name in expect.ANSWER_COUNTS]
    hidden = [part.get("reasoning_tokens") for part in details if isinstance(part, dict)]
    sums = [total - prompt] if type(total) is int and prompt is not None else []
    sums += [stated + count for count in hidden if type(count) is int]
    return list(dict.fromkeys([stated, *sums]))


@check("usage.covers-text", every_request=True)
def test_covers_text(exchange: Exchange) -> None:
    """An answer with text counts at least one token, and no fewer than a quarter of its words."""
    given = expect.given_answer(exchange)
    found = _answer_counts(given.usage or {})
    words = sum(len(text.split()) for text in given.texts)
    if not found or not words:
        return
    least = max(1, words // 4)
    expect.condition(max(found) >= least, f"at least {least} for {words} words", max(found), where="/usage")


@check("usage.total-covers", every_request=True)
def test_total_covers(exchange: Exchange) -> None:
    """The total of tokens is no less than the sum of prompt and answer, and no detail exceeds its count."""
    usage = find_usage(exchange) or expect.given_answer(exchange).usage or {}
    sides = [
        next((name for name in names if type(usage.get(name)) is int), None)
        for names in (expect.PROMPT_COUNTS, expect.ANSWER_COUNTS)
    ]
    counts = [usage[name] for name in sides if name is not None]
    total = usage.get("total_tokens")
    if type(total) is int:
        judged_by = expect.check_for_total(total, counts) if counts else None
        wanted, where = f"at least {sum(counts)}", "/usage/total_tokens"
        expect.condition(total >= sum(counts), wanted, total, where=where, judged_by=judged_by)
    for name in filter(None, sides):
        details = usage.get(f"{name}_details")
        for part, count in details.items() if isinstance(details, dict) else ():
            most = max(usage[name], total if type(total) is int else 0)
            fits = type(count) is not int or count <= most
            expect.condition(fits, f"at most {most}", count, where=f"/usage/{name}_details/{part}")
