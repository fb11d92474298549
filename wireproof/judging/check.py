"""A check: a plain function that judges exchanges and raises `Violation`.

Suites import this module and `expect`, nothing else of wireproof. A check raises:

    Violation      a promise is broken; carries findings (expected, actual, where)
    Noted          a fact worth recording, without a judgement
    Inconclusive   the response does not decide
    Undecided      the same, but another response may decide: the model chose otherwise, or was cut off
    NotOffered     not promised, or an option refused with words that name it
    Untestable     something that this judgement needs is missing
    TimedOut       a deadline of ours passed before the response ended

Any other exception of a check is our own mistake and is reported as an error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from wireproof.contract.case import Case
from wireproof.contract.finding import Finding, display_text
from wireproof.contract.provider import Provider, Refusal
from wireproof.contract.target import Target
from wireproof.evidence.chat_stream import Chunk, Stream, StreamChoice, ToolCall
from wireproof.evidence.exchange import BodyRead, Exchange, Request, find_usage
from wireproof.formats import json_pointer
from wireproof.formats.sse import Comment, Event, Offence
from wireproof.formats.strict_json import NotJson, parse_json

__all__ = [
    "Attempt",
    "BodyRead",
    "Case",
    "Check",
    "Chunk",
    "Comment",
    "Contract",
    "Event",
    "Exchange",
    "Finding",
    "Inconclusive",
    "NotJson",
    "NotOffered",
    "Noted",
    "Offence",
    "Provider",
    "Refusal",
    "Request",
    "SchemaView",
    "Stream",
    "StreamChoice",
    "Target",
    "TimedOut",
    "ToolCall",
    "Undecided",
    "Untestable",
    "Violation",
    "check",
    "display_text",
    "find_usage",
    "json_pointer",
    "parse_json",
    "registry",
]  # fmt: skip


class Violation(AssertionError):
    """A broken requirement, in one or more places.

    Attributes:
        judged_by: id of the check whose requirement this really is. If that check fails on the same case, it alone
            is reported as failed, so that one cause is reported once.
        shows_ignored: True if the members that the check proves obeyed were ignored; False if the model may have read
            them and chosen otherwise, or if they had another effect.
        findings: the broken places, at least one.
    """

    def __init__(
        self,
        expected: str = "",
        actual: str = "",
        *,
        where: str = "",
        at: str | None = None,
        judged_by: str | None = None,
        shows_ignored: bool = True,
    ) -> None:
        self.judged_by, self.shows_ignored = judged_by, shows_ignored
        self.findings: tuple[Finding, ...] = (Finding(expected, actual, where or at or "", at),)
        super().__init__(f"expected {expected}, actual {actual}" + (f", at {where or at}" if where or at else ""))

    @classmethod
    def from_findings(cls, findings: tuple[Finding, ...], judged_by: str | None = None) -> Violation:
        """Makes one violation that carries several findings."""
        first = findings[0]
        violation = cls(first.expected, first.actual, where=first.where, at=first.pointer, judged_by=judged_by)
        violation.findings = findings
        return violation


class Noted(Exception):
    """A fact worth recording, without a judgement."""


class Inconclusive(Exception):
    """Raised if the response does not decide the question."""


class Undecided(Inconclusive):
    """Raised if the model chose otherwise or was cut off; another response to the same request may decide."""


class NotOffered(Exception):
    """Raised if the target does not promise this, or refuses it honestly."""


class Untestable(Exception):
    """Raised if something that the judgement needs is missing."""


class TimedOut(Exception):
    """Raised if a deadline of ours passed before the response ended."""


class SchemaView(Protocol):
    """One JSON Schema of a contract."""

    @property
    def name(self) -> str:
        """The file name without its suffix."""

    def findings(self, instance: Any) -> tuple[Finding, ...]:
        """The places where the instance breaks the schema; empty if it conforms."""


class Contract(Protocol):
    """The schemas of one provider's document."""

    def shape(self, name: str) -> SchemaView | None:
        """The schema of that name; None if the document describes none."""


class Attempt(Protocol):
    """One generated request, as a check sees it."""

    @property
    def expected_refusal(self) -> str | None:
        """The cause for which the request must be refused; None if any refusal will do."""

    async def send(self) -> Exchange:
        """Sends the request and returns its exchange."""

    @property
    def following_exchange(self) -> Exchange | None:
        """The exchange of the valid request sent right after a broken one; None if there is none."""

    def hold_to_rules(self) -> None:
        """Applies every rule about exchanges of this kind; raises Violation if one is broken."""

    def is_honest_refusal_of_option(self) -> bool:
        """True if the request was refused honestly for an option that the contract does not promise."""


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check.

    Attributes:
        requirement: the docstring, which users read.
        any_answer: True if the check judges any response, a refusal or a broken one included.
        every_request: True if the check judges each response of a case by itself, not only the last one.
        arguments: the parameter names of the function.
        proves_obeyed: the members of a request that a pass proves to be obeyed; a dot leads to a nested member.
    """

    id: str
    function: Callable[..., Any]
    requirement: str
    any_answer: bool
    arguments: tuple[str, ...]
    proves_obeyed: tuple[str, ...] = ()
    every_request: bool = False

    @property
    def judges_generated(self) -> bool:
        """True if the check judges generated requests."""
        return self.id.startswith("generated.")

    def __call__(self, available: Mapping[str, Any]) -> None:
        """Judges, with those of the available arguments that the function names."""
        self.function(**{name: available[name] for name in self.arguments})


registry: dict[str, Check] = {}


def check(
    id: str, *, any_answer: bool = False, every_request: bool = False, proves_obeyed: tuple[str, ...] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function as the check `id`; its docstring is the requirement.

    With `every_request` the function gets each response of a case in turn, with the case of that request alone.
    Raises TypeError if the docstring is missing, or if another file registers the same id.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        requirement = " ".join((inspect.getdoc(function) or "").split())
        if not requirement:
            raise TypeError(f"check {id} has no docstring; its first sentence is the requirement users see")
        earlier = registry.get(id)
        if earlier is not None and inspect.getsourcefile(earlier.function) != inspect.getsourcefile(function):
            raise TypeError(f"check {id} is registered twice")
        arguments = tuple(inspect.signature(function).parameters)
        registry[id] = Check(id, function, requirement, any_answer, arguments, proves_obeyed, every_request)
        function.__wireproof_check__ = id  # type: ignore[attr-defined]
        return function

    return register
