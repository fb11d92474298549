"""A target: one provider's contract at one address, with the keys, models and means this run has."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wireproof.contract.provider import Price, Provider

# Well-formed and unknown; fixed, so that two runs send the same bytes.
UNKNOWN_KEY = "0wireproofdoesnotknowthiskey0000"
# Headers whose values are credentials.
SENSITIVE_NAME = re.compile(r"auth|cookie|key|token|secret|passw|credential|session|signature", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: to connect, to the first byte of the answer, between two reads, and for the whole answer."""

    connect: float = 5.0
    first_byte: float = 30.0
    idle: float = 30.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Key:
    """A key by the name it is shown under; the value is never printed."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """What this run talks to.

    Attributes:
        keys: which key (good, free, pro-exhausted, ...) → the key itself.
        models: role (chat, embeddings, ...) → model id.
        means: what this target has beyond a plain one (`free-tier-key`, `cell-down`, `clock`).
        controls: means → header that arranges it, with `{}` for the value; only the mock has these.
        connections: requests in flight at once.
        pace: requests a minute at most, None for no limit of ours.
        hidden: what else must not be shown.
        patience: seconds that a case may wait for a later moment where no clock can be moved.
        own_keys: each case is an account of its own (only the mock knows such keys).
    """

    name: str
    provider: Provider
    base_url: str
    keys: Mapping[str, Key] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    means: frozenset[str] = frozenset()
    controls: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    deadlines: Deadlines = Deadlines()
    connections: int = 4
    pace: float | None = None
    max_requests: int | None = None
    max_output_tokens: int | None = None
    max_cost: float | None = None
    price: Price | None = None
    tier: str | None = None
    profile: str = "all"
    own_keys: bool = False
    patience: float = 0.0
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def key(self, label: str, case: str) -> Key | None:
        """The key a request of that case carries under a label; None for no key at all."""
        if label == "none":
            return None
        if label in ("empty", "bad", "unprefixed"):
            values = {"empty": "", "bad": self.provider.key_prefix + UNKNOWN_KEY, "unprefixed": UNKNOWN_KEY}
            return Key("", values[label])
        if label == "altered":
            return altered_key(self.keys.get("good"))
        key = self.keys.get(label)
        if key is None or not self.own_keys:
            return key
        return Key(key.name, f"{key.value}.{case}")

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that must not reach an artefact: keys, `hidden`, credentials in headers and in the address."""
        keys = (*self.keys.values(), altered_key(self.keys.get("good")))
        found = {key.value for key in keys if key is not None and key.value}.union(self.hidden)
        for name, value in self.headers.items():
            if SENSITIVE_NAME.search(name):
                found.update(_credential_values(name, value))
        password = urlsplit(self.base_url).password if self.base_url else None
        return frozenset(found.union((password, unquote(password)) if password else ()))


def _credential_values(name: str, value: str) -> Iterator[str]:
    """The secrets in a sensitive header: each cookie, or a token and the password that it may encode."""
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


def not_given(means: Iterable[str]) -> str:
    """The reason why nothing can be judged where these means are missing."""
    return f"needs {', '.join(sorted(means))}, which this run was not given"


def altered_key(key: Key | None) -> Key | None:
    """A key that differs from one that opens in its last character alone, under a name of its own."""
    if key is None or not key.value:
        return None
    last = "X" if key.value[-1] != "X" else "Y"
    return Key(f"{key.name}_ALTERED", key.value[:-1] + last)
