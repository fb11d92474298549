"""The headers that every response of a profile has, whatever became of the request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wireproof.mock.protocol.messages import Headers, HttpRequest
from wireproof.mock.provider import body_validation, routes
from wireproof.mock.provider.profile import Profile

VERSION = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
PROCESSING_MS = "7"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is to be signed, the id drawn for it, and whether another provider served it than usual."""

    profile: Profile
    received: HttpRequest
    drawn: str
    elsewhere: bool = False

    def sent(self, role: str) -> str | None:
        """What the request says in the header of this role, if its profile has one."""
        header = self.profile.headers.request.get(role)
        return None if header is None else self.received.header(header)


def standing(asked: Asked) -> Headers:
    """The headers of the profile by their roles, as far as there is something to say."""
    said = ((header, VALUES.get(role, drawn_id)(asked)) for role, header in asked.profile.headers.response)
    return tuple((header, value) for header, value in said if value is not None)


def drawn_id(asked: Asked) -> str:
    return f"req_{asked.drawn}"


def request_id(asked: Asked) -> str:
    """The id that the client gave its request, else one of the server's."""
    return asked.sent("request_id") or drawn_id(asked)


def version(asked: Asked) -> str | None:
    """The version that the client asked for, if it is one, else the profile's."""
    wanted = asked.sent("version") or ""
    return wanted if VERSION.fullmatch(wanted) else asked.profile.headers.defaults.get("version")


def provider(asked: Asked) -> str:
    """The owner of the model that was asked, else the profile itself."""
    profile = asked.profile
    found = profile.model(named(asked) or "")
    owner = profile.name if found is None else found.owner(profile.name)
    return f"{owner}-reserve" if asked.elsewhere else owner


def named(asked: Asked) -> str | None:
    """The model that the path or the body names."""
    held = next((held for _, _, held in routes.matches(asked.profile, asked.received.path) if held), None)
    if held is not None or not asked.received.body or body_validation.is_too_large(asked.received.body):
        return held
    try:
        body = json.loads(asked.received.body)
    except (ValueError, RecursionError):
        return None
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else None


VALUES: Mapping[str, Callable[[Asked], str | None]] = {
    "request_id": request_id,
    "version": version,
    "provider": provider,
    "automated_decision": lambda asked: "true",
    "processing_ms": lambda asked: PROCESSING_MS,
}
