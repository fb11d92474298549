"""A target: one contract at one address, with keys, models and means."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit, urlunsplit

from wireproof.contract.base_url import likely_base_url
from wireproof.contract.provider import BASELINE_PROVIDER, Price, Provider

# Well-formed but unknown to every server; constant, so that runs send the same bytes.
UNKNOWN_KEY = "0wireproofdoesnotknowthiskey0000"
# Headers whose values are credentials.
SENSITIVE_NAME = re.compile(r"auth|cookie|key|token|secret|passw|credential|session|signature", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Time limits of one request, in seconds.

    Attributes:
        connect: to open the connection.
        first_byte: to the first byte of the response.
        idle: between two reads.
        total: for the whole response.
    """

    connect: float = 5.0
    first_byte: float = 30.0
    idle: float = 30.0
    total: float = 120.0

    def times(self, factor: float) -> Deadlines:
        """Deadlines that are longer by a factor."""
        return Deadlines(*(seconds * factor for seconds in (self.connect, self.first_byte, self.idle, self.total)))

    def longer_to_first_byte(self, seconds: float) -> Deadlines:
        """Deadlines with this much more time to the first byte."""
        return Deadlines(self.connect, self.first_byte + seconds, self.idle, self.total + seconds)


@dataclass(frozen=True, slots=True)
class Key:
    """A key under a display name; the value is never printed."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """The way to a target.

    Attributes:
        proxy: URL of the proxy that every request goes through; None for a direct connection.
        ca_file: PEM file of the certificate authorities to trust; None for the usual ones.
        client_cert: PEM file of the client's certificate; None for none.
        client_key: PEM file of its key; None if the file of the certificate has it.
    """

    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    @property
    def proxy_address(self) -> str | None:
        """The URL of the proxy without credentials; None for a direct connection."""
        if self.proxy is None:
            return None
        parts = urlsplit(self.proxy)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))


@dataclass(frozen=True, slots=True)
class Target:
    """One contract at one address.

    Attributes:
        keys: label (good, free, pro-exhausted, ...) → key.
        models: role (chat, embeddings, ...) → model id.
        not_shown: role → the reason why the chat model cannot play it, found out by asking it.
        means: abilities beyond those of every target (`free-tier-key`, `cell-down`, `clock`).
        controls: means → header name and template of its value; only the mock has these.
        headers: headers added to every request.
        connections: maximum number of requests in flight.
        pace: maximum requests a minute; None for no limit.
        max_requests: budget of requests; None for no limit.
        max_output_tokens: budget of output tokens; None for no limit.
        max_cost: budget in dollars; None for no limit.
        price: dollars per million tokens, in place of the prices of the catalogue.
        own_keys: true if each case has its own account (only the mock supports such keys).
        patience: maximum seconds that a case waits for a later time if the clock cannot be moved.
        hidden: further secrets to mask.
        network: the way to it.
        wait: maximum seconds until it is up, before the first request.
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
    network: Network = Network()
    wait: float = 0.0
    not_shown: Mapping[str, str] = field(default_factory=dict)

    def key(self, label: str, case: str) -> Key | None:
        """The key that a request of the case sends under a label; None for no key."""
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

    def with_chat_model_in(self, roles: Iterable[str]) -> Target:
        """The target whose chat model plays these roles unless another model does."""
        if "chat" not in self.models:
            return self
        return replace(self, models={**dict.fromkeys(roles, self.models["chat"]), **self.models})

    @property
    def likely_base_url(self) -> str | None:
        """The base URL that was probably meant if no API answers at this one; None if nothing suggests itself."""
        return likely_base_url(self.base_url, [endpoint.path for endpoint in self.provider.endpoints.values()])

    @property
    def secrets(self) -> frozenset[str]:
        """Every value to mask in artefacts: keys, `hidden`, credentials in headers and in the URL.

        A word that every report names anyway is no credential, whatever the header around it is called.
        """
        keys = (*self.keys.values(), altered_key(self.keys.get("good")))
        values = {key.value for key in keys if key is not None and key.value}.union(self.hidden)
        public = {word.lower() for word in (self.name, self.provider.name, BASELINE_PROVIDER, *self.models.values())}
        for name, value in self.headers.items():
            if SENSITIVE_NAME.search(name):
                values.update(one for one in _credential_values(name, value) if one.lower() not in public)
        for url in filter(None, (self.base_url, self.network.proxy)):
            if password := urlsplit(url).password:
                values |= {password, unquote(password)}
        return frozenset(values)


def _credential_values(name: str, value: str) -> Iterator[str]:
    """Yields the secrets in a sensitive header: each cookie value, or a token and the password inside it."""
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
    """Reason why a check cannot be judged without these means."""
    return f"needs {', '.join(sorted(means))}, which this run was not given"


def altered_key(key: Key | None) -> Key | None:
    """A key that differs from the given one in its last character, under another name; None without a value."""
    if key is None or not key.value:
        return None
    last = "X" if key.value[-1] != "X" else "Y"
    return Key(f"{key.name}_ALTERED", key.value[:-1] + last)
