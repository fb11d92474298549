"""A spoken answer that is streamed in pieces."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Violation, check, json_pointer

AUDIO = "/choices/0/delta/audio"
BYTES_OF_A_SAMPLE = 2


def audio_pieces(exchange: Exchange) -> list[tuple[str, Mapping[str, Any]]]:
    """The pieces of a streamed sound with their places. Raises Violation if there are none."""
    pieces: list[tuple[str, Mapping[str, Any]]] = [
        (place, piece)
        for place, chunk in expect.chunks(exchange)
        for _, piece in json_pointer.find(chunk, AUDIO)
        if isinstance(piece, dict)
    ]
    expect.condition(bool(pieces), "chunks with sound", "none", at=AUDIO)
    return pieces


@check("chat.sound-streamed", proves_obeyed=("modalities",))
def test_sound_streamed(exchange: Exchange) -> None:
    """A spoken answer that is streamed comes as sound: pieces of base64 that join to whole samples."""
    sound = b"".join(decode_piece(place, piece["data"]) for place, piece in audio_pieces(exchange) if "data" in piece)
    is_whole = len(sound) > 0 and len(sound) % BYTES_OF_A_SAMPLE == 0
    expect.condition(is_whole, "whole samples of 16 bits", f"{len(sound)} bytes", at=f"{AUDIO}/data")


def decode_piece(place: str, data: Any) -> bytes:
    try:
        return base64.b64decode(str(data), validate=True)
    except (binascii.Error, ValueError):
        raise Violation("base64", expect.display_text(data), where=place, at=f"{AUDIO}/data") from None


@check("chat.sound-described")
def test_sound_described(exchange: Exchange) -> None:
    """A streamed sound has one id, the transcript of what is said, and the time until which it can be used."""
    pieces = [piece for _, piece in audio_pieces(exchange)]
    ids = {piece["id"] for piece in pieces if piece.get("id") is not None}
    expect.condition(len(ids) == 1, "one id", sorted(map(str, ids)), at=f"{AUDIO}/id")
    transcript = "".join(str(piece["transcript"]) for piece in pieces if piece.get("transcript"))
    expect.condition("morning" in transcript.lower(), "text with morning", transcript, at=f"{AUDIO}/transcript")
    ends = [piece["expires_at"] for piece in pieces if piece.get("expires_at") is not None]
    is_time = bool(ends) and type(ends[-1]) is int
    expect.condition(is_time, "a time in seconds", ends, at=f"{AUDIO}/expires_at")
