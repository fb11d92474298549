"""The requests of a case as a provider would get them, as data: nothing is sent, and no key is looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from wireproof.client.request_builder import build_request
from wireproof.client.skip_reasons import CannotSend, skip_reason
from wireproof.contract import keys
from wireproof.contract.case import Case, RequestSpec
from wireproof.contract.provider import Provider
from wireproof.contract.target import Key, Target
from wireproof.evidence.exchange import Request
from wireproof.formats import multipart

Facts = dict[str, Any]
UNIQUE = "{an id never sent before}"
# What a case says of a request beyond its bytes.
CIRCUMSTANCES = ("cell", "clock", "slots", "leave_after", "leave_in")


def preview(case: Case, provider: Provider) -> list[Facts]:
    """The requests of a case, a step each; what is only known from an answer is told by its place there.

    Raises CannotSend where the provider has no such endpoint, feature, key or model.
    """
    target = _target(case, provider)
    unsent = skip_reason(case, target)
    if unsent is not None:
        raise CannotSend(unsent.reason)
    holes = {
        name: f"{{{at} of answer {step}}}" for step, ask in enumerate(case.asks, 1) for name, at in ask.save.items()
    }
    return [_request(ask, target, case, holes) for ask in case.asks]


def _target(case: Case, provider: Provider) -> Target:
    """A target that has all that the case needs, and keys that open nothing."""
    known = {label: Key(_variable(provider, label), "-") for label in keys.mock_keys(provider)}
    return Target(
        name=provider.name,
        provider=provider,
        base_url="",
        keys=known,
        models=provider.models,
        means=case.means,
        connections=case.connection_count,
    )


def _variable(provider: Provider, label: str) -> str:
    return provider.key_env if label == "good" else f"{provider.key_env}_{label.upper().replace('-', '_')}"


def _request(ask: RequestSpec, target: Target, case: Case, holes: Mapping[str, str]) -> Facts:
    headers = {name: UNIQUE if value == "$unique" else value for name, value in ask.headers.items()}
    shown = build_request(replace(ask, headers=headers), target, case.name, holes).shown
    path = shown.url
    for hole, quoted in ((hole, quote(hole, safe=safe)) for hole in holes.values() for safe in (":", ":/", "")):
        path = path.replace(quoted, hole)
    facts: Facts = {"method": shown.method, "path": path, "headers": [list(pair) for pair in shown.headers]}
    if shown.body:
        facts |= _body(ask, shown)
    if shown.body and not holes:
        facts["bytes"] = len(shown.body_with_blanks)
    if shown.blanks:
        facts["blanks"] = shown.blanks
    if ask.key != "good":
        facts["key"] = ask.key
    facts |= {name: getattr(ask, name) for name in CIRCUMSTANCES if getattr(ask, name) is not None}
    return {**facts, "saves": dict(ask.save)} if ask.save else facts


def _body(ask: RequestSpec, shown: Request) -> Facts:
    """The body as JSON, as the parts of a form, or as the literal text that the case has in their place."""
    if ask.raw is not None:
        return {"text": shown.body.decode(errors="backslashreplace")}
    if ask.form is not None:
        return {"parts": [_part(part) for part in multipart.decode_form(shown.body, multipart.CONTENT_TYPE)]}
    return {"json": json.loads(shown.body)}


def _part(part: multipart.FormPart) -> Facts:
    if part.filename is None:
        return {"name": part.name, "bytes": len(part.content), "text": part.content.decode()}
    return {"name": part.name, "bytes": len(part.content), "file": part.filename, "type": part.media_type}
