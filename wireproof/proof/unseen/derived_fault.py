"""A derived fault: one edit at one place of the answers of one endpoint and form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange
from wireproof.mock.faults.fault import Fault
from wireproof.mock.faults.hooks import NO_HOOKS, FaultHooks
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest

AnswerChange = Callable[[Answer], Answer]
EventsChange = Callable[[tuple[OutgoingEvent, ...]], tuple[OutgoingEvent, ...]]
ValueChange = Callable[[Any], Any]
ExchangeChange = Callable[[Exchange], Exchange]


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """The answers of one endpoint that have one form.

    Attributes:
        form: `answer` (JSON), `stream`, `refusal` (a status of 400 or above), `text` (a body that is no JSON), or
            `request` for all answers to a changed request.
    """

    endpoint: str
    form: str


@dataclass(frozen=True, slots=True)
class DerivedFault:
    """One edit, which a server makes at every answer of a kind that has the place.

    Attributes:
        family: the name of its class.
        place: the place in the answer, and the change if the class does not tell it.
        hooks: the edit at the border of the mock.
        on_exchange: an edit of the received response instead; None for an edit by hooks.
    """

    family: str
    kind: AnswerKind
    place: str
    hooks: FaultHooks = NO_HOOKS
    on_exchange: ExchangeChange | None = None

    @property
    def key(self) -> str:
        """The text that identifies the fault among those of one contract."""
        return f"{self.family} {self.kind.endpoint}:{self.kind.form} {self.place}"

    def as_fault(self) -> Fault:
        """The fault as the proof takes it."""
        id = f"unseen-{hashlib.sha256(self.key.encode()).hexdigest()[:16]}"
        return Fault(id, self.key, (self.kind.endpoint,), "", "", self.hooks)


def form_of_answer(answer: Answer) -> str:
    """The form of an answer of the mock."""
    if isinstance(answer, StreamAnswer):
        return "stream"
    if answer.status >= 400:
        return "refusal"
    return "text" if isinstance(answer.value, bytes) else "answer"


def form_of_exchange(exchange: Exchange) -> str:
    """The form of a received answer."""
    if exchange.status is None or exchange.status >= 400:
        return "refusal"
    if exchange.content_type == "text/event-stream":
        return "stream"
    return "answer" if exchange.content_type == "application/json" else "text"


def on_answers(family: str, kind: AnswerKind, place: str, change: AnswerChange) -> DerivedFault:
    """The fault that changes every answer of the kind; an answer without the place stays unchanged."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return _attempt(change, answer) if form_of_answer(answer) == kind.form else answer

    return DerivedFault(family, kind, place, FaultHooks(on_answer=change_answer))


def on_events(family: str, kind: AnswerKind, place: str, change: EventsChange) -> DerivedFault:
    """The fault that changes the events of every stream."""

    def change_stream(answer: Answer) -> Answer:
        return replace(answer, events=change(answer.events)) if isinstance(answer, StreamAnswer) else answer

    return on_answers(family, kind, place, change_stream)


def on_value(family: str, kind: AnswerKind, place: str, change: ValueChange) -> DerivedFault:
    """The fault that changes the JSON value of every answer in one piece."""

    def change_value(answer: Answer) -> Answer:
        return replace(answer, value=change(answer.value)) if isinstance(answer, PlainAnswer) else answer

    return on_answers(family, kind, place, change_value)


def on_exchanges(family: str, kind: AnswerKind, place: str, change: ExchangeChange) -> DerivedFault:
    """The fault that changes every received response of the kind."""
    return DerivedFault(family, kind, place, on_exchange=change)


def changed_exchanges(fault: DerivedFault, result: CaseResult) -> CaseResult:
    """The result of a case under a fault that changes received responses."""
    if fault.on_exchange is None or not isinstance(result, tuple):
        return result
    return tuple(
        fault.on_exchange(exchange)
        if (exchange.endpoint, form_of_exchange(exchange)) == (fault.kind.endpoint, fault.kind.form)
        else exchange
        for exchange in result
    )


def _attempt(change: AnswerChange, answer: Answer) -> Answer:
    """The changed answer; the same answer if it lacks the place."""
    try:
        return change(answer)
    except (LookupError, StopIteration, TypeError, AttributeError, ValueError):
        return answer
