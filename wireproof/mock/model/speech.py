"""A spoken answer: one tone for each word, and the transcript."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from collections.abc import Iterator
from typing import Any

from wireproof.mock.model.tokenizer import tokenize

SAMPLE_RATE, SECONDS_PER_WORD, AUDIO_LIFETIME_S = 8_000, 0.1, 3_600
# The formats that this server makes; the only one of a stream.
FORMATS, STREAM_FORMAT = ("wav", "pcm16"), "pcm16"
# A multiple of three and of the bytes of a sample, so that the pieces join as base64 and as samples.
PIECE_BYTES = 1_200


def speak_text(id: str, created: int, text: str, format: str) -> dict[str, Any]:
    """Returns the audio of a text, with its transcript."""
    return {
        "id": audio_id(id),
        "expires_at": created + AUDIO_LIFETIME_S,
        "data": base64.b64encode(make_samples(text) if format == STREAM_FORMAT else make_wav(text)).decode(),
        "transcript": text,
    }


def speak_in_pieces(id: str, created: int, text: str) -> Iterator[dict[str, Any]]:
    """Yields the audio of a text in pieces: its transcript token by token, its samples, and the end of its life."""
    for token in tokenize(text):
        yield {"id": audio_id(id), "transcript": token}
    samples = make_samples(text)
    for start in range(0, len(samples), PIECE_BYTES):
        yield {"id": audio_id(id), "data": base64.b64encode(samples[start : start + PIECE_BYTES]).decode()}
    yield {"id": audio_id(id), "expires_at": created + AUDIO_LIFETIME_S}


def audio_id(id: str) -> str:
    """The id of the audio of a chat."""
    return f"audio_{id.partition('-')[2]}"


def make_samples(text: str) -> bytes:
    """Returns samples of 16 bits whose number follows the number of words."""
    count = max(1, len(text.split())) * int(SAMPLE_RATE * SECONDS_PER_WORD)
    waves = (int(8_000 * math.sin(index * math.tau * 440 / SAMPLE_RATE)) for index in range(count))
    return b"".join(struct.pack("<h", level) for level in waves)


def make_wav(text: str) -> bytes:
    """Returns a WAV file of the samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(make_samples(text))
    return buffer.getvalue()
