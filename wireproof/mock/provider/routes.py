"""Which endpoint of which profile a path and method mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and what its path template holds."""

    endpoint: str
    path_value: str | None = None


def find_profile(profiles: Sequence[Profile], path: str) -> Profile | None:
    """The profile that is served at the longest matching prefix."""
    fitting = [profile for profile in profiles if path == profile.serve_at or path.startswith(profile.serve_at + "/")]
    return max(fitting, key=lambda profile: len(profile.serve_at), default=None)


def value_in_path(template: str, path: str) -> str | None:
    """What stands in a template's hole; an empty text where the template has none and the path is it."""
    before, hole, _ = template.partition("{")
    if not hole:
        return "" if path == template else None
    return unquote(path[len(before) :]) if path.startswith(before) and len(path) > len(before) else None


def matching_endpoints(profile: Profile, path: str) -> list[tuple[str, str, str]]:
    """Endpoint, method and held text of every template the path fits."""
    below = path[len(profile.serve_at) :]
    tried = ((endpoint, method, value_in_path(template, below)) for endpoint, method, template in profile.endpoints)
    return [(endpoint, method, held) for endpoint, method, held in tried if held is not None]


def allowed_methods(fitting: list[tuple[str, str, str]]) -> list[str]:
    taken = [method for _, method, _ in fitting]
    return list(dict.fromkeys([*taken, *(["HEAD"] if "GET" in taken else []), "OPTIONS"]))


def find_route(profile: Profile, method: str, path: str) -> Route:
    """The endpoint of a path, or the refusal that says why there is none."""
    fitting = matching_endpoints(profile, path)
    for endpoint, taken, held in fitting:
        if method == taken or (method == "HEAD" and taken == "GET"):
            return Route(endpoint, held or None)
    if not fitting:
        raise RequestRefused("unknown-path", f"Invalid URL ({method} {path})")
    refused = RequestRefused("wrong-method", f"Not allowed to {method} on {path}")
    refused.headers = (("Allow", ", ".join(allowed_methods(fitting))),)
    raise refused


def answer_preflight(profile: Profile, path: str) -> PlainAnswer:
    """The answer to OPTIONS: what the path takes, for a browser as well."""
    fitting = matching_endpoints(profile, path)
    if not fitting:
        raise RequestRefused("unknown-path", f"Invalid URL (OPTIONS {path})")
    allowed = ", ".join(allowed_methods(fitting))
    return PlainAnswer(
        204,
        b"",
        (
            ("Allow", allowed),
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", allowed),
            ("Access-Control-Allow-Headers", "*, Authorization"),
        ),
    )
