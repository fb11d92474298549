"""Base URLs: a key is sent over plain HTTP to this machine only."""

from __future__ import annotations

import pytest

from wireproof.contract import base_url


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_loopback(host):
    assert base_url.is_loopback(f"http://{host}:8080/v1")
    assert not base_url.is_plain_and_remote(f"http://{host}:8080/v1")


@pytest.mark.parametrize("host", ["127.example.net", "localhost.example.net", "10.0.0.1", "[2001:db8::1]", "0.0.0.0"])
def test_any_other_host_is_remote(host):
    assert base_url.is_plain_and_remote(f"http://{host}/v1")
    assert base_url.is_plain_and_remote(f"HTTP://{host}/v1")
    assert not base_url.is_plain_and_remote(f"https://{host}/v1")


PATHS = ["/models", "/chat/completions", "/completions"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://x.example", "https://x.example/v1"),
        ("https://x.example/", "https://x.example/v1"),
        ("https://x.example/api", "https://x.example/api/v1"),
        ("https://x.example/v1/chat/completions", "https://x.example/v1"),
        ("https://x.example/v1/models/", "https://x.example/v1"),
        ("https://x.example/chat/completions", "https://x.example/v1"),
        ("https://x.example/v1/v1", "https://x.example/v1"),
        ("https://x.example/api/v1/api/v1", "https://x.example/api/v1"),
        ("https://x.example/v1", None),
        ("https://x.example/v1beta/openai", None),
    ],
)
def test_the_likely_base_url_has_a_version_and_neither_an_endpoint_nor_a_repetition(written, meant):
    assert base_url.likely_base_url(written, PATHS) == meant
