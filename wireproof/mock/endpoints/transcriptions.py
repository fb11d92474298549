"""Transcriptions: a form with a recording, and its transcript in the requested format."""

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
from wireproof.mock.provider.request_rules import BodyRules, FieldRule

FILE_FIELD = "file"
PLAIN_TEXT_TYPE = (("Content-Type", "text/plain; charset=utf-8"),)


def create_transcription(context: RequestContext, given: JsonObject) -> Answer:
    """Returns the answer to a form with a recording; parses the form, since its body is no JSON."""
    rules = context.profile.rules("transcriptions")
    parts = read_form(context.request.body, context.request.header("content-type"))
    body = body_validation.validate_body(form_values(parts, rules), rules)
    find_model(context, body["model"], "audio")
    transcript = find_transcript(read_recording(parts))
    if body.get("stream"):
        return StreamAnswer(200, tuple(OutgoingEvent(event, event["type"]) for event in transcript_events(transcript)))
    return ANSWERS_BY_FORMAT[body.get("response_format", "json")](transcript, body)


def form_values(parts: tuple[ReceivedPart, ...], rules: BodyRules) -> JsonObject:
    """Returns the fields of a form by name, each parsed as its type in the contract; the file is only its name."""
    values: JsonObject = {}
    for part in parts:
        name = part.name.removesuffix("[]")
        field = rules.fields.get(name)
        if field is not None and "array" in field.types:
            values.setdefault(name, []).append(part.text)
        else:
            values[name] = part.text if field is None else parse_field(field, part.text)
    files = [part.name for part in parts if part.is_file]
    return values if FILE_FIELD not in values else values | {FILE_FIELD: FILE_FIELD if FILE_FIELD in files else None}


def parse_field(field: FieldRule, text: str) -> Any:
    """Parses the text of a form field as the type of the field; returns the text itself if that fails."""
    if "string" in field.types:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_recording(parts: tuple[ReceivedPart, ...]) -> bytes:
    """Returns the bytes of the file; raises RequestRefused without a file, or if it is no recording."""
    part = next((part for part in parts if part.name == FILE_FIELD), None)
    if part is None:
        raise missing_field(FILE_FIELD)
    if not part.is_file:
        raise wrong_type(FILE_FIELD, "a file")
    if not is_audio(bytes(part.content)):
        raise RequestRefused("unreadable-file", "The file is no recording that can be read.", param=FILE_FIELD)
    return bytes(part.content)


def transcript_events(transcript: Transcript) -> list[JsonObject]:
    """The events of a streamed transcript."""
    deltas = [{"type": "transcript.text.delta", "delta": token} for token in tokenize(transcript.text)]
    return [*deltas, {"type": "transcript.text.done", "text": transcript.text}]


def json_answer(transcript: Transcript, body: JsonObject) -> PlainAnswer:
    return PlainAnswer(200, {"text": transcript.text})


def text_answer(transcript: Transcript, body: JsonObject) -> PlainAnswer:
    return PlainAnswer(200, f"{transcript.text}\n".encode(), PLAIN_TEXT_TYPE)


def verbose_answer(transcript: Transcript, body: JsonObject) -> PlainAnswer:
    """Returns the transcript with its language, its duration and the requested times."""
    granularities = body.get("timestamp_granularities", ["segment"])
    answer: JsonObject = {
        "task": "transcribe",
        "language": transcript.language,
        "duration": transcript.duration,
        "text": transcript.text,
    }
    if "word" in granularities:
        answer["words"] = word_times(transcript)
    if "segment" in granularities:
        answer["segments"] = [whole_segment(transcript)]
    return PlainAnswer(200, answer | {"usage": {"type": "duration", "seconds": transcript.duration}})


def word_times(transcript: Transcript) -> list[JsonObject]:
    """Each word with its start and end in seconds; every word lasts equally long."""
    words = transcript.text.split()
    step = transcript.duration / max(1, len(words))
    times = [round(step * index, 3) for index in range(len(words) + 1)]
    return [{"word": word, "start": times[index], "end": times[index + 1]} for index, word in enumerate(words)]


def whole_segment(transcript: Transcript) -> JsonObject:
    return {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": transcript.duration,
        "text": transcript.text,
        "tokens": list(range(len(tokenize(transcript.text)))),
        "temperature": 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": 1.1,
        "no_speech_prob": 0.01,
    }


def diarized_answer(transcript: Transcript, body: JsonObject) -> PlainAnswer:
    segment = {
        "type": "transcript.text.segment",
        "id": "seg_0",
        "speaker": "A",
        "start": 0.0,
        "end": transcript.duration,
    }
    segments = [{**segment, "text": transcript.text}]
    return PlainAnswer(
        200, {"task": "transcribe", "duration": transcript.duration, "text": transcript.text, "segments": segments}
    )


def subtitle_time(seconds: float, mark: str) -> str:
    """A time as subtitles write it: hours, minutes, seconds, and milliseconds after the mark."""
    whole, rest = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{rest:03}"


def srt_answer(transcript: Transcript, body: JsonObject) -> PlainAnswer:
    times = f"{subtitle_time(0, ',')} --> {subtitle_time(transcript.duration, ',')}"
    return PlainAnswer(200, f"1\n{times}\n{transcript.text}\n\n".encode(), PLAIN_TEXT_TYPE)


def vtt_answer(transcript: Transcript, body: JsonObject) -> PlainAnswer:
    times = f"{subtitle_time(0, '.')} --> {subtitle_time(transcript.duration, '.')}"
    return PlainAnswer(200, f"WEBVTT\n\n{times}\n{transcript.text}\n\n".encode(), PLAIN_TEXT_TYPE)


ANSWERS_BY_FORMAT: Mapping[str, Callable[[Transcript, JsonObject], PlainAnswer]] = {
    "json": json_answer,
    "text": text_answer,
    "verbose_json": verbose_answer,
    "diarized_json": diarized_answer,
    "srt": srt_answer,
    "vtt": vtt_answer,
}
