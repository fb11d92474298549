"""The rules for the bodies of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldRule:
    """The types and the bounds of one member of a request.

    Attributes:
        exclusive: true if minimum and maximum themselves are out of range.
    """

    name: str
    types: tuple[str, ...]
    required: bool = False
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False
    min_items: int | None = None
    max_items: int | None = None
    enum: tuple[Any, ...] = ()
    default: Any = None

    @classmethod
    def from_mapping(cls, name: str, row: Mapping[str, Any]) -> FieldRule:
        types = row["type"]
        return cls(
            name=name,
            types=(types,) if isinstance(types, str) else tuple(types),
            required=row.get("required", False),
            nullable=row.get("nullable", False),
            minimum=row.get("minimum"),
            maximum=row.get("maximum"),
            min_items=row.get("min_items"),
            max_items=row.get("max_items"),
            enum=tuple(row.get("enum", ())),
            default=row.get("default"),
        )


@dataclass(frozen=True, slots=True)
class BodyRules:
    """The rules for the body of one endpoint.

    Attributes:
        endpoint: the endpoint whose bodies they are for.
        token_cap: the member that limits the tokens of an answer.
        refuses_unknown: true if members without a rule are refused.
        strict: true if further rules of OpenAI's own service hold.
        refused: members that are refused in any case.
    """

    fields: Mapping[str, FieldRule]
    endpoint: str = ""
    token_cap: str | None = None
    roles: tuple[str, ...] = ()
    content_parts: tuple[str, ...] = ("text",)
    refuses_unknown: bool = False
    strict: bool = False
    refused: frozenset[str] = frozenset()

    @property
    def default_cap(self) -> int | None:
        """The maximum tokens of an answer if the request names none; None for no limit."""
        field = self.fields.get(self.token_cap or "")
        return None if field is None else field.default

    @classmethod
    def from_mapping(cls, endpoint: str, row: Mapping[str, Any]) -> BodyRules:
        return cls(
            fields={name: FieldRule.from_mapping(name, field) for name, field in row["fields"].items()},
            endpoint=endpoint,
            token_cap=row.get("token_cap"),
            roles=tuple(row.get("roles", ())),
            content_parts=tuple(row.get("content_parts", ("text",))),
            refuses_unknown=row.get("unknown_fields") == "refuse",
            strict=row.get("unknown_fields") == "refuse",
        )
