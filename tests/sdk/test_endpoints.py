"""The official SDK drives every endpoint of every profile."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Mapping
from typing import Any

import openai
import pytest

from wireproof.contract import loading

PROVIDERS = loading.read_providers_data()
OFFERED = [(name, endpoint) for name, entry in PROVIDERS.items() for endpoint in entry["endpoints"]]


def silence() -> bytes:
    """Half a second of nothing, as a WAV file."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return held.getvalue()


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def chat(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    asked: dict[str, Any] = {"model": entry["models"]["chat"], "messages": user("Count from 1 to 4")}
    plain = client.chat.completions.create(**asked)
    streamed = list(client.chat.completions.create(**asked, stream=True))
    text = "".join(choice.delta.content or "" for chunk in streamed for choice in chunk.choices)
    assert text == plain.choices[0].message.content == "1, 2, 3, 4"
    assert plain.usage.total_tokens == plain.usage.prompt_tokens + plain.usage.completion_tokens
    assert [choice.finish_reason for choice in streamed[-1].choices] == ["stop"]


def completions(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    answer = client.completions.create(model=entry["models"]["completions"], prompt="Count from 1 to 4", max_tokens=64)
    assert answer.choices[0].text == "1, 2, 3, 4"


def embeddings(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    made = client.embeddings.create(model=entry["models"]["embeddings"], input=["a", "b"])
    sizes = {row["id"]: row.get("dimensions") for row in entry["models"]["catalogue"]}
    assert [len(one.embedding) for one in made.data] == [sizes[entry["models"]["embeddings"]]] * 2


def responses(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    if not hasattr(client, "responses"):
        pytest.skip("this SDK is older than the Responses API")
    asked = {"model": entry["models"]["chat"], "input": "Count from 1 to 4"}
    plain = client.responses.create(**asked)
    events = list(client.responses.create(**asked, stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == plain.output_text == "1, 2, 3, 4"
    assert events[-1].type == "response.completed"


def kept(client: openai.OpenAI, entry: Mapping[str, Any]) -> Any:
    if not hasattr(client, "responses"):
        pytest.skip("this SDK is older than the Responses API")
    return client.responses.create(model=entry["models"]["chat"], input="Count from 1 to 4", store=True)


def response(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    made = kept(client, entry)
    assert client.responses.retrieve(made.id).output_text == "1, 2, 3, 4"


def response_delete(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    made = kept(client, entry)
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def input_tokens(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    if not hasattr(getattr(client, "responses", None), "input_tokens"):
        pytest.skip("this SDK counts no tokens beforehand")
    told = client.responses.input_tokens.count(model=entry["models"]["chat"], input="Count from 1 to 4")
    assert told.input_tokens == kept(client, entry).usage.input_tokens


def chat_kept(client: openai.OpenAI, entry: Mapping[str, Any]) -> Any:
    if not hasattr(client.chat.completions, "list"):
        pytest.skip("this SDK is older than stored chats")
    return client.chat.completions.create(model=entry["models"]["chat"], messages=user("Count from 1 to 4"), store=True)


def chats_stored(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    made = chat_kept(client, entry)
    assert made.id in [one.id for one in client.chat.completions.list()]


def chat_stored(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    made = chat_kept(client, entry)
    assert client.chat.completions.retrieve(made.id).choices[0].message.content == "1, 2, 3, 4"


def images(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    made = client.images.generate(
        prompt="A red circle", extra_body={"model": entry["models"]["image"], "size": "1024x1024"}
    )
    assert [bool(one.url or one.b64_json) for one in made.data] == [True]


def transcriptions(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    heard = client.audio.transcriptions.create(model=entry["models"]["audio"], file=("silence.wav", silence()))
    assert heard.text


def models(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    assert entry["models"]["chat"] in [one.id for one in client.models.list()]


def model(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    # Ids with a slash go raw in the first SDK and percent-encoded in later ones.
    for wanted in (row["id"] for row in entry["models"]["catalogue"]):
        assert client.models.retrieve(wanted).id == wanted


def health(client: openai.OpenAI, entry: Mapping[str, Any]) -> None:
    assert client.get("/health", cast_to=dict[str, Any])["status"] == "ok"


DRIVERS: Mapping[str, Callable[[openai.OpenAI, Mapping[str, Any]], None]] = {
    "chat": chat,
    "completions": completions,
    "embeddings": embeddings,
    "responses": responses,
    "response": response,
    "response-delete": response_delete,
    "input-tokens": input_tokens,
    "chats-stored": chats_stored,
    "chat-stored": chat_stored,
    "images": images,
    "transcriptions": transcriptions,
    "models": models,
    "model": model,
    "health": health,
}
# The document's list has another shape than the SDK's; test_chokes.py shows what comes of it.
CHOKES = {("aion", "models")}


@pytest.mark.parametrize(
    ("provider", "endpoint"), [pytest.param(*pair, id="-".join(pair)) for pair in OFFERED if pair not in CHOKES]
)
def test_an_endpoint_is_driven(sdk: Any, provider: str, endpoint: str) -> None:
    DRIVERS[endpoint](sdk(provider), PROVIDERS[provider])


def test_what_the_sdk_chokes_on_is_offered() -> None:
    assert set(OFFERED) >= CHOKES
