"""Forms (multipart/form-data, RFC 7578) as a server reads them; no input, no output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from wireproof.mock.provider.refusals import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


@dataclass(slots=True)
class Part:
    """One field of a form while it is read: its headers, its content."""

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
class Reader:
    """What the parser calls: it gathers the parts, and knows whether the last one was closed."""

    parts: list[Part] = field(default_factory=list)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    ended: bool = False

    def begin(self) -> None:
        self.parts.append(Part())

    def name(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def valued(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        self.parts[-1].headers[self.header.decode("latin-1").lower()] = bytes(self.value)
        self.header, self.value = bytearray(), bytearray()

    def data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def end(self) -> None:
        self.ended = True

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self.begin,
            "on_header_field": self.name,
            "on_header_value": self.valued,
            "on_header_end": self.header_end,
            "on_part_data": self.data,
            "on_end": self.end,
        }


def read(body: bytes, content_type: str | None) -> tuple[Part, ...]:
    """The parts of a form; a body that is none, or is not whole, is refused."""
    media, options = parse_options_header(content_type)
    if media.lower() != b"multipart/form-data" or not options.get(b"boundary"):
        said = f"Unsupported content type {content_type!r}; expected multipart/form-data with a boundary."
        raise Refused("wrong-content-type", said)
    reader = Reader()
    try:
        MultipartParser(options[b"boundary"], reader.callbacks()).write(body)
    except FormParserError:
        reader.ended = False
    if not reader.ended:
        raise Refused("malformed-json", "We could not parse the form of your request.")
    return tuple(reader.parts)
