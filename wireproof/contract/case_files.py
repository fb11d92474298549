"""Builds cases from the entries of cases.yaml: resolves chains of bases and applies edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from wireproof.contract.case import Case, RequestSpec
from wireproof.errors import ConfigError
from wireproof.formats import json_pointer, multipart

REQUEST_FIELDS = frozenset(field.name for field in fields(RequestSpec))
ENDPOINT_ROLES = {
    "embeddings": "embeddings",
    "completions": "completions",
    "images": "image",
    "transcriptions": "audio",
}


def read_cases(area: str, entries: Mapping[str, Any], file: str, all_entries: Mapping[str, Any]) -> tuple[Case, ...]:
    """Builds the cases of one cases.yaml; `all_entries` has every entry that a `base` may name.

    Raises ConfigError for a missing base or an edit that does not apply.
    """
    return tuple(_case_from_entry(area, name, entry, file, all_entries) for name, entry in entries.items())


def chains_of_bases(name: str, all_entries: Mapping[str, Any]) -> list[list[str]]:
    """Names of the base cases of each request of a case, the nearest first."""
    entry = all_entries[name]
    return [_chain_of_bases(step, all_entries) for step in entry.get("steps", [entry])]


def _chain_of_bases(entry: Mapping[str, Any], all_entries: Mapping[str, Any]) -> list[str]:
    base = entry.get("base")
    return [] if base is None else [base, *_chain_of_bases(all_entries[base], all_entries)]


def _case_from_entry(area: str, name: str, entry: Mapping[str, Any], file: str, all_entries: Mapping[str, Any]) -> Case:
    where = f"{file}, case {name}"
    steps = entry.get("steps", ())
    for step in (entry, *steps):
        _check_bases(step, where, all_entries)
    asks = (
        [_request_from_entry(step, where, all_entries) for step in steps]
        if steps
        else [_request_from_entry(entry, where, all_entries)]
    )
    inherited = {**_inherited_fields(entry, where, all_entries), **entry}
    return Case(
        name=name,
        area=area,
        says=entry["says"],
        asks=tuple(asks),
        features=_features(inherited.get("feature", ())),
        refused=entry.get("refused"),
        repeat=entry.get("repeat", 1),
        profile=entry.get("profile", "all"),
        connection=entry.get("connection"),
        together=entry.get("together", False),
        either=entry.get("either", False),
    )


def _features(value: str | Sequence[str]) -> tuple[str, ...]:
    """The features of a case, of which cases.yaml gives one as a text and several as a list."""
    return (value,) if isinstance(value, str) else tuple(value)


def _check_bases(entry: Mapping[str, Any], where: str, all_entries: Mapping[str, Any]) -> None:
    """Raises ConfigError if the chain of bases is broken or circular."""
    seen: set[str] = set()
    while (base := entry.get("base")) is not None:
        if base not in all_entries:
            raise ConfigError(where, f"its base {base!r} is not a case", "name an existing case without steps")
        if base in seen:
            raise ConfigError(where, f"its base {base!r} is circular", "name another base")
        seen.add(base)
        entry = all_entries[base]


def _inherited_fields(entry: Mapping[str, Any], where: str, all_entries: Mapping[str, Any]) -> dict[str, Any]:
    """Merged request fields and feature of the chain of bases."""
    if "base" not in entry:
        return {}
    base = all_entries[entry["base"]]
    merged = {**_inherited_fields(base, where, all_entries), **_own_fields(base, where, all_entries)}
    return {**merged, **{key: base[key] for key in ("feature",) if key in base}}


def _own_fields(entry: Mapping[str, Any], where: str, all_entries: Mapping[str, Any]) -> dict[str, Any]:
    """Request fields of an entry, with its edits applied to the inherited body or form."""
    own = {key: value for key, value in entry.items() if key in REQUEST_FIELDS}
    inherited = _inherited_fields(entry, where, all_entries)
    if "headers" in own:
        own["headers"] = {**inherited.get("headers", {}), **own["headers"]}
    member, other_member = ("form", "body") if _is_form(own, inherited) else ("body", "form")
    if inherited.get(other_member) is not None:
        own[other_member] = None
    content = own.get(member, inherited.get(member))
    try:
        for place, value in entry.get("set", {}).items():
            content = json_pointer.edit(content, place, value)
        for place in entry.get("drop", ()):
            content = json_pointer.drop(content, place)
    except json_pointer.Missing as error:
        raise ConfigError(where, f"an edit does not apply ({error})", "point at a member of the base's body") from None
    return {**own, member: content} if content is not None else own


def _is_form(own: Mapping[str, Any], inherited: Mapping[str, Any]) -> bool:
    return "form" in own or ("body" not in own and inherited.get("form") is not None)


def _request_from_entry(entry: Mapping[str, Any], where: str, all_entries: Mapping[str, Any]) -> RequestSpec:
    merged = {**_inherited_fields(entry, where, all_entries), **_own_fields(entry, where, all_entries)}
    if "endpoint" not in merged:
        raise ConfigError(where, "it has no endpoint", "add `endpoint:` or a `base:`")
    role = ENDPOINT_ROLES.get(merged["endpoint"], "chat")
    request_fields = {key: value for key, value in merged.items() if key in REQUEST_FIELDS}
    content_type = {"content_type": multipart.CONTENT_TYPE} if request_fields.get("form") is not None else {}
    literal = {"raw": _literal_bytes(request_fields["raw"])} if "raw" in request_fields else {}
    return RequestSpec(**{"model": role, **content_type, **request_fields, **literal})


def _literal_bytes(literal: Any) -> bytes:
    """Bytes of a literal body: a text, or pieces that may be repeated or written in hexadecimal."""
    if isinstance(literal, str):
        return literal.encode()
    return b"".join(
        piece.encode()
        if isinstance(piece, str)
        else (bytes.fromhex(piece["hex"]) if "hex" in piece else piece["text"].encode()) * piece.get("times", 1)
        for piece in literal
    )
