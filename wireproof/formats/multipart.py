"""Forms (multipart/form-data, RFC 7578). All forms have one boundary, so that every run sends the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

MULTIPART_TYPE = "multipart/form-data"
BOUNDARY = "wireproof-form-7578"
CONTENT_TYPE = f"{MULTIPART_TYPE}; boundary={BOUNDARY}"


@dataclass(frozen=True, slots=True)
class FormPart:
    """One field of a form; only a file has a filename and a media type."""

    name: str
    content: bytes
    filename: str | None = None
    media_type: str | None = None


def is_file(value: Any) -> bool:
    """True if a form field of a case is a file rather than a text."""
    return isinstance(value, dict)


def encode_form(parts: Iterable[FormPart]) -> bytes:
    """Encodes the fields as a body."""
    return b"".join(_encode_part(part) for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def _encode_part(part: FormPart) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{_quote_parameter(part.name)}"'
    if part.filename is not None:
        disposition += f'; filename="{_quote_parameter(part.filename)}"'
    lines = [f"--{BOUNDARY}", disposition, *([f"Content-Type: {part.media_type}"] if part.media_type else []), "", ""]
    return "\r\n".join(lines).encode() + part.content + b"\r\n"


def _quote_parameter(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def decode_form(body: bytes, content_type: str) -> tuple[FormPart, ...]:
    """Decodes the fields of a body; an incomplete body or another media type gives no fields."""
    boundary = _find_boundary(content_type)
    mark = f"--{boundary}".encode()
    if boundary is None or not body.startswith(mark + b"\r\n") or mark + b"--" not in body:
        return ()
    return tuple(_decode_parts(body[len(mark) :].partition(b"\r\n" + mark + b"--")[0], mark))


def _find_boundary(content_type: str) -> str | None:
    message = Message()
    message["Content-Type"] = content_type
    return message.get_boundary() if message.get_content_type() == MULTIPART_TYPE else None


def _decode_parts(inner: bytes, mark: bytes) -> Iterator[FormPart]:
    for piece in inner.split(b"\r\n" + mark):
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message = Message()
        for line in head.decode("utf-8", "replace").split("\r\n"):
            name, _, value = line.partition(":")
            message[name] = value.strip()
        field_name = message.get_param("name", header="content-disposition")
        media_type = message.get_content_type() if "content-type" in message else None
        yield FormPart(str(field_name or ""), content, message.get_filename(), media_type)
