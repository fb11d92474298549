"""A case: what to send, as data.

One request, a short sequence of `steps`, or one request asked `repeat` times. Cases are read from
suites/<area>/cases.yaml; docs/cases.md explains each field. Only the standard library is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof import form, pointer
from wireproof.errors import ConfigError

REQUEST_FIELDS = frozenset(
    [
        "endpoint",
        "model",
        "method",
        "path",
        "headers",
        "content_type",
        "body",
        "form",
        "raw",
        "cap",
        "key",
        "scheme",
        "cell",
        "clock",
        "save",
    ]
)
ENDPOINT_ROLES = {
    "embeddings": "embeddings",
    "completions": "completions",
    "images": "image",
    "transcriptions": "audio",
}
# Forms of an answer that are no JSON.
PLAIN_FORMATS = frozenset({"text", "srt", "vtt"})
# Keys that are no tier's.
PLAIN_KEYS = frozenset({"good", "none", "empty", "bad", "unprefixed", "revoked"})


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as data, before a target fills in its address, key and model.

    Attributes:
        form: fields of a multipart form in place of a body: name → text, or file and media type.
        cap: the most tokens the answer may have, sent in the field the provider names.
        key: which key goes with it: good, none, empty, bad, unprefixed, revoked, or a tier of the provider.
        cell: down, failing, misconfigured or crashed, where the request is to meet a cell in that state; one-down
            where one of several is down.
        clock: seconds by which the request happens later than now.
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
    raw: str | None = None
    cap: int | None = None
    key: str = "good"
    scheme: str | None = "Bearer"
    cell: str | None = None
    clock: float | None = None
    save: Mapping[str, str] = field(default_factory=dict)

    @property
    def means(self) -> frozenset[str]:
        """What this request needs that a plain run has not."""
        needed = set()
        if self.key.endswith(("-exhausted", "-spent")):
            needed.add("exhausted-key")
        elif self.key == "revoked":
            needed.add("revoked-key")
        elif self.key not in PLAIN_KEYS:
            needed.add(f"{self.key}-tier-key")
        if self.cell:
            needed.add(f"cell-{self.cell}")
        if self.clock:
            needed.add("clock")
        return frozenset(needed)


@dataclass(frozen=True, slots=True)
class Case:
    """What to send and why; `asks` are sent in order, the whole of them `repeat` times."""

    name: str
    area: str
    says: str
    asks: tuple[Ask, ...]
    feature: str | None = None
    refused: str | None = None
    repeat: int = 1
    profile: str = "core"

    @property
    def endpoint(self) -> str:
        """The endpoint that the last request aims at."""
        return self.asks[-1].endpoint

    @property
    def kind(self) -> str:
        """What the case aims for: `answer` (in JSON), `text`, `stream` or `refusal`."""
        if self.refused:
            return "refusal"
        body, fields = self.asks[-1].body, self.asks[-1].form or {}
        if fields.get("response_format") in PLAIN_FORMATS:
            return "text"
        streams = isinstance(body, dict) and body.get("stream") is True
        return "stream" if streams else "answer"

    @property
    def means(self) -> frozenset[str]:
        """What the case needs that a plain run has not."""
        return frozenset().union(*(ask.means for ask in self.asks))

    @property
    def requests(self) -> int:
        """How many requests the case sends."""
        return len(self.asks) * self.repeat

    @property
    def token_ceiling(self) -> int:
        """The most tokens its answers may have, as far as the case caps them."""
        return self.repeat * sum(_asked_tokens(ask) for ask in self.asks)


def _asked_tokens(ask: Ask) -> int:
    n = ask.body.get("n", 1) if isinstance(ask.body, dict) else 1
    return (ask.cap or 0) * (n if isinstance(n, int) else 1)


def read_cases(area: str, entries: Mapping[str, Any], file: str, known: Mapping[str, Any]) -> tuple[Case, ...]:
    """Turn the entries of one cases.yaml into cases; `known` holds every entry a `base` may name.

    Raises ConfigError for a base that does not exist or an edit that does not apply.
    """
    return tuple(_case(area, name, entry, file, known) for name, entry in entries.items())


def _case(area: str, name: str, entry: Mapping[str, Any], file: str, known: Mapping[str, Any]) -> Case:
    where = f"{file}, case {name}"
    steps = entry.get("steps", ())
    for part in (entry, *steps):
        _check_bases(part, where, known)
    asks = [_ask(step, where, known) for step in steps] if steps else [_ask(entry, where, known)]
    inherited = {**_inherited(entry, where, known), **entry}
    return Case(
        name=name,
        area=area,
        says=entry["says"],
        asks=tuple(asks),
        feature=inherited.get("feature"),
        refused=entry.get("refused"),
        repeat=entry.get("repeat", 1),
        profile=inherited.get("profile", "core"),
    )


def _check_bases(entry: Mapping[str, Any], where: str, known: Mapping[str, Any]) -> None:
    """The chain of bases exists and ends."""
    seen: set[str] = set()
    while (base := entry.get("base")) is not None:
        if base not in known:
            raise ConfigError(where, f"its base {base!r} is no case", "name an existing case without steps")
        if base in seen:
            raise ConfigError(where, f"its base {base!r} leads back to itself", "name another base")
        seen.add(base)
        entry = known[base]


def _inherited(entry: Mapping[str, Any], where: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The merged request fields and feature of the chain of bases."""
    if "base" not in entry:
        return {}
    above = known[entry["base"]]
    merged = {**_inherited(above, where, known), **_own(above, where, known)}
    return {**merged, **{key: above[key] for key in ("feature", "profile") if key in above}}


def _own(entry: Mapping[str, Any], where: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The request fields of an entry with its edits applied to the inherited body or form."""
    fields = {key: value for key, value in entry.items() if key in REQUEST_FIELDS}
    inherited = _inherited(entry, where, known)
    if "headers" in fields:
        fields["headers"] = {**inherited.get("headers", {}), **fields["headers"]}
    kind, other = ("form", "body") if _is_form(fields, inherited) else ("body", "form")
    if inherited.get(other) is not None:
        fields[other] = None
    content = fields.get(kind, inherited.get(kind))
    try:
        for place, value in entry.get("set", {}).items():
            content = pointer.edit(content, place, value)
        for place in entry.get("drop", ()):
            content = pointer.drop(content, place)
    except pointer.Missing as error:
        raise ConfigError(where, f"an edit does not apply ({error})", "point at a member of the base's body") from None
    return {**fields, kind: content} if content is not None else fields


def _is_form(fields: Mapping[str, Any], inherited: Mapping[str, Any]) -> bool:
    return "form" in fields or ("body" not in fields and inherited.get("form") is not None)


def _ask(entry: Mapping[str, Any], where: str, known: Mapping[str, Any]) -> Ask:
    fields = {**_inherited(entry, where, known), **_own(entry, where, known)}
    if "endpoint" not in fields:
        raise ConfigError(where, "it names no endpoint", "add `endpoint:` or a `base:`")
    role = ENDPOINT_ROLES.get(fields["endpoint"], "chat")
    wanted = {key: value for key, value in fields.items() if key in REQUEST_FIELDS}
    typed = {"content_type": form.CONTENT_TYPE} if wanted.get("form") is not None else {}
    return Ask(**{"model": role, **typed, **wanted})
