"""Finds the profile and the endpoint of a path and a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and the value in the placeholder of its path template."""

    endpoint: str
    path_value: str | None = None


def find_profile(profiles: Sequence[Profile], path: str) -> Profile | None:
    """Returns the profile with the longest prefix of this path; None if there is none."""
    matches = [profile for profile in profiles if path == profile.serve_at or path.startswith(profile.serve_at + "/")]
    return max(matches, key=lambda profile: len(profile.serve_at), default=None)


def value_in_path(template: str, path: str) -> str | None:
    """Returns the value of the template's placeholder; None if the path does not match.

    The value of a template without a placeholder is an empty text.
    """
    before, placeholder, rest = template.partition("{")
    if not placeholder:
        return "" if path == template else None
    after = rest.partition("}")[2]
    if not path.startswith(before) or not path.endswith(after) or len(path) <= len(before) + len(after):
        return None
    return unquote(path[len(before) : len(path) - len(after)])


def matching_endpoints(profile: Profile, path: str) -> list[tuple[str, str, str]]:
    """Endpoint, method and placeholder value of every template that the path matches, or of those with a fixed end.

    An id may hold slashes, so `/responses/ID/cancel` matches `/responses/{id}` as well.
    """
    below = path[len(profile.serve_at) :]
    candidates = (
        (endpoint, method, template, value_in_path(template, below)) for endpoint, method, template in profile.endpoints
    )
    matches = [row for row in candidates if row[3] is not None]
    with_fixed_end = [row for row in matches if "{" in row[2] and not row[2].endswith("}")]
    return [(endpoint, method, value or "") for endpoint, method, _, value in with_fixed_end or matches]


def allowed_methods(matches: list[tuple[str, str, str]]) -> list[str]:
    methods = [method for _, method, _ in matches]
    return list(dict.fromkeys([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]))


def find_route(profile: Profile, method: str, path: str) -> Route:
    """Returns the endpoint of a path; raises RequestRefused for an unknown path or a wrong method."""
    matches = matching_endpoints(profile, path)
    for endpoint, route_method, value in matches:
        if method == route_method or (method == "HEAD" and route_method == "GET"):
            return Route(endpoint, value or None)
    if not matches:
        raise RequestRefused("unknown-path", f"Invalid URL ({method} {path})")
    refusal = RequestRefused("wrong-method", f"Not allowed to {method} on {path}")
    refusal.headers = (("Allow", ", ".join(allowed_methods(matches))),)
    raise refusal


def endpoint_of(profile: Profile, method: str, path: str) -> str:
    """The endpoint of a path, the one with this method first; empty if the path has none."""
    matches = matching_endpoints(profile, path)
    return next((endpoint for endpoint, known, _ in matches if known == method), matches[0][0] if matches else "")


def answer_preflight(profile: Profile, path: str) -> PlainAnswer:
    """Returns the answer to OPTIONS: the allowed methods, also as CORS headers."""
    matches = matching_endpoints(profile, path)
    if not matches:
        raise RequestRefused("unknown-path", f"Invalid URL (OPTIONS {path})")
    allowed = ", ".join(allowed_methods(matches))
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
