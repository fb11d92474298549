"""A target: one provider's contract at one address, with the keys, models and means this run has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wireproof.provider import Price, Provider

# Well-formed and unknown; fixed, so that two runs send the same bytes.
UNKNOWN_KEY = "0wireproofdoesnotknowthiskey0000"


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
            return altered(self.keys.get("good"))
        key = self.keys.get(label)
        if key is None or not self.own_keys:
            return key
        return Key(key.name, f"{key.value}.{case}")

    @property
    def secrets(self) -> frozenset[str]:
        """Every key value that must not reach an artefact."""
        held = (*self.keys.values(), altered(self.keys.get("good")))
        return frozenset(key.value for key in held if key is not None and key.value)


def altered(key: Key | None) -> Key | None:
    """A key that differs from one that opens in its last character alone, under a name of its own."""
    if key is None or not key.value:
        return None
    last = "X" if key.value[-1] != "X" else "Y"
    return Key(f"{key.name}_ALTERED", key.value[:-1] + last)
