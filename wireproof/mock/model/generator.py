"""The deterministic generator: what the model says to an ask, token by token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wireproof.mock.model.conversation import Conversation
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.prompt_commands import NUMBER_IN_TEXT, SpeechStyle, reply
from wireproof.mock.model.reasoning import ReasoningMode, draw_thought
from wireproof.mock.model.sampling import GREEDY_SAMPLING, SamplingOptions
from wireproof.mock.model.schema_values import ValueHints, value_for_schema
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Call, Tool, ToolChoice, make_calls

NAMED_KEYS = re.compile(r"\bkeys?\b:?\s+((?:(?!for\b)[\"'`]?\w+[\"'`]?(?:\s*,\s*|\s+and\s+|\s*$|(?=[.\s])))+)", re.I)


AUTO_CHOICE = ToolChoice()


@dataclass(frozen=True, slots=True)
class GenerationInput:
    """Everything that decides what the model says."""

    conversation: Conversation
    draw: HashRandom
    tools: tuple[Tool, ...] = ()
    choice: ToolChoice = AUTO_CHOICE
    format: str = "text"
    schema: Mapping[str, Any] | None = None
    stops: tuple[str, ...] = ()
    cap: int | None = None
    thinking: ReasoningMode | None = None
    sampling: SamplingOptions = GREEDY_SAMPLING
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class GeneratedChoice:
    """One choice of an answer: text tokens or tool calls, why it ended, and what was thought before."""

    tokens: tuple[str, ...]
    calls: tuple[Call, ...]
    finish_reason: str
    thought: tuple[str, ...] = ()
    thinking: ReasoningMode | None = None

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    @property
    def separate_thought(self) -> tuple[tuple[str, str], ...]:
        """The thought where it is shown in a member of its own: that member with each token."""
        if self.thinking is None or self.thinking.placement != "split":
            return ()
        return tuple((self.thinking.member, token) for token in self.thought)

    @property
    def token_count(self) -> int:
        """The tokens made, thoughts included."""
        called = sum(len(tokenize(call.name)) + len(tokenize(call.arguments)) for call in self.calls)
        within = self.thinking is not None and self.thinking.is_inline
        return len(self.tokens) + called + (0 if within else len(self.thought))


def generate_choice(ask: GenerationInput, index: int) -> GeneratedChoice:
    """The choice of this index."""
    draw = ask.draw.derive("choice", index)
    return (
        generate_without_thought(ask, draw) if ask.thinking is None else generate_with_thought(ask, ask.thinking, draw)
    )


def generate_with_thought(ask: GenerationInput, thinking: ReasoningMode, draw: HashRandom) -> GeneratedChoice:
    """A thought and then the answer; the thought spends the cap first."""
    whole = draw_thought(thinking, draw)
    kept = whole if ask.cap is None else whole[: ask.cap]
    left = None if ask.cap is None else ask.cap - len(kept)
    one = generate_without_thought(replace(ask, cap=left), draw) if kept == whole else GeneratedChoice((), (), "length")
    tokens = (*kept, *one.tokens) if thinking.is_inline else one.tokens
    return replace(one, tokens=tokens, thought=kept, thinking=thinking)


def generate_without_thought(ask: GenerationInput, draw: HashRandom) -> GeneratedChoice:
    """The calls, else the text."""
    told = ask.conversation.tool_result is not None
    called = make_calls(ask.tools, ask.choice, ask.conversation.last_user_text, draw, answered=told)
    if called:
        return cut_calls_at_cap(called, ask.cap)
    return cut_at_stop_or_cap(ask.sampling.apply_to(tokenize(full_text(ask, draw))), ask.stops, ask.cap)


def full_text(ask: GenerationInput, draw: HashRandom) -> str:
    """The whole text before it is cut."""
    hints = hints_from_prompt(ask.conversation)
    if ask.format == "json_schema" and ask.schema is not None:
        return json.dumps(value_for_schema(ask.schema, draw, hints), ensure_ascii=False)
    plain = reply(ask.conversation, SpeechStyle(draw, ask.sampling.chance, ask.sampling.length, ask.suffix))
    return plain if ask.format == "text" else to_json_object(plain, ask.conversation, draw)


def hints_from_prompt(conversation: Conversation) -> ValueHints:
    return ValueHints(
        (), tuple(int(number) for number in NUMBER_IN_TEXT.findall(conversation.last_user_text) if len(number) < 10)
    )


def to_json_object(plain: str, conversation: Conversation, draw: HashRandom) -> str:
    """The text as a JSON object: itself if it is one, else under the keys the prompt names."""
    try:
        if isinstance(json.loads(plain), dict):
            return plain
    except ValueError:
        pass
    named = NAMED_KEYS.search(f"{conversation.operator_text}\n{conversation.last_user_text}")
    keys = re.findall(r"\w+", re.sub(r"\band\b", " ", named[1])) if named else []
    return json.dumps(dict.fromkeys(keys or ["answer"], plain), ensure_ascii=False)


def cut_at_stop_or_cap(tokens: tuple[str, ...], stops: Sequence[str], cap: int | None) -> GeneratedChoice:
    """The tokens up to the first stop and within the cap, whichever comes first."""
    within = "".join(tokens if cap is None else tokens[:cap])
    ends = [within.find(stop) for stop in stops if stop and stop in within]
    if ends:
        return GeneratedChoice(tokenize(within[: min(ends)]), (), "stop")
    if cap is not None and len(tokens) > cap:
        return GeneratedChoice(tokens[:cap], (), "length")
    return GeneratedChoice(tokens, (), "stop")


def cut_calls_at_cap(called: Sequence[Call], cap: int | None) -> GeneratedChoice:
    """The calls as far as the cap goes; arguments are cut where it ends."""
    left = cap
    kept: list[Call] = []
    for call in called:
        named, given = len(tokenize(call.name)), tokenize(call.arguments)
        if left is not None and left < named + len(given):
            if left >= named:
                kept.append(Call(call.id, call.name, "".join(given[: left - named])))
            return GeneratedChoice((), tuple(kept), "length")
        kept.append(call)
        left = None if left is None else left - named - len(given)
    return GeneratedChoice((), tuple(kept), "tool_calls")
