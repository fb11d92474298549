"""The latest responses and chats that the server stores for an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.provider.refusals import RequestRefused

MAX_STORED_ITEMS = 64


@dataclass(slots=True)
class ItemStore:
    """Items by their id, oldest first; the oldest are dropped above MAX_STORED_ITEMS."""

    items: dict[str, Any] = field(default_factory=dict)

    def store(self, id: str, item: Any) -> None:
        self.items[id] = item
        while len(self.items) > MAX_STORED_ITEMS:
            # Two requests of one account may both find the same item to be the oldest.
            self.items.pop(next(iter(self.items)), None)

    def get(self, id: str, param: str | None = None, kind: type[Any] = object) -> Any:
        """Returns the item of this id and kind; raises RequestRefused if there is none."""
        if id not in self.items or not isinstance(self.items[id], kind):
            status = None if param is None else 400
            raise RequestRefused("unknown-response", f"Nothing of the id '{id}' is stored.", param=param, status=status)
        return self.items[id]

    def delete(self, id: str) -> None:
        self.items.pop(id, None)
