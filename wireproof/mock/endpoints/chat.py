"""Chat completions, whole and streamed."""

from __future__ import annotations

from wireproof.mock.endpoints.chat_chunks import DONE_EVENT, build_chat_chunks
from wireproof.mock.endpoints.chat_request import ChatRequest, audio_format, read_chat_request
from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.endpoints.stored_chats import StoredChat
from wireproof.mock.model import logprobs
from wireproof.mock.model.generator import GeneratedChoice
from wireproof.mock.model.speech import speak_text
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.model.web_search import with_source
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.provider.body_validation import JsonObject


def create_chat_completion(context: RequestContext, body: JsonObject) -> Answer:
    """Returns the answer to a chat request."""
    chat = read_chat_request(context, body)
    if chat.body.get("store"):
        completion = {**completion_body(chat), "metadata": chat.body.get("metadata", {})}
        context.stored_items.store(chat.id, StoredChat(completion, chat.body["messages"]))
    if chat.body.get("stream"):
        return StreamAnswer(
            200,
            (*map(OutgoingEvent, build_chat_chunks(chat)), DONE_EVENT),
            tokens=chat.usage["total_tokens"],
            delay_s=chat.inputs.delay_s,
        )
    return PlainAnswer(200, completion_body(chat), delay_s=chat.inputs.delay_s)


def completion_body(chat: ChatRequest) -> JsonObject:
    choices = [choice_body(chat, index, choice) for index, choice in enumerate(chat.choices)]
    completion = {
        **chat.envelope("chat.completion"),
        "choices": choices,
        "usage": chat.usage,
        **chat.optional_members(),
    }
    return completion | ({"prompt_logprobs": None} if "prompt_logprobs" in chat.members else {})


def choice_body(chat: ChatRequest, index: int, choice: GeneratedChoice) -> JsonObject:
    entry: JsonObject = {
        "index": index,
        "message": message_body(chat, index, choice),
        "finish_reason": chat.finish_reason(choice),
    }
    if chat.top_logprobs is not None:
        entry["logprobs"] = logprobs.chat_entries(choice.tokens, chat.top_logprobs)
    elif "logprobs" in chat.members:
        entry["logprobs"] = None
    return entry | ({"stop_reason": None} if "stop_reason" in chat.members else {})


def message_body(chat: ChatRequest, index: int, choice: GeneratedChoice) -> JsonObject:
    message: JsonObject = {"role": "assistant"}
    for member, token in choice.separate_thought:
        message[member] = message.get(member, "") + token
    message["content"] = choice.text if choice.has_text else None
    if choice.calls and chat.uses_functions:
        message["function_call"] = function_body(choice.calls[0])
    elif choice.calls:
        message["tool_calls"] = [tool_call_body(call) for call in choice.calls]
    if pictures := chat.pictures(index):
        message["images"] = pictures
    if "audio" in chat.body.get("modalities", ()):
        sound = speak_text(chat.id, chat.context.created, choice.text, audio_format(chat.body))
        message |= {"content": None, "audio": sound}
    if "web_search_options" in chat.body:
        message["content"], annotations = with_source(choice.text)
    else:
        annotations = []
    extras: JsonObject = {"refusal": None, "annotations": annotations}
    shown = {name: value for name, value in extras.items() if name in chat.members}
    return message | shown | ({"refusal": "".join(choice.refusal)} if choice.refusal else {})


def tool_call_body(call: Call) -> JsonObject:
    if call.is_custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": function_body(call)}


def function_body(call: Call) -> JsonObject:
    return {"name": call.name, "arguments": call.arguments}
