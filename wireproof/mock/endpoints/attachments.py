"""Recordings and files in a message, converted to text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.mock.model.prompt_commands import ATTACHMENT_TEXT
from wireproof.mock.model.transcripts import find_transcript, is_audio
from wireproof.mock.provider.body_validation import missing_field, out_of_range

# A text on an uncompressed page of a PDF.
PDF_TEXT = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj")


def inline_attachments(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns the messages with their recordings and files as text."""
    return [
        message if not isinstance(message.get("content"), list) else with_inlined_parts(message, index)
        for index, message in enumerate(messages)
    ]


def with_inlined_parts(message: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    parts = [inline_part(part, f"messages[{index}].content[{place}]") for place, part in enumerate(message["content"])]
    return {**message, "content": parts}


def inline_part(part: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Returns a part as the model receives it: a text in place of a recording or a file."""
    reader = PART_READERS.get(str(part.get("type")))
    return part if reader is None else {"type": "text", "text": ATTACHMENT_TEXT.format(reader(part, place))}


def text_of_recording(part: Mapping[str, Any], place: str) -> str:
    """The transcript of a recording; raises RequestRefused if there is none that can be read."""
    audio = part.get("input_audio")
    if not isinstance(audio, dict) or not isinstance(audio.get("data"), str):
        raise missing_field(f"{place}.input_audio.data")
    recording = decode_base64(audio["data"], f"{place}.input_audio.data")
    if not is_audio(recording):
        raise out_of_range(f"{place}.input_audio.data", "The recording cannot be read.")
    return find_transcript(recording).text


def text_of_file(part: Mapping[str, Any], place: str) -> str:
    """The text of a PDF; raises RequestRefused for a file that is not in the request, or is no PDF."""
    file = part.get("file")
    data = file.get("file_data") if isinstance(file, dict) else None
    if not isinstance(data, str):
        raise missing_field(f"{place}.file.file_data")
    head, _, encoded = data.partition(",")
    if not head.startswith("data:application/pdf;base64"):
        raise out_of_range(f"{place}.file.file_data", "Expected a data URL of a PDF.")
    return b" ".join(PDF_TEXT.findall(decode_base64(encoded, f"{place}.file.file_data"))).decode("latin-1")


def decode_base64(data: str, place: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise out_of_range(place, f"Invalid '{place}': not base64.") from None


PART_READERS = {"input_audio": text_of_recording, "file": text_of_file}
