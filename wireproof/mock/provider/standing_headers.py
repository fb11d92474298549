"""The headers that every response of a profile has, whatever became of the request."""

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
    """A request that is to be signed, the id drawn for it, and whether another provider served it than usual."""

    profile: Profile
    received: HttpRequest
    id_digits: str
    served_elsewhere: bool = False

    def request_header(self, role: str) -> str | None:
        """What the request says in the header of this role, if its profile has one."""
        header = self.profile.headers.request.get(role)
        return None if header is None else self.received.header(header)


def response_headers(asked: HeaderContext) -> Headers:
    """The headers of the profile by their roles, as far as there is something to say."""
    said = (
        (header, VALUES_BY_ROLE.get(role, drawn_request_id)(asked)) for role, header in asked.profile.headers.response
    )
    return tuple((header, value) for header, value in said if value is not None)


def drawn_request_id(asked: HeaderContext) -> str:
    return f"req_{asked.id_digits}"


def request_id(asked: HeaderContext) -> str:
    """The id that the client gave its request, else one of the server's."""
    return asked.request_header("request_id") or drawn_request_id(asked)


def api_version(asked: HeaderContext) -> str | None:
    """The version that the client asked for, if it is one, else the profile's."""
    wanted = asked.request_header("version") or ""
    return wanted if VERSION_DATE.fullmatch(wanted) else asked.profile.headers.defaults.get("version")


def serving_provider(asked: HeaderContext) -> str:
    """The owner of the model that was asked, else the profile itself."""
    profile = asked.profile
    found = profile.model(named_model(asked) or "")
    owner = profile.name if found is None else found.owner(profile.name)
    return f"{owner}-reserve" if asked.served_elsewhere else owner


def named_model(asked: HeaderContext) -> str | None:
    """The model that the path or the body names."""
    held = next((held for _, _, held in routes.matching_endpoints(asked.profile, asked.received.path) if held), None)
    if held is not None or not asked.received.body or body_validation.is_too_large(asked.received.body):
        return held
    try:
        body = json.loads(asked.received.body)
    except (ValueError, RecursionError):
        return None
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else None


VALUES_BY_ROLE: Mapping[str, Callable[[HeaderContext], str | None]] = {
    "request_id": request_id,
    "version": api_version,
    "provider": serving_provider,
    "automated_decision": lambda asked: "true",
    "processing_ms": lambda asked: PROCESSING_MS,
}
