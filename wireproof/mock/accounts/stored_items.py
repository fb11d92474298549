"""What an account lets the server keep: responses and chats, the latest of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.provider.refusals import RequestRefused

MAX_STORED_ITEMS = 64


@dataclass(slots=True)
class ItemStore:
    """Things by their id, in the order in which they came; the oldest give way to new ones."""

    items: dict[str, Any] = field(default_factory=dict)

    def store(self, id: str, thing: Any) -> None:
        self.items[id] = thing
        while len(self.items) > MAX_STORED_ITEMS:
            # Two requests of one account may both find the same thing the oldest.
            self.items.pop(next(iter(self.items)), None)

    def get(self, id: str, param: str | None = None) -> Any:
        """The thing of this id, or the refusal that there is none."""
        if id not in self.items:
            status = None if param is None else 400
            raise RequestRefused("unknown-response", f"Nothing of the id '{id}' is stored.", param=param, status=status)
        return self.items[id]

    def delete(self, id: str) -> None:
        self.items.pop(id, None)
