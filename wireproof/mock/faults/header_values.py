"""Faults of headers: request ids, versions, content types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from wireproof.mock.faults.conditional_errors import CRASH_BODY
from wireproof.mock.faults.contract_changes import change_refusal
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import on_header
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

JSON_MEDIA_TYPE, FORM_MEDIA_TYPE = "application/json", "application/x-www-form-urlencoded"
VERSION_HEADER, REQUEST_ID_HEADER, CONTENT_TYPE_HEADER = "api-version", "x-request-id", "content-type"
MAX_REQUEST_ID_LENGTH = 100
NOT_JSON_ERROR = {"error": {"message": "Content-Type: expected application/json.", "code": "invalid_request"}}


def label_as_json(received: HttpRequest) -> HttpRequest:
    """Labels a request without a content type as JSON."""
    if received.header(CONTENT_TYPE_HEADER) is not None:
        return received
    return replace(received, headers=(*received.headers, (CONTENT_TYPE_HEADER, JSON_MEDIA_TYPE)))


def form_as_json(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Turns the fields of a form into a chat request."""
    if received.header(CONTENT_TYPE_HEADER) != FORM_MEDIA_TYPE:
        return received
    fields = dict(parse_qsl(received.body.decode("latin-1")))
    messages = [{"role": "user", "content": fields.get("messages", "")}]
    body = json.dumps({"model": profile.catalogue[0].id, "messages": messages}).encode()
    return on_header(CONTENT_TYPE_HEADER, lambda value: JSON_MEDIA_TYPE).on_request(
        replace(received, body=body), profile
    )


def hide_other_models(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Makes every model but the first of the list unknown by its id."""
    first_id = profile.catalogue[0].id
    is_entry = received.method == "GET" and "/models/" in received.path
    is_hidden = is_entry and not received.path.endswith(f"/{first_id}")
    return replace(received, path=f"{received.path}-") if is_hidden else received


def repeat_version(answer: Answer, received: HttpRequest) -> Answer:
    """States the requested version as the one in use, whichever it is."""
    requested = received.header(VERSION_HEADER)
    headers = (
        (name, value if requested is None or name.lower() != VERSION_HEADER else requested)
        for name, value in answer.headers
    )
    return replace(answer, headers=tuple(headers))


def crash_on_header(name: str, wanted: Callable[[str], bool]) -> FaultHooks:
    """Hooks that answer with status 500 if a header has a wanted value."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        value = received.header(name)
        return PlainAnswer(500, CRASH_BODY, answer.headers) if value is not None and wanted(value) else answer

    return FaultHooks(on_answer=change_answer)


def refuse_bare_get(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses a GET without a content type."""
    is_bare = received.method == "GET" and received.header(CONTENT_TYPE_HEADER) is None
    return PlainAnswer(400, NOT_JSON_ERROR, answer.headers) if is_bare and answer.status < 400 else answer


def refuse_version(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses every request that names a version."""
    names_version = received.header(VERSION_HEADER) is not None
    return PlainAnswer(400, NOT_JSON_ERROR, answer.headers) if names_version else answer


HOOKS: Mapping[str, FaultHooks] = {
    "request-id-own": on_header(REQUEST_ID_HEADER, lambda value: None),
    "request-id-lower-case": on_header(REQUEST_ID_HEADER, str.lower),
    "request-id-cut": on_header(REQUEST_ID_HEADER, lambda value: value[:16]),
    "long-request-id-crashes": crash_on_header(REQUEST_ID_HEADER, lambda value: len(value) > MAX_REQUEST_ID_LENGTH),
    "version-repeated": FaultHooks(on_answer=repeat_version),
    "version-refused": FaultHooks(on_answer=refuse_version),
    "unknown-version-crashes": crash_on_header(VERSION_HEADER, lambda value: re.match(r"20\d\d-", value) is None),
    "form-accepted": FaultHooks(on_request=form_as_json),
    "form-as-500": change_refusal("wrong-content-type", status=500),
    "content-type-optional": FaultHooks(on_request=lambda received, profile: label_as_json(received)),
    "content-type-on-get": FaultHooks(on_answer=refuse_bare_get),
    "models-by-id-first-only": FaultHooks(on_request=hide_other_models),
    "one-down-refused": on_header("x-wireproof-cell", lambda value: "down" if value == "one-down" else value),
    "server-failed-as-400": change_refusal("server-failed", status=400),
    "server-failed-as-503": change_refusal("server-failed", status=503),
}
