"""The options about targets: one row says how an option is written and which member of a target comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.contract import target_members as make
from wireproof.contract.case import PROFILES
from wireproof.contract.target import Deadlines
from wireproof.contract.target_members import Make, as_given

# The mock is on this machine: what takes longer than this is stuck.
MOCK_DEADLINES = Deadlines(connect=5.0, first_byte=5.0, idle=2.0, total=20.0)


@dataclass(frozen=True, slots=True)
class TargetOption:
    """One option about targets, as a row of data.

    Attributes:
        member: the member of `Target` that comes of it.
        metavar: a word for its value in the help.
        type: what reads its value.
        repeated: it may be given several times.
        switch: it has no value.
        live: makes the member of a target at an endpoint; None if another row makes it, or `targets` itself.
        mock: the same of a target that is the bundled mock.
    """

    flag: str
    member: str
    help: str
    metavar: str | None = None
    type: Callable[[str], Any] | None = None
    choices: tuple[str, ...] | None = None
    repeated: bool = False
    switch: bool = False
    live: Make | None = as_given
    mock: Make | None = as_given

    @property
    def name(self) -> str:
        """The name under which a parser keeps its value."""
        return self.flag.removeprefix("--").replace("-", "_")

    def value_in(self, given: Mapping[str, Any]) -> Any:
        """Its value among the options that were given; empty or None if it was not."""
        return given.get(self.name, () if self.repeated else None)

    @property
    def keywords(self) -> dict[str, Any]:
        """The keyword arguments that tell a parser of it."""
        told: dict[str, Any] = {"metavar": self.metavar, "type": self.type, "choices": self.choices}
        if self.repeated:
            told |= {"action": "append", "default": []}
        if self.switch:
            told["action"] = "store_true"
        return {"help": self.help} | {word: value for word, value in told.items() if value is not None}


OPTIONS = (
    TargetOption(
        "--provider",
        "provider",
        "judge by this contract (repeat for several; default: all on the mock, openai live)",
        metavar="NAME",
        repeated=True,
        live=None,
        mock=None,
    ),
    TargetOption(
        "--endpoint",
        "base_url",
        "judge the API at this base URL instead of the bundled mock",
        metavar="URL",
        live=make.base_url,
        mock=make.always(""),
    ),
    TargetOption(
        "--model",
        "models",
        "the model to ask; ROLE is chat unless given (embeddings=ID, completions=ID)",
        metavar="[ROLE=]ID",
        repeated=True,
        live=make.live_models,
        mock=make.mock_models,
    ),
    TargetOption(
        "--key-env",
        "keys",
        "environment variable that holds the API key (default: the provider's)",
        metavar="NAME",
        live=make.live_keys,
        mock=make.mock_keys,
    ),
    TargetOption(
        "--key",
        "keys",
        "environment variable that holds a key of another tier, or TIER-exhausted",
        metavar="TIER=NAME",
        repeated=True,
        live=None,
        mock=None,
    ),
    TargetOption(
        "--tier",
        "tier",
        "the tier of the key, so that documented limits can be compared",
        metavar="NAME",
        live=make.live_tier,
        mock=make.mock_tier,
    ),
    TargetOption(
        "--one-slot",
        "means",
        "the target works on one answer at a time: leaving can be judged",
        switch=True,
        live=make.live_means,
        mock=make.mock_means,
    ),
    TargetOption(
        "--header",
        "headers",
        "a header for every request",
        metavar="'NAME: VALUE'",
        repeated=True,
        live=make.live_headers,
        mock=make.always({}),
    ),
    TargetOption(
        "--profile",
        "profile",
        "how much to ask (default: core live, full on the mock)",
        choices=PROFILES,
        live=make.or_else("core"),
        mock=make.or_else("full"),
    ),
    TargetOption(
        "--providers",
        "provider",
        "a YAML file that adds providers or changes them",
        metavar="FILE",
        live=None,
        mock=None,
    ),
    TargetOption(
        "--secret-env",
        "hidden",
        "environment variable with another secret to hide",
        metavar="NAME",
        repeated=True,
        live=make.live_hidden,
        mock=make.always(()),
    ),
    TargetOption(
        "--deadline",
        "deadlines",
        "connect, first-byte, idle or total",
        metavar="NAME=SECONDS",
        repeated=True,
        live=make.deadlines(Deadlines()),
        mock=make.deadlines(MOCK_DEADLINES),
    ),
    TargetOption(
        "--connections",
        "connections",
        "requests in flight at once (default: 4)",
        metavar="N",
        type=int,
        live=make.or_else(4),
        mock=make.or_else(4),
    ),
    TargetOption(
        "--pace",
        "pace",
        "requests a minute at most (default: the limit of --tier)",
        metavar="N",
        type=float,
        live=make.live_pace,
    ),
    TargetOption(
        "--patience",
        "patience",
        "how long a case may wait for a limit to be over, where no clock can be moved (65 shows a minute's)",
        metavar="SECONDS",
        type=float,
        live=make.or_else(0.0),
        mock=make.always(0.0),
    ),
    TargetOption(
        "--max-requests", "max_requests", "send no more than this, retries and repeats too", metavar="N", type=int
    ),
    TargetOption(
        "--max-output-tokens", "max_output_tokens", "ask for no more tokens than this altogether", metavar="N", type=int
    ),
    TargetOption(
        "--max-cost",
        "max_cost",
        "send nothing that may make the run cost more than this",
        metavar="DOLLARS",
        type=float,
    ),
    TargetOption(
        "--price",
        "price",
        "dollars for a million tokens of requests and of answers",
        metavar="IN,OUT",
        live=make.price,
        mock=make.price,
    ),
)
BY_NAME = {row.name: row for row in OPTIONS}
