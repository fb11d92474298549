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
