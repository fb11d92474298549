"""Fixtures: a reference server with every means, and its clients."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from wireproof.contract import loading
from wireproof.mock.server import Server, serve_in_thread

PROVIDERS: dict[str, Any] = loading.read_providers_data()
ACCOUNTS = itertools.count()


@pytest.fixture(name="providers", scope="session")
def _providers() -> dict[str, Any]:
    return PROVIDERS


@pytest.fixture(name="server", scope="session")
def _server(providers: dict[str, Any]) -> Iterator[Server]:
    with serve_in_thread(providers, control=True) as server:
        yield server


Client = Callable[..., httpx.Client]


@pytest.fixture(name="client")
def _client(server: Server) -> Iterator[Client]:
    """Opens clients of one provider, each with a key of its own."""
    opened: list[httpx.Client] = []

    def open_client(provider: str = "iio", tier: str | None = None) -> httpx.Client:
        key = f"{server.key(provider, tier)}.{next(ACCOUNTS)}"
        opened_client = httpx.Client(base_url=server.base_url(provider), headers={"Authorization": f"Bearer {key}"})
        opened.append(opened_client)
        return opened_client

    yield open_client
    for opened_client in opened:
        opened_client.close()


@pytest.fixture(name="chat")
def _chat(client: Client) -> Callable[..., httpx.Response]:
    """Sends one chat request with this prompt and further members."""

    def ask(prompt: str, provider: str = "iio", **members: Any) -> httpx.Response:
        body = {
            "model": PROVIDERS[provider]["models"]["chat"],
            "messages": [{"role": "user", "content": prompt}],
            **members,
        }
        return client(provider).post("/chat/completions", json=body)

    return ask
