"""The models that a provider serves, as its catalogue describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MODEL_ROLES = ("chat", "completions", "embeddings", "vision", "image", "audio", "reasoning", "speech", "search")


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """US dollars for a million tokens."""

    input: float
    output: float
    cache_read: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue.

    Attributes:
        roles: the uses that the model serves, of MODEL_ROLES.
        context: the tokens of prompt and answer together.
        output: the tokens of an answer.
        tokens_per_day: kind of use (chat, api, embeddings) → the tokens that an account may use in a day.
    """

    id: str
    roles: tuple[str, ...]
    owned_by: str | None = None
    created: int | None = None
    dimensions: int = 768
    context: int | None = None
    output: int | None = None
    price: ModelPrice | None = None
    name: str | None = None
    description: str | None = None
    date: str | None = None
    moderated: bool = False
    modality: str | None = None
    tokens_per_day: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Model:
        price = row.get("price")
        return cls(
            id=row["id"],
            roles=tuple(row["roles"]),
            owned_by=row.get("owned_by"),
            created=row.get("created"),
            dimensions=row.get("dimensions", 768),
            context=row.get("context"),
            output=row.get("output"),
            price=None if price is None else ModelPrice(**price),
            name=row.get("name"),
            description=row.get("description"),
            date=row.get("date"),
            moderated=row.get("moderated", False),
            modality=row.get("modality"),
            tokens_per_day=row.get("tokens_per_day", {}),
        )

    def owner(self, default: str) -> str:
        """The owner of the model: from the catalogue, else from the prefix of its id, else as given."""
        return self.owned_by or (self.id.partition("/")[0] if "/" in self.id else default)
