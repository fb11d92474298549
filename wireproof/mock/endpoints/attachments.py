"""What a message brings along beside text and pictures: recordings and files, read into text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.mock.model.prompt_commands import ATTACHMENT_TEXT
from wireproof.mock.model.transcripts import find_transcript, is_audio
from wireproof.mock.provider.body_validation import missing_field, out_of_range

# A text that an uncompressed page of a PDF shows.
PDF_TEXT = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj")


def inline_attachments(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages with what they bring along as text."""
    return [
        one if not isinstance(one.get("content"), list) else with_inlined_parts(one, at)
        for at, one in enumerate(messages)
    ]


def with_inlined_parts(message: Mapping[str, Any], at: int) -> Mapping[str, Any]:
    parts = [inline_part(part, f"messages[{at}].content[{place}]") for place, part in enumerate(message["content"])]
    return {**message, "content": parts}


def inline_part(part: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """A part as the model takes it in: a text for a recording or a file."""
    reader = PART_READERS.get(str(part.get("type")))
    return part if reader is None else {"type": "text", "text": ATTACHMENT_TEXT.format(reader(part, place))}


def text_of_recording(part: Mapping[str, Any], place: str) -> str:
    """What is said in a recording."""
    given = part.get("input_audio")
    if not isinstance(given, dict) or not isinstance(given.get("data"), str):
        raise missing_field(f"{place}.input_audio.data")
    sound = decode_base64(given["data"], f"{place}.input_audio.data")
    if not is_audio(sound):
        raise out_of_range(f"{place}.input_audio.data", "The recording cannot be read.")
    return find_transcript(sound).text


def text_of_file(part: Mapping[str, Any], place: str) -> str:
    """What a file shows; one that was not sent along is not there."""
    given = part.get("file")
    data = given.get("file_data") if isinstance(given, dict) else None
    if not isinstance(data, str):
        raise missing_field(f"{place}.file.file_data")
    head, _, packed = data.partition(",")
    if not head.startswith("data:application/pdf;base64"):
        raise out_of_range(f"{place}.file.file_data", "Expected a data URL of a PDF.")
    return b" ".join(PDF_TEXT.findall(decode_base64(packed, f"{place}.file.file_data"))).decode("latin-1")


def decode_base64(data: str, place: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise out_of_range(place, f"Invalid '{place}': not base64.") from None


PART_READERS = {"input_audio": text_of_recording, "file": text_of_file}
