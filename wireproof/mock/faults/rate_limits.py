"""Faults of rate limits: counts and waits that are stated but not enforced, requests left out, the end of a volume."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.accounts.slots import asks_for_stream
from wireproof.mock.faults import contract_changes
from wireproof.mock.faults.answer_values import ERROR_STATUSES, SERVED_STATUSES, on_limit_header
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import change_header, on_header
from wireproof.mock.protocol.answers import Answer, StreamAnswer
from wireproof.mock.protocol.messages import Headers, HttpRequest
from wireproof.mock.provider.profile import Profile

LIMIT_HEADERS = re.compile(r"x-ratelimit-", re.I)
TOKEN_LIMIT_HEADERS = re.compile(r"x-ratelimit-\w+-tokens", re.I)
REQUEST_ID_NAME = re.compile(r"x-request-id", re.I)
ONE_MINUTE, HALF_MINUTE = "1m0s", "30s"


def on_headers(change: Callable[[Headers], Headers], *, of: type[object] = object) -> FaultHooks:
    """Hooks that change the headers of answers of one type."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return replace(answer, headers=change(answer.headers)) if isinstance(answer, of) else answer

    return FaultHooks(on_answer=change_answer)


def drop_headers(pattern: re.Pattern[str]) -> Callable[[Headers], Headers]:
    return lambda headers: tuple(pair for pair in headers if not pattern.match(pair[0]))


def repeat_headers(pattern: re.Pattern[str]) -> Callable[[Headers], Headers]:
    return lambda headers: (*headers, *(pair for pair in headers if pattern.match(pair[0])))


def change_headers(pattern: re.Pattern[str], change: Callable[[str], str]) -> Callable[[Headers], Headers]:
    return lambda headers: tuple((name, change(value) if pattern.fullmatch(name) else value) for name, value in headers)


def scale_reset(by: float) -> Callable[[str], str]:
    """Returns a change that multiplies a reset; durations become the two that a window of a minute can show."""

    def scale_value(value: str) -> str:
        if value.isdigit():
            return str(math.ceil(int(value) * by))
        return "2m0s" if by > 1 else HALF_MINUTE

    return scale_value


def add_one(value: str) -> str:
    return str(int(value) + 1)


def keep_tokens_unspent(headers: Headers) -> Headers:
    """States as many remaining tokens as the limit has."""
    limit = next((value for name, value in headers if name.endswith("-limit-tokens")), "0")
    return change_headers(re.compile(".*-remaining-tokens"), lambda value: limit)(headers)


def refuse_as(cause: str, other: str) -> FaultHooks:
    """Hooks that refuse one cause in the way of another."""

    def change_profile(profile: Profile) -> Profile:
        row = profile.refusals.get(other)
        return profile if row is None else replace(profile, refusals={**profile.refusals, cause: row})

    return contract_changes.on_contract(change_profile)


def on_key(change: Callable[[str], str]) -> FaultHooks:
    return on_header("authorization", change)


def on_key_of_streams(change: Callable[[str], str]) -> FaultHooks:
    """Hooks that change the key of a request for a stream."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        return change_header(received, "authorization", change) if asks_for_stream(received) else received

    return FaultHooks(on_request=change_request)


def count_apart(value: str) -> str:
    """Turns a key into one of another account of its tier."""
    return f"{value}.apart"


def with_volume_left(value: str) -> str:
    """Turns a key whose volume is used up into one with its whole volume."""
    return value.replace("-exhausted", "")


HOOKS: Mapping[str, FaultHooks] = {
    "limit-only-on-list": contract_changes.change_rate(slack=10**9),
    "limit-only-on-chats": contract_changes.change_rate(slack=10**9),
    "limit-spares-embeddings": contract_changes.change_rate(slack=10**9),
    "counter-per-endpoint": on_key(count_apart),
    "streams-counted-apart": on_key_of_streams(count_apart),
    "volume-spares-streams": on_key_of_streams(with_volume_left),
    "volume-spares-embeddings": contract_changes.change_rate(counts_months=False),
    "volume-spares-responses": contract_changes.change_rate(counts_months=False),
    "limit-for-ever": contract_changes.change_rate(window_s=math.inf),
    "minute-by-the-clock": contract_changes.change_rate(model="clock"),
    "minute-slides": contract_changes.change_rate(model="sliding"),
    "minute-refills": contract_changes.change_rate(model="bucket"),
    "window-of-half-a-minute": contract_changes.change_rate(window_s=30.0),
    "remaining-one-ahead": on_limit_header("remaining", add_one),
    "limit-other-on-errors": on_limit_header("limit", add_one, ERROR_STATUSES),
    "limit-other-on-streams": on_headers(
        change_headers(re.compile(r"x-ratelimit-limit(-requests)?", re.I), add_one), of=StreamAnswer
    ),
    "reset-halved": on_limit_header("reset", scale_reset(0.5), SERVED_STATUSES),
    "reset-doubled": on_limit_header("reset", scale_reset(2), SERVED_STATUSES),
    "reset-constant": on_limit_header("reset", lambda value: "60" if value.isdigit() else ONE_MINUTE),
    "reset-as-date": on_limit_header("reset", lambda value: "2027-01-15T10:30:00Z"),
    "reset-as-iso-duration": on_limit_header("reset", lambda value: "PT1M30S"),
    "reset-bare-number": on_limit_header("reset", lambda value: value if value.isdigit() else "60"),
    "free-reset-fractions": on_headers(
        change_headers(
            re.compile(r"x-ratelimit-reset-\w+"), lambda value: value.replace("m0s", "m0.0s").replace("59s", "59.000s")
        )
    ),
    "limits-twice": on_headers(repeat_headers(LIMIT_HEADERS)),
    "request-id-twice": on_headers(repeat_headers(REQUEST_ID_NAME)),
    "stream-without-limits": on_headers(drop_headers(LIMIT_HEADERS), of=StreamAnswer),
    "stream-without-request-id": on_headers(drop_headers(REQUEST_ID_NAME), of=StreamAnswer),
    "tokens-untold": on_headers(drop_headers(TOKEN_LIMIT_HEADERS)),
    "tokens-in-words": on_headers(
        change_headers(re.compile(r"x-ratelimit-remaining-tokens", re.I), lambda value: "plenty")
    ),
    "tokens-reset-bare-number": on_headers(
        change_headers(re.compile(r"x-ratelimit-reset-tokens", re.I), lambda value: "60")
    ),
    "tokens-unspent": on_headers(keep_tokens_unspent),
    "tokens-unlimited": contract_changes.change_tiers(tokens_per_minute=10**9),
    "wait-in-words": on_headers(change_headers(re.compile("retry-after-ms"), lambda value: "soon")),
    "wait-ms-in-seconds": on_headers(
        change_headers(re.compile("retry-after-ms"), lambda value: str(int(value) // 1000))
    ),
    "volume-one-less": on_key(lambda value: value.replace("-last", "-exhausted")),
    "volume-one-more": on_key(lambda value: value.replace("-last", "")),
    "volume-as-rush": refuse_as("quota-exhausted", "rate-limited"),
    "locked-model-as-volume": refuse_as("tier-locked-model", "quota-exhausted"),
}
