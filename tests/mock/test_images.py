"""Pictures: made from a prompt, shown in a chat, and read in a prompt."""

from __future__ import annotations

import base64
import contextlib
import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.mock.model.png import COLOURS_BY_NAME, PNG_MAGIC, UnreadableImage, main_colour, make_chunk, make_png


@pytest.fixture(name="draw")
def _draw(client, providers):
    """Sends one request for pictures."""

    def ask(provider="iotex", **members):
        body = {"model": providers[provider]["models"]["image"], "prompt": "A plain red circle", **members}
        return client(provider).post("/images/generations", json=body)

    return ask


@pytest.fixture(name="look")
def _look(chat, providers):
    """Sends one chat about the picture at an address."""

    def ask(address, prompt="What colour is this? One word.", role="vision", provider="iotex"):
        parts = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": address}}]
        messages = [{"role": "user", "content": parts}]
        return chat("", provider, model=providers[provider]["models"][role], messages=messages)

    return ask


def url(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


def unpacked(address):
    return base64.b64decode(address.removeprefix("data:image/png;base64,"), validate=True)


def pixels(picture):
    return struct.unpack_from(">II", picture, 16)


def written(form, pixel, *, lines=b"\0\1\2\3\4", width=6, depth=8, woven=0, palette=b""):
    """Returns a PNG in one colour, each line with another filter."""
    step = len(pixel)
    plain = pixel * width
    rows, above = [], bytes(len(plain))
    for kind in lines:
        row = bytearray()
        for place, value in enumerate(plain):
            left, corner = (plain[place - step], above[place - step]) if place >= step else (0, 0)
            up = above[place]
            near = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
            row.append((value - (0, left, up, (left + up) // 2, near)[kind]) & 255)
        rows.append(bytes([kind]) + row)
        above = plain
    head = struct.pack(">IIBBBBB", width, len(rows), depth, form, 0, 0, woven)
    parts = [(b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return PNG_MAGIC + b"".join(make_chunk(*part) for part in parts)


@pytest.mark.parametrize("provider", ["openai", "iotex"])
def test_pictures_have_the_requested_number_and_size(draw, provider):
    entries = draw(provider, n=3, size="48x20").json()["data"]
    assert [pixels(unpacked(entry["url"])) for entry in entries] == [(48, 20)] * 3


def test_the_default_is_one_picture_of_the_default_size(draw):
    (entry,) = draw().json()["data"]
    assert pixels(unpacked(entry["url"])) == (1024, 1024)
    assert main_colour(unpacked(entry["url"])) == "red"


def test_a_request_without_model_uses_the_first_image_model(client):
    assert client("iotex").post("/images/generations", json={"prompt": "a cat"}).status_code == 200


def test_base64_can_be_requested(draw):
    (entry,) = draw("openai", response_format="b64_json").json()["data"]
    assert set(entry) == {"b64_json"}
    assert base64.b64decode(entry["b64_json"]).startswith(PNG_MAGIC)


@pytest.mark.parametrize(
    ("members", "cause"),
    [
        pytest.param({"prompt": None}, "wrong-type", id="no-prompt"),
        pytest.param({"prompt": ""}, "out-of-range", id="empty-prompt"),
        pytest.param({"model": "nobody"}, "unknown-model", id="unknown-model"),
        pytest.param({"model": "gemini-2.5-flash"}, "wrong-model-kind", id="a-model-that-does-not-draw"),
        pytest.param({"size": "abc"}, "out-of-range", id="a-word-for-a-size"),
        pytest.param({"size": "0x9"}, "out-of-range", id="no-width"),
        pytest.param({"size": "99999x9"}, "out-of-range", id="too-wide"),
        pytest.param({"n": 0}, "out-of-range", id="no-picture"),
        pytest.param({"n": 10**9}, "out-of-range", id="more-pictures-than-can-be"),
        pytest.param({"n": "two"}, "wrong-type", id="a-word-for-a-number"),
    ],
)
def test_invalid_picture_requests_are_refused(draw, providers, members, cause):
    refused = draw(**members)
    row = providers["iotex"]["errors"]["refusals"][cause]
    assert (refused.status_code, refused.json()["error"]["code"]) == (row["status"][0], row["mock_code"])


def test_a_chat_shows_the_same_picture_whole_and_streamed(chat, providers):
    members = {"model": providers["iotex"]["models"]["image"], "max_tokens": 2}
    plain = chat("Draw a blue cat for me", "iotex", **members).json()["choices"][0]
    streamed = chat("Draw a blue cat for me", "iotex", **members, stream=True).text.split("\n\n")[:-2]
    deltas = [json.loads(one.removeprefix("data: "))["choices"][0]["delta"] for one in streamed]
    (shown,) = [delta["images"] for delta in deltas if "images" in delta]
    assert shown == plain["message"]["images"]
    assert main_colour(unpacked(shown[0]["image_url"]["url"])) == "blue"
    assert plain["finish_reason"] == "length"


@pytest.mark.parametrize("colour", list(COLOURS_BY_NAME))
def test_a_vision_model_names_the_colour_of_a_picture(look, colour):
    picture = make_png(40, 40, COLOURS_BY_NAME[colour], COLOURS_BY_NAME["white"])
    assert look(url(picture)).json()["choices"][0]["message"]["content"] == colour


def test_a_picture_counts_as_prompt_tokens(look, chat):
    prompt = "What colour is this? One word."
    with_it = look(url(make_png(8, 8, COLOURS_BY_NAME["red"], COLOURS_BY_NAME["red"])), prompt).json()["usage"][
        "prompt_tokens"
    ]
    assert with_it > chat(prompt, "iotex").json()["usage"]["prompt_tokens"]


def test_a_picture_on_the_network_is_described_and_not_fetched(look):
    answer = look("https://example.invalid/picture.png", "What is in this picture?").json()
    assert answer["choices"][0]["message"]["content"].startswith("The picture shows")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("data:image/png;base64,AAAA", id="no-picture"),
        pytest.param("data:image/png;base64,@@@", id="no-base64"),
        pytest.param("data:image/png,red", id="not-packed"),
        pytest.param(url(make_png(8, 8, COLOURS_BY_NAME["red"], COLOURS_BY_NAME["red"]))[:-30], id="cut-off"),
        pytest.param("ftp://example.invalid/a.png", id="another-scheme"),
        pytest.param("", id="empty"),
    ],
)
def test_a_picture_that_cannot_be_read_is_refused(look, address):
    refused = look(address)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_value")


def test_a_model_without_vision_refuses_pictures(look, providers, chat):
    blind = "deepseek-ai/DeepSeek-V3-0324"
    parts = [{"type": "image_url", "image_url": {"url": "https://example.invalid/a.png"}}]
    refused = chat("", "iotex", model=blind, messages=[{"role": "user", "content": parts}])
    assert refused.json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("part", [{}, {"image_url": "https://example.invalid/a.png"}, {"image_url": {"url": 7}}])
def test_a_picture_without_an_address_is_refused(chat, providers, part):
    messages = [{"role": "user", "content": [{"type": "image_url", **part}]}]
    refused = chat("", "iotex", model=providers["iotex"]["models"]["vision"], messages=messages)
    assert refused.status_code == 400


def test_a_part_the_contract_does_not_name_is_refused(look):
    refused = look("https://example.invalid/a.png", provider="iio", role="chat")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("form", "pixel", "palette"),
    [
        pytest.param(0, b"\0", b"", id="grey"),
        pytest.param(2, b"\0\0\0", b"", id="rgb"),
        pytest.param(3, b"\1", b"\xff\xff\xff\0\0\0", id="palette"),
        pytest.param(4, b"\0\xff", b"", id="grey-and-alpha"),
        pytest.param(6, b"\0\0\0\xff", b"", id="rgb-and-alpha"),
    ],
)
def test_every_colour_type_is_read_with_every_filter(form, pixel, palette):
    assert main_colour(written(form, pixel, palette=palette)) == "black"


@pytest.mark.parametrize("rarer", [{"depth": 16}, {"woven": 1}], ids=["sixteen-bits", "interlaced"])
def test_rarer_forms_have_no_colour(rarer):
    assert main_colour(written(2, b"\0\0\0", **rarer)) == ""


@given(st.binary(max_size=40), st.integers(0, 200))
def test_broken_pictures_raise_unreadable_image(noise, place):
    good = written(2, b"\xff\0\0")
    with contextlib.suppress(UnreadableImage):
        assert main_colour(good[:place] + noise + good[place + len(noise) :]) in ("", *COLOURS_BY_NAME)
