"""The forms in which a server may echo a secret (escaped, quoted, base64, hexadecimal), and cookie values."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

# Shorter values are words that local servers accept as keys; masking them would destroy the evidence.
MIN_SECRET_LENGTH = 6
# Number of base64 digits that share bits with the bytes before the secret, by their count modulo three.
DIGITS_SHARED_WITH_PREFIX = (0, 2, 3)
MIN_BASE64_DIGITS = 6


def cookie_values(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yields the value of each cookie that a response sets."""
    for name, value in headers:
        if name.lower() == b"set-cookie":
            yield value.partition(b";")[0].partition(b"=")[2].strip()


def encoded_forms(secret: str) -> frozenset[str]:
    """A secret plain, as in JSON, HTML and URLs, in upper and lower case, in base64 and in hexadecimal."""
    raw = secret.encode()
    quoted, in_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
    forms = {secret, secret.lower(), secret.upper(), html.escape(secret), in_json, in_json.replace("/", "\\/")}
    forms |= {json.dumps(secret, ensure_ascii=False)[1:-1], "".join(f"\\u{ord(char):04x}" for char in secret)}
    forms |= {quoted, _lower_hex(quoted), quote(secret), quote(quoted, safe=""), raw.hex(), raw.hex().upper()}
    for digits in _base64_digits(raw):
        forms |= {digits, digits.replace("+", "-").replace("/", "_"), quote(digits, safe="")}
    return frozenset(forms)


def _lower_hex(quoted: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)


def _base64_digits(raw: bytes) -> Iterator[str]:
    """Yields the base64 digits that depend on the secret alone, for each position in an encoded text."""
    for before, start in enumerate(DIGITS_SHARED_WITH_PREFIX):
        end = (before + len(raw)) * 8 // 6
        digits = base64.b64encode(b"\0" * before + raw).decode()[start:end]
        if len(digits) >= MIN_BASE64_DIGITS:
            yield digits
