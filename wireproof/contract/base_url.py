"""Properties of base URLs."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


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


def is_plain_and_remote(endpoint: str) -> bool:
    """True if a key would be sent unencrypted over a network."""
    return urlsplit(endpoint).scheme == "http" and not is_loopback(endpoint)
