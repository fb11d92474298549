"""The request that every contestant sends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

PROMPT = "Count from 1 to 100, separated by commas."
KEY = "sk-mock-standard"


def body(streams: bool, tokens: int = 64) -> str:
    """The JSON body."""
    request: dict[str, Any] = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": PROMPT}]}
    request |= {"temperature": 0, "max_completion_tokens": tokens}
    return json.dumps(request | ({"stream": True, "stream_options": {"include_usage": True}} if streams else {}))


def wire(url: str, streams: bool, tokens: int = 64) -> str:
    """The whole HTTP request, as it is written to the socket."""
    address, text = urlsplit(url), body(streams, tokens)
    return (
        f"POST {address.path}/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {KEY}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    )
