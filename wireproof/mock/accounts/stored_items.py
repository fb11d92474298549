"""What an account lets the server keep: responses and chats, the latest of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.provider.refusals import RequestRefused

MOST = 64


@dataclass(slots=True)
class Kept:
    """Things by their id, in the order in which they came; the oldest give way to new ones."""

    things: dict[str, Any] = field(default_factory=dict)

    def keep(self, id: str, thing: Any) -> None:
        self.things[id] = thing
        while len(self.things) > MOST:
            # Two requests of one account may both find the same thing the oldest.
            self.things.pop(next(iter(self.things)), None)

    def get(self, id: str, param: str | None = None) -> Any:
        """The thing of this id, or the refusal that there is none."""
        if id not in self.things:
            status = None if param is None else 400
            raise RequestRefused("unknown-response", f"Nothing of the id '{id}' is stored.", param=param, status=status)
        return self.things[id]

    def forget(self, id: str) -> None:
        self.things.pop(id, None)
