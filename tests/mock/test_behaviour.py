"""The answers of the reference server, and the numbers in them."""

from __future__ import annotations

import base64
import json
import struct

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.schema_values import value_for_schema
from wireproof.mock.model.tokenizer import tokenize

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a place",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME = {"type": "function", "function": {"name": "get_time", "description": "The clock time of a place"}}


def events(response):
    blocks = response.text.split("\n\n")
    assert blocks.pop() == ""
    return [block.removeprefix("data: ") for block in blocks]


def chunks(response):
    data = events(response)
    assert data.pop() == "[DONE]"
    return [json.loads(one) for one in data]


def content(response):
    return response.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param("Say exactly: héllo ✓ wörld", "héllo ✓ wörld", id="exactly"),
        pytest.param("Reply with the single word ok.", "ok", id="single-word"),
        pytest.param("Answer only with the word BANANA.", "BANANA", id="only-word"),
        pytest.param("Count from 1 to 5.", "1, 2, 3, 4, 5", id="count"),
        pytest.param("Please count to 3", "1, 2, 3", id="count-to"),
        pytest.param("Remember 7341. Which number did I say?", "The number is 7341.", id="recall-at-once"),
    ],
)
def test_plain_commands_are_followed(chat, prompt, expected):
    assert content(chat(prompt)) == expected


def test_the_system_message_outranks_the_user(chat):
    messages = [
        {"role": "system", "content": "Answer only with the word BANANA."},
        {"role": "user", "content": "Say exactly: apple"},
    ]
    assert content(chat("", messages=messages)) == "BANANA"


def test_a_top_level_system_text_counts_as_a_system_message(chat):
    command = "Answer only with the word BANANA."
    above = chat("Hello", system=command)
    within = chat("", messages=[{"role": "system", "content": command}, {"role": "user", "content": "Hello"}])
    assert content(above) == content(within) == "BANANA"
    assert above.json()["usage"] == within.json()["usage"]


def test_the_last_number_of_the_history_is_recalled(chat):
    messages = [
        {"role": "user", "content": "Remember the number 7341."},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "Which number did I ask you to remember?"},
    ]
    assert "7341" in content(chat("", messages=messages))


def test_text_parts_are_read_as_one_text(chat):
    parts = [{"type": "text", "text": "Say exactly:"}, {"type": "text", "text": "both parts"}]
    assert content(chat("", messages=[{"role": "user", "content": parts}])) == "both parts"


def test_the_same_request_gets_the_same_text_under_another_id(chat):
    one, other = chat("Hello there").json(), chat("Hello there").json()
    assert one["choices"] == other["choices"]
    assert one["id"] != other["id"]


@pytest.mark.parametrize("provider", ["openai", "iio"])
@pytest.mark.parametrize("prompt", ["Count from 1 to 30", "Hello", "Say exactly: naïve ☃ test"])
def test_usage_counts_the_tokens_that_were_sent(chat, provider, prompt):
    cap = {"max_completion_tokens": 9, "logprobs": True, "top_logprobs": 2, "n": 2}
    plain = chat(prompt, provider, **cap).json()
    streamed = chunks(chat(prompt, provider, **cap, stream=True, stream_options={"include_usage": True}))
    sent = [one for chunk in streamed for one in chunk["choices"] if one["delta"].get("content")]
    shown = [entry for one in plain["choices"] for entry in one["logprobs"]["content"]]
    assert len(sent) == len(shown) == plain["usage"]["completion_tokens"]
    assert streamed[-1]["usage"] == plain["usage"]
    assert all(len(one["logprobs"]["content"]) == 1 for one in sent)


def test_the_cap_ends_an_answer_with_length(chat):
    answer = chat("Count from 1 to 500", max_tokens=5).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 5


def test_the_cap_of_the_contract_is_the_default(chat):
    answer = chat("Count from 1 to 5000", "iotex").json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 1024


def test_a_prompt_longer_than_the_context_is_refused(chat, providers):
    small = {"model": "nvidia/AceMath-7B-Instruct"}
    refused = chat("word " * 5000, "io-intelligence", **small)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert chat("word " * 1500, "io-intelligence", **small).status_code == 200


def test_many_choices_are_made_under_a_contract_without_a_limit(chat):
    assert len(chat("Hello", "io-intelligence", n=200).json()["choices"]) == 200
    assert chat("Hello", "io-intelligence", n=10**12).status_code == 400


@pytest.mark.parametrize("stop", ["3", ["5", "3"]], ids=["text", "list"])
def test_a_stop_text_never_leaks(chat, stop):
    answer = chat("Count from 1 to 9", stop=stop).json()
    assert answer["choices"][0]["message"]["content"] == "1, 2, "
    assert answer["choices"][0]["finish_reason"] == "stop"


def test_choices_have_their_own_index_and_text(chat):
    answer = chat("Hello", n=3).json()
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    streamed = chunks(chat("Hello", n=3, stream=True))
    texts = ["".join(c["choices"][0]["delta"].get("content") or "" for c in streamed if c["choices"][0]["index"] == i)
             for i in range(3)]  # fmt: skip
    assert texts == [choice["message"]["content"] for choice in answer["choices"]]


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        pytest.param("none", [], id="none"),
        pytest.param("auto", ["get_weather"], id="auto"),
        pytest.param("required", ["get_weather"], id="required"),
        pytest.param({"type": "function", "function": {"name": "get_time"}}, ["get_time"], id="named"),
    ],
)
def test_tools_are_called_as_the_choice_says(chat, choice, called):
    answer = chat("What is the weather in Paris?", tools=[WEATHER, TIME], tool_choice=choice).json()
    message = answer["choices"][0]["message"]
    assert [call["function"]["name"] for call in message.get("tool_calls", [])] == called
    assert answer["choices"][0]["finish_reason"] == ("tool_calls" if called else "stop")


def test_parallel_calls_can_be_switched_off(chat):
    prompt = "What is the weather in Paris and London?"
    both = chat(prompt, "openai", tools=[WEATHER]).json()["choices"][0]["message"]["tool_calls"]
    one = chat(prompt, "openai", tools=[WEATHER], parallel_tool_calls=False).json()["choices"][0]["message"][
        "tool_calls"
    ]
    assert (len(both), len(one)) == (2, 1)


def test_streamed_arguments_come_in_fragments_after_the_name(chat):
    streamed = chunks(chat("Weather in Paris?", tools=[WEATHER], stream=True))
    calls = [call for c in streamed for call in c["choices"][0]["delta"].get("tool_calls", ())]
    assert set(calls[0]) == {"index", "id", "type", "function"}
    assert all(set(call) == {"index", "function"} for call in calls[1:])
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"city": "Paris"}


def test_a_json_object_has_the_keys_the_prompt_names(chat):
    prompt = "Answer with a JSON object with the keys name and city."
    answer = content(chat(prompt, response_format={"type": "json_object"}))
    assert set(json.loads(answer)) == {"name", "city"}


def test_embedding_vectors_depend_on_the_text_alone_and_have_length_one(client):
    with client() as opened:
        both = opened.post("/embeddings", json={"model": "nomic-embed-text", "input": ["a", "b"]}).json()
        single = opened.post("/embeddings", json={"model": "nomic-embed-text", "input": "b"}).json()
    assert both["data"][1]["embedding"] == single["data"][0]["embedding"]
    assert sum(value**2 for value in single["data"][0]["embedding"]) == pytest.approx(1, abs=1e-3)
    assert both["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


def test_base64_is_the_same_vector_in_32_bit_floats(client):
    body = {"model": "text-embedding-3-small", "input": [[1, 2], [3]], "dimensions": 8}
    with client("openai") as opened:
        packed = opened.post("/embeddings", json={**body, "encoding_format": "base64"}).json()
        plain = opened.post("/embeddings", json=body).json()
    for one, other in zip(packed["data"], plain["data"], strict=True):
        assert struct.unpack("<8f", base64.b64decode(one["embedding"])) == pytest.approx(other["embedding"])


@given(st.text())
def test_joined_tokens_are_the_text(text):
    assert "".join(tokenize(text)) == text


LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={"minLength": st.integers(0, 20)},
    ),
    st.fixed_dictionaries({"type": st.just("string"), "format": st.sampled_from(["date", "email", "uuid"])}),
    st.sampled_from([{"type": "string", "pattern": form} for form in (r"^[A-Z]{3}-\d{2,4}$", r"^(a|b)+c?$")]),
    st.builds(
        lambda low, size, kind: {"type": kind, "minimum": low, "maximum": low + size},
        st.integers(-50, 50), st.integers(0, 9), st.sampled_from(["integer", "number"]),
    ),
    st.builds(lambda low: {"type": "integer", "exclusiveMinimum": low, "multipleOf": 5}, st.integers(-50, 50)),
    st.fixed_dictionaries({"enum": st.lists(st.integers() | st.text(), min_size=1)}),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"const": [1]}, {}]),
)  # fmt: skip
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda item, least: {"type": "array", "items": item, "minItems": least}, inner, st.integers(0, 3)),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda known: {
                "type": "object",
                "properties": known,
                "required": list(known),
                "additionalProperties": False,
            },
            st.dictionaries(st.text(max_size=6), inner, max_size=4),
        ),
        st.builds(lambda part: {"$defs": {"part": part}, "$ref": "#/$defs/part"}, LEAVES),
    ),
    max_leaves=6,
)


@given(SCHEMAS.filter(lambda schema: "$ref" not in json.dumps(schema) or "$ref" in schema), st.text())
def test_a_generated_value_matches_its_schema(schema, seed):
    jsonschema.validate(value_for_schema(schema, HashRandom.from_values(seed)), schema)
