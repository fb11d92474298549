"""The request that every contestant sends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

PROMPT = "Count from 1 to 100, separated by commas."
KEY = "sk-mock-standard"


def body(streams: bool, tokens: int = 64) -> str:
    asked: dict[str, Any] = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": PROMPT}]}
    asked |= {"temperature": 0, "max_completion_tokens": tokens}
    return json.dumps(asked | ({"stream": True, "stream_options": {"include_usage": True}} if streams else {}))


def wire(url: str, streams: bool, tokens: int = 64) -> str:
    """The whole request, as it is written."""
    place, sent = urlsplit(url), body(streams, tokens)
    return (
        f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {KEY}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n{sent}"
    )
