"""A provider: the values of one contract, read from providers.yaml.

This module imports only the standard library, so that checks can depend on it; `loading` reads the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

RATE_PARTS = ("limit", "remaining", "reset")

# The provider whose document is the second contract of every target.
BASELINE_PROVIDER = "openai"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Method and path of one operation below the base URL."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error response that a contract states for one cause.

    Attributes:
        cause: name of the cause, for example `missing-key`.
        status: accepted statuses.
        code: accepted machine codes; empty if the document names none.
        type: accepted error types; empty if the document names none.
    """

    cause: str
    status: tuple[int, ...]
    code: tuple[str, ...] = ()
    type: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    """Limits of one kind of key; None means unlimited."""

    name: str
    per_minute: int | None
    per_month: int | None
    models: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate-limit headers and tiers.

    Attributes:
        limit: name of the header with the requests of a window; empty if the contract has none.
        remaining: name of the header with the requests left; empty if the contract has none.
        reset: name of the header with the end of the window; empty if the contract has none.
        reset_unit: unit of the reset header.
        retry_after: true if a refusal has a Retry-After header.
        promised_on: kinds of responses that have the headers: answer, stream, refusal.
        tiers: limits by name of the tier.
        suite_tier: tier of the key that the mock gets by default.
        tokens: token headers by part (limit, remaining, reset); empty if the contract has none.
    """

    limit: str
    remaining: str
    reset: str
    reset_unit: str
    retry_after: bool
    promised_on: tuple[str, ...]
    tiers: Mapping[str, Tier]
    suite_tier: str
    tokens: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens of input and of output."""

    input: float
    output: float

    def cost_of(self, input: int, output: int) -> float:
        """Cost of these token counts in dollars."""
        try:
            return (input * self.input + output * self.output) / 1_000_000
        except OverflowError:  # token counts beyond the range of a float
            return inf


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One model of the catalogue; None for values that the contract leaves open.

    Attributes:
        documented: true if the document names the model; others exist on the mock only.
        context: maximum tokens of prompt and answer together.
        price: dollars per million tokens.
    """

    id: str
    documented: bool
    context: int | None
    owned_by: str | None
    price: Price | None


@dataclass(frozen=True, slots=True)
class RequestRules:
    """Rules for the requests to one endpoint.

    Attributes:
        fields: member → type, bounds and default, in the format of schemas/formats/providers.json.
        token_cap: name of the member that limits the output tokens.
        strict: true if unknown members are refused.
    """

    fields: Mapping[str, Mapping[str, Any]]
    token_cap: str | None
    strict: bool


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Position of the reasoning in an answer.

    Attributes:
        member: message member that holds the reasoning apart from the content.
        otherwise: position if the request does not separate it: inline or absent.
    """

    member: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Provider:
    """The values of one contract.

    Attributes:
        document: name of the document that states them.
        document_url: address of the document.
        chat_id_prefix: beginning of the id of a chat answer, as the document prints it.
        floor_exemptions: id of a rule of the wire → the sentence of the document that overrides it.
        data: the whole entry of providers.yaml; only the mock reads it.
    """

    name: str
    title: str
    document: str
    document_url: str
    base_url: str
    serve_at: str
    schemas: str
    clause_prefix: str
    key_env: str
    key_prefix: str
    key_prefix_promised: bool
    schemes: tuple[str, ...]
    auth_header: str
    public: tuple[str, ...]
    endpoints: Mapping[str, Endpoint]
    promised: frozenset[str]
    optional: frozenset[str]
    floor_exemptions: Mapping[str, str]
    models: Mapping[str, str]
    catalogue: tuple[CatalogueModel, ...]
    list_items: str
    list_id: str
    chat_id_prefix: str
    code_at: tuple[str, ...]
    refusals: Mapping[str, Refusal]
    rate: Rate
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    header_defaults: Mapping[str, str]
    requests: Mapping[str, RequestRules]
    reasoning: Reasoning | None
    data: Mapping[str, Any]

    def key_header(self, key: str) -> dict[str, str]:
        """The header that carries a key, with the first scheme of the document."""
        return {self.auth_header: " ".join([*self.schemes[:1], key])}

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> Provider:
        """Builds a provider from a validated entry of providers.yaml."""
        auth, errors, capabilities = data["auth"], data["errors"], data["capabilities"]
        reasoning = data.get("reasoning")
        models = {role: model for role, model in data["models"].items() if role != "catalogue"}
        return cls(
            name=name,
            title=data["title"],
            document=data["document"]["name"],
            document_url=data["document"]["url"],
            base_url=data["base_url"].rstrip("/"),
            serve_at=data["serve_at"],
            schemas=data.get("schemas", name),
            clause_prefix=data["clause_prefix"],
            key_env=auth["key_env"],
            key_prefix=auth["key_prefix"],
            key_prefix_promised=auth.get("key_prefix_promised", False),
            schemes=tuple(auth["schemes"]),
            auth_header=auth["header"],
            public=tuple(auth["public"]),
            endpoints={key: Endpoint(**value) for key, value in data["endpoints"].items()},
            promised=frozenset(capabilities["promised"]),
            optional=frozenset(capabilities["optional"]),
            floor_exemptions=data.get("floor_exemptions", {}),
            models=models,
            catalogue=tuple(_model_from_row(row) for row in data["models"]["catalogue"]),
            list_items=data["model_list"]["items"],
            list_id=data["model_list"]["id"],
            chat_id_prefix=data.get("chat_id_prefix", "chatcmpl-"),
            code_at=tuple(errors["code_at"]),
            refusals={cause: _refusal_from_row(cause, row) for cause, row in errors["refusals"].items()},
            rate=_rate_from_row(data["rate"]),
            request_headers=data["headers"]["request"],
            response_headers=data["headers"]["response"],
            header_defaults=data["headers"].get("defaults", {}),
            requests={endpoint: _rules_from_row(row) for endpoint, row in data["requests"].items()},
            reasoning=Reasoning(reasoning["member"], reasoning["otherwise"]) if reasoning else None,
            data=data,
        )

    def offers(self, *features: str) -> bool:
        """True if each of these features is promised or optional."""
        return all(feature in self.promised or feature in self.optional for feature in features)

    @property
    def documented_models(self) -> tuple[str, ...]:
        """Ids of the models that the document names."""
        return tuple(model.id for model in self.catalogue if model.documented)

    def token_cap(self, endpoint: str) -> str | None:
        """Name of the request member that limits the output tokens; None if the contract names none."""
        rules = self.requests.get(endpoint)
        return rules.token_cap if rules else None

    def fields(self, endpoint: str) -> Mapping[str, Mapping[str, Any]]:
        """Type, bounds and default of each request member; empty if the contract lists none."""
        rules = self.requests.get(endpoint)
        return rules.fields if rules else {}


def _model_from_row(row: Mapping[str, Any]) -> CatalogueModel:
    price = Price(row["price"]["input"], row["price"]["output"]) if "price" in row else None
    return CatalogueModel(row["id"], row.get("documented", True), row.get("context"), row.get("owned_by"), price)


def _rules_from_row(row: Mapping[str, Any]) -> RequestRules:
    return RequestRules(row["fields"], row.get("token_cap"), row["unknown_fields"] == "refuse")


def _refusal_from_row(cause: str, row: Mapping[str, Any]) -> Refusal:
    return Refusal(cause, tuple(row["status"]), tuple(row.get("code", ())), tuple(row.get("type", ())))


def _tier_from_row(name: str, row: Mapping[str, Any]) -> Tier:
    models = None if row["models"] == "all" else tuple(row["models"])
    return Tier(name, row["per_minute"], row["per_month"], models)


def _rate_from_row(row: Mapping[str, Any]) -> Rate:
    names = row.get("headers", {})
    return Rate(
        limit=names.get("limit", ""),
        remaining=names.get("remaining", ""),
        reset=names.get("reset", ""),
        reset_unit=row.get("reset_unit", "seconds"),
        retry_after=row["retry_after"],
        promised_on=tuple(row["promised_on"]),
        tiers={name: _tier_from_row(name, tier) for name, tier in row["tiers"].items()},
        suite_tier=row["suite_tier"],
        tokens={part: names[f"{part}_tokens"] for part in RATE_PARTS if f"{part}_tokens" in names},
    )
