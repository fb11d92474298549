"""Fixtures: the official SDK against the reference server with every means."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from wireproof.contract import loading
from wireproof.mock.server import Server, serve_in_thread

PROVIDERS = loading.read_providers_data()
ACCOUNTS = itertools.count()
Open = Callable[..., openai.OpenAI]


@pytest.fixture(name="server", scope="session")
def _server() -> Iterator[Server]:
    with serve_in_thread(PROVIDERS, control=True) as server:
        yield server


@pytest.fixture(name="sdk")
def _sdk(server: Server) -> Iterator[Open]:
    """Opens clients of one provider, each with a key of its own."""
    opened: list[httpx.Client] = []

    def open_client(provider: str, *, tier: str | None = None, **options: Any) -> openai.OpenAI:
        # The oldest SDK builds its own client with an argument that httpx no longer has, so it gets one.
        client = httpx.Client(timeout=20)
        opened.append(client)
        arguments = {"api_key": f"{server.key(provider, tier)}.sdk{next(ACCOUNTS)}", "max_retries": 0, **options}
        return openai.OpenAI(base_url=server.base_url(provider), http_client=client, **arguments)

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture(name="canned")
def _canned() -> Iterator[Callable[..., openai.OpenAI]]:
    """Opens clients whose every request gets these bytes as its answer."""
    opened: list[httpx.Client] = []

    def open_client(body: bytes, content_type: str = "text/event-stream", status: int = 200) -> openai.OpenAI:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(status, headers={"Content-Type": content_type}, content=body)

        client = httpx.Client(transport=httpx.MockTransport(answer))
        opened.append(client)
        return openai.OpenAI(api_key="sk-canned", base_url="http://127.0.0.1/v1", http_client=client, max_retries=0)

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture(name="sent")
def _sent() -> Callable[[openai.OpenAI], list[httpx.Request]]:
    """Collects the requests that a client sends from now on, retries included; removes their delays."""

    def record_requests(client: openai.OpenAI) -> list[httpx.Request]:
        requests: list[httpx.Request] = []
        client._client.event_hooks["request"] = [requests.append]
        client._calculate_retry_timeout = lambda *args, **members: 0.0
        return requests

    return record_requests


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


@pytest.fixture(name="chat")
def _chat() -> Callable[..., Any]:
    """Sends one chat to the chat model of the provider."""

    def ask(client: openai.OpenAI, provider: str, text: str = "Say exactly: ok", **members: Any) -> Any:
        arguments = {"model": PROVIDERS[provider]["models"]["chat"], "messages": user(text), **members}
        return client.chat.completions.create(**arguments)

    return ask


@pytest.fixture(name="models", scope="session")
def _models() -> Callable[[str, str], str]:
    def model(provider: str, role: str) -> str:
        model_id: str = PROVIDERS[provider]["models"][role]
        return model_id

    return model
