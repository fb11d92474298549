"""Generated pictures: as many as requested, each in one form, and each a picture of the requested size."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, Violation, check

PICTURE_MEMBERS = ("url", "b64_json")
# The check that judges what nearly every other presupposes.
HAS_PICTURE = "images.has-picture"
DATA_URL = re.compile(r"data:(image/[\w.+-]+);base64,(.+)", re.S)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its first bytes.

    Attributes:
        width: pixels.
        height: pixels.
    """

    media_type: str
    width: int
    height: int


def picture_entries(exchange: Exchange) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """The place and the entry of each picture of an answer."""
    body = expect.answer(exchange)
    try:
        count = len(expect.member(body, "/data", list))
        expect.condition(count > 0, "at least one picture", body["data"], at="/data")
        return tuple((f"/data/{n}", expect.member(body, f"/data/{n}", dict)) for n in range(count))
    except Violation as violation:
        violation.judged_by = HAS_PICTURE
        raise


def forms_of_entry(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The forms in which an entry holds its picture."""
    return tuple(name for name in PICTURE_MEMBERS if entry.get(name))


def embedded_pictures(exchange: Exchange) -> Iterator[tuple[str, bytes, str | None]]:
    """Yields place, bytes and claimed media type of each picture inside the answer."""
    for at, entry in picture_entries(exchange):
        url = DATA_URL.fullmatch(entry["url"]) if isinstance(entry.get("url"), str) else None
        if url is not None:
            yield f"{at}/url", decode_base64(url[2], f"{at}/url"), url[1].lower()
        if isinstance(entry.get("b64_json"), str) and entry["b64_json"]:
            yield f"{at}/b64_json", decode_base64(entry["b64_json"], f"{at}/b64_json"), None


def decode_base64(text: str, at: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Violation("base64", expect.display_text(text), at=at, judged_by="images.decodes") from None


def read_pictures(exchange: Exchange) -> tuple[tuple[str, Picture, str | None], ...]:
    """Each picture inside the answer, by its first bytes; no URL is fetched. Raises Inconclusive if there is none."""
    found = tuple((at, read_picture(data, at), claimed) for at, data, claimed in embedded_pictures(exchange))
    if not found:
        raise Inconclusive("the answer contains no picture, and no URL is fetched")
    return found


def read_picture(data: bytes, at: str) -> Picture:
    picture = read_png(data) or read_jpeg(data) or read_webp(data) or read_gif(data)
    if picture is None:
        actual = f"{len(data)} bytes that begin with {data[:12].hex(' ')}"
        raise Violation("a PNG, JPEG, WebP or GIF", actual, at=at, judged_by="images.decodes")
    return picture


def read_png(data: bytes) -> Picture | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return Picture("image/png", int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))


def read_jpeg(data: bytes) -> Picture | None:
    """Reads the size from the first frame header, which follows segments that state their lengths."""
    at = 2 if data.startswith(b"\xff\xd8\xff") else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0xFF:  # bytes of FF may fill the gap before a segment
            at += 1
            continue
        # C4, C8 and CC are tables and extensions among the frame headers.
        if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            return Picture("image/jpeg", width, height)
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def read_webp(data: bytes) -> Picture | None:
    """Reads the size of a WebP; each of its three kinds stores it differently."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return Picture("image/webp", width, height)


def read_gif(data: bytes) -> Picture | None:
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 10:
        return None
    return Picture("image/gif", int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))


@check("images.count", proves_obeyed=("n",))
def test_count(exchange: Exchange) -> None:
    """The answer has as many pictures as the request asks for, one where it does not say."""
    wanted, count = expect.request_body(exchange).get("n", 1), len(picture_entries(exchange))
    expect.condition(count == wanted, f"{wanted} pictures", f"{count}", at="/data")


@check(HAS_PICTURE)
def test_has_picture(exchange: Exchange) -> None:
    """Each entry of the answer holds a picture: an address, or base64."""
    for at, entry in picture_entries(exchange):
        expect.condition(bool(forms_of_entry(entry)), "url or b64_json with something in it", entry, at=at)


@check("images.one-form")
def test_one_form(exchange: Exchange) -> None:
    """A picture comes in one form, as an address or as base64, and not in both."""
    for at, entry in picture_entries(exchange):
        expect.condition(len(forms_of_entry(entry)) < 2, "url or b64_json", " and ".join(forms_of_entry(entry)), at=at)


@check("images.as-asked", proves_obeyed=("response_format",))
def test_as_asked(exchange: Exchange) -> None:
    """A picture comes in the form the request asks for."""
    wanted = expect.request_body(exchange)["response_format"]
    for at, entry in picture_entries(exchange):
        judged_elsewhere = None if forms_of_entry(entry) else HAS_PICTURE
        fits, actual = wanted in forms_of_entry(entry), " and ".join(entry) or "nothing"
        expect.condition(fits, f"{wanted} with something in it", actual, at=at, judged_by=judged_elsewhere)


@check("images.url-or-data")
def test_url_or_data(exchange: Exchange) -> None:
    """A picture comes as an address that begins with https:// or data:image/."""
    for at, _ in picture_entries(exchange):
        url = expect.member(expect.answer(exchange), f"{at}/url", str)
        fits = re.match(r"https://[^/]|data:image/[\w.+-]+[;,].", url) is not None
        expect.condition(fits, "an address with https:// or data:image/", url, at=f"{at}/url")


@check("images.reachable")
def test_reachable(exchange: Exchange) -> None:
    """The address of a picture names no host that only the server itself can reach."""
    for at, entry in picture_entries(exchange):
        url = entry.get("url")
        if isinstance(url, str) and url and not url.startswith("data:"):
            expect.condition(not is_private(url), "a host that a client can reach", url, at=f"{at}/url")


def is_private(url: str) -> bool:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False  # a malformed URL is judged by images.url-or-data
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))


@check("images.decodes")
def test_decodes(exchange: Exchange) -> None:
    """A picture inside the answer is base64 of a PNG, JPEG, WebP or GIF, by its first bytes."""
    read_pictures(exchange)


@check("images.size", proves_obeyed=("size",))
def test_size(exchange: Exchange) -> None:
    """A picture has as many pixels across and down as the request asks for."""
    wanted = expect.request_body(exchange)["size"]
    for at, found, _ in read_pictures(exchange):
        actual = f"{found.width}x{found.height}"
        expect.condition(actual == wanted, f"{wanted} pixels", actual, at=at)


@check("images.labelled")
def test_labelled(exchange: Exchange) -> None:
    """The media type that a data address names is that of its picture."""
    for at, found, claimed in read_pictures(exchange):
        if claimed is not None:
            expect.equal(claimed, found.media_type, at=at)


@check("images.created")
def test_created(exchange: Exchange) -> None:
    """The moment in created is that of the answer, in seconds, give or take five minutes."""
    created = expect.member(expect.answer(exchange), "/created", int, float)
    expect.recent(exchange, created, at="/created")


@check("images.model-optional")
def test_model_optional(exchange: Exchange) -> None:
    """A request without a model is answered with a picture, or refused as a mistake, which is recorded."""
    if not exchange.is_success:
        expect.client_error(exchange)
        raise Noted(f"a request without a model is refused with {exchange.status}")
    drawn = all(forms_of_entry(entry) for _, entry in picture_entries(exchange))
    expect.condition(drawn, "a picture", exchange.text, at="/data", judged_by=HAS_PICTURE)
