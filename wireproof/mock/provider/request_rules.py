"""What the bodies of requests may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What one request member may hold."""

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
        given = row["type"]
        return cls(
            name=name,
            types=(given,) if isinstance(given, str) else tuple(given),
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
class RequestRules:
    """What an endpoint takes in its body."""

    fields: Mapping[str, FieldRule]
    token_cap: str | None = None
    roles: tuple[str, ...] = ()
    content_parts: tuple[str, ...] = ("text",)
    refuses_unknown: bool = False

    @property
    def default_cap(self) -> int | None:
        """The tokens an answer has at most where the request does not say."""
        field = self.fields.get(self.token_cap or "")
        return None if field is None else field.default

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> RequestRules:
        return cls(
            fields={name: FieldRule.from_mapping(name, field) for name, field in row["fields"].items()},
            token_cap=row.get("token_cap"),
            roles=tuple(row.get("roles", ())),
            content_parts=tuple(row.get("content_parts", ("text",))),
            refuses_unknown=row.get("unknown_fields") == "refuse",
        )
