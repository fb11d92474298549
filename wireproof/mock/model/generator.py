"""The deterministic generator: what the model says to an ask, token by token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wireproof.mock.model.conversation import Conversation
from wireproof.mock.model.hash_random import Draw
from wireproof.mock.model.prompt_commands import NUMBER, Manner, speak
from wireproof.mock.model.reasoning import Thinking, thought
from wireproof.mock.model.sampling import LIKELIEST, Sampling
from wireproof.mock.model.schema_values import Hints, fit
from wireproof.mock.model.tokenizer import pieces
from wireproof.mock.model.tool_calls import Call, Choice, Tool, calls

KEYS = re.compile(r"\bkeys?\b:?\s+((?:(?!for\b)[\"'`]?\w+[\"'`]?(?:\s*,\s*|\s+and\s+|\s*$|(?=[.\s])))+)", re.I)


FREE = Choice()


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that decides what the model says."""

    conversation: Conversation
    draw: Draw
    tools: tuple[Tool, ...] = ()
    choice: Choice = FREE
    format: str = "text"
    schema: Mapping[str, Any] | None = None
    stops: tuple[str, ...] = ()
    cap: int | None = None
    thinking: Thinking | None = None
    sampling: Sampling = LIKELIEST
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One choice of an answer: text tokens or tool calls, why it ended, and what was thought before."""

    tokens: tuple[str, ...]
    calls: tuple[Call, ...]
    finish: str
    thought: tuple[str, ...] = ()
    thinking: Thinking | None = None

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    @property
    def apart(self) -> tuple[tuple[str, str], ...]:
        """The thought where it is shown in a member of its own: that member with each token."""
        if self.thinking is None or self.thinking.shown != "split":
            return ()
        return tuple((self.thinking.member, token) for token in self.thought)

    @property
    def size(self) -> int:
        """The tokens made, thoughts included."""
        called = sum(len(pieces(call.name)) + len(pieces(call.arguments)) for call in self.calls)
        within = self.thinking is not None and self.thinking.inline
        return len(self.tokens) + called + (0 if within else len(self.thought))


def speak_once(ask: Ask, index: int) -> Spoken:
    """The choice of this index."""
    draw = ask.draw.at("choice", index)
    return answered(ask, draw) if ask.thinking is None else thoughtful(ask, ask.thinking, draw)


def thoughtful(ask: Ask, thinking: Thinking, draw: Draw) -> Spoken:
    """A thought and then the answer; the thought spends the cap first."""
    whole = thought(thinking, draw)
    kept = whole if ask.cap is None else whole[: ask.cap]
    left = None if ask.cap is None else ask.cap - len(kept)
    one = answered(replace(ask, cap=left), draw) if kept == whole else Spoken((), (), "length")
    tokens = (*kept, *one.tokens) if thinking.inline else one.tokens
    return replace(one, tokens=tokens, thought=kept, thinking=thinking)


def answered(ask: Ask, draw: Draw) -> Spoken:
    """The calls, else the text."""
    told = ask.conversation.tool_result is not None
    called = calls(ask.tools, ask.choice, ask.conversation.asked, draw, answered=told)
    if called:
        return capped_calls(called, ask.cap)
    return cut(ask.sampling.shaped(pieces(said(ask, draw))), ask.stops, ask.cap)


def said(ask: Ask, draw: Draw) -> str:
    """The whole text before it is cut."""
    hints = hints_of(ask.conversation)
    if ask.format == "json_schema" and ask.schema is not None:
        return json.dumps(fit(ask.schema, draw, hints), ensure_ascii=False)
    plain = speak(ask.conversation, Manner(draw, ask.sampling.chance, ask.sampling.length, ask.suffix))
    return plain if ask.format == "text" else as_object(plain, ask.conversation, draw)


def hints_of(conversation: Conversation) -> Hints:
    return Hints((), tuple(int(number) for number in NUMBER.findall(conversation.asked) if len(number) < 10))


def as_object(plain: str, conversation: Conversation, draw: Draw) -> str:
    """The text as a JSON object: itself if it is one, else under the keys the prompt names."""
    try:
        if isinstance(json.loads(plain), dict):
            return plain
    except ValueError:
        pass
    named = KEYS.search(f"{conversation.orders}\n{conversation.asked}")
    keys = re.findall(r"\w+", re.sub(r"\band\b", " ", named[1])) if named else []
    return json.dumps(dict.fromkeys(keys or ["answer"], plain), ensure_ascii=False)


def cut(tokens: tuple[str, ...], stops: Sequence[str], cap: int | None) -> Spoken:
    """The tokens up to the first stop and within the cap, whichever comes first."""
    within = "".join(tokens if cap is None else tokens[:cap])
    ends = [within.find(stop) for stop in stops if stop and stop in within]
    if ends:
        return Spoken(pieces(within[: min(ends)]), (), "stop")
    if cap is not None and len(tokens) > cap:
        return Spoken(tokens[:cap], (), "length")
    return Spoken(tokens, (), "stop")


def capped_calls(called: Sequence[Call], cap: int | None) -> Spoken:
    """The calls as far as the cap goes; arguments are cut where it ends."""
    left = cap
    kept: list[Call] = []
    for call in called:
        named, given = len(pieces(call.name)), pieces(call.arguments)
        if left is not None and left < named + len(given):
            if left >= named:
                kept.append(Call(call.id, call.name, "".join(given[: left - named])))
            return Spoken((), tuple(kept), "length")
        kept.append(call)
        left = None if left is None else left - named - len(given)
    return Spoken((), tuple(kept), "tool_calls")
