"""Disagreements between a contract and the official SDK, as users of the SDK see them.

None of this is a verdict: verdicts come from the bytes. The tests show the experience of a client that trusts the SDK,
by contract (each profile serves its own) and with bytes of real servers.
"""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

FAULT = "X-Wireproof-Fault"
CELL = "X-Wireproof-Cell"
VERSION = tuple(int(part) for part in openai.__version__.split(".")[:3])
# The releases that changed how the SDK parses, found by running these tests with the releases around each.
TYPED_CALLS = VERSION >= (1, 1, 0)  # tool calls are objects, not plain mappings
CODE_IN_ERROR = VERSION >= (1, 2, 2)  # the code of a refusal is found inside `error`, not only at the top of a body
EMPTY_PAGES = VERSION >= (1, 3, 8)  # a page without a list is empty, not an error
ALWAYS_BASE64 = VERSION >= (1, 62, 0)  # embeddings are asked for in base64 without numpy too
INPUT_OPTIONAL = VERSION >= (1, 90, 0)  # a response may be asked for without `input`


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def responses_of(client: openai.OpenAI) -> Any:
    if not hasattr(client, "responses"):
        pytest.skip("this SDK is older than the Responses API")
    return client.responses


def extras(model: Any) -> dict[str, Any]:
    """The members of an answer for which the SDK has no type."""
    return dict(model.model_extra)


# --- IIO AI Platform


def test_a_model_without_created_is_none_although_typed_as_int(sdk):
    assert [model.created for model in sdk("iio").models.list()] == [None] * 4


def test_the_system_field_needs_extra_body(sdk, chat):
    client = sdk("iio")
    with pytest.raises(TypeError):
        chat(client, "iio", system="Answer only with the word BANANA.")
    answer = chat(client, "iio", "Hello!", extra_body={"system": "Answer only with the word BANANA."})
    assert answer.choices[0].message.content == "BANANA"


def code_of(error: openai.APIStatusError) -> Any:
    """The code of a refusal in the envelope `error`; the first SDKs leave it in the body."""
    assert (error.code is not None) == CODE_IN_ERROR
    return error.code if CODE_IN_ERROR else error.response.json()["error"]["code"]


@pytest.mark.skipif(not ALWAYS_BASE64, reason="this SDK asks for base64 only where numpy is installed")
def test_the_sdk_requests_embeddings_in_base64(sdk, sent, models):
    client = sdk("iio")
    requests = sent(client)
    client.embeddings.create(model=models("iio", "embeddings"), input="a")
    assert json.loads(requests[0].content)["encoding_format"] == "base64"


def test_an_unknown_model_with_422_is_unprocessable_entity(sdk, chat):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        chat(sdk("iio"), "iio", model="no-such-model")
    assert code_of(caught.value) == "invalid_model"


def test_a_used_up_month_with_403_is_permission_denied(sdk, chat):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        chat(sdk("iio", tier="free-exhausted"), "iio")
    assert code_of(caught.value) == "tier_exceeded"


def test_a_cell_that_is_down_gets_three_requests(sdk, chat, sent):
    client = sdk("iio", max_retries=2)
    requests = sent(client)
    with pytest.raises(openai.InternalServerError):
        chat(client, "iio", extra_headers={CELL: "down"})
    assert len(requests) == 3


def test_retries_hide_a_full_minute(sdk, chat, sent):
    client = sdk("iio", tier="free", max_retries=2)
    requests = sent(client)
    for _ in range(10):
        chat(client, "iio")
    with pytest.raises(openai.RateLimitError):
        chat(client, "iio")
    assert len(requests) == 10 + 3


def test_health_and_tenant_have_no_resource_or_argument(sdk):
    client = sdk("iio", default_headers={"X-IIO-Tenant": "acme"})
    assert not hasattr(client, "health")
    assert client.get("/health", cast_to=dict[str, Any])["status"] == "ok"


# --- IO Intelligence


def test_reasoning_content_needs_extra_body_and_is_untyped(sdk, chat, models):
    client, model = sdk("io-intelligence"), models("io-intelligence", "reasoning")
    with pytest.raises(TypeError):
        chat(client, "io-intelligence", reasoning_content=True)
    answer = chat(client, "io-intelligence", model=model, extra_body={"reasoning_content": True})
    assert extras(answer.choices[0].message)["reasoning_content"]
    assert answer.choices[0].message.content == "ok"


def test_null_details_are_none(sdk, chat):
    usage = chat(sdk("io-intelligence"), "io-intelligence").usage
    details = usage.prompt_tokens_details if hasattr(usage, "prompt_tokens_details") else None
    assert details is None
    with pytest.raises(AttributeError):
        details.cached_tokens  # noqa: B018


def test_vendor_members_are_untyped(sdk, chat):
    client = sdk("io-intelligence")
    answer, listed = chat(client, "io-intelligence"), next(iter(client.models.list()))
    assert "prompt_logprobs" in extras(answer)
    assert "stop_reason" in extras(answer.choices[0])
    assert {"root", "parent", "max_model_len", "permission"} <= extras(listed).keys()
    assert isinstance(extras(listed)["permission"][0], dict)


def test_the_key_of_the_python_sample_is_sent_literally(sdk, chat):
    with pytest.raises(openai.AuthenticationError):
        chat(sdk("io-intelligence", api_key="$IOINTELLIGENCE_API_KEY"), "io-intelligence")


# --- IoTeX gateway


def test_a_streamed_picture_is_untyped(sdk, models):
    stream = sdk("iotex").chat.completions.create(
        model=models("iotex", "image"), messages=user("Draw a red circle"), stream=True
    )
    deltas = [choice.delta for chunk in stream for choice in chunk.choices]
    pictures = [picture for delta in deltas for picture in extras(delta).get("images", ())]
    assert [picture["image_url"]["url"][:22] for picture in pictures] == ["data:image/png;base64,"]


def test_an_answer_cut_by_the_default_cap_is_no_error(sdk, chat):
    answer = chat(sdk("iotex"), "iotex", "Count from 1 to 1000, separated by commas.")
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 1024


# --- Aion Labs


def test_a_list_under_another_name_is_empty(sdk):
    page = sdk("aion").models.list()
    assert page.data is None or page.data == []
    assert extras(page)["models"][0]["id"] == "aion-labs/aion-2.0"


def test_iterating_a_list_under_another_name_yields_nothing(sdk):
    page = sdk("aion").models.list()
    if EMPTY_PAGES:
        assert list(page) == []
    else:
        with pytest.raises(TypeError):
            list(page)


def test_the_sdk_needs_a_key_for_a_public_list(server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(openai.OpenAIError):
        openai.OpenAI(base_url=server.base_url("aion"))


def test_the_other_scheme_needs_a_default_header(sdk, server, chat):
    client = sdk("aion", api_key="unused", default_headers={"Authorization": f"Api-Key {server.key('aion')}"})
    assert chat(client, "aion").choices[0].message.content == "ok"


def test_optional_members_of_a_chunk_are_none_although_typed(sdk, chat):
    for member in ("created", "model"):
        fault = {FAULT: f"at:chat.chunk/{member}:drop"}
        chunks = list(chat(sdk("aion"), "aion", stream=True, extra_headers=fault))
        assert {getattr(chunk, member) for chunk in chunks} == {None}


def test_split_reasoning_needs_extra_body_and_is_sent_back(sdk, chat, models, sent):
    client, model = sdk("aion"), models("aion", "reasoning")
    with pytest.raises(TypeError):
        chat(client, "aion", reasoning_split=True)
    message = chat(client, "aion", model=model, extra_body={"reasoning_split": True}).choices[0].message
    assert extras(message)["reasoning"]
    requests = sent(client)
    history = [*user("Say exactly: ok"), message.model_dump(exclude_none=True), *user("Say exactly: fine")]
    assert client.chat.completions.create(model=model, messages=history).choices[0].message.content == "fine"
    assert json.loads(requests[0].content)["messages"][1]["reasoning"]


def test_reasoning_in_the_content_of_a_response_is_typed_as_text(sdk, models):
    response = responses_of(sdk("aion")).create(
        model=models("aion", "reasoning"), input="Say exactly: ok", extra_body={"reasoning_split": True}
    )
    thought = response.output[0].content[0]
    assert (thought.type, type(thought).__name__) == ("reasoning", "ResponseOutputText")
    assert thought.text
    assert response.output_text == "ok"
    assert [item.type for item in response.output] == ["message"]


def test_optional_members_of_a_response_are_none(sdk, models):
    response = responses_of(sdk("aion")).create(model=models("aion", "chat"), input="Say exactly: ok")
    assert response.usage.output_tokens_details is None
    assert response.tools is None
    with pytest.raises(AttributeError):
        response.usage.output_tokens_details.reasoning_tokens  # noqa: B018


def test_messages_of_a_response_need_extra_body(sdk, models, sent):
    client = sdk("aion")
    with pytest.raises(TypeError):
        responses_of(client).create(model=models("aion", "chat"), messages=user("Say exactly: ok"))
    requests = sent(client)
    arguments = {"model": models("aion", "chat"), "extra_body": {"messages": user("Say exactly: ok")}}
    if INPUT_OPTIONAL:
        assert client.responses.create(**arguments).output_text == "ok"
        assert "input" not in json.loads(requests[0].content)
    else:
        with pytest.raises(TypeError, match="input"):
            client.responses.create(**arguments)


@pytest.mark.parametrize(
    ("cell", "error", "times"),
    [
        pytest.param("failing", openai.InternalServerError, 3, id="upstream-502"),
        pytest.param("misconfigured", openai.BadRequestError, 1, id="configuration-400"),
    ],
)
def test_the_status_decides_about_a_retry(sdk, chat, sent, cell, error, times):
    client = sdk("aion", max_retries=2)
    requests = sent(client)
    with pytest.raises(error):
        chat(client, "aion", extra_headers={CELL: cell})
    assert len(requests) == times


def test_a_usage_limit_gets_three_requests(sdk, chat, sent):
    client = sdk("aion", tier="standard-exhausted", max_retries=2)
    requests = sent(client)
    with pytest.raises(openai.RateLimitError):
        chat(client, "aion")
    assert len(requests) == 3


# --- AIOrouter

PRINTED_STREAM = (
    b'data: {"id":"chatcmpl-abc123","object":"chat.completion.chunk","choices":'
    b'[{"index":0,"delta":{"role":"assistant","content":"Hello"}}]}\n'
    b'data: {"id":"chatcmpl-abc123","object":"chat.completion.chunk","choices":'
    b'[{"index":0,"delta":{"content":"!"}}]}}\n'
    b"data: [DONE]\n"
)


def test_the_documented_stream_yields_nothing_and_no_error(canned):
    client = canned(PRINTED_STREAM)
    assert list(client.chat.completions.create(model="m", messages=user("hi"), stream=True)) == []


def test_the_documented_stream_with_a_last_blank_line_is_invalid_json(canned):
    client = canned(PRINTED_STREAM + b"\n")
    with pytest.raises(json.JSONDecodeError, match="Extra data"):
        list(client.chat.completions.create(model="m", messages=user("hi"), stream=True))


def test_the_second_documented_chunk_is_invalid_json(canned):
    client = canned(PRINTED_STREAM.replace(b"\n", b"\n\n"))
    stream = iter(client.chat.completions.create(model="m", messages=user("hi"), stream=True))
    assert next(stream).choices[0].delta.content == "Hello"
    with pytest.raises(json.JSONDecodeError):
        next(stream)


def test_used_up_credits_raise_an_error_without_a_class(sdk, chat):
    with pytest.raises(openai.APIStatusError) as caught:
        chat(sdk("aiorouter", tier="developer-exhausted"), "aiorouter")
    assert (type(caught.value), caught.value.status_code) == (openai.APIStatusError, 402)


def test_a_get_has_no_content_type(sdk, sent):
    client = sdk("aiorouter")
    requests = sent(client)
    client.models.list()
    assert "content-type" not in requests[0].headers or not requests[0].content


def test_retries_keep_the_request_id(sdk, chat, sent):
    client = sdk("aiorouter", max_retries=2)
    requests = sent(client)
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client, "aiorouter", extra_headers={"X-Request-Id": "mine-1", CELL: "down"})
    assert [request.headers["X-Request-Id"] for request in requests] == ["mine-1"] * 3
    assert caught.value.response.headers["X-Request-Id"] == "mine-1"


# --- Any provider


def test_a_plain_answer_to_a_stream_yields_nothing_and_no_error(canned):
    client = canned(b'{"id": "x", "object": "chat.completion", "choices": []}', "application/json")
    assert list(client.chat.completions.create(model="m", messages=user("hi"), stream=True)) == []


def test_a_truncated_stream_raises_no_error(canned):
    client = canned(PRINTED_STREAM.splitlines()[0] + b"\n\n")
    assert len(list(client.chat.completions.create(model="m", messages=user("hi"), stream=True))) == 1


def test_values_of_the_wrong_type_raise_no_error(canned):
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    message = {"role": "assistant", "content": [{"type": "text", "text": "ok"}], "tool_calls": [call]}
    answer = {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "STOP"}]}
    parsed = canned(json.dumps(answer).encode(), "application/json").chat.completions.create(
        model="m", messages=user("hi")
    )
    assert parsed.choices[0].finish_reason == "STOP"
    assert isinstance(parsed.choices[0].message.content, list)
    called = parsed.choices[0].message.tool_calls[0]
    assert isinstance(called.function.arguments if TYPED_CALLS else called["function"]["arguments"], dict)
    assert parsed.usage is None


def test_an_error_with_status_200_is_an_empty_answer(canned):
    body = json.dumps({"error": {"message": "Rate limit exceeded", "code": 429}}).encode()
    parsed = canned(body, "application/json").chat.completions.create(model="m", messages=user("hi"))
    assert (parsed.id, parsed.choices) == (None, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(
            {"error": {"code": "auth_required"}}, "auth_required" if CODE_IN_ERROR else None, id="inside-error"
        ),
        pytest.param({"code": "auth_required"}, "auth_required", id="flat"),
        pytest.param({"error": "auth_required"}, None, id="error-is-text"),
        pytest.param({"detail": "auth_required"}, None, id="detail"),
    ],
)
def test_the_code_of_a_refusal_is_found_in_two_envelopes(canned, body, code):
    client = canned(json.dumps(body).encode(), "application/json", status=401)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="m", messages=user("hi"))
    assert caught.value.code == code
