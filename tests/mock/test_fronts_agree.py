"""The socket front and the ASGI front give the same answers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

import httpx
import pytest
import uvicorn

from wireproof.mock.application import Application
from wireproof.mock.http.asgi import AsgiApplication
from wireproof.mock.server import serve_in_thread

NOW = 1_800_000_000.5
FRAMING = {"date", "server", "transfer-encoding", "content-length", "connection"}


@contextlib.contextmanager
def uvicorn_serving(core):
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(AsgiApplication(core, lambda: NOW), log_level="critical", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def requests():
    """Yields valid and invalid requests of every endpoint, in a fixed order."""
    for name, key, model in (("iio", "iio-dev-mock-pro", "qwen2.5:7b"), ("openai", "sk-mock-small", "gpt-4.1-mini")):
        good = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        asked = {"model": model, "messages": [{"role": "user", "content": "Say exactly: héllo ✓"}]}
        bodies = [
            asked,
            {**asked, "stream": True},
            {**asked, "stream": True, "temperature": 9},
            {**asked, "model": "none"},
            {},
        ]
        for body in bodies:
            yield "POST", f"/{name}/v1/chat/completions", {**good, "Authorization": good["Authorization"] + "." + json.dumps(body)[:40].replace(" ", "")}, json.dumps(body)  # fmt: skip  # noqa: E501
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            for path in (
                "models",
                f"models/{model}",
                f"models/{model.replace(':', '%3A')}",
                "health",
                "nope",
                "chat/completions",
            ):
                yield method, f"/{name}/v1/{path}", good, ""
        yield "POST", f"/{name}/v1/embeddings", good, json.dumps({"model": "nomic-embed-text", "input": ["a"]})
        yield "POST", f"/{name}/v1/responses", good, json.dumps({"model": model, "input": "hi", "stream": True})
        yield "POST", f"/{name}/v1/chat/completions", {}, "{"
        yield "GET", f"/{name}/v1/models", {"Authorization": "Bearer no"}, ""
        page = {**good, "Origin": "https://app.example", "Accept-Encoding": "gzip"}
        for method, path in (("GET", "models"), ("HEAD", "models"), ("OPTIONS", "models"), ("GET", "nope")):
            yield method, f"/{name}/v1/{path}", page, ""
        yield "POST", f"/{name}/v1/chat/completions", {**page, "Expect": "100-continue"}, json.dumps(asked)
    yield "GET", "/nowhere", {}, ""
    yield "GET", "/", {}, ""


def shown(response):
    headers = sorted((name, value) for name, value in response.headers.items() if name not in FRAMING)
    return response.status_code, headers, response.content


def test_both_fronts_give_the_same_status_headers_and_body(providers):
    with (
        serve_in_thread(providers, control=True, clock=lambda: NOW) as server,
        uvicorn_serving(Application(providers, controlled=True)) as other,
        httpx.Client() as client,
    ):
        for method, path, headers, body in requests():
            answers = [
                shown(client.request(method, root + path, headers=headers, content=body or None))
                for root in (server.root_url(), other)
            ]
            assert answers[0] == answers[1], (method, path)


SHORT = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "Say exactly: ok"}]}


def test_both_fronts_free_a_slot_when_its_client_leaves(providers):
    asked = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "Count from 1 to 900"}], "stream": True}
    headers = {"Authorization": "Bearer iio-dev-mock-pro.slot", "X-Wireproof-Slots": "1"}
    core = Application(providers, controlled=True)
    core.state.gap_s = 0.1
    with serve_in_thread(providers, control=True, gap_s=0.1) as server, uvicorn_serving(core) as other:
        for root, state in ((server.root_url(), server.core.state), (other, core.state)):
            url = f"{root}/iio/v1/chat/completions"
            with httpx.Client() as client, client.stream("POST", url, json=asked, headers=headers) as left:
                assert next(left.iter_raw())
            with httpx.Client(timeout=20) as client:
                answer = client.post(url, json=SHORT, headers=headers)
            assert answer.status_code == 200
            assert state.slots.clients_left == 1
            with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=httpx.Timeout(20, read=0.01)) as client:
                client.post(url, json={**asked, "stream": False}, headers=headers)
            with httpx.Client(timeout=20) as client:
                assert client.post(url, json=SHORT, headers=headers).status_code == 200
            assert state.slots.clients_left == 2
