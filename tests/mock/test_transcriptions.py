"""Transcriptions: the form of the request, and the formats of the transcript."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.mock.model import transcripts
from wireproof.mock.provider.form_reader import read_form
from wireproof.mock.provider.refusals import RequestRefused


def recording(seconds=2):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as opened:
        opened.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        opened.writeframes(bytes(16000 * seconds))
    return buffer.getvalue()


WAV = recording()
FORM = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n--x--\r\n'


@pytest.fixture(name="transcribe")
def _hear(client, providers):
    """Sends one form with a recording."""

    def ask(provider="openai", file=WAV, **fields):
        form = {"model": providers[provider]["models"]["audio"], **fields}
        form = {name: value for name, value in form.items() if value is not None}
        files = {"file": ("speech.wav", file, "audio/wav")} if file is not None else {"else": ("a", b"")}
        return client(provider).post("/audio/transcriptions", data=form, files=files)

    return ask


@pytest.mark.parametrize("provider", ["openai", "iotex"])
def test_a_recording_is_transcribed(transcribe, provider):
    answer = transcribe(provider)
    assert (answer.status_code, set(answer.json())) == (200, {"text"})
    assert answer.json() == transcribe(provider).json()


def test_a_known_recording_has_its_own_transcript(transcribe, monkeypatch):
    known = {hashlib.sha256(WAV).hexdigest(): {"text": "Known words.", "language": "french", "duration": 3}}
    monkeypatch.setattr(transcripts, "read_known_transcripts", lambda: known)
    transcript = transcribe(response_format="verbose_json").json()
    assert (transcript["text"], transcript["language"], transcript["duration"]) == ("Known words.", "french", 3)


@pytest.mark.parametrize(
    ("format", "media"),
    [("json", "application/json"), ("text", "text/plain"), ("srt", "text/plain"), ("vtt", "text/plain")],
)
def test_every_format_holds_the_same_words(transcribe, format, media):
    answer = transcribe(response_format=format)
    assert answer.headers["content-type"].startswith(media)
    assert transcribe().json()["text"] in answer.text


def test_subtitles_last_as_long_as_the_recording(transcribe):
    assert "00:00:00,000 --> 00:00:02,000" in transcribe(response_format="srt").text
    assert transcribe(response_format="vtt").text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n")


def test_a_verbose_transcript_has_the_requested_times(transcribe):
    usual = transcribe(response_format="verbose_json").json()
    asked = {"response_format": "verbose_json", "timestamp_granularities[]": ["word"]}
    timed = transcribe(**asked).json()
    assert "segments" in usual
    assert "words" not in usual
    assert " ".join(word["word"] for word in timed["words"]) == timed["text"]
    assert (timed["words"][0]["start"], timed["words"][-1]["end"]) == (0, 2)
    assert "segments" not in timed


def test_a_transcript_can_be_streamed(transcribe):
    lines = transcribe(stream="true").text.splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert "".join(event.get("delta", "") for event in events) == events[-1]["text"] == transcribe().json()["text"]


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        pytest.param({"file": None}, "missing-field", id="no-file"),
        pytest.param({"model": None}, "missing-field", id="no-model"),
        pytest.param({"model": "nobody"}, "unknown-model", id="unknown-model"),
        pytest.param({"model": "gemini-2.5-flash"}, "wrong-model-kind", id="a-model-without-ears"),
        pytest.param({"file": b""}, "unreadable-file", id="empty"),
        pytest.param({"file": b"just a text"}, "unreadable-file", id="a-text"),
    ],
)
def test_invalid_forms_are_refused(transcribe, providers, changed, cause):
    refused = transcribe("iotex", **changed)
    row = providers["iotex"]["errors"]["refusals"][cause]
    assert (refused.status_code, refused.json()["error"]["code"]) == (row["status"][0], row["mock_code"])


@pytest.mark.parametrize(
    ("member", "value"),
    [("temperature", "warm"), ("temperature", "2"), ("response_format", "paper"), ("stream", "maybe")],
)
def test_form_fields_are_validated(transcribe, member, value):
    refused = transcribe(**{member: value})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, member)


def test_a_file_that_is_a_text_field_is_refused(client):
    files = {"model": (None, "whisper-1"), "file": (None, "speech.wav")}
    assert client("openai").post("/audio/transcriptions", files=files).json()["error"]["param"] == "file"


@pytest.mark.parametrize(
    ("media", "body"),
    [
        pytest.param("application/json", b"{}", id="json"),
        pytest.param("multipart/form-data", b"--x--\r\n", id="no-boundary"),
        pytest.param("multipart/form-data; boundary=x", b"", id="empty"),
        pytest.param("multipart/form-data; boundary=x", b"nothing", id="no-form"),
        pytest.param("multipart/form-data; boundary=x", FORM[:-5], id="cut-off"),
    ],
)
def test_a_body_that_is_no_form_is_refused(client, media, body):
    refused = client("openai").post("/audio/transcriptions", content=body, headers={"Content-Type": media})
    assert refused.status_code == 400


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 40))
def test_a_broken_form_is_refused(noise, place, lost):
    with contextlib.suppress(RequestRefused):
        read_form(FORM[:place] + noise + FORM[place + lost :], "multipart/form-data; boundary=x")
