"""A case: what to send, as data.

One request, a short sequence of `steps`, or one request asked `repeat` times. `casebook` reads cases from
suites/<area>/cases.yaml; docs/cases.md explains each field. Only the standard library is imported here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

# Forms of an answer that are no JSON.
TEXT_FORMATS = frozenset({"text", "srt", "vtt"})
# Methods whose answers have no body that a case could aim for.
BODILESS_METHODS = frozenset({"HEAD", "OPTIONS"})
# How much is asked: each holds the cases of those before it.
PROFILES = ("core", "full", "all")
# Keys that are no tier's.
PLAIN_KEYS = frozenset({"good", "none", "empty", "bad", "unprefixed", "revoked", "altered"})
# What stands behind the tier of a key with nothing left: altogether, or for the model asked first.
USED_UP_SUFFIXES = ("-exhausted", "-spent")
# And of one whose next request is the last of its volume.
LAST_REQUEST_SUFFIX = "-last"
# Members of a case that say in which way its requests go.
WAYS = frozenset({"connection", "together", "either"})
# What the name of a generated case begins with.
GENERATED_PREFIX = "generated:"


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """One request as data, before a target fills in its address, key and model.

    Attributes:
        form: fields of a multipart form in place of a body: name → text, or file and media type.
        raw: the bytes of the body, in place of JSON.
        pad: bytes that the body is filled up to, with blanks behind it.
        cap: the most tokens the answer may have, sent in the field the provider names.
        key: which key goes with it: good, none, empty, bad, unprefixed, altered, revoked, or a tier of the provider.
        cell: down, failing, misconfigured or crashed, where the request is to meet a cell in that state; one-down
            where one of several is down.
        clock: seconds by which the request happens later than now.
        slots: 1 where the request is to meet a server that works on one answer at a time.
        framing: chunked, where the body is sent in chunks in place of a stated length.
        leave_after: events of a stream after which the client leaves.
        leave_in: seconds after which the client leaves, answered or not.
        save: name → JSON Pointer into the answer, for later steps.
    """

    endpoint: str
    model: str
    method: str | None = None
    path: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = "application/json"
    body: Any = None
    form: Mapping[str, Any] | None = None
    raw: bytes | None = None
    pad: int | None = None
    cap: int | None = None
    key: str = "good"
    scheme: str | None = "Bearer"
    cell: str | None = None
    clock: float | None = None
    slots: int | None = None
    framing: str | None = None
    leave_after: int | None = None
    leave_in: float | None = None
    save: Mapping[str, str] = field(default_factory=dict)

    @property
    def tier(self) -> str:
        """The word for its key without the state of it: a tier, or one of the plain keys."""
        return tier_from_label(self.key)

    @property
    def means(self) -> frozenset[str]:
        """What this request needs that a plain run has not."""
        needed = set()
        if self.key.endswith(USED_UP_SUFFIXES):
            needed.add("exhausted-key")
        elif self.key.endswith(LAST_REQUEST_SUFFIX):
            needed.add("last-of-volume-key")
        elif self.key == "revoked":
            needed.add("revoked-key")
        elif self.key not in PLAIN_KEYS:
            needed.add(f"{self.key}-tier-key")
        if self.cell:
            needed.add(f"cell-{self.cell}")
        if self.clock:
            needed.add("clock")
        if self.slots:
            needed.add("one-slot")
        return frozenset(needed)


@dataclass(frozen=True, slots=True)
class Case:
    """What to send and why; `asks` are sent in order, the whole of them `repeat` times.

    Attributes:
        connection: same, where the requests go over one connection that nobody else uses.
        together: the requests are under way at once, each over a connection of its own.
        either: the request may be served or refused; what comes is judged, and nothing is due.
    """

    name: str
    area: str
    says: str
    asks: tuple[RequestSpec, ...]
    feature: str | None = None
    refused: str | None = None
    repeat: int = 1
    profile: str = "all"
    connection: str | None = None
    together: bool = False
    either: bool = False

    @property
    def endpoint(self) -> str:
        """The endpoint that the last request aims at."""
        return self.asks[-1].endpoint

    @property
    def kind(self) -> str:
        """What the case aims for: `answer` (in JSON), `text`, `stream`, `refusal`, `bare` (no body) or `either`."""
        if self.refused:
            return "refusal"
        if self.either:
            return "either"
        if self.asks[-1].method in BODILESS_METHODS:
            return "bare"
        body, fields = self.asks[-1].body, self.asks[-1].form or {}
        if fields.get("response_format") in TEXT_FORMATS:
            return "text"
        streams = isinstance(body, dict) and body.get("stream") is True
        return "stream" if streams else "answer"

    @property
    def means(self) -> frozenset[str]:
        """What the case needs that a plain run has not."""
        return frozenset().union(*(ask.means for ask in self.asks))

    @property
    def has_own_connections(self) -> bool:
        """Whether its requests have connections of their own."""
        return self.together or self.connection is not None

    @property
    def connection_count(self) -> int:
        """How many of its requests are under way at once."""
        return self.request_count if self.together else 1

    @property
    def latest_moment_s(self) -> float:
        """Seconds until the latest moment that one of its requests asks for."""
        return max(ask.clock or 0.0 for ask in self.asks)

    @property
    def request_count(self) -> int:
        """How many requests the case sends."""
        return len(self.asks) * self.repeat

    @property
    def token_ceiling(self) -> int:
        """The most tokens its answers may have, as far as the case caps them."""
        return self.repeat * sum(_requested_tokens(ask) for ask in self.asks)

    @property
    def digest(self) -> str:
        """Sixteen digits of what the case asks; evidence of a case with another digest says nothing about it."""
        asks = [_non_default_fields(ask) for ask in self.asks]
        ways = {name: value for name, value in _non_default_fields(self).items() if name in WAYS}
        asked = [asks, self.repeat, self.feature, self.refused, *([ways] if ways else [])]
        text = json.dumps(asked, sort_keys=True, default=_plain_json)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def tier_from_label(label: str) -> str:
    """The tier that the label of a key names."""
    state = next((state for state in (*USED_UP_SUFFIXES, LAST_REQUEST_SUFFIX) if label.endswith(state)), "")
    return label.removesuffix(state)


def _non_default_fields(value: RequestSpec | Case) -> dict[str, Any]:
    """The fields that differ from their defaults, so that a new field changes no digest."""
    return {one.name: given for one in fields(value) if (given := getattr(value, one.name)) != _default(one)}


def _default(one: Field[Any]) -> Any:
    """The default of a field; None where it has none."""
    if one.default_factory is not MISSING:
        return one.default_factory()
    return None if one.default is MISSING else one.default


def _plain_json(value: Any) -> Any:
    """A JSON value for a mapping that is no dict and for literal bytes."""
    return value.decode("latin-1") if isinstance(value, bytes) else dict(value)


def generated_name(endpoint: str, kind: str, family: str) -> str:
    """The name of a generated case."""
    return f"{GENERATED_PREFIX}{endpoint}:{kind}:{family}"


def is_generated(case: str) -> bool:
    """True if the name of a case stands for requests that are generated."""
    return case.startswith(GENERATED_PREFIX)


def endpoint_from_case_name(case: str) -> str:
    """The endpoint that a generated case asks."""
    return case.split(":")[1]


def kind_from_case_name(case: str) -> str:
    """The kind of a generated case: valid, invalid, odd, kept or stateful."""
    return case.split(":")[2]


def _requested_tokens(ask: RequestSpec) -> int:
    n = ask.body.get("n", 1) if isinstance(ask.body, dict) else 1
    return (ask.cap or 0) * (n if isinstance(n, int) else 1)
