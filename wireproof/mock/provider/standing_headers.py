"""The headers that every response of a profile has, whether or not the request is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wireproof.mock.protocol.messages import Headers, HttpRequest
from wireproof.mock.provider import body_validation, routes
from wireproof.mock.provider.profile import Profile

VERSION_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
PROCESSING_MS = "7"


@dataclass(frozen=True, slots=True)
class HeaderContext:
    """The request that the headers answer.

    Attributes:
        id_digits: the digits of the request id that was drawn for it.
        served_elsewhere: true if another provider than usual served it.
    """

    profile: Profile
    request: HttpRequest
    id_digits: str
    served_elsewhere: bool = False

    def request_header(self, role: str) -> str | None:
        """The value of the request header with this role; None if the profile or the request has none."""
        header = self.profile.headers.request.get(role)
        return None if header is None else self.request.header(header)


def response_headers(context: HeaderContext) -> Headers:
    """Returns the headers of the profile by their roles, without those that have no value."""
    values = (
        (header, VALUES_BY_ROLE.get(role, drawn_request_id)(context))
        for role, header in context.profile.headers.response
    )
    return tuple((header, value) for header, value in values if value is not None)


def drawn_request_id(context: HeaderContext) -> str:
    return f"req_{context.id_digits}"


def request_id(context: HeaderContext) -> str:
    """The id that the client gave its request, else the one that was drawn."""
    return context.request_header("request_id") or drawn_request_id(context)


def api_version(context: HeaderContext) -> str | None:
    """The version that the client asked for, if it is a date, else the default of the profile."""
    version = context.request_header("version") or ""
    return version if VERSION_DATE.fullmatch(version) else context.profile.headers.defaults.get("version")


def serving_provider(context: HeaderContext) -> str:
    """The owner of the requested model, else the name of the profile."""
    profile = context.profile
    model = profile.model(named_model(context) or "")
    owner = profile.name if model is None else model.owner(profile.name)
    return f"{owner}-reserve" if context.served_elsewhere else owner


def named_model(context: HeaderContext) -> str | None:
    """The id of the model that the path or the body names; None if there is none."""
    in_path = next(
        (in_path for _, _, in_path in routes.matching_endpoints(context.profile, context.request.path) if in_path), None
    )
    if in_path is not None or not context.request.body or body_validation.is_too_large(context.request.body):
        return in_path
    try:
        body = json.loads(context.request.body)
    except (ValueError, RecursionError):
        return None
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else None


VALUES_BY_ROLE: Mapping[str, Callable[[HeaderContext], str | None]] = {
    "request_id": request_id,
    "version": api_version,
    "provider": serving_provider,
    "automated_decision": lambda context: "true",
    "processing_ms": lambda context: PROCESSING_MS,
}
