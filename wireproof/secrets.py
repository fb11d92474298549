"""What must not be shown: the keys of a target, its cookies and credentials, in each form that a server may echo."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

from wireproof.target import Target

# A shorter value is a word that local servers take for a key; hiding it would tear the evidence apart.
SHORTEST = 6
SENSITIVE = re.compile(r"auth|cookie|key|token|secret|passw|credential|session|signature", re.IGNORECASE)
# How many digits of base64 hold something of what stands before, by its length in bytes modulo three.
BEFORE = (0, 2, 3)
FEWEST_DIGITS = 6


def of_target(target: Target) -> Iterator[str]:
    """Every secret that a run has of a target: keys, sensitive headers, a password in the address, --secret-env."""
    yield from target.secrets
    yield from target.hidden
    for name, value in target.headers.items():
        if SENSITIVE.search(name):
            yield from _credentials(name, value)
    password = urlsplit(target.base_url).password if target.base_url else None
    if password:
        yield from (password, unquote(password))


def cookies(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """The value of each cookie that an answer sets."""
    for name, value in headers:
        if name.lower() == b"set-cookie":
            yield value.partition(b";")[0].partition(b"=")[2].strip()


def forms(secret: str) -> frozenset[str]:
    """A secret as it is, as JSON, HTML and addresses write it, in other letters, in base64 and in hexadecimal."""
    raw = secret.encode()
    quoted, in_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
    found = {secret, secret.lower(), secret.upper(), html.escape(secret), in_json, in_json.replace("/", "\\/")}
    found |= {json.dumps(secret, ensure_ascii=False)[1:-1], "".join(f"\\u{ord(char):04x}" for char in secret)}
    found |= {quoted, _lower_hex(quoted), quote(secret), quote(quoted, safe=""), raw.hex(), raw.hex().upper()}
    for digits in _base64(raw):
        found |= {digits, digits.replace("+", "-").replace("/", "_"), quote(digits, safe="")}
    return frozenset(found)


def _credentials(name: str, value: str) -> Iterator[str]:
    if "cookie" in name.lower():
        yield from (part.partition("=")[2].strip() for part in value.split(";"))
        return
    scheme, _, rest = value.partition(" ")
    yield rest or scheme
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(rest).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return


def _lower_hex(quoted: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


def _base64(raw: bytes) -> Iterator[str]:
    """The digits of base64 that depend on nothing but the secret, wherever in the coded text it stands."""
    for before, start in enumerate(BEFORE):
        end = (before + len(raw)) * 8 // 6
        digits = base64.b64encode(b"\0" * before + raw).decode()[start:end]
        if len(digits) >= FEWEST_DIGITS:
            yield digits
