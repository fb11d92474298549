"""Every request of the suites, edited in one place: the server refuses what the contract's request schema refuses, and
never fails.

The schemas of the contracts and the rules of the server are written independently, so each is tested against the other.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from wireproof.client.request_builder import CannotSend, OutgoingRequest, build_request
from wireproof.contract import loading, target_options
from wireproof.contract.schemas import Schema, SchemaSet
from wireproof.contract.target import Target
from wireproof.proof.in_process_line import InProcessPool

PROVIDERS = ("openai", "iio", "io-intelligence", "iotex", "aion", "aiorouter")
DROPPED = object()
EDITS = (DROPPED, None, True, False, 0, -1, 1.5, 10**9, "", "x", "a" * 300, [], [1], ["x"], {}, {"x": 1})
# Elements of an array that are edited.
FIRST_ELEMENTS = 2
Path = tuple[str | int, ...]
# Every edit takes a quarter of a minute for each contract; an ordinary run sends one of this many.
SAMPLE_STEP = 31


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_sample_of_edited_requests_is_served_or_refused_by_the_schema(provider: str) -> None:
    assert check_edits(provider, SAMPLE_STEP) > 200


@pytest.mark.whole
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_edited_request_is_served_or_refused_by_the_schema(provider: str) -> None:
    assert check_edits(provider, 1) > 9_000


def check_edits(provider: str, step: int) -> int:
    """Sends every `step`-th edited request, and returns how many were sent."""
    (target,) = target_options.mock_targets(provider)
    target = target_options.with_address(target, f"http://mock{target.provider.serve_at}")
    pool = InProcessPool(target.provider)
    count = 0
    for outgoing, schema, body in islice(edited_requests(target, pool), 0, None, step):
        count += 1
        status, text = receive(pool, replace(outgoing, shown=replace(outgoing.shown, body=json.dumps(body).encode())))
        assert status < 500, f"{outgoing.shown.url} failed with {status} on {body}"
        if schema.conforms(body):
            named = {*body, *outgoing_members(outgoing), "$ref"}
            assert status < 400 or any(name in text for name in named), f"{text} names no member of {body}"
        else:
            assert status >= 400, f"{outgoing.shown.url} served {schema.findings(body)[0]}"
    return count


def edited_requests(target: Target, pool: InProcessPool) -> Iterator[tuple[OutgoingRequest, Schema, Any]]:
    """Every request that is served and conforms, with its schema and each body that differs from it in one place."""
    schemas, seen = SchemaSet(target.provider.schemas), set()
    for outgoing, endpoint in served_requests(target, pool):
        schema, body = schemas.shape(f"{endpoint}.request"), json.loads(outgoing.shown.body)
        if schema is None or not schema.conforms(body):
            continue
        for path in paths(body):
            for value in EDITS:
                place = tuple(step if isinstance(step, str) else 0 for step in path)
                edit = (endpoint, place, repr(value), tuple(sorted(body)))
                if edit not in seen and (edited := with_edit(body, path, value)) != body:
                    seen.add(edit)
                    yield outgoing, schema, edited


def served_requests(target: Target, pool: InProcessPool) -> Iterator[tuple[OutgoingRequest, str]]:
    for case in loading.load_cases().values():
        spec = case.asks[0]
        if spec.endpoint not in target.provider.endpoints or spec.key != "good":
            continue
        with suppress(CannotSend, KeyError, ValueError, RecursionError):
            outgoing = build_request(spec, target, case.name, {})
            if isinstance(json.loads(outgoing.shown.body), dict) and receive(pool, outgoing)[0] == 200:
                yield outgoing, spec.endpoint


def receive(pool: InProcessPool, outgoing: OutgoingRequest) -> tuple[int, str]:
    pool.begin_case()
    answer = pool.receive(outgoing)[1]
    assert answer.status is not None
    return answer.status, b"".join(read.data for read in answer.reads).decode(errors="replace")


def outgoing_members(outgoing: OutgoingRequest) -> Iterator[str]:
    yield from json.loads(outgoing.shown.body)


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """The places in a JSON value below its root."""
    if above:
        yield above
    steps: Any = (
        value if isinstance(value, dict) else range(min(len(value), FIRST_ELEMENTS)) if isinstance(value, list) else ()
    )
    for step in steps:
        yield from paths(value[step], (*above, step))


def with_edit(value: Any, path: Path, new: Any) -> Any:
    """A copy of a JSON value with another value at a place, or without the place."""
    edited = copy.deepcopy(value)
    parent = edited
    for step in path[:-1]:
        parent = parent[step]
    if new is DROPPED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return edited
