"""No check fails at must, or becomes blind, on a stream written in any other legal way.

The HTML standard (9.2.5), RFC 8259 and OpenAI's description of a chunk say what is legal. Each legal variant names
the checks that may advise against it; any other new failure is a false alarm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wireproof.contract import loading
from wireproof.evidence.case_result import Evidence
from wireproof.evidence.exchange import BodyRead, Exchange
from wireproof.formats.strict_json import parse_json
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.target_run import TargetRun

EXAMPLES = 60
SSE = "text/event-stream"
SPACES = ("", " ", "  ", "\t", "\n", "\n  ")
BETWEEN = ((), ("",), (":",), (":", ""), (": ping",), (": ping - 2024-02-14 10:00:00.000000", ""), (":data: x", ""))
TAILS = ((), ("",), (":", ""), (": bye", "", ""))
FIELDS = ((), ("retry: 3000",), ("id: 7",), ("id",))
TYPES = (
    f"{SSE}; charset=utf-8", f"{SSE};charset=UTF-8", "Text/Event-Stream", SSE, f'{SSE} ; charset="utf-8"',
    f"{SSE}; charset=utf-8; v=1",
)  # fmt: skip
HEADERS = ((), ((b"Content-Encoding", b"identity"),), ((b"Vary", b"Origin"), (b"Vary", b"Accept"), (b"Via", b"1.1 x")))
# Checks that a legal variant may make inconclusive: a stream in fewer or later reads may be too short.
TOO_LITTLE = {"stream.arrives-in-parts"}


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: its name, its JSON or its text, and its arrival in nanoseconds."""

    name: str | None
    value: Any
    at_ns: int


Events = list[StreamEvent]
Variant = Callable[[Events], Events]
RunOf = Callable[[str], tuple[TargetRun, Evidence]]


@dataclass(frozen=True, slots=True)
class Mix:
    """A combination of legal variants; the values of a tuple are used in turn, again and again."""

    variants: tuple[str, ...]
    spaces: tuple[str, ...]
    texts: tuple[str, ...]
    colons: tuple[str, ...]
    ends: tuple[str, ...]
    between: tuple[tuple[str, ...], ...]
    fields: tuple[tuple[str, ...], ...]
    tail: tuple[str, ...]
    mark: bool
    sizes: tuple[int, ...]
    media_type: str
    header_names: str
    headers: tuple[tuple[bytes, bytes], ...]


def is_chunk(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("choices"), list)


# --- in the values


def on_each_object(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Variant:
    """A legal variant that changes each object in the data of an event."""
    return lambda events: [
        replace(event, value=change(event.value)) if isinstance(event.value, dict) else event for event in events
    ]


def with_vendor(value: dict[str, Any]) -> dict[str, Any]:
    """Adds members of the vendor's own to an object."""
    for choice in value.get("choices", ()):
        choice |= {"x_vendor": 1}
        choice |= {"delta": {**choice["delta"], "x_vendor": {}}} if "delta" in choice else {}
    return {"x_vendor": {"queue": [1.5e0, None]}, **value, "obfuscation": "aB3"}


def reversed_members(value: Any) -> Any:
    """Reverses the order of the members of every object."""
    if isinstance(value, dict):
        return {name: reversed_members(member) for name, member in reversed(value.items())}
    return [reversed_members(item) for item in value] if isinstance(value, list) else value


def with_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """Adds the members of a chunk that OpenAI's description allows to be null, as null."""
    if not is_chunk(value):
        return value
    for choice in value["choices"]:
        choice.setdefault("logprobs", None)
    return {"usage": None, "service_tier": None, **value}


OPTIONAL = ("service_tier", "system_fingerprint", "logprobs", "refusal", "obfuscation")


def without_optional(value: dict[str, Any]) -> dict[str, Any]:
    """Leaves out the members of a chunk that OpenAI's description makes optional."""
    if not is_chunk(value):
        return value
    for choice in value["choices"]:
        for name in OPTIONAL:
            if "delta" in choice and not choice.get(name):
                choice.pop(name, None)
            choice.get("delta", {}).pop(name, None)
    return {name: member for name, member in value.items() if name not in OPTIONAL}


def with_names(events: Events) -> Events:
    """Gives each event the name of an event without one."""
    return [replace(event, name=event.name or "message") for event in events]


def open_choice(event: StreamEvent) -> dict[str, Any] | None:
    """The only choice of a chunk without usage and finish reason; None for any other chunk."""
    choices = event.value["choices"] if is_chunk(event.value) and not event.value.get("usage") else []
    return choices[0] if len(choices) == 1 and choices[0].get("finish_reason") is None else None


def text_member(event: StreamEvent) -> tuple[dict[str, Any], str] | None:
    """The object and the name of the member with the text of an event that has nothing else; None if there is none."""
    if isinstance(event.value, dict) and event.value.get("type") == "response.output_text.delta":
        return (event.value, "delta") if not event.value.get("logprobs") else None
    choice = open_choice(event)
    if choice is None or choice.get("logprobs"):
        return None
    if "text" in choice:
        return choice, "text"
    return (choice["delta"], "content") if set(choice.get("delta") or ()) == {"content"} else None


def fragment_member(event: StreamEvent) -> tuple[dict[str, Any], str] | None:
    """The object and the name of the member with the arguments of a later fragment of a call; None if there is none."""
    delta = (open_choice(event) or {}).get("delta") or {}
    calls = delta["tool_calls"] if set(delta) == {"tool_calls"} else []
    later = len(calls) == 1 and set(calls[0]) == {"index", "function"} and set(calls[0]["function"]) == {"arguments"}
    return (calls[0]["function"], "arguments") if later else None


def moving_member(event: StreamEvent) -> tuple[dict[str, Any], str] | None:
    return text_member(event) or fragment_member(event)


def with_text(event: StreamEvent, text: str) -> StreamEvent:
    """Returns the event with another text."""
    copy = replace(event, value=deepcopy(event.value))
    member = moving_member(copy)
    assert member is not None
    member[0][member[1]] = text
    return copy


def halves(event: StreamEvent) -> Events:
    member = moving_member(event)
    text = member[0][member[1]] if member else ""
    return (
        [with_text(event, text[: len(text) // 2]), with_text(event, text[len(text) // 2 :])]
        if len(text) > 1
        else [event]
    )


def split(events: Events) -> Events:
    """Splits each text and each fragment of arguments into two events."""
    return [half for event in events for half in halves(event)]


def with_empties(events: Events) -> Events:
    """Adds an empty text, or empty arguments, behind each that is not empty."""
    return [
        added for event in events for added in ((event, with_text(event, "")) if moving_member(event) else (event,))
    ]


def same_but_text(first: StreamEvent, second: StreamEvent) -> bool:
    """True if two events have texts of the same choice, item or call."""
    if not moving_member(first) or not moving_member(second):
        return False
    first_blank, second_blank = (dict(with_text(event, "").value) for event in (first, second))
    return {**first_blank, "sequence_number": 0} == {**second_blank, "sequence_number": 0}


def in_pairs(events: Events) -> Events:
    """Joins each two neighbouring texts, or fragments, into one event at the time of the later."""
    joined_events: Events = []
    joined = False
    for event in events:
        joined = bool(joined_events) and not joined and same_but_text(joined_events[-1], event)
        if joined:
            (first, name), (second, _) = moving_member(joined_events[-1]), moving_member(event)  # type: ignore[misc]
            event = with_text(event, first[name] + second[name])
            joined_events.pop()
        joined_events.append(event)
    return joined_events


def null_first(events: Events) -> Events:
    """Sets the content of the delta with the role to null."""
    for event in events:
        for choice in event.value["choices"] if is_chunk(event.value) else ():
            delta = choice.get("delta") or {}
            if "role" in delta and not delta.get("content"):
                delta["content"] = None
    return events


def reasoning_first(events: Events) -> Events:
    """Adds a reasoning delta before the text, without the usual members."""
    extended: Events = []
    for event in events:
        extended.append(event)
        choice = open_choice(event)
        if choice is not None and "role" in (choice.get("delta") or {}):
            reasoning = {**choice, "delta": {"reasoning_content": "Hm."}}
            extended.append(replace(event, value={**event.value, "choices": [reasoning]}))
    return extended


def role_with_text(events: Events) -> Events:
    """Joins the role and the first text."""
    joined_events: Events = []
    for event in events:
        first = (open_choice(joined_events[-1]) or {}) if joined_events else {}
        member = text_member(event)
        opens = "role" in first.get("delta", {}) and not first["delta"].get("content") and not first.get("logprobs")
        if member and member[1] == "content" and opens and (open_choice(event) or {})["index"] == first["index"]:
            first["delta"]["content"] = member[0]["content"]
        else:
            joined_events.append(event)
    return joined_events


def calls_at_once(events: Events) -> Events:
    """Joins neighbouring fragments of the calls of a choice into one array."""
    joined_events: Events = []
    for event in events:
        last, choice = (open_choice(joined_events[-1]) if joined_events else None) or {}, open_choice(event) or {}
        before, delta = last.get("delta"), choice.get("delta")
        is_same_choice = last.get("index") == choice.get("index")
        if is_same_choice and before and delta and set(before) == set(delta) == {"tool_calls"}:
            before["tool_calls"] += delta["tool_calls"]
        else:
            joined_events.append(event)
    return joined_events


def choices_at_once(events: Events) -> Events:
    """Joins neighbouring chunks of different choices."""
    joined_events: Events = []
    for event in events:
        before = joined_events[-1].value["choices"] if joined_events and is_chunk(joined_events[-1].value) else []
        choices = event.value["choices"] if is_chunk(event.value) else []
        if before and choices and not {choice["index"] for choice in before} & {choice["index"] for choice in choices}:
            before += choices
        else:
            joined_events.append(event)
    return joined_events


def finished_with_text(events: Events) -> Events:
    """Joins the last text of a choice and its finish."""
    joined_events: Events = []
    for event in events:
        choices = event.value["choices"] if is_chunk(event.value) else []
        member = text_member(joined_events[-1]) if joined_events and len(choices) == 1 else None
        if member and member[1] == "content" and choices[0].get("finish_reason") and not choices[0].get("delta"):
            before = joined_events[-1].value["choices"][0]
            if before["index"] == choices[0]["index"]:
                choices[0]["delta"] = dict(member[0])
                joined_events.pop()
        joined_events.append(event)
    return joined_events


def finished_with_usage(events: Events) -> Events:
    """Joins the finish of the only choice and the usage."""
    joined_events: Events = []
    for event in events:
        last = joined_events[-1].value["choices"] if joined_events and is_chunk(joined_events[-1].value) else []
        if is_chunk(event.value) and event.value.get("usage") and not event.value["choices"] and len(last) == 1:
            event = replace(event, value={**event.value, "choices": joined_events.pop().value["choices"]})
        joined_events.append(event)
    return joined_events


def renumbered(events: Events) -> Events:
    """Numbers the typed events of a response anew."""
    values = [event.value for event in events if isinstance(event.value, dict) and "sequence_number" in event.value]
    start = values[0]["sequence_number"] if values else 0
    for number, value in enumerate(values, start):
        value["sequence_number"] = number
    return events


VARIANTS: Mapping[str, tuple[Variant, frozenset[str]]] = {
    "vendor-members": (on_each_object(with_vendor), frozenset({"stream.described-deltas"})),
    "member-order": (on_each_object(reversed_members), frozenset()),
    "nulls": (on_each_object(with_nulls), frozenset()),
    "bare": (on_each_object(without_optional), frozenset()),
    "named": (with_names, frozenset({"stream.no-event-names"})),
    "split": (split, frozenset()),
    "empties": (with_empties, frozenset()),
    "in-pairs": (in_pairs, frozenset()),
    "null-first": (null_first, frozenset({"stream.no-null-content"})),
    "thought": (reasoning_first, frozenset({"stream.described-deltas"})),
    "role-with-text": (role_with_text, frozenset()),
    "calls-at-once": (calls_at_once, frozenset()),
    "choices-at-once": (choices_at_once, frozenset()),
    "finish-with-text": (finished_with_text, frozenset()),
    "finish-with-usage": (finished_with_usage, frozenset({"stream.usage-last"})),
}


# --- in the text


def encoded(value: Any, mix: Mix) -> str:
    """Encodes a value as JSON, with spaces between its tokens and its texts escaped in turn."""
    spaces, texts = cycle(mix.spaces), cycle(mix.texts)
    return "".join(next(spaces) + token for token in tokens(value, texts)) + next(spaces)


def tokens(value: Any, texts: Iterator[str]) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for at, (name, member) in enumerate(value.items()):
            yield from ([","] if at else [])
            yield from (quoted(name, next(texts)), ":", *tokens(member, texts))
        yield "}"
    elif isinstance(value, list):
        yield "["
        for at, item in enumerate(value):
            yield from ([","] if at else [])
            yield from tokens(item, texts)
        yield "]"
    else:
        yield quoted(value, next(texts)) if isinstance(value, str) else number(value, next(texts))


def number(value: Any, how: str) -> str:
    return json.dumps(value) + ("E+00" if isinstance(value, float) and how == "every" else "")


def quoted(text: str, how: str) -> str:
    if how == "every":
        units = text.encode("utf-16-be")
        return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2)) + '"'
    text_as_json = json.dumps(text, ensure_ascii=how == "ascii")
    return text_as_json.replace("/", "\\/") if how == "ascii" else text_as_json


# --- in the framing


def lines(event: StreamEvent, mix: Mix, number: int, colons: Iterator[str]) -> list[str]:
    """The lines of one event, with those before it and the blank line after it."""
    text = event.value if isinstance(event.value, str) else encoded(event.value, mix)
    fields = [] if event.name is None else [f"event:{next(colons)}{event.name}"]
    fields += mix.fields[number % len(mix.fields)]
    data = [f"data:{next(colons)}{line}" for line in text.split("\n")]
    return [*mix.between[number % len(mix.between)], *fields, *data, ""]


def frame_events(events: Events, mix: Mix) -> list[tuple[int, bytes]]:
    """The bytes of each event, with its arrival time; a CR and a LF that end two lines are never adjacent."""
    ends, colons, last, framed = cycle(mix.ends), cycle(mix.colons), "", []
    for number, event in enumerate(events):
        data = b"\xef\xbb\xbf" if mix.mark and not number else b""
        tail = mix.tail if event is events[-1] else ()
        for line in (*lines(event, mix, number, colons), *tail):
            end = next(ends)
            end = "\r\n" if not line and last == "\r" and end == "\n" else end
            data, last = data + (line + end).encode(), end
        framed.append((event.at_ns, data))
    return framed


def split_reads(parts: Sequence[tuple[int, bytes]], sizes: Iterable[int]) -> tuple[BodyRead, ...]:
    """The bytes in reads of other sizes; a read arrives with the last of its bytes."""
    body = b"".join(data for _, data in parts)
    times = [at_ns for at_ns, data in parts for _ in data]
    places, next_sizes = [0], cycle(sizes)
    while places[-1] < len(body):
        places.append(min(len(body), places[-1] + next(next_sizes)))
    return tuple(BodyRead(times[end - 1], body[start:end]) for start, end in pairwise(places))


# --- the test


MIXES = st.builds(
    Mix,
    variants=st.lists(st.sampled_from(sorted(VARIANTS)), unique=True, max_size=6).map(tuple),
    spaces=st.lists(st.sampled_from(SPACES), min_size=1, max_size=4).map(tuple),
    texts=st.lists(st.sampled_from(["plain", "ascii", "every"]), min_size=1, max_size=4).map(tuple),
    colons=st.sampled_from([(" ",), ("",), (" ", "")]),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1, max_size=3).map(tuple),
    between=st.lists(st.sampled_from(BETWEEN), min_size=1, max_size=4).map(tuple),
    fields=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3).map(tuple),
    tail=st.sampled_from(TAILS),
    mark=st.booleans(),
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=6).map(tuple),
    media_type=st.sampled_from(TYPES),
    header_names=st.sampled_from(["as-is", "lower", "upper"]),
    headers=st.sampled_from(HEADERS),
)


def read_events(exchange: Exchange) -> Events:
    """The events of a stream, with the JSON of those that have it."""
    pairs = ((event, event.data == "[DONE]") for event in exchange.stream.events)
    return [
        StreamEvent(event.event, event.data if is_done else parse_json(event.data), event.at_ns)
        for event, is_done in pairs
    ]


def apply_variants(events: Events, variants: Iterable[str]) -> Events:
    for name in variants:
        events = VARIANTS[name][0](deepcopy(events))
    return renumbered(events)


def rewritten(exchange: Exchange, events: Events, mix: Mix) -> Exchange:
    """The answer with these events, in the form of the mix."""
    changes: Mapping[str, Callable[[bytes], bytes]] = {"as-is": bytes, "lower": bytes.lower, "upper": bytes.upper}
    headers = tuple(
        (changes[mix.header_names](name), mix.media_type.encode() if name.lower() == b"content-type" else value)
        for name, value in (*exchange.headers, *mix.headers)
    )
    return replace(exchange, headers=headers, reads=split_reads(frame_events(events, mix), mix.sizes))


def streams(evidence: Evidence) -> dict[str, Exchange]:
    """The streamed answers, by case."""
    last = {name: sent[-1] for name, sent in evidence.items() if isinstance(sent, tuple)}
    return {name: exchange for name, exchange in last.items() if exchange.content_type == SSE}


def advising_checks(mix: Mix) -> frozenset[str]:
    """The checks that may advise against a mix."""
    by_form = {
        "stream.space-after-colon": "" in mix.colons,
        "stream.one-data-line": any("\n" in space for space in mix.spaces),
        "stream.line-feeds": set(mix.ends) != {"\n"},
        "stream.no-lone-returns": "\r" in mix.ends,
        "stream.no-comments": any(line for between in (*mix.between, mix.tail) for line in between),
        "stream.comments-without-ids": any(line.startswith("id") for fields in mix.fields for line in fields),
        "stream.no-byte-order-mark": mix.mark,
    }
    by_variant = [VARIANTS[name][1] for name in mix.variants]
    return frozenset(check for check, may in by_form.items() if may).union(*by_variant)


def verdicts(
    target_run: TargetRun, evidence: Evidence, entries: Sequence[PlannedVerdict]
) -> dict[tuple[str, str, str], Verdict]:
    found = (target_run.judge_for(entry.provider).judge(entry, evidence) for entry in entries)
    return {(verdict.provider, verdict.check, verdict.case): verdict for verdict in found}


@cache
def fault_free_verdicts(
    heard: RunOf, provider: str, name: str
) -> tuple[Sequence[PlannedVerdict], Mapping[Any, Verdict]]:
    """The planned verdicts on a case, and the verdicts on its fault-free answer."""
    target_run, evidence = heard(provider)
    entries = [entry for entry in target_run.entries if any(case == name for _, case in entry.cases)]
    return entries, verdicts(target_run, evidence, entries)


def alarms(before: Mapping[Any, Verdict], after: Mapping[Any, Verdict], mix: Mix) -> Iterator[str]:
    """Yields the failures and blind checks that a mix causes beyond advice."""
    for key, verdict in after.items():
        earlier = before[key]
        blind = verdict.outcome not in ("pass", "fail") and earlier.outcome == "pass"
        red = verdict.outcome == "error" or (verdict.outcome == "fail" and earlier.outcome != "fail")
        advised = verdict.check in advising_checks(mix) and not verdict.gates()
        if (red and not advised) or (blind and verdict.check not in TOO_LITTLE):
            yield f"{'/'.join(key)}: {verdict.outcome} at {verdict.level}: {verdict.message}"


@pytest.mark.parametrize("provider", sorted(loading.load_providers()))
@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
@given(data=st.data(), mix=MIXES)
def test_no_legal_mix_breaks_a_promise(provider: str, heard: RunOf, data: st.DataObject, mix: Mix) -> None:
    target_run, evidence = heard(provider)
    fault_free = streams(evidence)
    name = data.draw(st.sampled_from(sorted(fault_free)), label="case")
    events = apply_variants(read_events(fault_free[name]), mix.variants)
    rewritten_answer = rewritten(fault_free[name], events, mix)
    assert [(event.name, event.value) for event in read_events(rewritten_answer)] == [
        (event.name, event.value) for event in events
    ]
    entries, before = fault_free_verdicts(heard, provider, name)
    new_evidence = {**evidence, name: (*evidence[name][:-1], rewritten_answer)}  # type: ignore[index]
    found = sorted(alarms(before, verdicts(target_run, new_evidence, entries), mix))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_each_variant_changes_some_stream(variant: str, heard: RunOf) -> None:
    told = [read_events(exchange) for exchange in streams(heard("openai")[1]).values()]
    assert any(repr(apply_variants(events, [variant])) != repr(events) for events in told)
