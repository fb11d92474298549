"""What a model thinks before it answers, and where that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import Draw
from wireproof.mock.model.tokenizer import pieces
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.profile import Profile

THOUGHTS = (
    "Let me see what is asked here.",
    "First I read the question once more.",
    "I weigh what to say, and keep it short.",
    "The plain reading will do, so I take it.",
)

# How many sentences a model thinks.
EFFORTS = {"none": 0, "minimal": 1, "low": 2, "medium": 4, "high": 8, "xhigh": 12, "max": 16}


@dataclass(frozen=True, slots=True)
class Thinking:
    """Where thoughts are shown: `split` (in the member), `inline` (in the text) or `absent`; and how many there are."""

    shown: str
    member: str
    times: int = 1

    @property
    def inline(self) -> bool:
        return self.shown == "inline"


def thinking_of(profile: Profile, model: Model, body: Mapping[str, Any]) -> Thinking | None:
    """How this model's thoughts are shown to this request; nothing where the model has none."""
    row = profile.reasoning
    if "reasoning" not in model.roles:
        return None
    if row is None:
        return Thinking("absent", "", EFFORTS[effort_of(body)])
    return Thinking("split" if body.get(row.request, row.default) else row.otherwise, row.member)


def effort_of(body: Mapping[str, Any]) -> str:
    """How much a model thinks: as a chat names it, or a response."""
    asked = body.get("reasoning_effort") or body.get("reasoning", {}).get("effort")
    return asked if asked in EFFORTS else "medium"


def thought(thinking: Thinking, draw: Draw) -> tuple[str, ...]:
    """The tokens of a thought, in its marks where it stands in the text."""
    first = draw.at("thought").number(len(THOUGHTS))
    said = " ".join(THOUGHTS[(first + place) % len(THOUGHTS)] for place in range(thinking.times))
    return pieces(f"<think>{said}</think>\n" if thinking.inline else said)
