"""Requests the list of models of a target for a load run, which has no client of a conformance run."""

from __future__ import annotations

import http.client
import urllib.request
from dataclasses import replace

from wireproof import __version__
from wireproof.client.model_choice import pick_models
from wireproof.client.readiness import POLL_TIMEOUT_S, make_opener
from wireproof.contract.target import Target
from wireproof.evidence.exchange import BodyRead, Exchange, Request

MAX_LIST_BYTES = 4 * 1024 * 1024


def with_listed_models(target: Target) -> Target:
    """The target with a listed model for each role, if its options name none and its list can be read."""
    if target.models:
        return target
    listed = _request_list(target)
    return target if listed is None else replace(target, models=pick_models(target, listed))


def _request_list(target: Target) -> Exchange | None:
    """The answer to one request for the list; None if there is none."""
    endpoint, provider = target.provider.endpoints.get("models"), target.provider
    if endpoint is None:
        return None
    url = target.base_url + endpoint.path
    key = provider.key_header(target.keys["good"].value)
    headers = {"User-Agent": f"wireproof/{__version__}", **key, **target.headers}
    try:
        with make_opener(target.network).open(
            urllib.request.Request(url, headers=headers), timeout=POLL_TIMEOUT_S
        ) as answer:
            body, status = answer.read(MAX_LIST_BYTES), answer.status
    except (OSError, http.client.HTTPException, ValueError):
        # The first request of the run says what is wrong.
        return None
    request = Request("GET", url)
    return Exchange(target.name, "model-list", "models", 0, request, status=status, reads=(BodyRead(0, body),))
