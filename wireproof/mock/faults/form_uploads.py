"""Faults of uploaded forms: misread fields, wrong values that are accepted, inputs that crash the server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.formats import multipart
from wireproof.formats.multipart import FormPart
from wireproof.mock.faults.conditional_errors import CRASH_BODY
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.model.transcripts import find_transcript
from wireproof.mock.protocol.answers import Answer, PlainAnswer, json_bytes
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

FormFields = dict[str, FormPart]
# The shortest bytes with the beginning of a WAV file.
SILENT_WAV = b"RIFF\x24\0\0\0WAVEfmt "
PLAIN_TEXT_HEADERS = (("Content-Type", "text/plain; charset=utf-8"),)
ENGLISH_OF_FRENCH_CLIP = "And this is dictation number 1."
OTHER_TRANSCRIPT = "The food was delicious and the waiter was kind."


def form_parts(received: HttpRequest) -> list[FormPart]:
    return list(multipart.decode_form(received.body, received.header("content-type") or ""))


def form_fields(received: HttpRequest) -> FormFields:
    return {part.name: part for part in form_parts(received)}


def with_form(received: HttpRequest, fields: FormFields) -> HttpRequest:
    headers = tuple(pair for pair in received.headers if pair[0] != "content-type")
    typed = (*headers, ("content-type", multipart.CONTENT_TYPE))
    return replace(received, headers=typed, body=multipart.encode_form(fields.values()))


def on_form(change: Callable[[FormFields, Profile], FormFields]) -> FaultHooks:
    """Hooks that change the form of a request; other bodies stay unchanged."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        fields = form_fields(received)
        changed = change(fields, profile)
        return with_form(received, changed) if fields and changed != fields else received

    return FaultHooks(on_request=change_request)


def ignore_fields(wanted: Callable[[str], bool]) -> FaultHooks:
    return on_form(lambda fields, _: {name: part for name, part in fields.items() if not wanted(name)})


def field_text(fields: FormFields, name: str) -> str:
    return fields[name].content.decode("utf-8", "replace") if name in fields else ""


def with_field_text(fields: FormFields, name: str, text: str) -> FormFields:
    return {**fields, name: FormPart(name, text.encode())}


def accept_field_as(name: str, wrong: Callable[[str], bool], replacement: str) -> FaultHooks:
    """Hooks that replace the text of a field if it is wrong."""
    return on_form(
        lambda fields, _: with_field_text(fields, name, replacement) if wrong(field_text(fields, name)) else fields
    )


def first_audio_model(profile: Profile) -> str:
    """Returns the first model that transcribes; empty if there is none."""
    return next((model.id for model in profile.catalogue if "audio" in model.roles), "")


def accept_model_as_transcribing(wrong: Callable[[str, Profile], bool]) -> FaultHooks:
    """Hooks that replace a wrong model by one that transcribes."""

    def change_fields(fields: FormFields, profile: Profile) -> FormFields:
        return (
            with_field_text(fields, "model", first_audio_model(profile))
            if wrong(field_text(fields, "model"), profile)
            else fields
        )

    return on_form(change_fields)


def is_unknown_model_name(name: str, profile: Profile) -> bool:
    return name != "" and profile.model(name) is None


def does_not_transcribe(name: str, profile: Profile) -> bool:
    model = profile.model(name)
    return model is not None and "audio" not in model.roles


def replace_file_with_silence(wrong: Callable[[bytes | None], bool]) -> FaultHooks:
    """Hooks that replace a wrong file by a silent recording."""

    def change_fields(fields: FormFields, profile: Profile) -> FormFields:
        content = fields["file"].content if "file" in fields else None
        return {**fields, "file": FormPart("file", SILENT_WAV, "a.wav", "audio/wav")} if wrong(content) else fields

    return on_form(change_fields)


def is_m4a(data: bytes | None) -> bool:
    return data is not None and data[4:8] == b"ftyp"


def without_m4a(fields: FormFields, profile: Profile) -> FormFields:
    if "file" not in fields or not is_m4a(fields["file"].content):
        return fields
    return {**fields, "file": replace(fields["file"], content=b"no sound")}


def json_as_form(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Turns a JSON object into a form with a recording."""
    if not received.body.startswith(b"{"):
        return received
    parts = (FormPart("file", SILENT_WAV, "a.wav", "audio/wav"), FormPart("model", first_audio_model(profile).encode()))
    return with_form(received, {part.name: part for part in parts})


def guess_boundary(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Takes the boundary from the body if the content type names none."""
    label = received.header("content-type") or ""
    match = re.match(rb"--([^\r\n]+)\r\n", received.body)
    if match is None or "boundary" in label:
        return received
    label = f"{multipart.MULTIPART_TYPE}; boundary={match[1].decode('latin-1')}"
    headers = tuple(pair for pair in received.headers if pair[0] != "content-type")
    return replace(received, headers=(*headers, ("content-type", label)))


def crash_on_request(wanted: Callable[[HttpRequest], bool]) -> FaultHooks:
    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return PlainAnswer(500, CRASH_BODY, answer.headers) if wanted(received) else answer

    return FaultHooks(on_answer=change_answer)


def on_plain_text(
    change: Callable[[bytes], bytes], headers: tuple[tuple[str, str], ...] = PLAIN_TEXT_HEADERS
) -> FaultHooks:
    """Hooks that change answers in plain text."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or answer.status >= 400 or not isinstance(answer.value, bytes):
            return answer
        return replace(answer, value=change(answer.value), headers=headers)

    return FaultHooks(on_answer=change_answer)


def quote_text(text: bytes) -> bytes:
    return json_bytes(text.decode().strip())


def end_cues_at_start(text: bytes) -> bytes:
    """Ends every cue at its start."""
    return re.sub(rb"(\S+) --> \S+", rb"\1 --> \1", text)


def other_transcript_if_present(name: str) -> FaultHooks:
    """Hooks that return another transcript if a field is present."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if (
            name not in form_fields(received)
            or not isinstance(answer, PlainAnswer)
            or not isinstance(answer.value, dict)
        ):
            return answer
        return replace(answer, value={**answer.value, "text": OTHER_TRANSCRIPT}) if "text" in answer.value else answer

    return FaultHooks(on_answer=change_answer)


def translate_to_english(answer: Answer, received: HttpRequest) -> Answer:
    """Gives the text of a recording in another language in English."""
    recording = form_fields(received).get("file")
    is_foreign = recording is not None and find_transcript(recording.content).language != "english"
    if not is_foreign or not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict):
        return answer
    return replace(answer, value={**answer.value, "text": ENGLISH_OF_FRENCH_CLIP}) if answer.status < 400 else answer


def keep_first_value(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Leaves out every value of a repeated field after the first."""
    first = {part.name: part for part in reversed(form_parts(received))}
    return with_form(received, first) if first else received


def split_json_lists(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Gives each value of a JSON list in a field a field of its own."""
    parts = [single for part in form_parts(received) for single in values_in_json(part)]
    headers = (
        *(pair for pair in received.headers if pair[0] != "content-type"),
        ("content-type", multipart.CONTENT_TYPE),
    )
    return replace(received, headers=headers, body=multipart.encode_form(parts)) if parts else received


def values_in_json(part: FormPart) -> list[FormPart]:
    try:
        values = json.loads(part.content)
    except ValueError:
        return [part]
    return [FormPart(part.name, str(value).encode()) for value in values] if isinstance(values, list) else [part]


HOOKS: Mapping[str, FaultHooks] = {
    "transcription-format-ignored": ignore_fields(lambda name: name == "response_format"),
    "transcription-verbose-ignored": accept_field_as("response_format", lambda text: text == "verbose_json", "json"),
    "transcription-subtitles-refused": accept_field_as(
        "response_format", lambda text: text in ("srt", "vtt"), "unheard-of"
    ),
    "transcription-subtitles-swapped": accept_field_as("response_format", lambda text: text == "vtt", "srt"),
    "transcription-format-accepted": accept_field_as("response_format", lambda text: text == "song", "json"),
    "transcription-brackets-unknown": ignore_fields(lambda name: name.endswith("[]")),
    "transcription-brackets-needed": ignore_fields(lambda name: name == "timestamp_granularities"),
    "transcription-first-value-only": FaultHooks(on_request=keep_first_value),
    "transcription-json-list-accepted": FaultHooks(on_request=split_json_lists),
    "transcription-text-quoted": on_plain_text(quote_text, (("Content-Type", "application/json"),)),
    "transcription-text-quoted-as-plain": on_plain_text(quote_text),
    "transcription-cues-without-time": on_plain_text(end_cues_at_start),
    "transcription-always-english": FaultHooks(on_answer=translate_to_english),
    "transcription-language-obeyed": other_transcript_if_present("language"),
    "transcription-prompt-obeyed": other_transcript_if_present("prompt"),
    "transcription-m4a-unread": on_form(without_m4a),
    "transcription-m4a-misheard": replace_file_with_silence(is_m4a),
    "transcription-file-needless": replace_file_with_silence(lambda data: data is None),
    "transcription-empty-accepted": replace_file_with_silence(lambda data: data == b""),
    "transcription-unreadable-accepted": replace_file_with_silence(lambda data: (data or b"").startswith(b"A line")),
    "transcription-model-needless": accept_model_as_transcribing(lambda name, _: name == ""),
    "transcription-any-model": accept_model_as_transcribing(is_unknown_model_name),
    "transcription-any-kind-of-model": accept_model_as_transcribing(does_not_transcribe),
    "transcription-json-accepted": FaultHooks(on_request=json_as_form),
    "transcription-boundary-guessed": FaultHooks(on_request=guess_boundary),
    "transcription-json-crashes": crash_on_request(lambda received: received.body.startswith(b"{")),
    "transcription-boundary-crashes": crash_on_request(
        lambda received: "boundary" not in (received.header("content-type") or "")
    ),
    "transcription-unreadable-crashes": crash_on_request(lambda received: b"A line of text" in received.body),
    "transcription-language-crashes": crash_on_request(
        lambda received: field_text(form_fields(received), "language") == "xx"
    ),
}
