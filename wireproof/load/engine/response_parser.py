"""The parser of one response: llhttp through geventhttpclient; header values are joined only on request."""

from __future__ import annotations

from collections.abc import Iterator

from geventhttpclient._parser import HTTPResponseParser


class ResponseParser(HTTPResponseParser):
    """The state of one response; `body` holds the bytes that the reader has not taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self.headers_complete = self.message_complete = False
        self.body = bytearray()
        self._lines: list[tuple[bool, str]] = []

    @property
    def is_final(self) -> bool:
        """True if the headers are complete and not those of an interim response."""
        return self.headers_complete and self.get_code() >= 200

    def ends_connection(self) -> bool:
        """True if no further request may be sent on this connection."""
        return not self.message_complete or self.parser_failed() or not self.should_keep_alive()

    def header(self, name: str) -> str:
        """The first value of a header; empty if the header is absent."""
        return next((value for field, value in self.headers() if field.lower() == name), "")

    def headers(self) -> Iterator[tuple[str, str]]:
        """Yields each header, in order: name and value."""
        field = value = ""
        was_value = False
        for is_value, piece in [*self._lines, (False, "")]:
            if is_value:
                value += piece
            elif was_value:
                yield field, value
                field, value = piece, ""
            else:
                field += piece
            was_value = is_value

    def _on_status(self, text: str) -> None:
        """Ignores the reason phrase."""

    def _on_message_begin(self) -> None:
        self.headers_complete = self.message_complete = False
        self._lines = []

    def _on_header_field(self, piece: str) -> None:
        self._lines.append((False, piece))

    def _on_header_value(self, piece: str) -> None:
        self._lines.append((True, piece))

    def _on_headers_complete(self) -> None:
        self.headers_complete = True

    def _on_body(self, piece: bytes) -> None:
        self.body += piece

    def _on_message_complete(self) -> None:
        self.message_complete = True
