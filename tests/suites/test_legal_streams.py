"""A stream written in any other way that the rules allow is survived: nothing red at must, and no check goes blind.

What the rules allow is in the HTML standard (9.2.5), RFC 8259 and OpenAI's description of a chunk. Each liberty names
the checks that may advise against it; any other new red line is a false alarm.
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
# What a liberty takes from a check: a stream in fewer or later reads may be too short to tell.
TOO_LITTLE = {"stream.arrives-in-parts"}


@dataclass(frozen=True, slots=True)
class Said:
    """One event: its name, its JSON or its text, and when it came."""

    name: str | None
    value: Any
    at_ns: int


Events = list[Said]
Liberty = Callable[[Events], Events]
Heard = Callable[[str], tuple[TargetRun, Evidence]]


@dataclass(frozen=True, slots=True)
class Mix:
    """A composition of liberties; what is a tuple is taken in turn, from its beginning again at its end."""

    liberties: tuple[str, ...]
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


def each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Liberty:
    """A liberty in each object that is the data of an event."""
    return lambda events: [
        replace(said, value=change(said.value)) if isinstance(said.value, dict) else said for said in events
    ]


def with_vendor(value: dict[str, Any]) -> dict[str, Any]:
    """An object with members of the vendor's own, here and there."""
    for choice in value.get("choices", ()):
        choice |= {"x_vendor": 1}
        choice |= {"delta": {**choice["delta"], "x_vendor": {}}} if "delta" in choice else {}
    return {"x_vendor": {"queue": [1.5e0, None]}, **value, "obfuscation": "aB3"}


def turned(value: Any) -> Any:
    """The members of every object in the other order."""
    if isinstance(value, dict):
        return {name: turned(member) for name, member in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


def with_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """A chunk that tells by null what OpenAI's description lets be null."""
    if not is_chunk(value):
        return value
    for choice in value["choices"]:
        choice.setdefault("logprobs", None)
    return {"usage": None, "service_tier": None, **value}


OPTIONAL = ("service_tier", "system_fingerprint", "logprobs", "refusal", "obfuscation")


def bare(value: dict[str, Any]) -> dict[str, Any]:
    """A chunk without what OpenAI's description leaves optional."""
    if not is_chunk(value):
        return value
    for choice in value["choices"]:
        for name in OPTIONAL:
            if "delta" in choice and not choice.get(name):
                choice.pop(name, None)
            choice.get("delta", {}).pop(name, None)
    return {name: member for name, member in value.items() if name not in OPTIONAL}


def named(events: Events) -> Events:
    """The events of chunks have the name that an event without one has."""
    return [replace(said, name=said.name or "message") for said in events]


def one(said: Said) -> dict[str, Any] | None:
    """The choice of a chunk that has one, and tells it neither usage nor the end."""
    choices = said.value["choices"] if is_chunk(said.value) and not said.value.get("usage") else []
    return choices[0] if len(choices) == 1 and choices[0].get("finish_reason") is None else None


def text_of(said: Said) -> tuple[dict[str, Any], str] | None:
    """The object and the name of the member that brings the text of an event, where it brings nothing else."""
    if isinstance(said.value, dict) and said.value.get("type") == "response.output_text.delta":
        return (said.value, "delta") if not said.value.get("logprobs") else None
    choice = one(said)
    if choice is None or choice.get("logprobs"):
        return None
    if "text" in choice:
        return choice, "text"
    return (choice["delta"], "content") if set(choice.get("delta") or ()) == {"content"} else None


def fragment_of(said: Said) -> tuple[dict[str, Any], str] | None:
    """The same of a later fragment of the arguments of a call."""
    delta = (one(said) or {}).get("delta") or {}
    calls = delta["tool_calls"] if set(delta) == {"tool_calls"} else []
    later = len(calls) == 1 and set(calls[0]) == {"index", "function"} and set(calls[0]["function"]) == {"arguments"}
    return (calls[0]["function"], "arguments") if later else None


def brings(said: Said) -> tuple[dict[str, Any], str] | None:
    return text_of(said) or fragment_of(said)


def saying(said: Said, text: str) -> Said:
    """The same event with another text."""
    other = replace(said, value=deepcopy(said.value))
    held = brings(other)
    assert held is not None
    held[0][held[1]] = text
    return other


def halves(said: Said) -> Events:
    held = brings(said)
    text = held[0][held[1]] if held else ""
    return [saying(said, text[: len(text) // 2]), saying(said, text[len(text) // 2 :])] if len(text) > 1 else [said]


def split(events: Events) -> Events:
    """Each text and each fragment of arguments comes in two."""
    return [half for said in events for half in halves(said)]


def with_empties(events: Events) -> Events:
    """An empty text, or empty arguments, follow each that are not."""
    return [more for said in events for more in ((said, saying(said, "")) if brings(said) else (said,))]


def same_but_text(one: Said, other: Said) -> bool:
    """Whether two events bring texts of the same choice, item or call."""
    if not brings(one) or not brings(other):
        return False
    blank, blank_too = (dict(saying(said, "").value) for said in (one, other))
    return {**blank, "sequence_number": 0} == {**blank_too, "sequence_number": 0}


def in_pairs(events: Events) -> Events:
    """Two neighbouring texts, or fragments, come in one event, when the later is there."""
    made: Events = []
    joined = False
    for said in events:
        joined = bool(made) and not joined and same_but_text(made[-1], said)
        if joined:
            (first, name), (second, _) = brings(made[-1]), brings(said)  # type: ignore[misc]
            said = saying(said, first[name] + second[name])
            made.pop()
        made.append(said)
    return made


def null_first(events: Events) -> Events:
    """The content of the delta that names the role is null."""
    for said in events:
        for choice in said.value["choices"] if is_chunk(said.value) else ():
            delta = choice.get("delta") or {}
            if "role" in delta and not delta.get("content"):
                delta["content"] = None
    return events


def thought(events: Events) -> Events:
    """A thought comes before the text, in a delta of its own without the usual members."""
    made: Events = []
    for said in events:
        made.append(said)
        choice = one(said)
        if choice is not None and "role" in (choice.get("delta") or {}):
            told = {**choice, "delta": {"reasoning_content": "Hm."}}
            made.append(replace(said, value={**said.value, "choices": [told]}))
    return made


def role_with_text(events: Events) -> Events:
    """The role comes together with the first text."""
    made: Events = []
    for said in events:
        first = (one(made[-1]) or {}) if made else {}
        held = text_of(said)
        opens = "role" in first.get("delta", {}) and not first["delta"].get("content") and not first.get("logprobs")
        if held and held[1] == "content" and opens and (one(said) or {})["index"] == first["index"]:
            first["delta"]["content"] = held[0]["content"]
        else:
            made.append(said)
    return made


def calls_at_once(events: Events) -> Events:
    """Neighbouring fragments of calls come in one array."""
    made: Events = []
    for said in events:
        before, here = ((one(made[-1]) if made else None) or {}).get("delta"), (one(said) or {}).get("delta")
        if before and here and set(before) == set(here) == {"tool_calls"}:
            before["tool_calls"] += here["tool_calls"]
        else:
            made.append(said)
    return made


def choices_at_once(events: Events) -> Events:
    """Neighbouring chunks of different choices come as one."""
    made: Events = []
    for said in events:
        before = made[-1].value["choices"] if made and is_chunk(made[-1].value) else []
        here = said.value["choices"] if is_chunk(said.value) else []
        if before and here and not {choice["index"] for choice in before} & {choice["index"] for choice in here}:
            before += here
        else:
            made.append(said)
    return made


def finished_with_text(events: Events) -> Events:
    """The last text of a choice comes together with its finish."""
    made: Events = []
    for said in events:
        choices = said.value["choices"] if is_chunk(said.value) else []
        held = text_of(made[-1]) if made and len(choices) == 1 else None
        if held and held[1] == "content" and choices[0].get("finish_reason") and not choices[0].get("delta"):
            before = made[-1].value["choices"][0]
            if before["index"] == choices[0]["index"]:
                choices[0]["delta"] = dict(held[0])
                made.pop()
        made.append(said)
    return made


def finished_with_usage(events: Events) -> Events:
    """The finish of the only choice comes together with the usage."""
    made: Events = []
    for said in events:
        last = made[-1].value["choices"] if made and is_chunk(made[-1].value) else []
        if is_chunk(said.value) and said.value.get("usage") and not said.value["choices"] and len(last) == 1:
            said = replace(said, value={**said.value, "choices": made.pop().value["choices"]})
        made.append(said)
    return made


def counted(events: Events) -> Events:
    """The typed events of a response are counted anew, after some came or went."""
    typed = [said.value for said in events if isinstance(said.value, dict) and "sequence_number" in said.value]
    start = typed[0]["sequence_number"] if typed else 0
    for number, value in enumerate(typed, start):
        value["sequence_number"] = number
    return events


LIBERTIES: Mapping[str, tuple[Liberty, frozenset[str]]] = {
    "vendor-members": (each(with_vendor), frozenset({"stream.described-deltas"})),
    "member-order": (each(turned), frozenset()),
    "nulls": (each(with_nulls), frozenset()),
    "bare": (each(bare), frozenset()),
    "named": (named, frozenset({"stream.no-event-names"})),
    "split": (split, frozenset()),
    "empties": (with_empties, frozenset()),
    "in-pairs": (in_pairs, frozenset()),
    "null-first": (null_first, frozenset({"stream.no-null-content"})),
    "thought": (thought, frozenset({"stream.described-deltas"})),
    "role-with-text": (role_with_text, frozenset()),
    "calls-at-once": (calls_at_once, frozenset()),
    "choices-at-once": (choices_at_once, frozenset()),
    "finish-with-text": (finished_with_text, frozenset()),
    "finish-with-usage": (finished_with_usage, frozenset({"stream.usage-last"})),
}


# --- in the text


def written(value: Any, mix: Mix) -> str:
    """A value as JSON, with spaces between its tokens and its texts escaped in turn."""
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
    shown = json.dumps(text, ensure_ascii=how == "ascii")
    return shown.replace("/", "\\/") if how == "ascii" else shown


# --- in the framing


def lines(said: Said, mix: Mix, number: int, colons: Iterator[str]) -> list[str]:
    """The lines of one event and of what stands before it, the blank line included."""
    text = said.value if isinstance(said.value, str) else written(said.value, mix)
    fields = [] if said.name is None else [f"event:{next(colons)}{said.name}"]
    fields += mix.fields[number % len(mix.fields)]
    data = [f"data:{next(colons)}{line}" for line in text.split("\n")]
    return [*mix.between[number % len(mix.between)], *fields, *data, ""]


def framed(events: Events, mix: Mix) -> list[tuple[int, bytes]]:
    """The bytes of each event, with the time it came; a CR and a LF that end two lines never stand together."""
    ends, colons, last, made = cycle(mix.ends), cycle(mix.colons), "", []
    for number, said in enumerate(events):
        told = b"\xef\xbb\xbf" if mix.mark and not number else b""
        more = mix.tail if said is events[-1] else ()
        for line in (*lines(said, mix, number, colons), *more):
            end = next(ends)
            end = "\r\n" if not line and last == "\r" and end == "\n" else end
            told, last = told + (line + end).encode(), end
        made.append((said.at_ns, told))
    return made


def reread(parts: Sequence[tuple[int, bytes]], sizes: Iterable[int]) -> tuple[BodyRead, ...]:
    """The bytes in reads of other sizes; a read is there when the last of its bytes is."""
    body = b"".join(data for _, data in parts)
    times = [at_ns for at_ns, data in parts for _ in data]
    places, turns = [0], cycle(sizes)
    while places[-1] < len(body):
        places.append(min(len(body), places[-1] + next(turns)))
    return tuple(BodyRead(times[end - 1], body[start:end]) for start, end in pairwise(places))


# --- the test


MIXES = st.builds(
    Mix,
    liberties=st.lists(st.sampled_from(sorted(LIBERTIES)), unique=True, max_size=6).map(tuple),
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


def told_by(exchange: Exchange) -> Events:
    """The events of a stream, with the JSON of those that have it."""
    pairs = ((told, told.data == "[DONE]") for told in exchange.stream.events)
    return [Said(told.event, told.data if plain else parse_json(told.data), told.at_ns) for told, plain in pairs]


def retold(events: Events, liberties: Iterable[str]) -> Events:
    for name in liberties:
        events = LIBERTIES[name][0](deepcopy(events))
    return counted(events)


def otherwise(exchange: Exchange, events: Events, mix: Mix) -> Exchange:
    """The answer with these events, written as the mix has it."""
    changes: Mapping[str, Callable[[bytes], bytes]] = {"as-is": bytes, "lower": bytes.lower, "upper": bytes.upper}
    headers = tuple(
        (changes[mix.header_names](name), mix.media_type.encode() if name.lower() == b"content-type" else value)
        for name, value in (*exchange.headers, *mix.headers)
    )
    return replace(exchange, headers=headers, reads=reread(framed(events, mix), mix.sizes))


def streams(evidence: Evidence) -> dict[str, Exchange]:
    """The cases that are answered with a stream."""
    last = {name: sent[-1] for name, sent in evidence.items() if isinstance(sent, tuple)}
    return {name: exchange for name, exchange in last.items() if exchange.content_type == SSE}


def advice(mix: Mix) -> frozenset[str]:
    """The checks that may advise against what a mix does."""
    plain = {
        "stream.space-after-colon": "" in mix.colons,
        "stream.one-data-line": any("\n" in space for space in mix.spaces),
        "stream.line-feeds": set(mix.ends) != {"\n"},
        "stream.no-lone-returns": "\r" in mix.ends,
        "stream.no-comments": any(line for between in (*mix.between, mix.tail) for line in between),
        "stream.comments-without-ids": any(line.startswith("id") for fields in mix.fields for line in fields),
        "stream.no-byte-order-mark": mix.mark,
    }
    told = [LIBERTIES[name][1] for name in mix.liberties]
    return frozenset(check for check, may in plain.items() if may).union(*told)


def verdicts(
    trial: TargetRun, evidence: Evidence, entries: Sequence[PlannedVerdict]
) -> dict[tuple[str, str, str], Verdict]:
    found = (trial.judge_for(entry.provider).judge(entry, evidence) for entry in entries)
    return {(verdict.provider, verdict.check, verdict.case): verdict for verdict in found}


@cache
def faultless(heard: Heard, provider: str, name: str) -> tuple[Sequence[PlannedVerdict], Mapping[Any, Verdict]]:
    """The entries that judge a case, and their verdicts on what the server says."""
    trial, evidence = heard(provider)
    entries = [entry for entry in trial.entries if any(case == name for _, case in entry.cases)]
    return entries, verdicts(trial, evidence, entries)


def alarms(before: Mapping[Any, Verdict], after: Mapping[Any, Verdict], mix: Mix) -> Iterator[str]:
    """What the mix changed beyond advice."""
    for key, verdict in after.items():
        earlier = before[key]
        blind = verdict.outcome not in ("pass", "fail") and earlier.outcome == "pass"
        red = verdict.outcome == "error" or (verdict.outcome == "fail" and earlier.outcome != "fail")
        advised = verdict.check in advice(mix) and not verdict.gates()
        if (red and not advised) or (blind and verdict.check not in TOO_LITTLE):
            yield f"{'/'.join(key)}: {verdict.outcome} at {verdict.level}: {verdict.message}"


@pytest.mark.parametrize("provider", sorted(loading.load_providers()))
@settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
@given(data=st.data(), mix=MIXES)
def test_no_legal_mix_breaks_a_promise(provider: str, heard: Heard, data: st.DataObject, mix: Mix) -> None:
    trial, evidence = heard(provider)
    told = streams(evidence)
    name = data.draw(st.sampled_from(sorted(told)), label="case")
    events = retold(told_by(told[name]), mix.liberties)
    seen = otherwise(told[name], events, mix)
    assert [(said.name, said.value) for said in told_by(seen)] == [(said.name, said.value) for said in events]
    entries, before = faultless(heard, provider, name)
    after = verdicts(trial, {**evidence, name: (*evidence[name][:-1], seen)}, entries)  # type: ignore[index]
    found = sorted(alarms(before, after, mix))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("liberty", sorted(LIBERTIES))
def test_each_liberty_is_taken_in_some_stream(liberty: str, heard: Heard) -> None:
    told = [told_by(exchange) for exchange in streams(heard("openai")[1]).values()]
    assert any(repr(retold(events, [liberty])) != repr(events) for events in told)
