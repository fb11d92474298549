"""Parses forms (multipart/form-data, RFC 7578) as a server does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from wireproof.mock.provider.refusals import RequestRefused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


@dataclass(slots=True)
class ReceivedPart:
    """One field of a form while it is parsed: its headers and its content."""

    headers: dict[str, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)

    @property
    def disposition(self) -> dict[bytes, bytes]:
        return parse_options_header(self.headers.get("content-disposition"))[1]

    @property
    def name(self) -> str:
        return self.disposition.get(b"name", b"").decode("utf-8", "replace")

    @property
    def is_file(self) -> bool:
        return b"filename" in self.disposition

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


@dataclass(slots=True)
class FormReader:
    """Collects the parts of a form from the callbacks of the parser.

    Attributes:
        is_complete: true if the last part is closed.
    """

    parts: list[ReceivedPart] = field(default_factory=list)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    is_complete: bool = False

    def on_part_begin(self) -> None:
        self.parts.append(ReceivedPart())

    def on_header_name(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def on_header_end(self) -> None:
        self.parts[-1].headers[self.header.decode("latin-1").lower()] = bytes(self.value)
        self.header, self.value = bytearray(), bytearray()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def on_end(self) -> None:
        self.is_complete = True

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_field": self.on_header_name,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_part_data": self.on_part_data,
            "on_end": self.on_end,
        }


def read_form(body: bytes, content_type: str | None) -> tuple[ReceivedPart, ...]:
    """Returns the parts of a form; raises RequestRefused if the body is no form or is incomplete."""
    media, options = parse_options_header(content_type)
    if media.lower() != b"multipart/form-data" or not options.get(b"boundary"):
        message = f"Unsupported content type {content_type!r}; expected multipart/form-data with a boundary."
        raise RequestRefused("wrong-content-type", message)
    reader = FormReader()
    try:
        MultipartParser(options[b"boundary"], reader.callbacks()).write(body)
    except FormParserError:
        reader.is_complete = False
    if not reader.is_complete:
        raise RequestRefused("malformed-json", "We could not parse the form of your request.")
    return tuple(reader.parts)
