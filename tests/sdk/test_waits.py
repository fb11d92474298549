"""The official SDK's retries after a refusal for too many requests, and its waits."""

from __future__ import annotations

import httpx
import openai
import pytest

FAULT = "X-Wireproof-Fault"


def refused(client, chat, provider: str, fault: str | None = None) -> openai.RateLimitError:
    """Returns the error that the SDK raises for the fourth chat in a minute of the small tier."""
    extra = {"extra_headers": {FAULT: fault}} if fault else {}
    for _ in range(3):
        chat(client, provider, **extra)
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client, provider, **extra)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        pytest.param(None, 3, id="by-the-status"),
        pytest.param("ask-again-always", 3, id="told-yes"),
        pytest.param("ask-again-never", 1, id="told-no"),
    ],
)
def test_a_full_minute_is_retried_unless_the_refusal_forbids_it(sdk, chat, sent, fault, times):
    client = sdk("openai", tier="small", max_retries=2)
    requests = sent(client)
    refused(client, chat, "openai", fault)
    assert len(requests) == 3 + times


def test_a_used_up_volume_is_retried_if_the_refusal_asks_for_it(sdk, chat, sent):
    client = sdk("openai", tier="standard-exhausted", max_retries=2)
    requests = sent(client)
    with pytest.raises(openai.RateLimitError):
        chat(client, "openai", extra_headers={FAULT: "ask-again-always"})
    assert len(requests) == 3


@pytest.mark.parametrize(
    ("provider", "tier", "limit"),
    [pytest.param("openai", "small", 3, id="in-both-units"), pytest.param("iio", "free", 10, id="in-seconds")],
)
def test_the_wait_is_the_rest_of_the_minute(sdk, chat, provider, tier, limit):
    client = sdk(provider, tier=tier)
    if not hasattr(client, "_parse_retry_after_header"):
        pytest.skip("this SDK reads the wait inside its own sleep")
    for _ in range(limit):
        chat(client, provider)
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client, provider)
    headers: httpx.Headers = caught.value.response.headers
    wait = client._parse_retry_after_header(headers)
    assert 0 < wait <= 60
    assert abs(wait - float(headers["retry-after"])) < 1
