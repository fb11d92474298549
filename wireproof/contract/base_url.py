"""Properties of base URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

# The segment of a path that names the version of an API.
VERSION_SEGMENT = re.compile(r"v\d+\w*")


def is_base_url(endpoint: str) -> bool:
    """True for an http or https URL with a host."""
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an incomplete IPv6 address, a port above 65535
        return False


def is_loopback(endpoint: str) -> bool:
    """True if the host is `localhost` or a loopback address."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, which may resolve to any address
        return False


def likely_base_url(endpoint: str, paths: Iterable[str]) -> str | None:
    """The base URL that was probably meant by one at which no API answers; None if nothing suggests itself.

    Args:
        paths: paths of the endpoints below a base URL, such as `/chat/completions`.
    """
    parts = urlsplit(endpoint.rstrip("/"))
    segments = [segment for segment in parts.path.split("/") if segment]
    for path in sorted(paths, key=len, reverse=True):
        tail = [segment for segment in path.split("/") if segment]
        if tail and segments[-len(tail) :] == tail:
            segments = segments[: -len(tail)]
            break
    segments = _without_repetition(segments)
    if not any(VERSION_SEGMENT.fullmatch(segment) for segment in segments):
        segments.append("v1")
    likely = urlunsplit((parts.scheme, parts.netloc, "/" + "/".join(segments), "", ""))
    return None if likely == endpoint.rstrip("/") else likely


def _without_repetition(segments: list[str]) -> list[str]:
    """The segments of a path without an end that repeats the segments before it, as in /v1/v1."""
    for size in range(len(segments) // 2, 0, -1):
        if segments[-size:] == segments[-2 * size : -size]:
            return segments[:-size]
    return segments


def is_plain_and_remote(endpoint: str) -> bool:
    """True if a key would be sent unencrypted over a network."""
    return urlsplit(endpoint).scheme == "http" and not is_loopback(endpoint)
