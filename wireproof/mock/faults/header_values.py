"""Faults of the heads of requests and answers: ids, versions, content types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from wireproof.mock.faults.conditional_errors import CRASH
from wireproof.mock.faults.contract_changes import row
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import with_header
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
VERSION, REQUEST_ID, CONTENT_TYPE = "api-version", "x-request-id", "content-type"
LONG = 100
NOT_JSON = {"error": {"message": "Content-Type: expected application/json.", "code": "invalid_request"}}


def labelled(received: HttpRequest) -> HttpRequest:
    """A request without a content type is heard as JSON."""
    if received.header(CONTENT_TYPE) is not None:
        return received
    return replace(received, headers=(*received.headers, (CONTENT_TYPE, JSON)))


def form_as_json(received: HttpRequest, profile: Profile) -> HttpRequest:
    """The fields of a form are heard as a chat."""
    if received.header(CONTENT_TYPE) != FORM:
        return received
    fields = dict(parse_qsl(received.body.decode("latin-1")))
    messages = [{"role": "user", "content": fields.get("messages", "")}]
    body = json.dumps({"model": profile.catalogue[0].id, "messages": messages}).encode()
    return with_header(CONTENT_TYPE, lambda value: JSON).hear(replace(received, body=body), profile)


def only_the_first_by_id(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Every model but the first of the list is unknown by its id."""
    known = profile.catalogue[0].id
    asked = received.method == "GET" and "/models/" in received.path
    unknown = asked and not received.path.endswith(f"/{known}")
    return replace(received, path=f"{received.path}-") if unknown else received


def version_repeated(answer: Answer, received: HttpRequest) -> Answer:
    """Whatever version is asked for is told to be used."""
    asked = received.header(VERSION)
    told = ((name, value if asked is None or name.lower() != VERSION else asked) for name, value in answer.headers)
    return replace(answer, headers=tuple(told))


def crashing_on(name: str, wanted: Callable[[str], bool]) -> Lapse:
    """A lapse that answers 500 where a header has such a value."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        given = received.header(name)
        return PlainAnswer(500, CRASH, answer.headers) if given is not None and wanted(given) else answer

    return Lapse(say=say)


def bare_get_refused(answer: Answer, received: HttpRequest) -> Answer:
    """A request without a body is asked for a content type too."""
    bare = received.method == "GET" and received.header(CONTENT_TYPE) is None
    return PlainAnswer(400, NOT_JSON, answer.headers) if bare and answer.status < 400 else answer


def version_refused(answer: Answer, received: HttpRequest) -> Answer:
    """Any version that is asked for is refused."""
    asked = received.header(VERSION) is not None
    return PlainAnswer(400, NOT_JSON, answer.headers) if asked else answer


LAPSES: Mapping[str, Lapse] = {
    "request-id-own": with_header(REQUEST_ID, lambda value: None),
    "request-id-lower-case": with_header(REQUEST_ID, str.lower),
    "request-id-cut": with_header(REQUEST_ID, lambda value: value[:16]),
    "long-request-id-crashes": crashing_on(REQUEST_ID, lambda value: len(value) > LONG),
    "version-repeated": Lapse(say=version_repeated),
    "version-refused": Lapse(say=version_refused),
    "unknown-version-crashes": crashing_on(VERSION, lambda value: re.match(r"20\d\d-", value) is None),
    "form-accepted": Lapse(hear=form_as_json),
    "form-as-500": row("wrong-content-type", status=500),
    "content-type-optional": Lapse(hear=lambda received, profile: labelled(received)),
    "content-type-on-get": Lapse(say=bare_get_refused),
    "models-by-id-first-only": Lapse(hear=only_the_first_by_id),
    "one-down-refused": with_header("x-wireproof-cell", lambda value: "down" if value == "one-down" else value),
    "server-failed-as-400": row("server-failed", status=400),
    "server-failed-as-503": row("server-failed", status=503),
}
