"""One provider's values, as far as the server speaks by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.provider.model_entry import MODEL_ROLES, Model
from wireproof.mock.provider.rate_rules import RateRules
from wireproof.mock.provider.request_rules import RequestRules

NO_RULES = RequestRules({})


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
class ReasoningFields:
    """Where a message shows what the model thought.

    Attributes:
        member: the member of a message, and of a delta.
        request: the boolean member of a request that asks for it.
        default: what holds where the request leaves it out.
        otherwise: `inline` (in the content, between `<think>` and `</think>`) or `absent`.
    """

    member: str
    request: str
    default: bool
    otherwise: str


@dataclass(frozen=True, slots=True)
class Images:
    """How pictures are given: as `url` or as `b64_json`, where the request does not say."""

    given_as: str


@dataclass(frozen=True, slots=True)
class ModelList:
    """Where the list of models stands in its answer (a JSON Pointer), and what an entry shows."""

    items: str = "/data"
    members: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> ModelList:
        return cls(row.get("items", "/data"), tuple(row.get("members", ())))


@dataclass(frozen=True, slots=True)
class HeaderNames:
    """Headers by their role, and the values that hold where a request sends none."""

    request: Mapping[str, str]
    response: tuple[tuple[str, str], ...]
    defaults: Mapping[str, str]

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> HeaderNames:
        return cls(row.get("request", {}), tuple(row.get("response", {}).items()), row.get("defaults", {}))


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything the server knows of one provider."""

    name: str
    serve_at: str
    auth: Auth
    headers: HeaderNames
    endpoints: tuple[tuple[str, str, str], ...]
    capabilities: frozenset[str]
    catalogue: tuple[Model, ...]
    requests: Mapping[str, RequestRules]
    envelope: str
    refusals: Mapping[str, RefusalRow]
    rate: RateRules
    suite_tier: str
    members: tuple[str, ...]
    cells: int
    served_models: int
    model_list: ModelList = ModelList()
    reasoning: ReasoningFields | None = None
    images: Images | None = None
    knows_any_model: bool = False

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> Profile:
        auth, errors, cells = row["auth"], row["errors"], row.get("cells", {})
        offered = row.get("capabilities", {})
        rate = RateRules.from_mapping(row["rate"])
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
            headers=HeaderNames.from_mapping(row.get("headers", {})),
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
            model_list=ModelList.from_mapping(row.get("model_list", {})),
            reasoning=ReasoningFields(**row["reasoning"]) if "reasoning" in row else None,
            images=Images(**row["images"]) if "images" in row else None,
        )

    @property
    def endpoint_names(self) -> frozenset[str]:
        """The names of the endpoints that it serves."""
        return frozenset(name for name, _, _ in self.endpoints)

    def rules(self, endpoint: str) -> RequestRules:
        return self.requests.get(endpoint, NO_RULES)

    def model(self, name: str) -> Model | None:
        found = next((model for model in self.catalogue if model.id == name), None)
        return Model(name, MODEL_ROLES) if found is None and self.knows_any_model else found
