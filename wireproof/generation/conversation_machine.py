"""The machine of a dialogue: what the model answers goes back to it as it came, and each call with its result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.strategies import SearchStrategy

from wireproof.contract.case import RequestSpec
from wireproof.evidence.exchange import Exchange
from wireproof.generation.request_sequence import RequestSequence
from wireproof.judging.expect import is_stream

ChatMessage = dict[str, Any]
CITIES = ("Paris", "Lagos", "Oslo")
WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def make_conversation_machine(
    talk: RequestSequence, ask: RequestSpec, texts: SearchStrategy[str], *, tools: bool
) -> type[RuleBasedStateMachine]:
    """The machine that talks so; only where the contract has tools are there any."""

    class ConversationMachine(RuleBasedStateMachine):
        """One conversation, and the calls of it that have no result yet."""

        def __init__(self) -> None:
            super().__init__()
            talk.begin()
            self.messages: list[ChatMessage] = []
            self.open: list[str] = []
            self.tools: list[ChatMessage] = []

        @precondition(lambda self: not self.open)
        @rule(said=texts, stream=st.booleans())
        def speak(self, said: str, stream: bool) -> None:
            """The user says something."""
            self.send_turn([{"role": "user", "content": said}], stream=stream)

        @precondition(lambda self: tools and not self.open)
        @rule(places=st.lists(st.sampled_from(CITIES), min_size=1, max_size=2, unique=True), stream=st.booleans())
        def wonder(self, places: list[str], stream: bool) -> None:
            """The user asks for what only a tool knows."""
            self.tools = [WEATHER_TOOL]
            question = f"What is the weather in {' and in '.join(places)}? Use the tool."
            self.send_turn([{"role": "user", "content": question}], stream=stream)

        @precondition(lambda self: self.open)
        @rule(result=texts, stream=st.booleans())
        def report(self, result: str, stream: bool) -> None:
            """Each call gets a result."""
            told = [{"role": "tool", "tool_call_id": id, "content": result} for id in self.open]
            self.send_turn(told, stream=stream)

        def send_turn(self, said: list[ChatMessage], *, stream: bool) -> None:
            """What is said goes behind everything before it, and what the model answers behind that."""
            self.messages += said
            body = {**ask.body, "messages": self.messages}
            body |= {"tools": self.tools} if self.tools else {}
            came = talk.send_step(replace(ask, body={**body, "stream": True} if stream else body))
            talk.judge_so_far()
            answered = None if came is None or not came.is_success else answer_message(came)
            if answered is not None:
                self.messages.append(answered)
            self.open = [call["id"] for call in (answered or {}).get("tool_calls", ())]

    return ConversationMachine


def answer_message(exchange: Exchange) -> ChatMessage | None:
    """The message of an answer as it goes back: as it came, or as a client puts the pieces of a stream together."""
    if not is_stream(exchange):
        message: ChatMessage = exchange.json["choices"][0]["message"]
        return message
    choice = exchange.stream.choice(0)
    if choice is None:
        return None
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in choice.tool_calls
    ]
    content = choice.content or (None if calls else "")
    return {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
