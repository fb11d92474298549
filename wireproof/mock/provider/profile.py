"""The part of a provider that decides how the reference server answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.provider.model_entry import MODEL_ROLES, Model
from wireproof.mock.provider.rate_rules import RateRules
from wireproof.mock.provider.request_rules import BodyRules

NO_RULES = BodyRules({})


@dataclass(frozen=True, slots=True)
class Auth:
    """The keys that are accepted, and the header that carries them.

    Attributes:
        public: the endpoints that need no key.
        lets_in: `known` for the known keys, `prefix` for every key with the prefix, `any` for every key.
    """

    header: str
    schemes: tuple[str, ...]
    key_prefix: str
    public: tuple[str, ...]
    lets_in: str = "known"


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """Status, code and type with which one cause is refused."""

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
    """The place at which a message shows the reasoning of the model.

    Attributes:
        member: the member of a message, and of a delta.
        request: the boolean member of a request that asks for it.
        default: the value of that member if the request leaves it out.
        otherwise: the place if the value is false: `inline` (in the content, inside `<think>`) or `absent`.
    """

    member: str
    request: str
    default: bool
    otherwise: str


@dataclass(frozen=True, slots=True)
class Images:
    """The form of pictures in an answer.

    Attributes:
        given_as: the form if the request names none, `url` or `b64_json`.
    """

    given_as: str


@dataclass(frozen=True, slots=True)
class ModelList:
    """The list of models.

    Attributes:
        items: the place of the list in its answer, as a JSON Pointer.
        members: the members that an entry shows; empty for the usual ones.
    """

    items: str = "/data"
    members: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> ModelList:
        return cls(row.get("items", "/data"), tuple(row.get("members", ())))


@dataclass(frozen=True, slots=True)
class HeaderNames:
    """Header names by their role.

    Attributes:
        defaults: role → the value that holds if a request sends none.
    """

    request: Mapping[str, str]
    response: tuple[tuple[str, str], ...]
    defaults: Mapping[str, str]

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> HeaderNames:
        return cls(row.get("request", {}), tuple(row.get("response", {}).items()), row.get("defaults", {}))


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that the server knows of one provider.

    Attributes:
        envelope: the form of an error body, a key of ERROR_ENVELOPES.
        refusals: cause → status, code and type.
        members: the optional members that its answers show.
        constant_members: further members of its chat answers and chunks, with their values.
        cells: the number of its cells.
        served_models: the number of models that its health page reports.
    """

    name: str
    serve_at: str
    auth: Auth
    headers: HeaderNames
    endpoints: tuple[tuple[str, str, str], ...]
    capabilities: frozenset[str]
    catalogue: tuple[Model, ...]
    requests: Mapping[str, BodyRules]
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
    chat_id_prefix: str = "chatcmpl-"
    knows_any_model: bool = False
    constant_members: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> Profile:
        auth, errors, cells = row["auth"], row["errors"], row.get("cells", {})
        capabilities = row.get("capabilities", {})
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
            capabilities=frozenset((*capabilities.get("promised", ()), *capabilities.get("optional", ()))),
            catalogue=catalogue,
            requests={key: BodyRules.from_mapping(key, rules) for key, rules in row["requests"].items()},
            envelope=errors["envelope"],
            refusals={key: RefusalRow.from_mapping(entry) for key, entry in errors["refusals"].items()},
            rate=rate,
            suite_tier=row["rate"].get("suite_tier", rate.tiers[0].name),
            members=tuple(row.get("members", ())),
            constant_members=row.get("constant_members", {}),
            cells=cells.get("count", 1),
            served_models=cells.get("models", len(catalogue)),
            model_list=ModelList.from_mapping(row.get("model_list", {})),
            reasoning=ReasoningFields(**row["reasoning"]) if "reasoning" in row else None,
            images=Images(**row["images"]) if "images" in row else None,
            chat_id_prefix=row.get("chat_id_prefix", "chatcmpl-"),
        )

    @property
    def endpoint_names(self) -> frozenset[str]:
        """The names of the endpoints that it serves."""
        return frozenset(name for name, _, _ in self.endpoints)

    def rules(self, endpoint: str) -> BodyRules:
        return self.requests.get(endpoint, NO_RULES)

    def model(self, name: str) -> Model | None:
        found = next((model for model in self.catalogue if model.id == name), None)
        return Model(name, MODEL_ROLES) if found is None and self.knows_any_model else found
