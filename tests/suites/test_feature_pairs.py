"""Every pair of features of a request has a case, or a reason why it has none, under each contract that offers both."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wireproof.contract import data_files, feature_pairs, loading
from wireproof.contract.feature_pairs import ARRAY_FILE, FULL_CASES, find_pair_coverage, load_array, load_features
from wireproof.generation.covering_array import array_text, choose_array

PROVIDERS = loading.load_providers()
FEATURES = load_features()


def gaps() -> list[tuple[str, ...]]:
    return [(one.endpoint, *one.pair, *one.gaps) for one in find_pair_coverage(PROVIDERS.values()) if one.gaps]


def test_every_pair_has_a_case_or_a_reason() -> None:
    assert gaps() == [], "run `wireproof cases --write-array`"


def test_a_new_feature_without_cases_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    row = FEATURES["chat"].row
    user = {"features": {"user": {"says": "the name of an end user", "set": {"/user": "wireproof"}}}}
    wider = feature_pairs.EndpointFeatures.from_row("chat", {**row, "factors": {**row["factors"], "user": user}})
    monkeypatch.setattr(feature_pairs, "load_features", lambda: {"chat": wider})
    missed = {other for _, *pair in gaps() for other in FEATURES["chat"].features if {other, "user"} <= set(pair)}
    assert missed == {name for name in FEATURES["chat"].features if name not in unoffered()}


def unoffered() -> set[str]:
    """The features of a chat that only contracts without the member `user` offer."""
    with_user = [provider for provider in PROVIDERS.values() if "user" in provider.fields("chat")]
    return {
        name
        for name in FEATURES["chat"].features
        if not any(FEATURES["chat"].is_offered((name,), provider) for provider in with_user)
    }


@pytest.mark.slow
def test_the_array_is_the_one_that_the_generator_chooses() -> None:
    written = (data_files.root() / ARRAY_FILE).read_text(encoding="utf-8")
    assert array_text(choose_array(FEATURES, PROVIDERS.values())) == written, "run `wireproof cases --write-array`"


def test_every_name_of_a_feature_or_factor_is_known() -> None:
    for described in FEATURES.values():
        factors = set(described.row["factors"])
        needed = {need for feature in described.features.values() for need in feature.needs}
        hidden = {name for feature in described.features.values() for name in feature.hides}
        in_conflict = {
            name for one in described.row.get("conflicts", ()) for part in ("of", "with") for name in one[part]
        }
        assert needed <= factors | set(described.features)
        assert hidden | in_conflict <= set(described.features)


def test_a_combination_stands_once_and_has_one_feature_of_a_factor() -> None:
    by_name: Mapping[str, tuple[str, ...]] = load_array()
    assert len({(name.rpartition("-")[0], row) for name, row in by_name.items()}) == len(by_name)
    for name, row in by_name.items():
        factors = [FEATURES[feature_pairs.endpoint_of_case(name)].features[feature].factor for feature in row]
        assert len(set(factors)) == len(factors)


def test_the_cases_do_not_belong_to_the_profiles_with_a_budget() -> None:
    profiles = {name: loading.load_cases()[name].profile for name in load_array()}
    assert {name for name, profile in profiles.items() if profile != "all"} == set(FULL_CASES)
