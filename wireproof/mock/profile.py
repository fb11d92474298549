"""One provider's values, as far as the server speaks by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.rules import RequestRules

UNLIMITED = 1_000_000
ROLES = ("chat", "completions", "embeddings", "vision")

NO_RULES = RequestRules({})


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue."""

    id: str
    roles: tuple[str, ...]
    owned_by: str | None = None
    created: int | None = None
    dimensions: int = 768

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Model:
        return cls(
            row["id"],
            tuple(row["roles"]),
            row.get("owned_by"),
            row.get("created"),
            row.get("dimensions", 768),
        )


@dataclass(frozen=True, slots=True)
class Tier:
    """What a key of this tier may use; `models` is empty where it may use all."""

    name: str
    per_minute: int | None
    per_month: int | None
    models: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> Tier:
        models = row.get("models", "all")
        return cls(name, row.get("per_minute"), row.get("per_month"), () if models == "all" else tuple(models))

    @property
    def limit(self) -> int:
        return UNLIMITED if self.per_minute is None else self.per_minute


@dataclass(frozen=True, slots=True)
class Rate:
    """How limits are counted and shown; `slack` requests more than the limit are let through."""

    dialect: str
    limit: str
    remaining: str
    reset: str
    retry_after: bool
    tiers: tuple[Tier, ...]
    slack: int = 0
    counts_months: bool = True
    windows_end: bool = True

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Rate:
        shown = row.get("headers", {})
        return cls(
            dialect=row.get("dialect", "none"),
            limit=shown.get("limit", ""),
            remaining=shown.get("remaining", ""),
            reset=shown.get("reset", ""),
            retry_after=row.get("retry_after", False),
            tiers=tuple(Tier.from_mapping(name, tier) for name, tier in row["tiers"].items()),
        )

    @property
    def lowest(self) -> Tier:
        return min(self.tiers, key=lambda tier: tier.limit)


@dataclass(frozen=True, slots=True)
class Auth:
    """Who is let in: `known` keys, any key with the `prefix`, or `any` key."""

    header: str
    schemes: tuple[str, ...]
    key_prefix: str
    public: tuple[str, ...]
    lets_in: str = "known"


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """How one cause of refusal is answered."""

    status: int
    code: str | None
    type: str | None

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> RefusalRow:
        code = row.get("code", [row.get("mock_code")])[0]
        kind = row.get("type", [row.get("mock_type")])[0]
        return cls(row["status"][0], code, kind)


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything the server knows of one provider."""

    name: str
    serve_at: str
    auth: Auth
    response_headers: tuple[tuple[str, str], ...]
    endpoints: tuple[tuple[str, str, str], ...]
    capabilities: frozenset[str]
    catalogue: tuple[Model, ...]
    requests: Mapping[str, RequestRules]
    envelope: str
    refusals: Mapping[str, RefusalRow]
    rate: Rate
    suite_tier: str
    members: tuple[str, ...]
    cells: int
    served_models: int
    knows_any_model: bool = False

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> Profile:
        auth, errors, cells = row["auth"], row["errors"], row.get("cells", {})
        offered = row.get("capabilities", {})
        rate = Rate.from_mapping(row["rate"])
        catalogue = tuple(Model.from_mapping(model) for model in row["models"]["catalogue"])
        return cls(
            name=name,
            serve_at=row.get("serve_at", f"/{name}/v1"),
            auth=Auth(
                auth["header"],
                tuple(auth["schemes"]),
                auth.get("key_prefix", ""),
                tuple(auth.get("public", ())),
            ),
            response_headers=tuple(row.get("headers", {}).get("response", {}).items()),
            endpoints=tuple((key, end["method"], end["path"]) for key, end in row["endpoints"].items()),
            capabilities=frozenset((*offered.get("promised", ()), *offered.get("optional", ()))),
            catalogue=catalogue,
            requests={key: RequestRules.from_mapping(rules) for key, rules in row["requests"].items()},
            envelope=errors["envelope"],
            refusals={key: RefusalRow.from_mapping(entry) for key, entry in errors["refusals"].items()},
            rate=rate,
            suite_tier=row["rate"].get("suite_tier", rate.tiers[0].name),
            members=tuple(row.get("members", ())),
            cells=cells.get("count", 1),
            served_models=cells.get("models", len(catalogue)),
        )

    @property
    def suite_key(self) -> str:
        return f"{self.auth.key_prefix}mock-{self.suite_tier}"

    def rules(self, endpoint: str) -> RequestRules:
        return self.requests.get(endpoint, NO_RULES)

    def model(self, name: str) -> Model | None:
        found = next((model for model in self.catalogue if model.id == name), None)
        return Model(name, ROLES) if found is None and self.knows_any_model else found
