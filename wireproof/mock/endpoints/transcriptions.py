"""Transcriptions: a form with a recording, and its transcript in the format asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.endpoints.request_context import RequestContext, find_model
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.transcripts import Transcript, find_transcript, is_audio
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, missing_field, wrong_type
from wireproof.mock.provider.form_reader import ReceivedPart, read_form
from wireproof.mock.provider.refusals import RequestRefused
from wireproof.mock.provider.request_rules import FieldRule, RequestRules

FILE_FIELD = "file"
PLAIN_TEXT_TYPE = (("Content-Type", "text/plain; charset=utf-8"),)


def create_transcription(visit: RequestContext, given: JsonObject) -> Answer:
    """The answer to a form with a recording; its body is no JSON, so it is read here."""
    rules = visit.profile.rules("transcriptions")
    parts = read_form(visit.received.body, visit.received.header("content-type"))
    body = body_validation.validate_body(form_values(parts, rules), rules)
    find_model(visit, body["model"], "audio")
    heard = find_transcript(read_recording(parts))
    if body.get("stream"):
        return StreamAnswer(200, tuple(OutgoingEvent(event, event["type"]) for event in transcript_events(heard)))
    return ANSWERS_BY_FORMAT[body.get("response_format", "json")](heard, body)


def form_values(parts: tuple[ReceivedPart, ...], rules: RequestRules) -> JsonObject:
    """The fields of a form by their names, each read as the contract types it; a file is its name."""
    made: JsonObject = {}
    for part in parts:
        name = part.name.removesuffix("[]")
        field = rules.fields.get(name)
        if field is not None and "array" in field.types:
            made.setdefault(name, []).append(part.text)
        else:
            made[name] = part.text if field is None else parse_field(field, part.text)
    files = [part.name for part in parts if part.is_file]
    return made if FILE_FIELD not in made else made | {FILE_FIELD: FILE_FIELD if FILE_FIELD in files else None}


def parse_field(field: FieldRule, text: str) -> Any:
    """A text of a form as the kind of value its field takes; itself where it is none."""
    if "string" in field.types:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_recording(parts: tuple[ReceivedPart, ...]) -> bytes:
    """The bytes of the file; without a file, or with one that is no recording, the request is refused."""
    part = next((part for part in parts if part.name == FILE_FIELD), None)
    if part is None:
        raise missing_field(FILE_FIELD)
    if not part.is_file:
        raise wrong_type(FILE_FIELD, "a file")
    if not is_audio(bytes(part.content)):
        raise RequestRefused("unreadable-file", "The file is no recording that can be read.", param=FILE_FIELD)
    return bytes(part.content)


def transcript_events(heard: Transcript) -> list[JsonObject]:
    """The events of a streamed transcript."""
    deltas = [{"type": "transcript.text.delta", "delta": token} for token in tokenize(heard.text)]
    return [*deltas, {"type": "transcript.text.done", "text": heard.text}]


def json_answer(heard: Transcript, body: JsonObject) -> PlainAnswer:
    return PlainAnswer(200, {"text": heard.text})


def text_answer(heard: Transcript, body: JsonObject) -> PlainAnswer:
    return PlainAnswer(200, f"{heard.text}\n".encode(), PLAIN_TEXT_TYPE)


def verbose_answer(heard: Transcript, body: JsonObject) -> PlainAnswer:
    """The transcript with its language, its length and the times asked for."""
    asked = body.get("timestamp_granularities", ["segment"])
    made: JsonObject = {
        "task": "transcribe",
        "language": heard.language,
        "duration": heard.duration,
        "text": heard.text,
    }
    if "word" in asked:
        made["words"] = word_times(heard)
    if "segment" in asked:
        made["segments"] = [whole_segment(heard)]
    return PlainAnswer(200, made | {"usage": {"type": "duration", "seconds": heard.duration}})


def word_times(heard: Transcript) -> list[JsonObject]:
    """Each word with its times; all take as long."""
    spoken = heard.text.split()
    step = heard.duration / max(1, len(spoken))
    times = [round(step * place, 3) for place in range(len(spoken) + 1)]
    return [{"word": word, "start": times[at], "end": times[at + 1]} for at, word in enumerate(spoken)]


def whole_segment(heard: Transcript) -> JsonObject:
    return {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": heard.duration,
        "text": heard.text,
        "tokens": list(range(len(tokenize(heard.text)))),
        "temperature": 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": 1.1,
        "no_speech_prob": 0.01,
    }


def diarized_answer(heard: Transcript, body: JsonObject) -> PlainAnswer:
    one = {"type": "transcript.text.segment", "id": "seg_0", "speaker": "A", "start": 0.0, "end": heard.duration}
    segments = [{**one, "text": heard.text}]
    return PlainAnswer(
        200, {"task": "transcribe", "duration": heard.duration, "text": heard.text, "segments": segments}
    )


def subtitle_time(seconds: float, mark: str) -> str:
    """A time as subtitles write it: hours, minutes, seconds, and milliseconds after the mark."""
    whole, rest = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{rest:03}"


def srt_answer(heard: Transcript, body: JsonObject) -> PlainAnswer:
    times = f"{subtitle_time(0, ',')} --> {subtitle_time(heard.duration, ',')}"
    return PlainAnswer(200, f"1\n{times}\n{heard.text}\n\n".encode(), PLAIN_TEXT_TYPE)


def vtt_answer(heard: Transcript, body: JsonObject) -> PlainAnswer:
    times = f"{subtitle_time(0, '.')} --> {subtitle_time(heard.duration, '.')}"
    return PlainAnswer(200, f"WEBVTT\n\n{times}\n{heard.text}\n\n".encode(), PLAIN_TEXT_TYPE)


ANSWERS_BY_FORMAT: Mapping[str, Callable[[Transcript, JsonObject], PlainAnswer]] = {
    "json": json_answer,
    "text": text_answer,
    "verbose_json": verbose_answer,
    "diarized_json": diarized_answer,
    "srt": srt_answer,
    "vtt": vtt_answer,
}
