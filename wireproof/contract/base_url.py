"""What an endpoint's address says about it."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_base_url(endpoint: str) -> bool:
    """An HTTP address with a host."""
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port beyond 65535
        return False


def is_loopback(endpoint: str) -> bool:
    """The address is this machine's own: `localhost`, or a loopback address in figures."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, and a name may lead anywhere
        return False


def is_plain_and_remote(endpoint: str) -> bool:
    """A key would travel unencrypted over a network."""
    return urlsplit(endpoint).scheme == "http" and not is_loopback(endpoint)
