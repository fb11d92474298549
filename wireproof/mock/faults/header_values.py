"""Faults of the heads of requests and answers: ids, versions, content types."""

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
    """A request without a content type is heard as JSON."""
    if received.header(CONTENT_TYPE_HEADER) is not None:
        return received
    return replace(received, headers=(*received.headers, (CONTENT_TYPE_HEADER, JSON_MEDIA_TYPE)))


def form_as_json(received: HttpRequest, profile: Profile) -> HttpRequest:
    """The fields of a form are heard as a chat."""
    if received.header(CONTENT_TYPE_HEADER) != FORM_MEDIA_TYPE:
        return received
    fields = dict(parse_qsl(received.body.decode("latin-1")))
    messages = [{"role": "user", "content": fields.get("messages", "")}]
    body = json.dumps({"model": profile.catalogue[0].id, "messages": messages}).encode()
    return on_header(CONTENT_TYPE_HEADER, lambda value: JSON_MEDIA_TYPE).on_request(
        replace(received, body=body), profile
    )


def hide_other_models(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Every model but the first of the list is unknown by its id."""
    known = profile.catalogue[0].id
    asked = received.method == "GET" and "/models/" in received.path
    unknown = asked and not received.path.endswith(f"/{known}")
    return replace(received, path=f"{received.path}-") if unknown else received


def repeat_version(answer: Answer, received: HttpRequest) -> Answer:
    """Whatever version is asked for is told to be used."""
    asked = received.header(VERSION_HEADER)
    told = (
        (name, value if asked is None or name.lower() != VERSION_HEADER else asked) for name, value in answer.headers
    )
    return replace(answer, headers=tuple(told))


def crash_on_header(name: str, wanted: Callable[[str], bool]) -> FaultHooks:
    """A lapse that answers 500 where a header has such a value."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        given = received.header(name)
        return PlainAnswer(500, CRASH_BODY, answer.headers) if given is not None and wanted(given) else answer

    return FaultHooks(on_answer=change_answer)


def refuse_bare_get(answer: Answer, received: HttpRequest) -> Answer:
    """A request without a body is asked for a content type too."""
    bare = received.method == "GET" and received.header(CONTENT_TYPE_HEADER) is None
    return PlainAnswer(400, NOT_JSON_ERROR, answer.headers) if bare and answer.status < 400 else answer


def refuse_version(answer: Answer, received: HttpRequest) -> Answer:
    """Any version that is asked for is refused."""
    asked = received.header(VERSION_HEADER) is not None
    return PlainAnswer(400, NOT_JSON_ERROR, answer.headers) if asked else answer


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
