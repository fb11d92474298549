"""Transcripts of recordings: found by the hash of the file, without decoding it."""

from __future__ import annotations

import hashlib
import io
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wireproof.formats.yaml_file import read_yaml
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.prompt_commands import FILLER_SENTENCES

TRANSCRIPTS_FILE = Path(__file__).parent / "transcripts.yaml"
DEFAULT_DURATION_S = 2.0
# The start of each readable format: offset and bytes.
AUDIO_MAGICS = (
    (8, b"WAVE"),
    (0, b"ID3"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"\x1a\x45\xdf\xa3"),
    (4, b"ftyp"),
    (0, b"\xff\xfb"),
    (0, b"\xff\xf3"),
    (0, b"\xff\xf2"),
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The transcript of a recording.

    Attributes:
        language: the name of the language in English.
        duration: seconds.
    """

    text: str
    language: str
    duration: float


def is_audio(data: bytes) -> bool:
    """True if a file begins as one of the readable formats does."""
    return any(data[offset : offset + len(magic)] == magic for offset, magic in AUDIO_MAGICS)


@cache
def read_known_transcripts() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = read_yaml(TRANSCRIPTS_FILE)
    return rows


def find_transcript(data: bytes) -> Transcript:
    row = read_known_transcripts().get(hashlib.sha256(data).hexdigest())
    if row is not None:
        return Transcript(row["text"], row["language"], float(row["duration"]))
    return Transcript(
        HashRandom.from_values(hashlib.sha256(data).hexdigest()).pick(FILLER_SENTENCES), "english", playing_time_s(data)
    )


def playing_time_s(data: bytes) -> float:
    """The duration of a WAV file in seconds; a default for other formats."""
    try:
        with wave.open(io.BytesIO(data)) as opened:
            return float(round(opened.getnframes() / opened.getframerate(), 3))
    except (wave.Error, EOFError, ZeroDivisionError):
        return DEFAULT_DURATION_S
