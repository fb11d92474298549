"""The recorded stream as an ASGI application, one event per send; the control for a cell without delays."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

RECORD = json.loads(Path(os.environ["RECORDED"]).read_text())
EVENTS = [text.encode("latin-1") for text in RECORD["events"]]
COUNTS: Counter[str] = Counter()

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    """Answers a request with the recorded events; the path of a cell's state returns the counts."""
    if scope["type"] != "http":
        return
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    if scope["path"].startswith("/_wireproof"):
        COUNTS.clear() if scope["method"] == "POST" else None
        counts = {"requests": COUNTS["requests"], "answers": COUNTS["answers"]}
        body = json.dumps({"counts": counts, "ms": {"gap": {"n": COUNTS["tokens"]}}}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})
        return
    COUNTS["requests"] += 1
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for event in EVENTS:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    COUNTS["answers"] += 1
    COUNTS["tokens"] += RECORD["tokens"]
