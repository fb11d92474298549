"""Access tracking: a verdict on parts that a fault cannot change need not be repeated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wireproof.contract import loading, target_options
from wireproof.evidence.access_tracking import changed_parts, track_access
from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import faults
from wireproof.proof.column import ColumnProof
from wireproof.proof.fault_effect import ChangedResult
from wireproof.session.target_run import open_target_run

pytestmark = pytest.mark.slow

# Every sixteenth entry, for speed; the recorded matrix was computed by judging all of them.
SAMPLE = tuple(sorted(faults())[::16])
ANSWER = Exchange(
    "openai",
    "chat-basic",
    "chat",
    0,
    Request("POST", "http://localhost/v1"),
    status=200,
    headers=((b"Content-Type", b"application/json"), (b"X-A", b"1"), (b"x-a", b"2")),
    reads=(BodyRead(1, b"{}"),),
)


@pytest.mark.parametrize(
    ("looks", "regards"),
    [
        pytest.param(lambda exchange: exchange.status, set(), id="nothing-that-may-change-alone"),
        pytest.param(lambda exchange: exchange.header("X-A"), {"headers: x-a"}, id="a-header"),
        pytest.param(lambda exchange: exchange.header("X-B"), {"headers: x-b"}, id="a-header-that-is-not-there"),
        pytest.param(lambda exchange: list(exchange.headers), {"headers"}, id="the-lines"),
        pytest.param(lambda exchange: exchange.content_type, {"headers: content-type"}, id="the-type"),
        pytest.param(lambda exchange: exchange.json, {"headers: content-encoding", "reads"}, id="the-body"),
    ],
)
def test_parts_that_are_read_are_recorded(looks, regards):
    seen: set[str] = set()
    (exchange,) = track_access((ANSWER,), seen)

    assert looks(exchange) is not None or regards == {"headers: x-b"}
    assert seen == regards
    assert exchange.header_values("x-A") == ANSWER.header_values("x-A") == ("1", "2")


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        pytest.param({}, frozenset(), id="nothing"),
        pytest.param({"headers": (*ANSWER.headers, (b"X-B", b""))}, {"headers", "headers: x-b"}, id="one-more"),
        pytest.param({"headers": ANSWER.headers[:2]}, {"headers", "headers: x-a"}, id="one-of-two-values"),
        pytest.param({"headers": ANSWER.headers[::-1]}, {"headers", "headers: x-a"}, id="another-order"),
        pytest.param({"headers": (ANSWER.headers[1], ANSWER.headers[0], ANSWER.headers[2])}, {"headers"}, id="lines"),
        pytest.param({"reads": (BodyRead(1, b"[]"),)}, {"reads"}, id="the-body"),
        pytest.param({"status": 404}, None, id="the-status"),
    ],
)
def test_parts_that_differ_are_reported(parts, names):
    assert changed_parts((ANSWER,), (replace(ANSWER, **parts),)) == names


@pytest.mark.asyncio
async def test_skipped_verdicts_are_unchanged(monkeypatch):
    judged = []
    judge_changed = ColumnProof.judge_changed
    monkeypatch.setattr(
        ColumnProof,
        "judge_changed",
        lambda self, touched: judged.append(list(judge_changed(self, touched))) or judged[-1],
    )
    (target,) = target_options.mock_targets("iotex")
    target = target_options.with_address(target, "http://127.0.0.1:1" + target.provider.serve_at)
    stand = ColumnProof(open_target_run(target, loading.load_providers(), load_checks()))
    await stand.judge_dry()
    skipped = 0
    for fault in (faults()[name] for name in SAMPLE):
        touched = await stand.changed_cases(fault)
        every = {name: ChangedResult(touch.sent, None) for name, touch in touched.items()}
        judged.clear()
        assert stand.find_effect(touched, fault) == stand.find_effect(every, fault), fault.id
        of_touched, of_every = judged
        skipped += len(of_every) - len(of_touched)
    assert skipped > 0
