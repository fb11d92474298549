"""A limit probe against a cell with a known limiter and headers that announce another limit."""

from __future__ import annotations

import json
from functools import partial

import pytest

from wireproof.cli import cell_processes, main
from wireproof.client import http_client
from wireproof.client.partial_response import PartialResponse
from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract import loading
from wireproof.load.experiments.limits import probe
from wireproof.load.experiments.limits.limiter_models import Observation
from wireproof.load.experiments.limits.model_fit import fit_models
from wireproof.mock.cells.latency import Latency
from wireproof.mock.server import serve_in_thread

pytestmark = pytest.mark.slow

KEY, OTHER = "iio-dev-mock-pro", "iio-dev-mock-free"
TRIP_S = 0.02


class Clock:
    """A clock that advances with requests and waits, because a busy machine blurs the real one."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class TimedClient(http_client.HttpClient):
    """Sends over a socket; the limiter decides in the middle of a round trip of 20 ms by the simulated clock."""

    clock: Clock

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        sent_at = self.clock.now
        self.clock.now += TRIP_S / 2
        answer = await super().send(outgoing)
        self.clock.now += TRIP_S / 2
        answer.sent_at, answer.started_ns = sent_at, 0
        answer.headers_ns = answer.ended_ns = round(TRIP_S * 1e9)
        return answer


def test_a_token_bucket_shared_by_keys_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All keys share a bucket with a burst of six that refills six requests a second; the headers are wrong."""
    clock = Clock()
    monkeypatch.setattr(TimedClient, "clock", clock, raising=False)
    monkeypatch.setattr(http_client, "HttpClient", TimedClient)
    monkeypatch.setattr(probe, "LimitProbe", partial(probe.LimitProbe, sleep=clock.sleep, clock=lambda: clock.now))
    monkeypatch.setenv("ONE_KEY", KEY)
    monkeypatch.setenv("OTHER_KEY", OTHER)
    provider = cell_processes.without_limits(loading.read_providers_data()["iio"])
    model = provider["models"]["chat"]
    limited = Latency.from_mapping(cell_processes.read_latency("limited"))
    with serve_in_thread({"iio": provider}, clock=lambda: clock.now, latency=limited) as server:
        assert server.cell is not None
        server.cell.clock = lambda: clock.now
        words = ("--provider", "iio", "--endpoint", server.base_url("iio"), "--model", model, "--connections", "1")
        keys = ("--key-env", "ONE_KEY", "--other-key-env", "OTHER_KEY", "--max-requests", "60")
        code = main.main(["limits", *words, *keys, "--json"])
    found = json.loads(capsys.readouterr().out)
    best, findings = found["explanations"][0], {finding["what"]: finding for finding in found["shown"]}
    assert (best["model"], best["limit"]) == ("token bucket", 6)
    assert best["low_s"] <= 1.05
    assert best["high_s"] >= 0.95
    assert found["resolved"]
    assert found["requests"] <= 60
    assert findings["limit is shared by keys"]["found"] == "another key was refused as well"
    assert findings["X-RateLimit-Limit"]["holds"] is False
    assert code == 1


@pytest.mark.parametrize("fault", ["limit-one-more", "limit-one-less"])
def test_a_limit_off_by_one_is_found_with_concurrent_requests(capsys: pytest.CaptureFixture[str], fault: str) -> None:
    assert main.main(["limits", "--provider", "iio", "--json", "--connections", "8", "--fault", fault]) == 1

    found = json.loads(capsys.readouterr().out)
    wrong = 11 if fault == "limit-one-more" else 9
    assert found["explanations"][0]["limit"] == wrong
    assert {"limit", "X-RateLimit-Limit"} <= {one["what"] for one in found["shown"] if one["holds"] is False}


def test_an_impossible_announced_limit_is_ignored() -> None:
    """Trying every limit up to that of the header would never end."""
    seen = [Observation(at / 10, admitted=at % 60 < 10) for at in range(300)]

    assert fit_models(seen, {10**12}) == fit_models(seen)
