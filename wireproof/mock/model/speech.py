"""A spoken answer: one tone for each word, and the transcript."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from typing import Any

SAMPLE_RATE, SECONDS_PER_WORD, AUDIO_LIFETIME_S = 8_000, 0.1, 3_600


def speak_text(id: str, created: int, text: str) -> dict[str, Any]:
    """Returns the audio of a text, with its transcript."""
    return {
        "id": f"audio_{id.partition('-')[2]}",
        "expires_at": created + AUDIO_LIFETIME_S,
        "data": base64.b64encode(make_wav(text)).decode(),
        "transcript": text,
    }


def make_wav(text: str) -> bytes:
    """Returns a WAV file whose duration follows the number of words."""
    count = max(1, len(text.split())) * int(SAMPLE_RATE * SECONDS_PER_WORD)
    waves = (int(8_000 * math.sin(index * math.tau * 440 / SAMPLE_RATE)) for index in range(count))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(b"".join(struct.pack("<h", level) for level in waves))
    return buffer.getvalue()
