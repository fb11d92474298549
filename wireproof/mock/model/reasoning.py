"""The thought of a model before its answer, and the place where it is shown."""

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

# Effort → the number of sentences of a thought.
SENTENCES_BY_EFFORT = {"none": 0, "minimal": 1, "low": 2, "medium": 4, "high": 8, "xhigh": 12, "max": 16}


@dataclass(frozen=True, slots=True)
class ReasoningMode:
    """The form of a thought in an answer.

    Attributes:
        placement: `split` (in the member), `inline` (in the text) or `absent`.
        member: the member of a split thought.
        sentence_count: the number of its sentences.
    """

    placement: str
    member: str
    sentence_count: int = 1

    @property
    def is_inline(self) -> bool:
        return self.placement == "inline"


def find_reasoning_mode(profile: Profile, model: Model, body: Mapping[str, Any]) -> ReasoningMode | None:
    """The form of the thought of this model in this answer; None if the model does not reason."""
    row = profile.reasoning
    if "reasoning" not in model.roles:
        return None
    if row is None:
        return ReasoningMode("absent", "", SENTENCES_BY_EFFORT[requested_effort(body)])
    return ReasoningMode("split" if body.get(row.request, row.default) else row.otherwise, row.member)


def requested_effort(body: Mapping[str, Any]) -> str:
    """The effort of reasoning that a chat or a response asks for; medium if it asks for none."""
    effort = body.get("reasoning_effort") or body.get("reasoning", {}).get("effort")
    return effort if effort in SENTENCES_BY_EFFORT else "medium"


def draw_thought(thinking: ReasoningMode, draw: HashRandom) -> tuple[str, ...]:
    """The tokens of a thought, inside `<think>` if it is inline."""
    first = draw.derive("thought").number_below(len(THOUGHT_SENTENCES))
    text = " ".join(
        THOUGHT_SENTENCES[(first + place) % len(THOUGHT_SENTENCES)] for place in range(thinking.sentence_count)
    )
    return tokenize(f"<think>{text}</think>\n" if thinking.is_inline else text)
