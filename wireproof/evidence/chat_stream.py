"""A chat stream, assembled as a client sees it and with every chunk kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.formats import sse
from wireproof.formats.strict_json import NotJson, parse_json

DONE_MARK = "[DONE]"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One event other than `[DONE]`.

    Attributes:
        value: the JSON of the event; None if it has none.
        problem: why the event is not JSON; None if it is.
    """

    event: sse.Event
    value: Any = None
    problem: str | None = None

    @property
    def index(self) -> int:
        """Position of the event in the stream."""
        return self.event.index

    @property
    def choices(self) -> tuple[Mapping[str, Any], ...]:
        """The choices of the chunk that are objects."""
        entries = self.value.get("choices") if isinstance(self.value, dict) else None
        return tuple(choice for choice in entries if isinstance(choice, dict)) if isinstance(entries, list) else ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call joined from its fragments."""

    index: int | None
    id: str | None
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class StreamChoice:
    """One choice joined from its deltas.

    Attributes:
        roles: every role, in order.
        finish_reasons: every value that is not null, in order.
    """

    index: Any
    content: str
    refusal: str
    roles: tuple[Any, ...]
    finish_reasons: tuple[Any, ...]
    tool_calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """A decoded and assembled stream.

    Attributes:
        chunks: events before `[DONE]`.
        done: the event `[DONE]`; None if the stream has none.
        after_done: events after `[DONE]`.
        usage: last usage object of the chunks; None if there is none.
    """

    events: tuple[sse.Event, ...]
    comments: tuple[sse.Comment, ...]
    offences: tuple[sse.Offence, ...]
    line_ends: frozenset[bytes]
    chunks: tuple[Chunk, ...]
    done: sse.Event | None
    after_done: tuple[sse.Event, ...]
    choices: tuple[StreamChoice, ...]
    usage: Mapping[str, Any] | None

    def choice(self, index: int = 0) -> StreamChoice | None:
        """The choice of that index; None if there is none."""
        return next((choice for choice in self.choices if choice.index == index), None)


@dataclass(slots=True)
class _Call:
    # Lists, joined once at the end: a long call may have very many fragments.
    index: Any
    id: Any = None
    name: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def add(self, fragment: Mapping[str, Any]) -> None:
        self.id = self.id or fragment.get("id")
        function = fragment.get("function")
        for name, into in (("name", self.name), ("arguments", self.arguments)):
            if isinstance(function, dict) and isinstance(function.get(name), str):
                into.append(function[name])

    def as_tool_call(self) -> ToolCall:
        return ToolCall(self.index, self.id, "".join(self.name), "".join(self.arguments))


@dataclass(slots=True)
class _Parts:
    content: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    roles: list[Any] = field(default_factory=list)
    finish_reasons: list[Any] = field(default_factory=list)
    calls: dict[Any, _Call] = field(default_factory=dict)

    def add(self, choice: Mapping[str, Any]) -> None:
        if choice.get("finish_reason") is not None:
            self.finish_reasons.append(choice["finish_reason"])
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return
        if delta.get("role") is not None:
            self.roles.append(delta["role"])
        for name, into in (("content", self.content), ("refusal", self.refusal)):
            if isinstance(delta.get(name), str):
                into.append(delta[name])
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            self._add_fragment(call)

    def _add_fragment(self, fragment: Any) -> None:
        if not isinstance(fragment, dict):
            return
        index = fragment.get("index")
        key = index if isinstance(index, int | str | None) else repr(index)
        self.calls.setdefault(key, _Call(index)).add(fragment)

    def as_choice(self, index: Any) -> StreamChoice:
        calls = tuple(call.as_tool_call() for call in self.calls.values())
        return StreamChoice(
            index,
            "".join(self.content),
            "".join(self.refusal),
            tuple(self.roles),
            tuple(self.finish_reasons),
            calls,
        )


def assemble_stream(reads: Iterable[tuple[int, bytes]]) -> Stream:
    """Decodes the reads of a body and joins its chunks."""
    decoded = sse.decode(reads)
    done = next((event for event in decoded.events if event.data.strip() == DONE_MARK), None)
    end = len(decoded.events) if done is None else done.index
    chunks = tuple(_chunk_from_event(event) for event in decoded.events[:end])
    usages = [chunk.value["usage"] for chunk in chunks if isinstance(chunk.value, dict) and chunk.value.get("usage")]
    return Stream(
        events=tuple(decoded.events),
        comments=tuple(decoded.comments),
        offences=tuple(decoded.offences),
        line_ends=frozenset(decoded.line_ends),
        chunks=chunks,
        done=done,
        after_done=tuple(decoded.events[end + 1 :]),
        choices=_join_choices(chunks),
        usage=usages[-1] if usages else None,
    )


def _chunk_from_event(event: sse.Event) -> Chunk:
    try:
        return Chunk(event, parse_json(event.data))
    except NotJson as error:
        return Chunk(event, None, str(error))


def _join_choices(chunks: tuple[Chunk, ...]) -> tuple[StreamChoice, ...]:
    parts: dict[Any, _Parts] = {}
    for chunk in chunks:
        for choice in chunk.choices:
            index = choice.get("index")
            key = index if isinstance(index, int | str | None) else repr(index)
            parts.setdefault(key, _Parts()).add(choice)
    return tuple(joined.as_choice(index) for index, joined in parts.items())
