"""The health page: how many cells are up, and how many models they serve."""

from __future__ import annotations

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject

REPORTED_LATENCY_MS = 12


def report_health(visit: RequestContext, body: JsonObject) -> Answer:
    whole = visit.cells_up >= visit.profile.cells
    return PlainAnswer(
        200,
        {
            "status": "ok" if whole else "degraded",
            "cells": visit.cells_up,
            "models": visit.profile.served_models,
            "latency_ms": REPORTED_LATENCY_MS,
        },
    )
