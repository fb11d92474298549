"""What a model thinks before it answers, and where that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.profile import Profile

THOUGHT_SENTENCES = (
    "Let me see what is asked here.",
    "First I read the question once more.",
    "I weigh what to say, and keep it short.",
    "The plain reading will do, so I take it.",
)

# How many sentences a model thinks.
SENTENCES_BY_EFFORT = {"none": 0, "minimal": 1, "low": 2, "medium": 4, "high": 8, "xhigh": 12, "max": 16}


@dataclass(frozen=True, slots=True)
class ReasoningMode:
    """Where thoughts are shown: `split` (in the member), `inline` (in the text) or `absent`; and how many there are."""

    placement: str
    member: str
    sentence_count: int = 1

    @property
    def is_inline(self) -> bool:
        return self.placement == "inline"


def find_reasoning_mode(profile: Profile, model: Model, body: Mapping[str, Any]) -> ReasoningMode | None:
    """How this model's thoughts are shown to this request; nothing where the model has none."""
    row = profile.reasoning
    if "reasoning" not in model.roles:
        return None
    if row is None:
        return ReasoningMode("absent", "", SENTENCES_BY_EFFORT[requested_effort(body)])
    return ReasoningMode("split" if body.get(row.request, row.default) else row.otherwise, row.member)


def requested_effort(body: Mapping[str, Any]) -> str:
    """How much a model thinks: as a chat names it, or a response."""
    asked = body.get("reasoning_effort") or body.get("reasoning", {}).get("effort")
    return asked if asked in SENTENCES_BY_EFFORT else "medium"


def draw_thought(thinking: ReasoningMode, draw: HashRandom) -> tuple[str, ...]:
    """The tokens of a thought, in its marks where it stands in the text."""
    first = draw.derive("thought").number_below(len(THOUGHT_SENTENCES))
    said = " ".join(
        THOUGHT_SENTENCES[(first + place) % len(THOUGHT_SENTENCES)] for place in range(thinking.sentence_count)
    )
    return tokenize(f"<think>{said}</think>\n" if thinking.is_inline else said)
