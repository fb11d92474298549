"""Request builder: the bytes of a request from a case and a target."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract import data_files, loading
from wireproof.contract.case import RequestSpec
from wireproof.contract.case_files import read_cases
from wireproof.contract.target import Key, Target
from wireproof.errors import ConfigError
from wireproof.evidence.curl import curl_command
from wireproof.evidence.exchange import Request
from wireproof.formats import multipart

IIO = loading.load_providers()["iio"]
OPENAI = loading.load_providers()["openai"]
AIOROUTER = loading.load_providers()["aiorouter"]


def target(provider: Any = IIO, **more: Any) -> Target:
    given: dict[str, Any] = {
        "keys": {"good": Key("IIO_API_KEY", "iio-dev-secret"), "free": Key("FREE_KEY", "iio-dev-free")},
        "models": {"chat": "org/model:7b"},
    }
    return Target("t", provider, "http://h/v1", **{**given, **more})


def ask(**entry: Any) -> RequestSpec:
    known = {"it": {"says": "it", "endpoint": "chat", **entry}}
    return read_cases("a", known, "cases.yaml", known)[0].asks[0]


def sent(asked: RequestSpec, to: Target | None = None, **saved: Any) -> OutgoingRequest:
    return build_request(asked, to or target(), "a-case", saved)


def test_a_literal_body_joins_its_pieces_and_fills_in_the_model() -> None:
    pieces = ['{"model": "$model", "a": "', {"text": "[", "times": 3}, {"hex": "ff", "times": 2}, '"}']
    assert sent(ask(raw=pieces)).shown.body == b'{"model": "org/model:7b", "a": "[[[\xff\xff"}'


def test_blanks_fill_up_a_body_and_are_counted() -> None:
    request = sent(ask(raw="{}", pad=10)).shown
    assert (request.body, request.blanks, request.body_with_blanks) == (b"{}", 8, b"{}        ")


@pytest.mark.parametrize(
    ("body", "blanks"),
    [
        pytest.param(b'{"a": "it\'s"}', 0, id="text"),
        pytest.param(b'{"a": "it\'s"}', 5_000, id="blanks"),
        pytest.param(b'{"a": "100%\xff\n"}', 0, id="no-utf-8"),
        pytest.param(b"\xff", 3, id="no-utf-8-with-blanks"),
    ],
)
def test_the_curl_command_sends_the_same_bytes(body: bytes, blanks: int) -> None:
    request = Request("POST", "http://127.0.0.1:1/", (), body, blanks)
    command = curl_command(request).replace("curl -sS -i -N -X POST http://127.0.0.1:1/", "fake_curl")
    # In place of curl: prints the body that curl would send.
    script = 'fake_curl() { [ "$2" = @- ] && cat || printf %s "$2"; }; ' + command
    assert subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout == request.body_with_blanks


def test_an_altered_key_differs_in_its_last_character_and_is_a_secret() -> None:
    to = target()
    outgoing = sent(ask(key="altered"), to)
    assert dict(outgoing.headers)["Authorization"] == "Bearer iio-dev-secreX"
    assert dict(outgoing.shown.headers)["Authorization"] == "Bearer $IIO_API_KEY_ALTERED"
    assert "iio-dev-secreX" in to.secrets


def test_an_altered_key_always_differs() -> None:
    held = target(keys={"good": Key("A_KEY", "iio-dev-X")})
    assert dict(sent(ask(key="altered"), held).headers)["Authorization"] == "Bearer iio-dev-Y"


def test_the_url_starts_with_the_base_url_of_the_target() -> None:
    request = sent(ask(body={"model": "$model"})).shown
    assert (request.method, request.url) == ("POST", "http://h/v1/chat/completions")
    assert request.header("content-type") == "application/json"
    assert json.loads(request.body) == {"model": "org/model:7b"}


def test_a_request_without_a_body_has_no_content_type() -> None:
    request = sent(ask(endpoint="models")).shown
    assert (request.method, request.body, request.header("Content-Type")) == ("GET", b"", None)


@pytest.mark.parametrize(
    ("provider", "field"),
    [pytest.param(IIO, "max_tokens", id="iio"), pytest.param(OPENAI, "max_completion_tokens", id="openai")],
)
def test_the_cap_is_sent_in_the_field_that_the_provider_names(provider: Any, field: str) -> None:
    assert json.loads(sent(ask(body={}, cap=16), target(provider)).shown.body) == {field: 16}


def test_a_header_by_role_has_its_default_or_a_unique_value() -> None:
    asked = ask(headers={"$request_id": "$unique", "$version": "$version", "X-Other": "$nothing"})
    first, second = (dict(sent(asked, target(AIOROUTER)).shown.headers) for _ in range(2))
    assert (first["API-Version"], first["X-Other"]) == ("2026-06-01", "$nothing")
    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert first["X-Request-Id"] == first["X-Request-Id"].upper()


def test_a_header_role_that_the_contract_lacks_cannot_be_sent() -> None:
    with pytest.raises(CannotSend, match="no request header for request_id"):
        sent(ask(headers={"$request_id": "$unique"}))


def test_raw_text_is_sent_unchanged() -> None:
    assert sent(ask(raw='{"model":$model', cap=5)).shown.body == b'{"model":$model'


def test_placeholders_keep_the_type_of_their_value() -> None:
    body = {"model": "$model", "n": "$count", "text": "no $count here", "list": ["$count"], "$count": 1}
    assert json.loads(sent(ask(body=body), count=7).shown.body) == {
        "model": "org/model:7b", "n": 7, "text": "no $count here", "list": [7], "$count": 1,
    }  # fmt: skip


def test_a_model_in_a_path_is_quoted() -> None:
    assert sent(ask(endpoint="model")).shown.url == "http://h/v1/models/org%2Fmodel:7b"
    assert sent(ask(endpoint="models", path="/models/{id}"), id="a b").shown.url == "http://h/v1/models/a%20b"
    assert sent(ask(endpoint="model", path="/models/{+model}")).shown.url == "http://h/v1/models/org/model:7b"
    assert sent(ask(endpoint="model", path="/models/{=model}")).shown.url == "http://h/v1/models/org%2Fmodel%3A7b"


@pytest.mark.parametrize(
    ("entry", "header"),
    [
        pytest.param({}, "Bearer iio-dev-secret", id="good"),
        pytest.param({"key": "free"}, "Bearer iio-dev-free", id="a-tier"),
        pytest.param({"key": "none"}, None, id="none"),
        pytest.param({"key": "empty"}, "Bearer", id="empty"),
        pytest.param({"key": "bad"}, "Bearer iio-dev-0wireproofdoesnotknowthiskey0000", id="bad"),
        pytest.param({"key": "unprefixed"}, "Bearer 0wireproofdoesnotknowthiskey0000", id="unprefixed"),
        pytest.param({"scheme": "Basic"}, "Basic iio-dev-secret", id="another-scheme"),
        pytest.param({"scheme": None}, "iio-dev-secret", id="no-scheme"),
    ],
)
def test_the_case_selects_the_key_and_its_scheme(entry: dict[str, Any], header: str | None) -> None:
    assert dict(sent(ask(**entry)).headers).get("Authorization") == header


def test_a_key_in_a_header_of_the_case_is_sent_there_only() -> None:
    outgoing = sent(ask(headers={"Api-Key": "$key"}))
    assert outgoing.shown.headers == (("Api-Key", "$IIO_API_KEY"),)
    assert outgoing.headers == (("Api-Key", "iio-dev-secret"),)


def test_the_displayed_request_has_the_name_of_its_key() -> None:
    outgoing = sent(ask())
    assert outgoing.shown.header("Authorization") == "Bearer $IIO_API_KEY"
    assert "secret" not in repr(outgoing)


def test_each_case_has_its_own_key_on_the_mock() -> None:
    assert dict(sent(ask(), target(own_keys=True)).headers)["Authorization"] == "Bearer iio-dev-secret.a-case"


def test_headers_of_the_target_and_of_the_case_are_sent() -> None:
    headers = sent(ask(headers={"X-Case": "2"}), target(headers={"X-Run": "1"})).headers
    assert {("X-Run", "1"), ("X-Case", "2")} <= set(headers)


def test_means_add_the_control_headers_of_the_target() -> None:
    controls = {"cell-down": ("X-Cell", "{}"), "clock": ("X-Clock", "{}")}
    headers = dict(sent(ask(cell="down", clock=61), target(controls=controls)).headers)
    assert (headers["X-Cell"], headers["X-Clock"]) == ("down", "61")
    assert not {"X-Cell", "X-Clock"} & set(dict(sent(ask(cell="down", clock=61)).headers))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param({"key": "pro"}, "this run was given no pro key", id="no-key"),
        pytest.param(
            {"endpoint": "embeddings", "body": {"model": "$model"}}, "no model is known for embeddings", id="no-model"
        ),
        pytest.param(
            {"endpoint": "model", "model": "embeddings"}, "no model is known for embeddings", id="none-for-the-path"
        ),
    ],
)
def test_a_missing_key_or_model_raises_cannot_send(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotSend, match=reason):
        sent(ask(**entry))


def test_a_body_without_a_model_needs_none() -> None:
    assert sent(ask(endpoint="embeddings", body={"input": "x"})).shown.body == b'{"input": "x"}'


def test_text_is_sent_as_utf_8() -> None:
    assert sent(ask(body={"input": "ä€😀"})).shown.body == '{"input": "ä€😀"}'.encode()


SPEECH = {"file": "transcriptions/speech.wav", "type": "audio/wav"}


def form_request(**fields: Any) -> Any:
    to = target(OPENAI, models={"audio": "whisper-1"})
    return sent(ask(endpoint="transcriptions", form={"model": "$model", **fields}), to).shown


def test_a_form_is_sent_with_its_files_and_placeholders_filled() -> None:
    request = form_request(file=SPEECH)
    model, file = multipart.decode_form(request.body, request.header("content-type") or "")
    assert model == multipart.FormPart("model", b"whisper-1")
    assert (file.name, file.filename, file.media_type) == ("file", "speech.wav", "audio/wav")
    assert file.content == (data_files.root() / "suites/transcriptions/speech.wav").read_bytes()


def test_a_form_gives_the_same_bytes_each_time() -> None:
    assert form_request(file=SPEECH, language="en") == form_request(file=SPEECH, language="en")


def test_the_curl_command_of_a_form_has_its_fields_without_file_contents() -> None:
    command = curl_command(form_request(file=SPEECH, prompt="@ home; then"))
    assert command.endswith(
        " -F model=whisper-1 -F 'file=@speech.wav;type=audio/wav' --form-string 'prompt=@ home; then'"
    )
    assert "Content-Type" not in command
    assert "RIFF" not in command


def test_an_encoded_form_is_decoded_unchanged() -> None:
    parts = (
        multipart.FormPart("a b", b"\r\n--x"),
        multipart.FormPart("f", b"", "e.wav", "audio/wav"),
        multipart.FormPart("n[]", "ä".encode()),
    )
    assert multipart.decode_form(multipart.encode_form(parts), multipart.CONTENT_TYPE) == parts


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(multipart.encode_form([multipart.FormPart("a", b"b")]), "multipart/form-data", id="no-boundary"),
        pytest.param(
            multipart.encode_form([multipart.FormPart("a", b"b")]),
            "multipart/form-data; boundary=other",
            id="another-boundary",
        ),
        pytest.param(multipart.encode_form([multipart.FormPart("a", b"b")])[:-9], multipart.CONTENT_TYPE, id="cut-off"),
        pytest.param(b'{"a": 1}', "application/json", id="json"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_an_incomplete_form_has_no_fields(body: bytes, content_type: str) -> None:
    assert multipart.decode_form(body, content_type) == ()


def test_a_missing_file_raises_an_error_of_one_sentence() -> None:
    with pytest.raises(ConfigError, match=r"^suites/transcriptions/none.wav: it cannot be read .*; name a file"):
        form_request(file={"file": "transcriptions/none.wav", "type": "audio/wav"})
