"""The factory of generated requests to one endpoint of one provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.contract.case import RequestSpec, kind_from_case_name
from wireproof.contract.case_files import ENDPOINT_ROLES
from wireproof.contract.provider import Provider, RequestRules
from wireproof.formats import json_pointer
from wireproof.formats.yaml_file import read_yaml
from wireproof.generation.generated_request import GeneratedRequest, encode_body

# Kinds of requests that are followed by a valid one, which proves that the server still serves.
BROKEN_KINDS = frozenset({"invalid", "odd"})
# The context in tokens if the contract names none, which every model in use has; and a text that is long for any model.
LEAST_CONTEXT, MAX_TEXT_BYTES = 4_096, 80_000
# The capability that a member of a request uses, if it has another name.
FEATURES_BY_MEMBER = {
    "presence_penalty": "penalties",
    "frequency_penalty": "penalties",
    "logit_bias": "logit-bias",
    "stream_options": "stream-usage",
    "top_logprobs": "logprobs",
    "encoding_format": "base64",
    "service_tier": "service-tier",
    "reasoning_effort": "reasoning-effort",
    "store": "stored-chats",
    "prediction": "prediction",
    "system": "system-field",
    "max_completion_tokens": "max-completion-tokens",
}


@dataclass(frozen=True, eq=False, repr=False)
class RequestFactory:
    """Makes generated requests for one endpoint of one provider's contract."""

    provider: Provider
    endpoint: str

    def __repr__(self) -> str:
        # Short, because hypothesis prints the parts of a strategy often.
        return f"RequestFactory({self.provider.name}, {self.endpoint})"

    @property
    def endpoint_entry(self) -> Mapping[str, Any]:
        """The entry of the endpoint in requests.yaml."""
        entry: Mapping[str, Any] = read_endpoints()[self.endpoint]
        return entry

    @property
    def rules(self) -> RequestRules:
        """The contract's rules for requests to the endpoint."""
        return self.provider.requests[self.endpoint]

    @property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """The members that the document itself describes."""
        return {name: row for name, row in self.rules.fields.items() if row.get("documented", True)}

    @property
    def schema(self) -> Mapping[str, Any]:
        """The document's own schema of the request, as JSON."""
        return schemas.schema_document(f"{self.provider.schemas}/{self.endpoint}.request.json")

    @property
    def refuses_unknown_members(self) -> bool:
        """True if the contract refuses unknown members."""
        return self.rules.strict

    @property
    def smallest_body(self) -> dict[str, Any]:
        """The body of the smallest valid request, with the lowest token cap."""
        cap = self.provider.token_cap(self.endpoint)
        least = {} if cap is None else {cap: max(1, self.rules.fields[cap].get("minimum", 1))}
        return {**self.endpoint_entry["body"], **least}

    @property
    def max_text_bytes(self) -> int:
        """The bytes of text that certainly fit the context of the endpoint's model: half as many as it has tokens."""
        model = self.provider.models.get(ENDPOINT_ROLES.get(self.endpoint, "chat"))
        contexts = {row.id: row.context for row in self.provider.catalogue}
        return min(MAX_TEXT_BYTES, (contexts.get(model or "") or LEAST_CONTEXT) // 2)

    @property
    def smallest_request(self) -> RequestSpec:
        """The smallest valid request."""
        return self.request_with_body(self.smallest_body)

    def following_requests(self, case: str) -> tuple[RequestSpec, ...]:
        """The valid request sent after each broken or unspecified one; empty for a case of valid requests."""
        return (self.smallest_request,) if kind_from_case_name(case) in BROKEN_KINDS else ()

    def request_with_body(self, body: Any, raw: bytes | None = None, **other: Any) -> RequestSpec:
        """Makes a request with this body, or with these bytes in its place."""
        role = ENDPOINT_ROLES.get(self.endpoint, "chat")
        return RequestSpec(self.endpoint, role, raw=encode_body(body) if raw is None else raw, body=body, **other)

    def request_with_value(self, at: str, value: Any, says: str, refused: str | None = None) -> GeneratedRequest:
        """Makes the smallest valid request with another value at one place."""
        first = json_pointer.parts(at)[0] if at else ""
        body = json_pointer.edit(self.smallest_body, at, value)
        return GeneratedRequest(self.request_with_body(body), at, says, refused, features_from_members((first,)))

    def nested_places(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yields the nested places that can be broken individually, as (pointer, rules)."""
        for row in self.endpoint_entry.get("nested", ()):
            yield row["at"], row

    def places(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yields every place with rules in the contract, members before nested places, as (pointer, rules)."""
        yield from ((json_pointer.join(name), row) for name, row in self.fields.items())
        yield from self.nested_places()


def features_from_members(members: tuple[str, ...]) -> frozenset[str]:
    """The capabilities that these members use."""
    return frozenset(FEATURES_BY_MEMBER.get(name, name) for name in members)


@cache
def read_endpoints() -> Mapping[str, Any]:
    """Reads suites/generated/requests.yaml: endpoint → the entry from which its requests are made."""
    file = "suites/generated/requests.yaml"
    data: Mapping[str, Any] = read_yaml(data_files.root() / file, file)
    schemas.check_format(data, "generated", file)
    return data


def request_factories(provider: Provider) -> tuple[RequestFactory, ...]:
    """One factory for each endpoint of a provider that takes a JSON body."""
    return tuple(RequestFactory(provider, name) for name in read_endpoints() if name in provider.endpoints)
