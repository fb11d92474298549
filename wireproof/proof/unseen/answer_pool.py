"""The fault-free answers of one contract, from which faults are derived and neighbours are taken."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.mock.dry_run import DryRunStep
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.proof.unseen.derived_fault import AnswerKind, form_of_answer

# Elements of a longer array are all alike, so the first two and the last stand for them.
WHOLE_ARRAY = 3
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One fault-free answer with its request.

    Attributes:
        exchange: the exchange that a client has of it.
        request: the JSON body of the request; None if it has none.
    """

    case: str
    kind: AnswerKind
    answer: Answer
    exchange: Exchange
    request: Any

    @property
    def documents(self) -> tuple[Any, ...]:
        """The JSON value of an answer in one piece, or the data of each event; other data are None."""
        if isinstance(self.answer, StreamAnswer):
            return tuple(event.data if isinstance(event.data, dict) else None for event in self.answer.events)
        return (self.answer.value,) if not isinstance(self.answer.value, bytes) else ()


@dataclass(frozen=True, slots=True)
class AnswerPool:
    """The answers of one contract.

    Attributes:
        defaults: endpoint → member of the request → the default that the contract names.
    """

    answers: tuple[RecordedAnswer, ...]
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _memo: dict[Any, Any] = field(default_factory=dict)

    def of_kind(self, kind: AnswerKind) -> tuple[RecordedAnswer, ...]:
        """The answers of a kind, in the order of the cases."""
        found: tuple[RecordedAnswer, ...] = self._once(
            kind, lambda: tuple(one for one in self.answers if one.kind == kind)
        )
        return found

    def of_endpoint(self, endpoint: str) -> tuple[RecordedAnswer, ...]:
        """The answers of an endpoint, in the order of the cases."""
        found: tuple[RecordedAnswer, ...] = self._once(
            endpoint, lambda: tuple(one for one in self.answers if one.kind.endpoint == endpoint)
        )
        return found

    def of_case(self, case: str) -> tuple[RecordedAnswer, ...]:
        """The answers to the requests of a case."""
        return tuple(one for one in self.answers if one.case == case)

    def refusal(self, endpoint: str) -> PlainAnswer | None:
        """A refusal of the endpoint, else of any endpoint."""
        own = (*self.of_kind(AnswerKind(endpoint, "refusal")), *self.answers)
        found = (one.answer for one in own if one.kind.form == "refusal" and one.documents)
        return next((answer for answer in found if isinstance(answer, PlainAnswer)), None)

    def values(self, kind: AnswerKind, pointer: str, event: int | None = None) -> tuple[Any, ...]:
        """The distinct values at a place: one for each answer, of the event of this index or of the first with it."""
        found: tuple[Any, ...] = self._once(
            (kind, pointer, event), lambda: distinct(self._values(kind, pointer, event))
        )
        return found

    def next_value(self, kind: AnswerKind, pointer: str, value: Any, event: int | None = None) -> Any:
        """The value that the next answer with another value has at this place; the same value if there is none."""
        known = self.values(kind, pointer, event)
        texts = self._once(("texts", kind, pointer, event), lambda: [as_text(one) for one in known])
        if len(known) < 2 or as_text(value) not in texts:
            return known[0] if known and not texts.count(as_text(value)) else value
        return known[(texts.index(as_text(value)) + 1) % len(known)]

    def _values(self, kind: AnswerKind, pointer: str, event: int | None) -> Iterator[Any]:
        for one in self.of_kind(kind):
            documents = one.documents
            if event is not None and kind.form == "stream":
                documents = documents[event : event + 1 or None] if -len(documents) <= event < len(documents) else ()
            for document in documents:
                try:
                    yield json_pointer.get(document, pointer)
                except json_pointer.Missing:
                    continue
                break

    def _once(self, key: Any, make: Callable[[], Found]) -> Found:
        if key not in self._memo:
            self._memo[key] = make()
        made: Found = self._memo[key]
        return made


def recorded_answers(case: str, steps: Iterable[DryRunStep], exchanges: Iterable[Exchange]) -> Iterator[RecordedAnswer]:
    """The fault-free answers of one case."""
    for step, exchange in zip(steps, exchanges, strict=False):
        answer = pickle.loads(step.pickled_answer)
        kind = AnswerKind(exchange.endpoint, form_of_answer(answer))
        if exchange.endpoint in step.endpoints:
            yield RecordedAnswer(case, kind, answer, exchange, _json_or_none(step.received.body))


def places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yields every (pointer, value) below the root of a document, without most elements of long arrays."""
    if isinstance(document, dict):
        children: list[tuple[str | int, Any]] = list(document.items())
    elif isinstance(document, list):
        children = list(enumerate(document))
        if len(children) > WHOLE_ARRAY:
            children = [*children[:2], children[-1]]
    else:
        return
    for token, value in children:
        yield json_pointer.join(*path, token), value
        yield from places(value, (*path, token))


def distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values without repetitions, in order."""
    return tuple({as_text(value): value for value in values}.values())


def as_text(value: Any) -> str:
    """A text that is equal for equal JSON values."""
    return json.dumps(value, sort_keys=True, default=repr)


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
