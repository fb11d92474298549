"""The Responses API, whole and as an event stream."""

from __future__ import annotations

from wireproof.mock.endpoint import Visit
from wireproof.mock.refusal import Refused
from wireproof.mock.said import Answer
from wireproof.mock.validate import Body


def responses(visit: Visit, given: Body) -> Answer:
    raise Refused("not-built", "This server does not serve responses.", status=501)
