"""Preview of the requests of a case as data; nothing is sent and no key is read."""

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

RequestFacts = dict[str, Any]
UNIQUE = "{an id never sent before}"
# Fields of a request that do not change its bytes.
CIRCUMSTANCE_FIELDS = ("cell", "clock", "slots", "leave_after", "leave_in")


def preview(case: Case, provider: Provider) -> list[RequestFacts]:
    """The requests of a case, one a step; values of earlier responses appear as their place there.

    Raises CannotSend if the provider lacks the endpoint, feature, key or model.
    """
    target = _preview_target(case, provider)
    skipped = skip_reason(case, target)
    if skipped is not None:
        raise CannotSend(skipped.reason)
    placeholders = {
        name: f"{{{at} of answer {step}}}" for step, spec in enumerate(case.asks, 1) for name, at in spec.save.items()
    }
    return [_request_facts(spec, target, case, placeholders) for spec in case.asks]


def _preview_target(case: Case, provider: Provider) -> Target:
    """A target with all that the case needs and with placeholder keys."""
    by_label = {label: Key(_key_variable(provider, label), "-") for label in keys.mock_keys(provider)}
    return Target(
        name=provider.name,
        provider=provider,
        base_url="",
        keys=by_label,
        models=provider.models,
        means=case.means,
        connections=case.connection_count,
    )


def _key_variable(provider: Provider, label: str) -> str:
    return provider.key_env if label == "good" else f"{provider.key_env}_{label.upper().replace('-', '_')}"


def _request_facts(spec: RequestSpec, target: Target, case: Case, placeholders: Mapping[str, str]) -> RequestFacts:
    headers = {name: UNIQUE if value == "$unique" else value for name, value in spec.headers.items()}
    shown = build_request(replace(spec, headers=headers), target, case.name, placeholders).shown
    path = shown.url
    for placeholder, quoted in (
        (placeholder, quote(placeholder, safe=safe))
        for placeholder in placeholders.values()
        for safe in (":", ":/", "")
    ):
        path = path.replace(quoted, placeholder)
    facts: RequestFacts = {"method": shown.method, "path": path, "headers": [list(pair) for pair in shown.headers]}
    if shown.body:
        facts |= _body_facts(spec, shown)
    if shown.body and not placeholders:
        facts["bytes"] = len(shown.body_with_blanks)
    if shown.blanks:
        facts["blanks"] = shown.blanks
    if spec.key != "good":
        facts["key"] = spec.key
    facts |= {name: getattr(spec, name) for name in CIRCUMSTANCE_FIELDS if getattr(spec, name) is not None}
    return {**facts, "saves": dict(spec.save)} if spec.save else facts


def _body_facts(spec: RequestSpec, shown: Request) -> RequestFacts:
    """The body as JSON, as form parts, or as literal text."""
    if spec.raw is not None:
        return {"text": shown.body.decode(errors="backslashreplace")}
    if spec.form is not None:
        return {"parts": [_part_facts(part) for part in multipart.decode_form(shown.body, multipart.CONTENT_TYPE)]}
    return {"json": json.loads(shown.body)}


def _part_facts(part: multipart.FormPart) -> RequestFacts:
    if part.filename is None:
        return {"name": part.name, "bytes": len(part.content), "text": part.content.decode()}
    return {"name": part.name, "bytes": len(part.content), "file": part.filename, "type": part.media_type}
