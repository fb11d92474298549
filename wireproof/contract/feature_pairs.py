"""Pairs of features: the features of a request as data, and the cases that combine them.

suites/pairs/features.yaml describes the features of each endpoint, suites/pairs/array.yaml the combinations that are
sent. A case is composed of its combination when the cases are loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.contract.provider import Provider
from wireproof.errors import ConfigError
from wireproof.formats import json_pointer
from wireproof.formats.yaml_file import read_yaml

# The cases of the profile `full`: few requests that hold many features, a schema and an echo among them.
FULL_CASES = ("pairs-chat-05", "pairs-chat-08", "pairs-completions-03")
FEATURES_FILE, ARRAY_FILE = "suites/pairs/features.yaml", "suites/pairs/array.yaml"
CASE_PREFIX = "pairs-"
# Prefix of a selector of the cases in which a feature shows, `pairs:chat:n`; `pairs:chat:*` selects every one.
SELECTOR_PREFIX = "pairs:"

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the requests to an endpoint.

    Attributes:
        factor: the choice to which the feature belongs; a request has one feature of a factor at most.
        needs: features, or factors of which a feature has to stand in the same request.
        hides: features that do not show in the answer to a request that has this one as well.
        row: the entry of the feature in features.yaml.
    """

    name: str
    factor: str
    needs: tuple[str, ...]
    hides: frozenset[str]
    row: Mapping[str, Any]


@dataclass(frozen=True)
class EndpointFeatures:
    """The features of one endpoint.

    Attributes:
        features: name → feature, in the order in which they change a request.
        row: the entry of the endpoint in features.yaml.
    """

    endpoint: str
    features: Mapping[str, Feature]
    row: Mapping[str, Any]

    @classmethod
    def from_row(cls, endpoint: str, row: Mapping[str, Any]) -> EndpointFeatures:
        """Builds the features of an endpoint from a validated entry of features.yaml."""
        features = {
            name: Feature(name, factor, tuple(entry.get("needs", ())), frozenset(entry.get("hides", ())), entry)
            for factor, group in row["factors"].items()
            for name, entry in group["features"].items()
        }
        return cls(endpoint, features, row)

    @property
    def pairs(self) -> Iterator[Pair]:
        """Every pair of features."""
        return map(frozenset, combinations(self.features, 2))

    def reason_without_case(self, pair: Pair) -> str:
        """The reason why no request has both features; empty if one may have them."""
        factors = {self.features[name].factor for name in pair}
        if len(factors) == 1:
            return str(self.row["factors"][factors.pop()]["reason"])
        return self._reasons.get(pair, "")

    @cached_property
    def _reasons(self) -> Mapping[Pair, str]:
        return {
            frozenset((one, other)): conflict["reason"]
            for conflict in self.row.get("conflicts", ())
            for one in conflict["of"]
            for other in conflict["with"]
        }

    def shown_features(self, combination: Collection[str]) -> frozenset[str]:
        """The features of a combination that no other feature of it hides."""
        hidden = frozenset[str]().union(*(self.features[name].hides for name in combination))
        return frozenset(combination) - hidden

    def covered_pairs(self, combination: Collection[str]) -> frozenset[Pair]:
        """The pairs of a combination that show in the answer.

        A third feature hides neither of the two; one of the two may hide the other, which then no request shows.
        """
        hiders = {
            name: frozenset(other for other in combination if name in self.features[other].hides)
            for name in combination
        }
        return frozenset(
            frozenset((one, other))
            for one, other in combinations(combination, 2)
            if (other in hiders[one] or hiders[one] <= {other}) and (one in hiders[other] or hiders[other] <= {one})
        )

    def is_offered(self, combination: Collection[str], provider: Provider) -> bool:
        """True if a contract has the capabilities and describes the members of a combination."""
        entry = self.case_entry(combination)
        return (
            self.endpoint in provider.endpoints
            and provider.offers(*entry.get("feature", ()))
            and entry.get("model", "chat") in {"chat", *provider.models}
            and entry["body"].keys() <= {"model", "store", *provider.fields(self.endpoint)}
        )

    def offered_features(self, provider: Provider) -> frozenset[str]:
        """The features that a contract offers."""
        return frozenset(name for name in self.features if self.is_offered((name,), provider))

    def case_entry(self, combination: Collection[str]) -> dict[str, Any]:
        """The case of a combination, in the form of an entry of cases.yaml."""
        features = [feature for name, feature in self.features.items() if name in combination]
        entry: dict[str, Any] = dict(self.row["request"])
        entry |= {name: feature.row[name] for feature in features for name in ("cap", "model") if name in feature.row}
        capabilities = [*entry.pop("capabilities", ()), *(c for f in features for c in f.row.get("capabilities", ()))]
        says = ", ".join(feature.row["says"] for feature in features)
        return {
            "says": f"{self.row['says']} with {len(features)} features: {says}",
            "endpoint": self.endpoint,
            **entry,
            "body": self._body(features),
            **({"feature": list(dict.fromkeys(capabilities))} if capabilities else {}),
        }

    def _body(self, features: list[Feature]) -> Any:
        body: Any = self.row["request"]["body"]
        for feature in features:
            for place, value in feature.row.get("set", {}).items():
                body = json_pointer.edit(body, place, value)
            for place in feature.row.get("drop", ()):
                body = json_pointer.drop(body, place)
        for feature in features:
            # What a factor adds unless another feature has set it.
            for place, value in self.row["factors"][feature.factor].get("otherwise", {}).items():
                body = body if json_pointer.parts(place)[0] in body else json_pointer.edit(body, place, value)
        orders = [self.row["order"], *(feature.row["order"] for feature in features if "order" in feature.row)]
        return _filled(
            body, {"$order": orders[-1], "$messages": _filled(self._messages(features), {"$order": orders[-1]})}
        )

    def _messages(self, features: list[Feature]) -> list[Any]:
        """The messages of a request: those that features put first, and the user's."""
        before = [message for feature in features for message in feature.row.get("before", ())]
        parts = [part for feature in features for part in feature.row.get("parts", ())]
        greets = any(feature.row.get("greets") for feature in features)
        text = self.row.get("greeting") if greets else "$order"
        content = [{"type": self.row["text_part"], "text": text}, *parts] if parts else text
        return [*before, {"role": "user", "content": content}]


def _filled(value: Any, placeholders: Mapping[str, Any]) -> Any:
    """A JSON value with the texts that are placeholders replaced."""
    if isinstance(value, dict):
        return {name: _filled(inner, placeholders) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, placeholders) for inner in value]
    return placeholders.get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class PairCoverage:
    """One pair of features.

    Attributes:
        reason: the reason why no request has both; empty if one may have them.
        cases: contract that offers both → the cases that cover the pair.
    """

    endpoint: str
    pair: tuple[str, ...]
    reason: str
    cases: Mapping[str, tuple[str, ...]]

    @property
    def gaps(self) -> list[str]:
        """The contracts that offer both features and have neither a case nor a reason."""
        return [] if self.reason else [name for name, cases in self.cases.items() if not cases]

    @property
    def all_cases(self) -> list[str]:
        """The cases of all contracts."""
        return sorted({name for cases in self.cases.values() for name in cases})

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        cases = {contract: list(names) for contract, names in self.cases.items()}
        return {"endpoint": self.endpoint, "pair": list(self.pair), "reason": self.reason, "cases": cases}


@cache
def load_features() -> Mapping[str, EndpointFeatures]:
    """The features of each endpoint that features.yaml names."""
    data = read_yaml(data_files.root() / FEATURES_FILE, FEATURES_FILE)
    schemas.check_format(data, "features", FEATURES_FILE)
    return {endpoint: EndpointFeatures.from_row(endpoint, row) for endpoint, row in data.items()}


@cache
def load_array() -> Mapping[str, tuple[str, ...]]:
    """The combination of each case of the covering array, by the name of the case.

    Raises ConfigError for a feature that features.yaml does not describe.
    """
    data: Mapping[str, list[str]] = read_yaml(data_files.root() / ARRAY_FILE, ARRAY_FILE)
    for name, combination in data.items():
        unknown = set(combination) - load_features()[endpoint_of_case(name)].features.keys()
        if unknown:
            where = f"{ARRAY_FILE}, {name}"
            problem = f"{FEATURES_FILE} has no feature {sorted(unknown)[0]!r}"
            raise ConfigError(where, problem, "write the array anew with `wireproof cases --pairs --write-array`")
    return {name: tuple(combination) for name, combination in data.items()}


def endpoint_of_case(name: str) -> str:
    """The endpoint of a case of the covering array, which is a part of its name."""
    return name.removeprefix(CASE_PREFIX).rpartition("-")[0]


def entries_of_array() -> dict[str, Any]:
    """The entries of the cases of the covering array, as cases.yaml would have them."""
    return {
        name: load_features()[endpoint_of_case(name)].case_entry(combination)
        | ({"profile": "full"} if name in FULL_CASES else {})
        for name, combination in load_array().items()
    }


def is_pair_selector(name: str) -> bool:
    """True if a text selects cases of the covering array by a feature."""
    return name.startswith(SELECTOR_PREFIX)


def selected_cases(selector: str, provider: Provider, where: str) -> list[str]:
    """The names of the cases that a contract offers and in which the feature of a selector shows.

    Raises ConfigError for a feature that no endpoint has.
    """
    endpoint, _, feature = selector.removeprefix(SELECTOR_PREFIX).partition(":")
    described = load_features().get(endpoint)
    if described is None or feature not in {"*", *described.features}:
        raise ConfigError(where, f"{FEATURES_FILE} has no feature {selector!r}", "write pairs:ENDPOINT:FEATURE")
    return [
        name
        for name, combination in load_array().items()
        if endpoint_of_case(name) == endpoint
        and (feature == "*" or feature in described.shown_features(combination))
        and described.is_offered(combination, provider)
    ]


def find_pair_coverage(providers: Collection[Provider]) -> list[PairCoverage]:
    """The coverage of every pair of features of every endpoint, by the contracts that offer both."""
    found = []
    for endpoint, described in load_features().items():
        offered = {provider.name: described.offered_features(provider) for provider in providers}
        cases = {provider.name: _cases_by_pair(described, provider) for provider in providers}
        for pair in described.pairs:
            names = tuple(name for name in described.features if name in pair)
            by_contract = {name: cases[name].get(pair, ()) for name, features in offered.items() if pair <= features}
            found.append(PairCoverage(endpoint, names, described.reason_without_case(pair), by_contract))
    return found


def _cases_by_pair(described: EndpointFeatures, provider: Provider) -> dict[Pair, tuple[str, ...]]:
    """The cases that cover each pair, among those that a contract offers."""
    found: dict[Pair, tuple[str, ...]] = {}
    for name, combination in load_array().items():
        if endpoint_of_case(name) == described.endpoint and described.is_offered(combination, provider):
            for pair in described.covered_pairs(combination):
                found[pair] = (*found.get(pair, ()), name)
    return found
