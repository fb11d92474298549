"""One response as llhttp reads it, through geventhttpclient's parser; header lines are put together when asked for."""

from __future__ import annotations

from geventhttpclient._parser import HTTPResponseParser


class ResponseParser(HTTPResponseParser):
    """What has come of a response; `body` holds the bytes that nobody has taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self.headers_complete = self.message_complete = False
        self.body = bytearray()
        self._lines: list[tuple[bool, str]] = []

    @property
    def is_final(self) -> bool:
        """The headers are there, and they are no interim response's."""
        return self.headers_complete and self.get_code() >= 200

    def ends_connection(self) -> bool:
        """No further request may be sent on this connection."""
        return not self.message_complete or self.parser_failed() or not self.should_keep_alive()

    def header(self, name: str) -> str:
        """The first value of a header; empty where there is none."""
        field = value = ""
        was_value = False
        for is_value, piece in [*self._lines, (False, "")]:
            if is_value:
                value += piece
            elif was_value:
                if field.lower() == name:
                    return value
                field, value = piece, ""
            else:
                field += piece
            was_value = is_value
        return ""

    def _on_status(self, text: str) -> None:
        """The reason phrase means nothing."""

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
