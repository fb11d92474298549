"""The official SDK calls every endpoint of every profile."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Mapping
from typing import Any

import openai
import pytest

from wireproof.contract import loading

PROVIDERS = loading.read_providers_data()
SUPPORTED = [(name, endpoint) for name, entry in PROVIDERS.items() for endpoint in entry["endpoints"]]


def silence() -> bytes:
    """Half a second of silence, as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return buffer.getvalue()


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def chat(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    arguments: dict[str, Any] = {"model": entry["models"]["chat"], "messages": user("Count from 1 to 4")}
    plain = client.chat.completions.create(**arguments)
    streamed = list(client.chat.completions.create(**arguments, stream=True))
    text = "".join(choice.delta.content or "" for chunk in streamed for choice in chunk.choices)
    assert text == plain.choices[0].message.content == "1, 2, 3, 4"
    assert plain.usage.total_tokens == plain.usage.prompt_tokens + plain.usage.completion_tokens
    assert [choice.finish_reason for choice in streamed[-1].choices] == ["stop"]


def completions(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    answer = client.completions.create(model=entry["models"]["completions"], prompt="Count from 1 to 4", max_tokens=64)
    assert answer.choices[0].text == "1, 2, 3, 4"


def embeddings(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    answer = client.embeddings.create(model=entry["models"]["embeddings"], input=["a", "b"])
    sizes = {row["id"]: row.get("dimensions") for row in entry["models"]["catalogue"]}
    assert [len(item.embedding) for item in answer.data] == [sizes[entry["models"]["embeddings"]]] * 2


def responses(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    if not hasattr(client, "responses"):
        pytest.skip("this SDK is older than the Responses API")
    arguments = {"model": entry["models"]["chat"], "input": "Count from 1 to 4"}
    plain = client.responses.create(**arguments)
    events = list(client.responses.create(**arguments, stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == plain.output_text == "1, 2, 3, 4"
    assert events[-1].type == "response.completed"


def stored_response(client: openai.OpenAI, entry: Mapping[str, Any]) -> Any:
    if not hasattr(client, "responses"):
        pytest.skip("this SDK is older than the Responses API")
    return client.responses.create(model=entry["models"]["chat"], input="Count from 1 to 4", store=True)


def response(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_response(client, entry)
    assert client.responses.retrieve(stored.id).output_text == "1, 2, 3, 4"


def response_delete(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_response(client, entry)
    client.responses.delete(stored.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(stored.id)


def response_cancel(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    if not hasattr(getattr(client, "responses", None), "cancel"):
        pytest.skip("this SDK cancels no response")
    arguments = {"model": entry["models"]["chat"], "input": "Count from 1 to 4", "background": True}
    pending = client.responses.create(**arguments)
    assert client.responses.cancel(pending.id).status == client.responses.retrieve(pending.id).status == "cancelled"
    events = list(client.responses.create(**arguments, stream=True))
    resumed = client.responses.retrieve(events[0].response.id, stream=True, starting_after=3)
    assert list(resumed) == events[4:]


def response_items(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_response(client, entry)
    later = client.responses.create(model=entry["models"]["chat"], input="And 5?", previous_response_id=stored.id)
    items = list(client.responses.input_items.list(later.id, limit=1, order="asc"))
    assert [item.content[0].text for item in items] == ["Count from 1 to 4", "1, 2, 3, 4", "And 5?"]


def response_compact(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    if not hasattr(getattr(client, "responses", None), "compact"):
        pytest.skip("this SDK compacts no conversation")
    compacted = client.responses.compact(model=entry["models"]["chat"], input=user("Count from 1 to 4"))
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    items = [item.to_dict(warnings=False) for item in compacted.output]
    later = client.responses.create(model=entry["models"]["chat"], input=items)
    assert later.output_text == "1, 2, 3, 4"


def input_tokens(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    if not hasattr(getattr(client, "responses", None), "input_tokens"):
        pytest.skip("this SDK counts no tokens beforehand")
    counted = client.responses.input_tokens.count(model=entry["models"]["chat"], input="Count from 1 to 4")
    assert counted.input_tokens == stored_response(client, entry).usage.input_tokens


def stored_chat_completion(client: openai.OpenAI, entry: Mapping[str, Any]) -> Any:
    if not hasattr(client.chat.completions, "list"):
        pytest.skip("this SDK is older than stored chats")
    return client.chat.completions.create(model=entry["models"]["chat"], messages=user("Count from 1 to 4"), store=True)


def chats_stored(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_chat_completion(client, entry)
    assert stored.id in [completion.id for completion in client.chat.completions.list()]


def chat_stored(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_chat_completion(client, entry)
    assert client.chat.completions.retrieve(stored.id).choices[0].message.content == "1, 2, 3, 4"


def chat_update(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_chat_completion(client, entry)
    assert client.chat.completions.update(stored.id, metadata={"run": "a"}).metadata == {"run": "a"}
    assert [found.id for found in client.chat.completions.list(metadata={"run": "a"})] == [stored.id]


def chat_delete(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_chat_completion(client, entry)
    assert client.chat.completions.delete(stored.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(stored.id)


def chat_messages(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    stored = stored_chat_completion(client, entry)
    assert [message.content for message in client.chat.completions.messages.list(stored.id)] == ["Count from 1 to 4"]


def images(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    answer = client.images.generate(
        prompt="A red circle", extra_body={"model": entry["models"]["image"], "size": "1024x1024"}
    )
    assert [bool(picture.url or picture.b64_json) for picture in answer.data] == [True]


def transcriptions(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    transcript = client.audio.transcriptions.create(model=entry["models"]["audio"], file=("silence.wav", silence()))
    assert transcript.text


def models(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    assert entry["models"]["chat"] in [listed.id for listed in client.models.list()]


def model(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    # Ids with a slash go raw in the first SDK and percent-encoded in later ones.
    for model_id in (row["id"] for row in entry["models"]["catalogue"]):
        assert client.models.retrieve(model_id).id == model_id


def health(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    assert client.get("/health", cast_to=dict[str, Any])["status"] == "ok"


DRIVERS: Mapping[str, Callable[[openai.OpenAI, Mapping[str, Any]], None]] = {
    "chat": chat,
    "completions": completions,
    "embeddings": embeddings,
    "responses": responses,
    "response": response,
    "response-delete": response_delete,
    "response-cancel": response_cancel,
    "response-items": response_items,
    "response-compact": response_compact,
    "input-tokens": input_tokens,
    "chats-stored": chats_stored,
    "chat-stored": chat_stored,
    "chat-update": chat_update,
    "chat-delete": chat_delete,
    "chat-messages": chat_messages,
    "images": images,
    "transcriptions": transcriptions,
    "models": models,
    "model": model,
    "health": health,
}
# The list of this contract has another shape than that of the SDK; see test_disagreements.py.
UNREADABLE = {("aion", "models")}


@pytest.mark.parametrize(
    ("provider", "endpoint"), [pytest.param(*pair, id="-".join(pair)) for pair in SUPPORTED if pair not in UNREADABLE]
)
def test_the_sdk_calls_the_endpoint(sdk: Any, provider: str, endpoint: str) -> None:
    DRIVERS[endpoint](sdk(provider), PROVIDERS[provider])


def test_the_unreadable_endpoints_are_supported() -> None:
    assert set(SUPPORTED) >= UNREADABLE
