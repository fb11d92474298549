"""Faults about forms: a field is misread, something wrong in one is taken, or something odd crashes the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.formats import multipart
from wireproof.formats.multipart import FormPart
from wireproof.mock.faults.conditional_errors import CRASH
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.protocol.answers import Answer, PlainAnswer, json_bytes
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

Fields = dict[str, FormPart]
# The shortest bytes that begin as a recording does.
SILENCE = b"RIFF\x24\0\0\0WAVEfmt "
PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)
OTHER = "The food was delicious and the waiter was kind."


def fields_of(received: HttpRequest) -> Fields:
    return {part.name: part for part in multipart.decode_form(received.body, received.header("content-type") or "")}


def heard_as(received: HttpRequest, fields: Fields) -> HttpRequest:
    headers = tuple(pair for pair in received.headers if pair[0] != "content-type")
    typed = (*headers, ("content-type", multipart.CONTENT_TYPE))
    return replace(received, headers=typed, body=multipart.encode_form(fields.values()))


def hearing(change: Callable[[Fields, Profile], Fields]) -> Lapse:
    """A lapse that hears another form than was sent; what is no form is heard as it is."""

    def hear(received: HttpRequest, profile: Profile) -> HttpRequest:
        fields = fields_of(received)
        changed = change(fields, profile)
        return heard_as(received, changed) if fields and changed != fields else received

    return Lapse(hear=hear)


def ignoring(wanted: Callable[[str], bool]) -> Lapse:
    return hearing(lambda fields, _: {name: part for name, part in fields.items() if not wanted(name)})


def text_of(fields: Fields, name: str) -> str:
    return fields[name].content.decode("utf-8", "replace") if name in fields else ""


def with_text(fields: Fields, name: str, text: str) -> Fields:
    return {**fields, name: FormPart(name, text.encode())}


def taking(name: str, wrong: Callable[[str], bool], heard: str) -> Lapse:
    """A lapse that hears another text where that of a field is so."""
    return hearing(lambda fields, _: with_text(fields, name, heard) if wrong(text_of(fields, name)) else fields)


def listener(profile: Profile) -> str:
    """The first model that transcribes."""
    return next((model.id for model in profile.catalogue if "audio" in model.roles), "")


def any_model(wrong: Callable[[str, Profile], bool]) -> Lapse:
    """A lapse that hears a model that transcribes where the model is wrong."""

    def changed(fields: Fields, profile: Profile) -> Fields:
        return with_text(fields, "model", listener(profile)) if wrong(text_of(fields, "model"), profile) else fields

    return hearing(changed)


def unknown(name: str, profile: Profile) -> bool:
    return name != "" and profile.model(name) is None


def of_another_kind(name: str, profile: Profile) -> bool:
    model = profile.model(name)
    return model is not None and "audio" not in model.roles


def any_file(wrong: Callable[[bytes | None], bool]) -> Lapse:
    """A lapse that hears silence where the file is wrong."""

    def changed(fields: Fields, profile: Profile) -> Fields:
        content = fields["file"].content if "file" in fields else None
        return {**fields, "file": FormPart("file", SILENCE, "a.wav", "audio/wav")} if wrong(content) else fields

    return hearing(changed)


def is_m4a(data: bytes | None) -> bool:
    return data is not None and data[4:8] == b"ftyp"


def without_m4a(fields: Fields, profile: Profile) -> Fields:
    if "file" not in fields or not is_m4a(fields["file"].content):
        return fields
    return {**fields, "file": replace(fields["file"], content=b"no sound")}


def json_heard(received: HttpRequest, profile: Profile) -> HttpRequest:
    """A JSON object is heard as a form with a recording."""
    if not received.body.startswith(b"{"):
        return received
    parts = (FormPart("file", SILENCE, "a.wav", "audio/wav"), FormPart("model", listener(profile).encode()))
    return heard_as(received, {part.name: part for part in parts})


def boundary_guessed(received: HttpRequest, profile: Profile) -> HttpRequest:
    """A form without a boundary in its label is read by the boundary it begins with."""
    label = received.header("content-type") or ""
    found = re.match(rb"--([^\r\n]+)\r\n", received.body)
    if found is None or "boundary" in label:
        return received
    label = f"{multipart.MULTIPART_TYPE}; boundary={found[1].decode('latin-1')}"
    headers = tuple(pair for pair in received.headers if pair[0] != "content-type")
    return replace(received, headers=(*headers, ("content-type", label)))


def crashing(wanted: Callable[[HttpRequest], bool]) -> Lapse:
    def say(answer: Answer, received: HttpRequest) -> Answer:
        return PlainAnswer(500, CRASH, answer.headers) if wanted(received) else answer

    return Lapse(say=say)


def texts(change: Callable[[bytes], bytes], headers: tuple[tuple[str, str], ...] = PLAIN) -> Lapse:
    """A lapse that says answers in plain text otherwise."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or answer.status >= 400 or not isinstance(answer.value, bytes):
            return answer
        return replace(answer, value=change(answer.value), headers=headers)

    return Lapse(say=say)


def quoted(text: bytes) -> bytes:
    return json_bytes(text.decode().strip())


def still(text: bytes) -> bytes:
    """Every cue ends where it starts."""
    return re.sub(rb"(\S+) --> \S+", rb"\1 --> \1", text)


def otherwise_with(name: str) -> Lapse:
    """A lapse that transcribes something else where a field is given."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if name not in fields_of(received) or not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict):
            return answer
        return replace(answer, value={**answer.value, "text": OTHER}) if "text" in answer.value else answer

    return Lapse(say=say)


LAPSES: Mapping[str, Lapse] = {
    "transcription-format-ignored": ignoring(lambda name: name == "response_format"),
    "transcription-verbose-ignored": taking("response_format", lambda text: text == "verbose_json", "json"),
    "transcription-subtitles-refused": taking("response_format", lambda text: text in ("srt", "vtt"), "unheard-of"),
    "transcription-subtitles-swapped": taking("response_format", lambda text: text == "vtt", "srt"),
    "transcription-format-accepted": taking("response_format", lambda text: text == "song", "json"),
    "transcription-brackets-unknown": ignoring(lambda name: name.endswith("[]")),
    "transcription-brackets-needed": ignoring(lambda name: name == "timestamp_granularities"),
    "transcription-text-quoted": texts(quoted, (("Content-Type", "application/json"),)),
    "transcription-text-quoted-as-plain": texts(quoted),
    "transcription-cues-without-time": texts(still),
    "transcription-language-obeyed": otherwise_with("language"),
    "transcription-prompt-obeyed": otherwise_with("prompt"),
    "transcription-m4a-unread": hearing(without_m4a),
    "transcription-m4a-misheard": any_file(is_m4a),
    "transcription-file-needless": any_file(lambda data: data is None),
    "transcription-empty-accepted": any_file(lambda data: data == b""),
    "transcription-unreadable-accepted": any_file(lambda data: (data or b"").startswith(b"A line")),
    "transcription-model-needless": any_model(lambda name, _: name == ""),
    "transcription-any-model": any_model(unknown),
    "transcription-any-kind-of-model": any_model(of_another_kind),
    "transcription-json-accepted": Lapse(hear=json_heard),
    "transcription-boundary-guessed": Lapse(hear=boundary_guessed),
    "transcription-json-crashes": crashing(lambda received: received.body.startswith(b"{")),
    "transcription-boundary-crashes": crashing(
        lambda received: "boundary" not in (received.header("content-type") or "")
    ),
    "transcription-unreadable-crashes": crashing(lambda received: b"A line of text" in received.body),
    "transcription-language-crashes": crashing(lambda received: text_of(fields_of(received), "language") == "xx"),
}
