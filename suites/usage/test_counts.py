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
PROMPT_COUNTS = ("prompt_tokens", "input_tokens")
ANSWER_COUNTS = ("completion_tokens", "output_tokens")


@check("usage.plausible")
def test_plausible(exchange: Exchange) -> None:
    """Token counts that an answer has are whole numbers, not negative, at most the total, and not absurdly large."""
    if not exchange.is_success:
        raise Inconclusive(f"the request was refused with {exchange.status}")
    usage = find_usage(exchange)
    for at, count in _token_counts(usage, "/usage"):
        expect.condition(type(count) is int and count >= 0, "a whole number from 0", count, at=at)
    total = usage.get("total_tokens")
    for name in (*PROMPT_COUNTS, *ANSWER_COUNTS):
        count = usage.get(name)
        if type(count) is not int:
            continue
        if type(total) is int:
            expect.condition(count <= total, f"at most the total {total}", count, at=f"/usage/{name}")
        most = _most_tokens(exchange, is_prompt=name in PROMPT_COUNTS)
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
