"""The state machine of a conversation: each answer is sent back unchanged, and each tool call with a result."""

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
    sequence: RequestSequence, spec: RequestSpec, texts: SearchStrategy[str], *, tools: bool
) -> type[RuleBasedStateMachine]:
    """Makes the state machine of conversations.

    Args:
        spec: the request without its messages.
        texts: draws the texts of users and of tool results.
        tools: True if the contract offers tools.
    """

    class ConversationMachine(RuleBasedStateMachine):
        """One conversation, with the ids of the tool calls that have no result yet."""

        def __init__(self) -> None:
            super().__init__()
            sequence.begin()
            self.messages: list[ChatMessage] = []
            self.open_calls: list[str] = []
            self.tools: list[ChatMessage] = []

        @precondition(lambda self: not self.open_calls)
        @rule(content=texts, stream=st.booleans())
        def send_text(self, content: str, stream: bool) -> None:
            """Sends a text of the user."""
            self.send_turn([{"role": "user", "content": content}], stream=stream)

        @precondition(lambda self: tools and not self.open_calls)
        @rule(places=st.lists(st.sampled_from(CITIES), min_size=1, max_size=2, unique=True), stream=st.booleans())
        def use_tool(self, places: list[str], stream: bool) -> None:
            """Sends a question that only a tool answers."""
            self.tools = [WEATHER_TOOL]
            question = f"What is the weather in {' and in '.join(places)}? Use the tool."
            self.send_turn([{"role": "user", "content": question}], stream=stream)

        @precondition(lambda self: self.open_calls)
        @rule(result=texts, stream=st.booleans())
        def return_results(self, result: str, stream: bool) -> None:
            """Sends a result for each open call."""
            results = [{"role": "tool", "tool_call_id": id, "content": result} for id in self.open_calls]
            self.send_turn(results, stream=stream)

        def send_turn(self, messages: list[ChatMessage], *, stream: bool) -> None:
            """Appends messages, sends the conversation, judges it and appends the answer."""
            self.messages += messages
            body = {**spec.body, "messages": self.messages}
            body |= {"tools": self.tools} if self.tools else {}
            exchange = sequence.send_step(replace(spec, body={**body, "stream": True} if stream else body))
            sequence.judge_so_far()
            answer = None if exchange is None or not exchange.is_success else answer_message(exchange)
            if answer is not None:
                self.messages.append(answer)
            self.open_calls = [call["id"] for call in (answer or {}).get("tool_calls", ())]

    return ConversationMachine


def answer_message(exchange: Exchange) -> ChatMessage | None:
    """The assistant message to send back: unchanged, or joined from the chunks of a stream; None if there is none."""
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
