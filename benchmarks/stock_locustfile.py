"""A plain locustfile: reads lines of the raw response, parses them by json.loads and fires two events per request."""

from __future__ import annotations

import json
import os
import time

from locust import FastHttpUser, constant, task

SETTINGS = json.loads(os.environ["STOCK"])


class Stock(FastHttpUser):
    """A user that repeats the same request."""

    wait_time = constant(0)

    @task
    def ask(self) -> None:
        if not SETTINGS["streams"]:
            self.client.post(SETTINGS["path"], data=SETTINGS["body"], headers=SETTINGS["headers"], name="json")
            return
        began, first, last, number = time.perf_counter(), 0.0, 0.0, 0
        answer = self.client.post(
            SETTINGS["path"], data=SETTINGS["body"], headers=SETTINGS["headers"], name="stream", stream=True
        )  # fmt: skip
        while line := answer._response.readline(b"\n"):
            if not line.startswith(b"data:") or b"[DONE]" in line:
                continue
            choices = json.loads(line[5:]).get("choices")
            if not choices or not choices[0]["delta"].get("content"):
                continue
            last, number = time.perf_counter(), number + 1
            first = first or last
        fire = self.environment.events.request.fire
        gap = (last - first) / max(1, number - 1) * 1e3
        for name, value in (("TTFT", (first - began) * 1e3), ("gap", gap)):
            fire(request_type="SSE", name=name, response_time=value, response_length=0, exception=None, context={})
