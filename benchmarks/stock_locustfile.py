"""The straightforward way with stock locust: readline on the raw response, json.loads, two events a request."""

from __future__ import annotations

import json
import os
import time

from locust import FastHttpUser, constant, task

GIVEN = json.loads(os.environ["STOCK"])


class Stock(FastHttpUser):
    """Asks the same request for ever."""

    wait_time = constant(0)

    @task
    def ask(self) -> None:
        if not GIVEN["streams"]:
            self.client.post(GIVEN["path"], data=GIVEN["body"], headers=GIVEN["headers"], name="json")
            return
        began, first, last, number = time.perf_counter(), 0.0, 0.0, 0
        answer = self.client.post(
            GIVEN["path"], data=GIVEN["body"], headers=GIVEN["headers"], name="stream", stream=True
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
