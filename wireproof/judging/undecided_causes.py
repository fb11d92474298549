"""The causes for which a verdict decides nothing, and the option that would change each.

A verdict carries its reason as one sentence, in reports and ledgers of every version, so the cause is read from it.
`tests/judging/test_undecided_causes.py` makes each sentence with the function that makes it in a run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# Verbs of the causes for one promise; the table has the form for several.
SINGULAR_VERBS = {"need": "needs", "are": "is", "were": "was", "met": "met", "depend": "depends", "ended": "ended"}
# No text of a promise that also needs an outage, which no option arranges.
NO_OUTAGE = r"(?!.*\bcell-)"


@dataclass(frozen=True, slots=True)
class UndecidedCause:
    """One cause.

    Attributes:
        id: the word for it in report.json.
        words: the cause after the number of promises, with a plural verb.
        remedies: (pattern of the reason, template of the option that would decide) pairs; an empty template for none.
        option: the remedy of a promise that has no verdict.
        in_floor: true if a run with the same options could have decided the promise, so that it counts towards the
            share of decided promises that an exit code 0 needs.
        in_core: true if a promise of the core that has this cause is missing.
    """

    id: str
    words: str
    remedies: tuple[tuple[str, str], ...] = ()
    option: str = ""
    in_floor: bool = True
    in_core: bool = True

    def count_in_words(self, count: int) -> str:
        """The number of promises with the cause in words."""
        verb, _, rest = self.words.partition(" ")
        return f"{count} {SINGULAR_VERBS[verb] if count == 1 else verb} {rest}"


# The cause nearest to a decision comes first; it is the one that is told of a promise with several.
UNDECIDED_CAUSES = (
    UndecidedCause(
        "cut-off",
        "were cut off with the run",
        ((r"^the run was cut off", "--resend"), (r"^the case has changed", ""), (r"^the case \S+ was not sent", "")),
        option="--resume LEDGER",
    ),
    UndecidedCause("rate-limited", "met a 429", ((r"\b429\b", "--pace N"),)),
    UndecidedCause(
        "budget",
        "need a larger budget",
        (
            (r"^the budget of \d+ requests ", "--max-requests N"),
            (r"^the budget of \d+ output tokens ", "--max-output-tokens N"),
            (r"^the budget of \$", "--max-cost DOLLARS"),
            (r"^nothing caps its answer", "no --max-output-tokens"),
            (r"^its cost is not known", "--price IN,OUT"),
        ),
    ),
    UndecidedCause("undecided-answer", "ended without a decision"),
    UndecidedCause(
        "failed-elsewhere",
        "depend on a failure elsewhere",
        (
            (r"judges? that$", ""),
            (r"^the smoke case failed", ""),
            (r"lacks what the next one needs$", ""),
            (r"^could not ask", ""),
        ),
    ),
    UndecidedCause(
        "model",
        "need a model",
        (
            (r"^no model is known for .*; name one with (--model \S+)$", "{0}"),
            (r"^the model .* shows no .*; name one that does with (--model \S+)$", "{0}"),
        ),
        in_floor=False,
    ),
    UndecidedCause(
        "tier",
        "need the tier of the key",
        ((r"^the tier of this key is not known", "--tier NAME"),),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "connections",
        "need more connections",
        ((r"^needs (\d+) connections at once", "--connections {0}"),),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "profile-full",
        "need --profile full",
        ((r"^belongs to the profile full ", "--profile full"),),
        option="--profile full",
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "profile-all",
        "need --profile all",
        ((r"^belongs to the profile all ", "--profile all"),),
        option="--profile all",
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "key",
        "need another key",
        (
            (rf"^needs {NO_OUTAGE}.*?([a-z]+)-tier-key\b", "--key {0}=ENV"),
            (rf"^needs {NO_OUTAGE}.*\bexhausted-key\b", "--key TIER-exhausted=ENV"),
            (rf"^needs {NO_OUTAGE}.*\blast-of-volume-key\b", "--key TIER-last=ENV"),
            (rf"^needs {NO_OUTAGE}.*\brevoked-key\b", "--key revoked=ENV"),
            (r"^this run was given no (\S+) key$", "--key {0}=ENV"),
        ),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "later-hour",
        "need a later hour",
        ((rf"^needs {NO_OUTAGE}.*\bclock\b", "--patience SECONDS"),),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "one-slot",
        "need a server of one slot",
        ((rf"^needs {NO_OUTAGE}.*\bone-slot\b", "--one-slot"),),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause("generated", "need generated requests", option="--examples 10", in_floor=False, in_core=False),
    UndecidedCause(
        "outage",
        "need an outage",
        ((r"^needs .*\bcell-", "the reference server alone"),),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause(
        "declined",
        "are not offered, or refused honestly",
        ((r"^the contract (?:names|describes|has|does not say)", ""), (r"^this run uses no such model", "")),
        in_floor=False,
        in_core=False,
    ),
    UndecidedCause("other", "are untestable here"),
    UndecidedCause(
        "not-selected",
        "were left out by the selection",
        option="no -k, -m or path",
        in_floor=False,
        in_core=False,
    ),
)
CAUSES_BY_ID = {cause.id: cause for cause in UNDECIDED_CAUSES}
# Outcome → the cause of its verdicts that no pattern names. An error is ours; it ends the run with exit code 2 anyway.
CAUSES_BY_OUTCOME = {"inconclusive": "undecided-answer", "not-offered": "declined", "error": "failed-elsewhere"}
PATTERNS = tuple(
    (re.compile(pattern), template, cause) for cause in UNDECIDED_CAUSES for pattern, template in cause.remedies
)


@lru_cache(maxsize=4096)  # a run has thousands of verdicts and a few dozen reasons
def find_cause(outcome: str, reason: str) -> tuple[UndecidedCause, str]:
    """The cause of an undecided verdict, and the option that would decide it; an empty text if none would."""
    if outcome == "not-offered":
        return CAUSES_BY_ID["declined"], ""
    for pattern, template, cause in PATTERNS:
        found = pattern.search(reason)
        if found:
            return cause, template.format(*found.groups())
    return CAUSES_BY_ID[CAUSES_BY_OUTCOME.get(outcome, "other")], ""


def cause_rank(cause: UndecidedCause) -> int:
    """The place of a cause in the table; the one nearest to a decision has the lowest."""
    return UNDECIDED_CAUSES.index(cause)
