"""What the families draw: requests that keep to a contract, or break it in the one place they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
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

PROVIDERS = loading.load_providers()
SEVERAL = 20
# Members of a request that are broken one at a time; the bytes of the rest are no JSON or none of theirs.
ONE_PLACE = ("missing", "wrong-type", "out-of-range", "wrong-choice", "unknown-member")

each_provider = pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in PROVIDERS])


def drawn(name: str, kind: str, *families: str) -> Iterator[tuple[RequestFactory, GeneratedRequest]]:
    """Some requests of a kind, with what they are made from."""
    provider = PROVIDERS[name]
    for case, strategy in strategies_by_case(provider).items():
        if kind_from_case_name(case) == kind and (not families or case.rpartition(":")[2] in families):
            yield from (
                (RequestFactory(provider, endpoint_from_case_name(case)), probe)
                for probe in distinct_examples(strategy, SEVERAL)
            )


@each_provider
def test_a_proper_request_conforms_to_the_schema_of_its_document(name: str) -> None:
    for draft, probe in drawn(name, "valid"):
        shape = SchemaSet(draft.provider.schemas).shape(f"{draft.endpoint}.request")
        assert shape is not None
        asked = json.loads(probe.body_bytes)
        assert (probe.place, shape.findings(asked)) == (probe.place, ())


@each_provider
def test_a_broken_request_differs_from_a_proper_one_in_the_place_it_names_alone(name: str) -> None:
    for draft, probe in drawn(name, "invalid", *ONE_PLACE):
        asked = json.loads(probe.body_bytes)
        # As text, since Python takes true for 1.
        assert json.dumps(asked) != json.dumps(draft.smallest_body)
        assert without(asked, probe.at) == without(draft.smallest_body, probe.at)


def without(body: Any, at: str) -> Any:
    try:
        return json_pointer.drop(body, at)
    except json_pointer.Missing:
        return body


@each_provider
def test_a_request_asks_for_the_fewest_tokens_unless_its_cap_is_what_is_broken(name: str) -> None:
    for draft, probe in [*drawn(name, "valid"), *drawn(name, "invalid", *ONE_PLACE)]:
        cap = draft.provider.token_cap(draft.endpoint)
        if cap is not None and probe.at != f"/{cap}":
            assert json.loads(probe.body_bytes)[cap] == draft.smallest_body[cap]


@each_provider
def test_what_breaks_the_body_as_a_whole_is_asked_where_it_costs_least(name: str) -> None:
    asked = {
        endpoint_from_case_name(case)
        for case in strategies_by_case(PROVIDERS[name])
        if case.endswith((":truncated", ":encoding"))
    }
    least = min((draft.endpoint for draft in request_factories(PROVIDERS[name])), key=ENDPOINTS_BY_COST.index)
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
def test_a_plan_counts_the_requests_of_each_family_and_those_behind_them(name: str) -> None:
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


def test_every_endpoint_of_the_table_is_one_that_a_document_describes() -> None:
    assert set(read_endpoints()) <= set(PROVIDERS["openai"].endpoints)
    assert set(read_endpoints()) == set(ENDPOINTS_BY_COST)
