"""Families of generated requests: valid ones conform to a contract, invalid ones break it in the place they name."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from wireproof.contract import loading, target_options
from wireproof.contract.case import endpoint_from_case_name, kind_from_case_name
from wireproof.contract.schemas import SchemaSet
from wireproof.formats import json_pointer
from wireproof.generation.families import ENDPOINTS_BY_COST, strategies_by_case
from wireproof.generation.fixed_sample import distinct_examples
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory, read_endpoints, request_factories
from wireproof.judging.suite_loader import load_checks
from wireproof.session.send_plan import build_plan
from wireproof.session.target_run import open_target_run

pytestmark = pytest.mark.slow

PROVIDERS = loading.load_providers()
SEVERAL = 20
# Families that break one member at a time; the others change the bytes of the body.
ONE_PLACE = ("missing", "wrong-type", "out-of-range", "wrong-choice", "unknown-member")

each_provider = pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in PROVIDERS])


@cache
def drawn(name: str, kind: str, *families: str) -> tuple[tuple[RequestFactory, GeneratedRequest], ...]:
    """Draws some requests of a kind, each with its factory."""
    provider, found = PROVIDERS[name], []
    for case, strategy in strategies_by_case(provider).items():
        if kind_from_case_name(case) == kind and (not families or case.rpartition(":")[2] in families):
            factory = RequestFactory(provider, endpoint_from_case_name(case))
            found += [(factory, probe) for probe in distinct_examples(strategy, SEVERAL)]
    return tuple(found)


@each_provider
def test_a_valid_request_conforms_to_the_schema_of_its_document(name: str) -> None:
    for factory, probe in drawn(name, "valid"):
        shape = SchemaSet(factory.provider.schemas).shape(f"{factory.endpoint}.request")
        assert shape is not None
        asked = json.loads(probe.body_bytes)
        assert (probe.place, shape.findings(asked)) == (probe.place, ())


@each_provider
def test_an_invalid_request_differs_from_a_valid_one_only_in_its_place(name: str) -> None:
    for factory, probe in drawn(name, "invalid", *ONE_PLACE):
        asked = json.loads(probe.body_bytes)
        # Compared as text, because True == 1 in Python.
        assert json.dumps(asked) != json.dumps(factory.smallest_body)
        assert without(asked, probe.at) == without(factory.smallest_body, probe.at)


def without(body: Any, at: str) -> Any:
    try:
        return json_pointer.drop(body, at)
    except json_pointer.Missing:
        return body


@each_provider
def test_a_request_has_the_lowest_token_cap_unless_the_cap_is_broken(name: str) -> None:
    for factory, probe in [*drawn(name, "valid"), *drawn(name, "invalid", *ONE_PLACE)]:
        cap = factory.provider.token_cap(factory.endpoint)
        if cap is not None and probe.at != f"/{cap}":
            assert json.loads(probe.body_bytes)[cap] == factory.smallest_body[cap]


@each_provider
def test_families_of_whole_bodies_use_the_cheapest_endpoint(name: str) -> None:
    asked = {
        endpoint_from_case_name(case)
        for case in strategies_by_case(PROVIDERS[name])
        if case.endswith((":truncated", ":encoding"))
    }
    least = min((factory.endpoint for factory in request_factories(PROVIDERS[name])), key=ENDPOINTS_BY_COST.index)
    assert asked == {least}


def test_every_plane_of_unicode_is_drawn() -> None:
    strategy = strategies_by_case(PROVIDERS["openai"])["generated:chat:valid:text"]
    texts = [probe.spec.body["messages"][0]["content"] for probe in distinct_examples(strategy, 400)]
    assert {ord(character) >> 16 for text in texts for character in text} == set(range(17))
    assert "" in texts
    assert max(map(len, texts)) == 20_000


def test_numbers_are_drawn_at_their_bounds_in_each_spelling() -> None:
    strategy = strategies_by_case(PROVIDERS["openai"])["generated:chat:valid:numbers"]
    told = {probe.place for probe in distinct_examples(strategy, 400) if probe.at == "/temperature"}
    spelled = {place.rpartition(" ")[2] for place in told}
    assert spelled == {"0", "0.0", "0e0", "0.00E+0", "2", "2.0", "2e0", "2.00E+0", "1e-9"}


def test_the_same_requests_are_drawn_each_time() -> None:
    strategy = strategies_by_case(PROVIDERS["iio"])["generated:chat:valid:options"]
    assert [p.body_bytes for p in distinct_examples(strategy, 10)] == [
        p.body_bytes for p in distinct_examples(strategy, 10)
    ]


@pytest.mark.parametrize("name", ["iio", "aion"])
def test_a_plan_counts_the_requests_of_each_family_and_those_that_follow(name: str) -> None:
    aimed = target_options.TargetOptions(
        {"provider": [name], "endpoint": "http://127.0.0.1:9/v1", "key_env": "SOME_KEY"}
    )
    (target,) = target_options.build_targets(aimed, {"SOME_KEY": "a-key-of-twenty-four"})
    planned = build_plan(open_target_run(target, PROVIDERS, load_checks()), 3)
    for case in strategies_by_case(PROVIDERS[name]):
        each = 2 if kind_from_case_name(case) in ("invalid", "odd") else 1
        if case in planned.cases:
            assert len(planned.cases[case]) in {each, 2 * each, 3 * each}
    assert "generated:chat:valid:text" in planned.cases


def test_every_endpoint_of_requests_yaml_is_documented() -> None:
    assert set(read_endpoints()) <= set(PROVIDERS["openai"].endpoints)
    assert set(read_endpoints()) == set(ENDPOINTS_BY_COST)
