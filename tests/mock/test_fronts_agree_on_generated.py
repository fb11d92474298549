"""The socket front and the ASGI front give the same answer to every generated request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.contract import loading, target_options
from wireproof.generation.families import strategies_by_case
from wireproof.generation.fixed_sample import distinct_examples
from wireproof.mock.application import Application
from wireproof.mock.http.asgi import AsgiApplication
from wireproof.mock.server import serve_in_thread

NOW = 1_800_000_000.5
EXAMPLES = 8
# The headers of the surrounding server, and of the framing.
FRAMING = {"date", "server", "transfer-encoding", "content-length", "connection"}


def requests(name: str) -> Iterator[tuple[str, OutgoingRequest]]:
    """Yields requests of every family of a provider, each with a key of its own."""
    (target,) = target_options.mock_targets(name)
    target = target_options.with_address(target, f"http://mock{target.provider.serve_at}")
    for case, strategy in strategies_by_case(target.provider).items():
        for probe in distinct_examples(strategy, EXAMPLES):
            yield f"{case}: {probe.place}", build_request(probe.spec, target, probe.as_case(case).name, {})


async def answers(client: httpx.AsyncClient, root: str, name: str) -> list[tuple[str, int, Any, bytes]]:
    results = []
    for label, outgoing in requests(name):
        url = root + urlsplit(outgoing.shown.url).path
        request = client.build_request(
            outgoing.shown.method, url, headers=outgoing.headers, content=outgoing.shown.body_with_blanks
        )
        response = await client.send(request)
        headers = sorted(pair for pair in response.headers.items() if pair[0] not in FRAMING)
        results.append((label, response.status_code, headers, response.content))
    return results


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in loading.read_providers_data()])
def test_both_fronts_give_the_same_answer_to_every_generated_request(name: str, providers: Mapping[str, Any]) -> None:
    data = {name: providers[name]}

    async def over_a_socket() -> list[tuple[str, int, Any, bytes]]:
        with serve_in_thread(data, control=True, clock=lambda: NOW) as server:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await answers(client, server.root_url(), name)

    async def in_another_server() -> list[tuple[str, int, Any, bytes]]:
        front = httpx.ASGITransport(AsgiApplication(Application(data, controlled=True), lambda: NOW))
        async with httpx.AsyncClient(transport=front) as client:
            return await answers(client, "http://other", name)

    one, two = asyncio.run(over_a_socket()), asyncio.run(in_another_server())
    assert len(one) == len(two) > 100
    for here, there in zip(one, two, strict=True):
        assert here == there
    statuses = {status for _, status, _, _ in one}
    assert 200 in statuses
    assert 500 not in statuses
