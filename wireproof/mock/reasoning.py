"""What a model thinks before it answers, and where that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.draw import Draw
from wireproof.mock.model import Model
from wireproof.mock.profile import Profile
from wireproof.mock.tokens import pieces

THOUGHTS = (
    "Let me see what is asked here.",
    "First I read the question once more.",
    "I weigh what to say, and keep it short.",
    "The plain reading will do, so I take it.",
)


@dataclass(frozen=True, slots=True)
class Thinking:
    """Where thoughts are shown: `split` (in the member), `inline` (in the text) or `absent`."""

    shown: str
    member: str

    @property
    def inline(self) -> bool:
        return self.shown == "inline"


def thinking_of(profile: Profile, model: Model, body: Mapping[str, Any]) -> Thinking | None:
    """How this model's thoughts are shown to this request; nothing where the model has none."""
    row = profile.reasoning
    if row is None or "reasoning" not in model.roles:
        return None
    return Thinking("split" if body.get(row.request, row.default) else row.otherwise, row.member)


def thought(thinking: Thinking, draw: Draw) -> tuple[str, ...]:
    """The tokens of a thought, in its marks where it stands in the text."""
    said = draw.at("thought").pick(THOUGHTS)
    return pieces(f"<think>{said}</think>\n" if thinking.inline else said)
