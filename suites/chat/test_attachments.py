"""Attachments of a message beside text and pictures, and members of an answer beside its text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, Violation, check, find_usage, json_pointer

# A word of the recording (suites/transcriptions/README.md), and the number on the page.
WORDS_OF_ATTACHMENTS = {"input_audio": "country", "file": "4812"}
MESSAGE = "/choices/0/message"
CONTENT, AUDIO, ANNOTATIONS = f"{MESSAGE}/content", f"{MESSAGE}/audio", f"{MESSAGE}/annotations"


@check("chat.brought", proves_obeyed=("messages",))
def test_brought(exchange: Exchange) -> None:
    """A recording or a file in the user's message is read: the model repeats what is in it."""
    text = expect.text(exchange)
    for _, kind in json_pointer.find(expect.request_body(exchange), "/messages/*/content/*/type"):
        word = WORDS_OF_ATTACHMENTS.get(str(kind))
        if word and word not in text.lower():
            expect.undecided_if_cut(exchange)
        has_word = not word or word in text.lower()
        expect.condition(has_word, f"text with {word}", text, at=CONTENT, shows_ignored=False)


@check("chat.modalities", proves_obeyed=("modalities", "audio"))
def test_modalities(exchange: Exchange) -> None:
    """An answer comes in the modalities asked for: as sound with its transcript where sound is named, else as text."""
    message = expect.member(expect.answer(exchange), MESSAGE, dict)
    if "audio" not in expect.request_body(exchange)["modalities"]:
        content = message.get("content")
        expect.condition(bool(content), "text", content, at=CONTENT, shows_ignored=False)
        expect.condition(message.get("audio") is None, "no sound", message.get("audio"), at=AUDIO)
        return
    sound = expect.member(expect.answer(exchange), AUDIO, dict)
    expect.condition(bool(sound.get("transcript")), "a transcript", sound.get("transcript"), at=f"{AUDIO}/transcript")
    expect.condition(
        decode_sound(sound)[8:12] == b"WAVE", "a WAV file", decode_sound(sound)[:12].hex(), at=f"{AUDIO}/data"
    )


def decode_sound(sound: Mapping[str, Any]) -> bytes:
    """Decodes the bytes of a sound. Raises Violation if they are not base64."""
    try:
        return base64.b64decode(str(sound.get("data")), validate=True)
    except (binascii.Error, ValueError):
        raise Violation("base64", expect.display_text(sound.get("data")), at=f"{AUDIO}/data") from None


@check("chat.prediction", proves_obeyed=("prediction",))
def test_prediction(exchange: Exchange) -> None:
    """If the answer is the predicted text, the usage counts accepted tokens of the prediction."""
    text, predicted = expect.text(exchange), str(expect.request_body(exchange)["prediction"]["content"])
    if words(predicted) != words(text):
        raise Undecided("the answer is not the predicted text")
    details = find_usage(exchange).get("completion_tokens_details")
    count = details.get("accepted_prediction_tokens") if isinstance(details, dict) else None
    at = "/usage/completion_tokens_details/accepted_prediction_tokens"
    expect.condition(isinstance(count, int) and count >= 1, "at least 1", count, at=at)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@check("chat.sources", proves_obeyed=("web_search_options",))
def test_sources(exchange: Exchange) -> None:
    """An answer from the web names a page as its source, at a place that lies within the text."""
    body = expect.answer(exchange)
    text = expect.member(body, CONTENT, str)
    cited = expect.member(body, ANNOTATIONS, list)
    expect.condition(bool(cited), "at least one source", cited, at=ANNOTATIONS)
    for number in range(len(cited)):
        at = f"{ANNOTATIONS}/{number}/url_citation"
        address = expect.member(body, f"{at}/url", str)
        expect.condition(address.startswith(("https://", "http://")), "an address", address, at=f"{at}/url")
        start, end = (expect.member(body, f"{at}/{name}_index", int) for name in ("start", "end"))
        expect.condition(0 <= start <= end <= len(text), f"a place within {len(text)} characters", [start, end], at=at)
