"""The health page: the number of cells that are up, and of the models that they serve."""

from __future__ import annotations

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject

REPORTED_LATENCY_MS = 12


def report_health(context: RequestContext, body: JsonObject) -> Answer:
    is_whole = context.cells_up >= context.profile.cells
    return PlainAnswer(
        200,
        {
            "status": "ok" if is_whole else "degraded",
            "cells": context.cells_up,
            "models": context.profile.served_models,
            "latency_ms": REPORTED_LATENCY_MS,
        },
    )
