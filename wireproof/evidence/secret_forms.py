"""The forms in which a server may echo a secret: escaped, quoted, in base64, in hexadecimal; and cookies it sets."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

# A shorter value is a word that local servers take for a key; hiding it would tear the evidence apart.
MIN_SECRET_LENGTH = 6
# How many digits of base64 hold something of what stands before, by its length in bytes modulo three.
DIGITS_SHARED_WITH_PREFIX = (0, 2, 3)
MIN_BASE64_DIGITS = 6


def cookie_values(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """The value of each cookie that an answer sets."""
    for name, value in headers:
        if name.lower() == b"set-cookie":
            yield value.partition(b";")[0].partition(b"=")[2].strip()


def encoded_forms(secret: str) -> frozenset[str]:
    """A secret as it is, as JSON, HTML and addresses write it, in other letters, in base64 and in hexadecimal."""
    raw = secret.encode()
    quoted, in_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
    found = {secret, secret.lower(), secret.upper(), html.escape(secret), in_json, in_json.replace("/", "\\/")}
    found |= {json.dumps(secret, ensure_ascii=False)[1:-1], "".join(f"\\u{ord(char):04x}" for char in secret)}
    found |= {quoted, _lower_hex(quoted), quote(secret), quote(quoted, safe=""), raw.hex(), raw.hex().upper()}
    for digits in _base64_digits(raw):
        found |= {digits, digits.replace("+", "-").replace("/", "_"), quote(digits, safe="")}
    return frozenset(found)


def _lower_hex(quoted: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


def _base64_digits(raw: bytes) -> Iterator[str]:
    """The digits of base64 that depend on nothing but the secret, wherever in the coded text it stands."""
    for before, start in enumerate(DIGITS_SHARED_WITH_PREFIX):
        end = (before + len(raw)) * 8 // 6
        digits = base64.b64encode(b"\0" * before + raw).decode()[start:end]
        if len(digits) >= MIN_BASE64_DIGITS:
            yield digits
