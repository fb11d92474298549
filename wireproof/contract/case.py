"""A case: requests to send, as data.

A case has one request, a short sequence of `steps`, or one request sent `repeat` times. `case_files` reads cases
from suites/<area>/cases.yaml; docs/cases.md explains each field. This module imports only the standard library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any

# Values of response_format that give plain text instead of JSON.
TEXT_FORMATS = frozenset({"text", "srt", "vtt"})
# In the path of a request without a body, what asks for a stream.
STREAM_QUERY = "stream=true"
# Methods whose responses have no body to judge.
BODILESS_METHODS = frozenset({"HEAD", "OPTIONS"})
# Sizes of a run; each profile includes the cases of those before it.
PROFILES = ("core", "full", "all")
# The most requests of a run with this profile, repeats and second looks included. Retries after a refusal by a rate
# limit and generated requests come on top.
PROFILE_CEILINGS: Mapping[str, int] = {"core": 40, "full": 300}
# Labels of keys for one purpose: a revoked one, and a second one of the account whose quota is used up.
SPECIAL_KEYS = ("revoked", "same-account")
# Key labels that name no tier.
PLAIN_KEYS = frozenset({"good", "none", "empty", "bad", "unprefixed", "altered", *SPECIAL_KEYS})
# Label suffixes of a key whose quota is used up: altogether, or for the first model it requests.
USED_UP_SUFFIXES = ("-exhausted", "-spent")
# Label suffix of a key with one request left in its quota.
LAST_REQUEST_SUFFIX = "-last"
# Fields of a case that select how its requests are sent.
SENDING_FIELDS = frozenset({"connection", "together", "either"})
# Cause of a refusal that no contract names, so that it demands no status and no code.
ANY_CAUSE = "any cause"
# Prefix of the names of generated cases.
GENERATED_PREFIX = "generated:"


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """One request as data, before a target fills in address, key and model.

    Attributes:
        endpoint: name of the operation in the contract.
        model: role of the model, such as chat or embeddings.
        form: fields of a multipart form in place of a body: name → text, or file and media type.
        raw: bytes of the body, in place of JSON.
        pad: size in bytes to which blanks fill up the body.
        cap: maximum output tokens, sent in the member that the provider names.
        key: label of the key: good, none, empty, bad, unprefixed, altered, revoked, same-account, or a tier of the
            provider.
        scheme: authentication scheme before the key; None for no scheme.
        cell: state of the cell that serves the request: down, failing, misconfigured or crashed; one-down if one of
            several cells is down.
        clock: time of the request in seconds after now.
        slots: 1 if the server is to serve one request at a time.
        framing: chunked if the body is sent in chunks instead of with a stated length.
        leave_after: number of stream events after which the client closes the connection.
        leave_in: seconds after which the client closes the connection.
        save: name → JSON Pointer into the response, for later steps.
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
        """The key label without its suffix: a tier, or a label that names no tier."""
        return tier_from_label(self.key)

    @property
    def means(self) -> frozenset[str]:
        """Means that this request needs beyond those of every target."""
        needed = set()
        if self.key.endswith(USED_UP_SUFFIXES):
            needed.add("exhausted-key")
        elif self.key.endswith(LAST_REQUEST_SUFFIX):
            needed.add("last-of-volume-key")
        elif self.key in SPECIAL_KEYS:
            needed.add(f"{self.key}-key")
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
    """Requests to send and the purpose of sending them.

    Attributes:
        says: purpose of the case, one sentence.
        asks: requests, sent in order.
        features: features that the provider has to offer.
        refused: cause of the refusal that the case expects.
        repeat: how many times all the requests are sent.
        profile: smallest profile that includes the case.
        connection: `same` if all requests go over one connection that no other case uses.
        together: true if the requests are sent at the same time, each over its own connection.
        either: true if the server may serve or refuse the request; both responses are judged.
    """

    name: str
    area: str
    says: str
    asks: tuple[RequestSpec, ...]
    features: tuple[str, ...] = ()
    refused: str | None = None
    repeat: int = 1
    profile: str = "all"
    connection: str | None = None
    together: bool = False
    either: bool = False

    @property
    def endpoint(self) -> str:
        """Endpoint of the last request."""
        return self.asks[-1].endpoint

    @property
    def kind(self) -> str:
        """Kind of response: `answer` (JSON), `text`, `stream`, `refusal`, `bare` (no body) or `either`."""
        if self.refused:
            return "refusal"
        if self.either:
            return "either"
        if self.asks[-1].method in BODILESS_METHODS:
            return "bare"
        body, fields = self.asks[-1].body, self.asks[-1].form or {}
        if fields.get("response_format") in TEXT_FORMATS:
            return "text"
        in_body = isinstance(body, dict) and body.get("stream") is True
        streams = in_body or STREAM_QUERY in (self.asks[-1].path or "")
        return "stream" if streams else "answer"

    def of_one_request(self, step: int, refused: str | None) -> Case:
        """The case of one of its requests alone, expected to be refused for a cause, or served for None."""
        ask = self.asks[step % len(self.asks)]
        return replace(self, asks=(ask,), refused=refused, repeat=1, together=False, either=False)

    @property
    def means(self) -> frozenset[str]:
        """Means that the case needs beyond those of every target."""
        return frozenset().union(*(spec.means for spec in self.asks))

    @property
    def has_own_connections(self) -> bool:
        """True if the case does not share connections with other cases."""
        return self.together or self.connection is not None

    @property
    def connection_count(self) -> int:
        """Number of requests that are in flight at once."""
        return self.request_count if self.together else 1

    @property
    def latest_moment_s(self) -> float:
        """Time of the latest request, in seconds after now."""
        return max(spec.clock or 0.0 for spec in self.asks)

    @property
    def request_count(self) -> int:
        """Number of requests that the case sends."""
        return len(self.asks) * self.repeat

    @property
    def token_ceiling(self) -> int:
        """Maximum output tokens of all responses, as far as the case limits them."""
        return self.repeat * sum(_requested_tokens(spec) for spec in self.asks)

    @property
    def digest(self) -> str:
        """Sixteen hex digits of what the case sends; evidence with another digest belongs to another case."""
        requests = [_non_default_fields(spec) for spec in self.asks]
        sending = {name: value for name, value in _non_default_fields(self).items() if name in SENDING_FIELDS}
        content = [requests, self.repeat, self._features_for_digest, self.refused, *([sending] if sending else [])]
        text = json.dumps(content, sort_keys=True, default=_plain_json)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def _features_for_digest(self) -> str | tuple[str, ...] | None:
        """The features; one stands by itself, so that evidence from before cases had several keeps its digest."""
        return self.features if len(self.features) > 1 else next(iter(self.features), None)


def tier_from_label(label: str) -> str:
    """Removes the suffix from a key label."""
    suffix = next((suffix for suffix in (*USED_UP_SUFFIXES, LAST_REQUEST_SUFFIX) if label.endswith(suffix)), "")
    return label.removesuffix(suffix)


def _non_default_fields(value: RequestSpec | Case) -> dict[str, Any]:
    """Fields that differ from their defaults; so a new field changes no digest."""
    return {
        member.name: current for member in fields(value) if (current := getattr(value, member.name)) != _default(member)
    }


def _default(member: Field[Any]) -> Any:
    """Default of a dataclass field; None if it has none."""
    if member.default_factory is not MISSING:
        return member.default_factory()
    return None if member.default is MISSING else member.default


def _plain_json(value: Any) -> Any:
    """Converts mappings and bytes to JSON values."""
    return value.decode("latin-1") if isinstance(value, bytes) else dict(value)


def generated_name(endpoint: str, kind: str, family: str) -> str:
    """Name of a generated case."""
    return f"{GENERATED_PREFIX}{endpoint}:{kind}:{family}"


def is_generated(case: str) -> bool:
    """True if the name is that of a generated case."""
    return case.startswith(GENERATED_PREFIX)


def endpoint_from_case_name(case: str) -> str:
    """Endpoint of a generated case."""
    return case.split(":")[1]


def kind_from_case_name(case: str) -> str:
    """Kind of a generated case: valid, invalid, odd, kept or stateful."""
    return case.split(":")[2]


def _requested_tokens(spec: RequestSpec) -> int:
    choices = spec.body.get("n", 1) if isinstance(spec.body, dict) else 1
    return (spec.cap or 0) * (choices if isinstance(choices, int) else 1)
