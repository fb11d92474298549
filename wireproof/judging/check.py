"""A check: a plain function that judges exchanges and raises `Violation`.

Suites import this module and `expect`, nothing else of wireproof. What a check may raise:

    Violation      a promise is broken; carries findings (expected, actual, where)
    Noted          a fact worth recording, no judgement promised
    Inconclusive   the answer does not decide
    Undecided      nor does it, but another answer may: the model chose otherwise, or was cut off
    NotOffered     not promised, or refused honestly
    Untestable     something this judgement needs is missing

Anything else a check raises is our own mistake and is reported as an error.
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
    """The requirement is broken, in one or more places.

    Attributes:
        judged_by: the check whose requirement this really is. Where that check judges the same case, it alone
            is red, so that one cause is told once.
    """

    def __init__(
        self,
        expected: str = "",
        actual: str = "",
        *,
        where: str = "",
        at: str | None = None,
        judged_by: str | None = None,
    ) -> None:
        self.judged_by = judged_by
        self.findings: tuple[Finding, ...] = (Finding(expected, actual, where or at or "", at),)
        super().__init__(f"expected {expected}, actual {actual}" + (f", at {where or at}" if where or at else ""))

    @classmethod
    def from_findings(cls, findings: tuple[Finding, ...]) -> Violation:
        """One violation that carries several findings."""
        first = findings[0]
        violation = cls(first.expected, first.actual, where=first.where, at=first.pointer)
        violation.findings = findings
        return violation


class Noted(Exception):
    """A fact worth recording; no judgement is promised."""


class Inconclusive(Exception):
    """The answer does not decide the question."""


class Undecided(Inconclusive):
    """The model chose otherwise or was cut off; another answer to the same request may decide."""


class NotOffered(Exception):
    """The target does not promise this, or refuses it honestly."""


class Untestable(Exception):
    """Something the judgement needs is missing."""


class SchemaView(Protocol):
    """One JSON Schema of a contract."""

    @property
    def name(self) -> str:
        """The file name without its ending."""

    def findings(self, instance: Any) -> tuple[Finding, ...]:
        """Every way in which the instance breaks the schema; empty where it conforms."""


class Contract(Protocol):
    """The schemas of one document."""

    def shape(self, name: str) -> SchemaView | None:
        """The schema of that name, None where the document describes none."""


class Attempt(Protocol):
    """One generated request, as the check of it sees it."""

    @property
    def expected_refusal(self) -> str | None:
        """The cause for which the request must be refused; None where any refusal will do."""

    async def send(self) -> Exchange:
        """What comes of the request."""

    @property
    def following_exchange(self) -> Exchange | None:
        """What came of a proper request right behind a broken one; None where none was asked."""

    def hold_to_rules(self) -> None:
        """Every rule that rides on exchanges of its kind holds; raises Violation."""

    def is_honest_refusal_of_option(self) -> bool:
        """The request was refused honestly for an option that the contract does not promise."""


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check.

    Attributes:
        requirement: the docstring, which is what users read.
        any_answer: it judges whatever came, a refusal or a broken answer included.
        honours: the members of a request that an answer shows to be obeyed by passing; a dot leads inside one.
    """

    id: str
    function: Callable[..., Any]
    requirement: str
    any_answer: bool
    arguments: tuple[str, ...]
    proves_obeyed: tuple[str, ...] = ()

    @property
    def judges_generated(self) -> bool:
        """Whether it judges requests that are generated, while they are."""
        return self.id.startswith("generated.")

    def __call__(self, given: Mapping[str, Any]) -> None:
        """Judge, with the arguments the function asks for by name."""
        self.function(**{name: given[name] for name in self.arguments})


registry: dict[str, Check] = {}


def check(
    id: str, *, any_answer: bool = False, proves_obeyed: tuple[str, ...] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the check `id`; its docstring is the requirement."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        requirement = " ".join((inspect.getdoc(function) or "").split())
        if not requirement:
            raise TypeError(f"check {id} has no docstring; its first sentence is the requirement users see")
        earlier = registry.get(id)
        if earlier is not None and inspect.getsourcefile(earlier.function) != inspect.getsourcefile(function):
            raise TypeError(f"check {id} is registered twice")
        arguments = tuple(inspect.signature(function).parameters)
        registry[id] = Check(id, function, requirement, any_answer, arguments, proves_obeyed)
        function.__wireproof_check__ = id  # type: ignore[attr-defined]
        return function

    return register
