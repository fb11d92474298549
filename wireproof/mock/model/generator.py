"""The deterministic generator: the text or the tool calls of an answer, as tokens."""

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
from wireproof.mock.protocol.scripted_answers import ScriptedAnswer

NAMED_KEYS = re.compile(r"\bkeys?\b:?\s+((?:(?!for\b)[\"'`]?\w+[\"'`]?(?:\s*,\s*|\s+and\s+|\s*$|(?=[.\s])))+)", re.I)


AUTO_CHOICE = ToolChoice()


@dataclass(frozen=True, slots=True)
class GenerationInput:
    """Everything that decides the text of the model.

    Attributes:
        draw: the source of the values that the request determines.
        format: `text`, `json_object` or `json_schema`.
        stops: the stop sequences.
        cap: the maximum tokens; None for no limit.
        thinking: the place of the thought; None for a model that does not reason.
        suffix: the text that follows the completion.
        scripted: the answer of a script, in place of one by the model.
    """

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
    scripted: ScriptedAnswer | None = None

    @property
    def delay_s(self) -> float:
        """The seconds before the answer begins."""
        return 0.0 if self.scripted is None else self.scripted.delay_s


@dataclass(frozen=True, slots=True)
class GeneratedChoice:
    """One choice of an answer: text tokens or tool calls.

    Attributes:
        thought: the tokens of the reasoning before the answer.
        thinking: the place of the thought; None for a model that does not reason.
        unseen_tokens: the tokens of a call that the cap ended inside its name, so that nothing of it is told.
        refusal: the tokens of a refusal.
    """

    tokens: tuple[str, ...]
    calls: tuple[Call, ...]
    finish_reason: str
    thought: tuple[str, ...] = ()
    thinking: ReasoningMode | None = None
    unseen_tokens: int = 0
    refusal: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    @property
    def has_text(self) -> bool:
        """True if there is a text, if only an empty one, beside or instead of calls and refusals."""
        return bool(self.tokens) or not (self.calls or self.refusal)

    @property
    def separate_thought(self) -> tuple[tuple[str, str], ...]:
        """The member of a separate thought with each of its tokens; empty if the thought is elsewhere."""
        if self.thinking is None or self.thinking.placement != "split":
            return ()
        return tuple((self.thinking.member, token) for token in self.thought)

    @property
    def token_count(self) -> int:
        """The generated tokens, with those of the thought."""
        call_tokens = sum(len(tokenize(call.name)) + len(tokenize(call.arguments)) for call in self.calls)
        is_in_text = self.thinking is not None and self.thinking.is_inline
        return (
            len(self.tokens)
            + call_tokens
            + (0 if is_in_text else len(self.thought))
            + self.unseen_tokens
            + len(self.refusal)
        )


def generate_choice(inputs: GenerationInput, index: int) -> GeneratedChoice:
    """Returns the choice with this index."""
    draw = inputs.draw.derive("choice", index)
    return (
        generate_without_thought(inputs, draw)
        if inputs.thinking is None
        else generate_with_thought(inputs, inputs.thinking, draw)
    )


def generate_with_thought(inputs: GenerationInput, thinking: ReasoningMode, draw: HashRandom) -> GeneratedChoice:
    """Returns a thought and the answer; the thought uses the token cap first."""
    full_thought = draw_thought(thinking, draw)
    thought = full_thought if inputs.cap is None else full_thought[: inputs.cap]
    tokens_left = None if inputs.cap is None else inputs.cap - len(thought)
    choice = (
        generate_without_thought(replace(inputs, cap=tokens_left), draw)
        if thought == full_thought
        else GeneratedChoice((), (), "length")
    )
    tokens = (*thought, *choice.tokens) if thinking.is_inline else choice.tokens
    return replace(choice, tokens=tokens, thought=thought, thinking=thinking)


def generate_without_thought(inputs: GenerationInput, draw: HashRandom) -> GeneratedChoice:
    """Returns the tool calls if the model makes any, otherwise the text."""
    if inputs.scripted is not None:
        return choice_from_script(inputs, inputs.scripted, draw)
    conversation = inputs.conversation
    calls = make_calls(inputs.tools, inputs.choice, conversation.last_user_text, draw, conversation.called_names)
    if calls:
        return cut_calls_at_cap(calls, inputs.cap)
    return cut_at_stop_or_cap(inputs.sampling.apply_to(tokenize(full_text(inputs, draw))), inputs.stops, inputs.cap)


def choice_from_script(inputs: GenerationInput, answer: ScriptedAnswer, draw: HashRandom) -> GeneratedChoice:
    """Returns the answer of a script; stop sequences and the token cap end it as they end any other."""
    custom_tools = {tool.name for tool in inputs.tools if tool.pattern is not None}
    text = cut_at_stop_or_cap(tokenize(answer.text), inputs.stops, inputs.cap)
    tokens_left = None if inputs.cap is None else inputs.cap - len(text.tokens)
    calls = [
        Call(f"call_{draw.derive('call', index).hex(24)}", call.name, call.arguments, call.name in custom_tools)
        for index, call in enumerate(answer.calls)
    ]
    choice = text
    if calls and text.finish_reason != "length":
        choice = replace(cut_calls_at_cap(calls, tokens_left), tokens=text.tokens)
    elif answer.refusal:
        refusal = cut_at_stop_or_cap(tokenize(answer.refusal), (), inputs.cap)
        choice = replace(refusal, tokens=(), refusal=refusal.tokens)
    return replace(choice, finish_reason=answer.finish_reason or choice.finish_reason)


def full_text(inputs: GenerationInput, draw: HashRandom) -> str:
    """The whole text before it is cut."""
    hints = hints_from_prompt(inputs.conversation)
    if inputs.format == "json_schema" and inputs.schema is not None:
        return json.dumps(value_for_schema(inputs.schema, draw, hints), ensure_ascii=False)
    text = reply(
        inputs.conversation,
        SpeechStyle(draw, inputs.sampling.chance, inputs.sampling.warm, inputs.sampling.length, inputs.suffix),
    )
    return text if inputs.format == "text" else to_json_object(text, inputs.conversation, draw)


def hints_from_prompt(conversation: Conversation) -> ValueHints:
    return ValueHints(
        (), tuple(int(number) for number in NUMBER_IN_TEXT.findall(conversation.last_user_text) if len(number) < 10)
    )


def to_json_object(text: str, conversation: Conversation, draw: HashRandom) -> str:
    """Returns the text as a JSON object: itself if it is one, else under the keys that the prompt names."""
    try:
        if isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass
    match = NAMED_KEYS.search(f"{conversation.operator_text}\n{conversation.last_user_text}")
    keys = re.findall(r"\w+", re.sub(r"\band\b", " ", match[1])) if match else []
    return json.dumps(dict.fromkeys(keys or ["answer"], text), ensure_ascii=False)


def cut_at_stop_or_cap(tokens: tuple[str, ...], stops: Sequence[str], cap: int | None) -> GeneratedChoice:
    """Returns the tokens up to the first stop sequence or the token cap."""
    text = "".join(tokens if cap is None else tokens[:cap])
    ends = [text.find(stop) for stop in stops if stop and stop in text]
    if ends:
        return GeneratedChoice(tokenize(text[: min(ends)]), (), "stop")
    if cap is not None and len(tokens) > cap:
        return GeneratedChoice(tokens[:cap], (), "length")
    return GeneratedChoice(tokens, (), "stop")


def cut_calls_at_cap(calls: Sequence[Call], cap: int | None) -> GeneratedChoice:
    """Returns the calls up to the token cap; arguments are cut there."""
    tokens_left = cap
    kept_calls: list[Call] = []
    for call in calls:
        name_tokens, argument_tokens = len(tokenize(call.name)), tokenize(call.arguments)
        if tokens_left is not None and tokens_left < name_tokens + len(argument_tokens):
            if tokens_left < name_tokens:
                return GeneratedChoice((), tuple(kept_calls), "length", unseen_tokens=tokens_left)
            kept_calls.append(Call(call.id, call.name, "".join(argument_tokens[: tokens_left - name_tokens])))
            return GeneratedChoice((), tuple(kept_calls), "length")
        kept_calls.append(call)
        tokens_left = None if tokens_left is None else tokens_left - name_tokens - len(argument_tokens)
    return GeneratedChoice((), tuple(kept_calls), "tool_calls")
