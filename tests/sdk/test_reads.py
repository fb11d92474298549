"""The official SDK parses every answer of the reference server."""

from __future__ import annotations

import json

import openai
import pytest

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(name="api", params=["openai", "iio", "io-intelligence", "aiorouter"])
def _api(request, sdk, models):
    return sdk(request.param), models(request.param, "chat")


@pytest.fixture(name="full")
def _full(sdk):
    return sdk("openai")


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_a_chat_answer_is_read(api):
    opened, model = api
    answer = opened.chat.completions.create(model=model, messages=user("Say exactly: ok"))
    assert answer.choices[0].message.content == "ok"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_the_id_of_a_request_is_read_from_its_header(full):
    answer = full.chat.completions.create(model="gpt-4.1-mini", messages=user("Say exactly: ok"))
    assert answer._request_id.startswith("req_")


def test_a_chat_stream_is_read_to_its_usage(api):
    opened, model = api
    with opened.chat.completions.create(
        model=model, messages=user("Count from 1 to 5"), stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == "1, 2, 3, 4, 5"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == len(chunks) - 3


def test_the_stream_helper_assembles_tool_calls(api):
    opened, model = api
    with opened.chat.completions.stream(
        model=model, messages=user("What is the weather in Paris and London?"), tools=[WEATHER]
    ) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Paris", "London"]
    assert final.choices[0].finish_reason == "tool_calls"


def test_a_tool_round_trip_ends_in_text(api):
    opened, model = api
    messages = user("What is the weather in Paris?")
    first = opened.chat.completions.create(model=model, messages=messages, tools=[WEATHER]).choices[0].message
    messages += [first.to_dict(), {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "rain, 9 C"}]
    second = opened.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert "rain, 9 C" in second.choices[0].message.content


def test_a_json_schema_answer_is_parsed(api):
    opened, model = api
    ages = {"properties": {"age": {"type": "integer"}}, "required": ["age"], "additionalProperties": False}
    schema = {"type": "object", **ages}
    response_format = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}
    answer = opened.chat.completions.create(model=model, messages=user("Invent one"), response_format=response_format)
    assert isinstance(json.loads(answer.choices[0].message.content)["age"], int)


@pytest.mark.parametrize("provider", ["openai", "iio", "io-intelligence"])
def test_embeddings_are_decoded_from_base64(sdk, models, provider):
    opened, model = sdk(provider), models(provider, "embeddings")
    decoded = opened.embeddings.create(model=model, input=["a", "b"])
    plain = opened.embeddings.create(model=model, input=["a", "b"], encoding_format="float")
    for packed, listed in zip(decoded.data, plain.data, strict=True):
        assert packed.embedding == pytest.approx(listed.embedding, abs=1e-6)


def test_models_are_listed_and_retrieved(api):
    opened, model = api
    assert model in [entry.id for entry in opened.models.list()]
    assert opened.models.retrieve(model).id == model


def test_a_legacy_completion_and_its_stream_agree(full):
    arguments = {"model": "gpt-3.5-turbo-instruct", "prompt": "Count from 1 to 4", "max_tokens": 64}
    plain = full.completions.create(**arguments, logprobs=2)
    streamed = list(full.completions.create(**arguments, stream=True))
    assert "".join(chunk.choices[0].text for chunk in streamed) == plain.choices[0].text == "1, 2, 3, 4"
    assert len(plain.choices[0].logprobs.tokens) == plain.usage.completion_tokens


def test_a_response_and_its_stream_agree(full):
    plain = full.responses.create(model="gpt-4.1-mini", input="Count from 1 to 4")
    with full.responses.stream(model="gpt-4.1-mini", input="Count from 1 to 4") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert plain.output_text == final.output_text == "1, 2, 3, 4"
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_response_calls_a_function(full):
    tool = {"type": "function", "strict": True, **WEATHER["function"]}
    with full.responses.stream(
        model="gpt-4.1-mini", input="What is the weather in Paris?", tools=[tool], tool_choice="required"
    ) as stream:
        final = stream.get_final_response()
    assert json.loads(final.output[0].arguments)["city"] == "Paris"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"model": "no-such-model"}, openai.NotFoundError, id="unknown-model"),
        pytest.param({"temperature": 9}, openai.BadRequestError, id="out-of-range"),
        pytest.param({"messages": []}, openai.BadRequestError, id="no-messages"),
        pytest.param({"extra_headers": {"Authorization": "Bearer sk-no"}}, openai.AuthenticationError, id="bad-key"),
        pytest.param({"extra_body": {"nonsense": 1}}, openai.BadRequestError, id="unknown-field"),
    ],
)
def test_refusals_raise_errors_of_the_sdk(full, change, error):
    with pytest.raises(error) as caught:
        full.chat.completions.create(**{"model": "gpt-4.1-mini", "messages": user("hi"), **change})
    assert caught.value.body["message"]
