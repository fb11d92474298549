"""The effect of one fault on the gate of one contract: red, advice or silent, with the break that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wireproof.contract.case import PROFILES
from wireproof.contract.clause import LEVELS
from wireproof.judging.verdict import Verdict

# The words for the effect on the gate, the strongest first:
#   core, full, all   the gate of an ordinary run is red from this profile on
#   examples          red only with generated requests, which a live run sends with --examples
#   means             a verdict fails only with means beyond one key, such as a spent key
#   advice            a verdict fails at should, which does not gate
#   silent            an exchange changes, but no promise breaks: no verdict fails, or one at may
GATE_WORDS = (*PROFILES, "examples", "means", "advice", "silent")
# The profile of the default gate, and the words for a fault that turns it red.
GATE_PROFILE = "full"
RED_WORDS = PROFILES[: PROFILES.index(GATE_PROFILE) + 1]


@dataclass(frozen=True, slots=True)
class GateEffect:
    """The effect of one fault on the gate of one contract.

    Attributes:
        word: one of `GATE_WORDS`.
        profile: the smallest profile that sends the cases of the break; empty without a break.
        check, case, outcome, level: the strongest break; empty if no verdict changes.
        clauses: the broken clauses of its level.
        means: the means that it needs beyond those of an ordinary run.
    """

    word: str
    profile: str = ""
    check: str = ""
    case: str = ""
    outcome: str = ""
    level: str = ""
    clauses: tuple[str, ...] = ()
    means: tuple[str, ...] = ()

    @classmethod
    def from_verdict(cls, word: str, verdict: Verdict, profile: str, means: tuple[str, ...] = ()) -> GateEffect:
        """The effect that a broken verdict shows."""
        clauses = tuple(
            clause.id
            for clause in verdict.clauses
            if clause.outcome == verdict.outcome and clause.level == verdict.level
        )
        return cls(word, profile, verdict.check, verdict.case, verdict.outcome, verdict.level, clauses, means)

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The place in the order of effects, the strongest first."""
        return (
            GATE_WORDS.index(self.word),
            len(self.means),
            -LEVELS.index(self.level) if self.level else 1,
            PROFILES.index(self.profile) if self.profile else len(PROFILES),
        )

    def is_at_least(self, word: str) -> bool:
        """True if the effect is as strong as this word."""
        return GATE_WORDS.index(self.word) <= GATE_WORDS.index(word)

    def as_data(self) -> dict[str, Any]:
        """The JSON form, without the empty members."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


def stronger_effect(first: GateEffect | None, second: GateEffect | None) -> GateEffect | None:
    """The stronger of two effects; None if both are None."""
    effects = [effect for effect in (first, second) if effect is not None]
    return min(effects, key=lambda effect: effect.rank, default=None)
