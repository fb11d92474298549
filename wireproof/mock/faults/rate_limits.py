"""Faults of limits: counts and waits that disagree with what the server does, and the ends of volumes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.faults import contract_changes
from wireproof.mock.faults.answer_values import BAD, GOOD, limit_header
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import with_header
from wireproof.mock.protocol.answers import Answer, StreamAnswer
from wireproof.mock.protocol.messages import Headers, HttpRequest
from wireproof.mock.provider.profile import Profile

LIMITS = re.compile(r"x-ratelimit-", re.I)
TOKENS = re.compile(r"x-ratelimit-\w+-tokens", re.I)
REQUEST_ID = re.compile(r"x-request-id", re.I)
A_MINUTE, HALF_A_MINUTE = "1m0s", "30s"


def head(change: Callable[[Headers], Headers], *, of: type[object] = object) -> Lapse:
    """A lapse in the head of an answer of one kind."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        return replace(answer, headers=change(answer.headers)) if isinstance(answer, of) else answer

    return Lapse(say=say)


def without(form: re.Pattern[str]) -> Callable[[Headers], Headers]:
    return lambda headers: tuple(pair for pair in headers if not form.match(pair[0]))


def twice(form: re.Pattern[str]) -> Callable[[Headers], Headers]:
    return lambda headers: (*headers, *(pair for pair in headers if form.match(pair[0])))


def told(form: re.Pattern[str], change: Callable[[str], str]) -> Callable[[Headers], Headers]:
    return lambda headers: tuple((name, change(value) if form.fullmatch(name) else value) for name, value in headers)


def scaled(by: float) -> Callable[[str], str]:
    """A reset that many times as far; of durations the two that a window of a minute shows."""

    def change(value: str) -> str:
        if value.isdigit():
            return str(math.ceil(int(value) * by))
        return "2m0s" if by > 1 else HALF_A_MINUTE

    return change


def one_more(value: str) -> str:
    return str(int(value) + 1)


def with_tokens_unspent(headers: Headers) -> Headers:
    """As many tokens are left as the limit has."""
    limit = next((value for name, value in headers if name.endswith("-limit-tokens")), "0")
    return told(re.compile(".*-remaining-tokens"), lambda value: limit)(headers)


def answered_as(cause: str, other: str) -> Lapse:
    """A lapse that refuses one cause as the contract refuses another."""

    def change(profile: Profile) -> Profile:
        row = profile.refusals.get(other)
        return profile if row is None else replace(profile, refusals={**profile.refusals, cause: row})

    return contract_changes.ruling(change)


def key(change: Callable[[str], str]) -> Lapse:
    return with_header("authorization", change)


LAPSES: Mapping[str, Lapse] = {
    "limit-for-ever": contract_changes.rate(window_s=math.inf),
    "minute-by-the-clock": contract_changes.rate(model="clock"),
    "minute-slides": contract_changes.rate(model="sliding"),
    "minute-refills": contract_changes.rate(model="bucket"),
    "window-of-half-a-minute": contract_changes.rate(window_s=30.0),
    "remaining-one-ahead": limit_header("remaining", one_more),
    "limit-other-on-errors": limit_header("limit", one_more, BAD),
    "limit-other-on-streams": head(told(re.compile(r"x-ratelimit-limit(-requests)?", re.I), one_more), of=StreamAnswer),
    "reset-halved": limit_header("reset", scaled(0.5), GOOD),
    "reset-doubled": limit_header("reset", scaled(2), GOOD),
    "reset-constant": limit_header("reset", lambda value: "60" if value.isdigit() else A_MINUTE),
    "reset-as-date": limit_header("reset", lambda value: "2027-01-15T10:30:00Z"),
    "reset-as-iso-duration": limit_header("reset", lambda value: "PT1M30S"),
    "reset-bare-number": limit_header("reset", lambda value: value if value.isdigit() else "60"),
    "free-reset-fractions": head(
        told(
            re.compile(r"x-ratelimit-reset-\w+"), lambda value: value.replace("m0s", "m0.0s").replace("59s", "59.000s")
        )
    ),
    "limits-twice": head(twice(LIMITS)),
    "request-id-twice": head(twice(REQUEST_ID)),
    "stream-without-limits": head(without(LIMITS), of=StreamAnswer),
    "stream-without-request-id": head(without(REQUEST_ID), of=StreamAnswer),
    "tokens-untold": head(without(TOKENS)),
    "tokens-in-words": head(told(re.compile(r"x-ratelimit-remaining-tokens", re.I), lambda value: "plenty")),
    "tokens-reset-bare-number": head(told(re.compile(r"x-ratelimit-reset-tokens", re.I), lambda value: "60")),
    "tokens-unspent": head(with_tokens_unspent),
    "tokens-unlimited": contract_changes.tiers(tokens_per_minute=10**9),
    "wait-in-words": head(told(re.compile("retry-after-ms"), lambda value: "soon")),
    "wait-ms-in-seconds": head(told(re.compile("retry-after-ms"), lambda value: str(int(value) // 1000))),
    "volume-one-less": key(lambda value: value.replace("-last", "-exhausted")),
    "volume-one-more": key(lambda value: value.replace("-last", "")),
    "volume-as-rush": answered_as("quota-exhausted", "rate-limited"),
    "locked-model-as-volume": answered_as("tier-locked-model", "quota-exhausted"),
}
