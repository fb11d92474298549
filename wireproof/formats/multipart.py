"""Forms (multipart/form-data, RFC 7578): written with one boundary, so that runs send the same bytes; read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

MULTIPART = "multipart/form-data"
BOUNDARY = "wireproof-form-7578"
CONTENT_TYPE = f"{MULTIPART}; boundary={BOUNDARY}"


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; a file has a filename and a media type."""

    name: str
    content: bytes
    filename: str | None = None
    media_type: str | None = None


def is_file(value: Any) -> bool:
    """Whether a field of a case's form is a file rather than a text."""
    return isinstance(value, dict)


def encode(parts: Iterable[Part]) -> bytes:
    """The body of a form."""
    return b"".join(_written(part) for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def _written(part: Part) -> bytes:
    named = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
    if part.filename is not None:
        named += f'; filename="{_quoted(part.filename)}"'
    lines = [f"--{BOUNDARY}", named, *([f"Content-Type: {part.media_type}"] if part.media_type else []), "", ""]
    return "\r\n".join(lines).encode() + part.content + b"\r\n"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def decode(body: bytes, content_type: str) -> tuple[Part, ...]:
    """The fields of a body, none where it is no whole form."""
    boundary = _boundary(content_type)
    mark = f"--{boundary}".encode()
    if boundary is None or not body.startswith(mark + b"\r\n") or mark + b"--" not in body:
        return ()
    return tuple(_read(body[len(mark) :].partition(b"\r\n" + mark + b"--")[0], mark))


def _boundary(content_type: str) -> str | None:
    message = Message()
    message["Content-Type"] = content_type
    return message.get_boundary() if message.get_content_type() == MULTIPART else None


def _read(inner: bytes, mark: bytes) -> Iterator[Part]:
    for piece in inner.split(b"\r\n" + mark):
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message = Message()
        for line in head.decode("utf-8", "replace").split("\r\n"):
            name, _, value = line.partition(":")
            message[name] = value.strip()
        named = message.get_param("name", header="content-disposition")
        media_type = message.get_content_type() if "content-type" in message else None
        yield Part(str(named or ""), content, message.get_filename(), media_type)
