"""Faults of the rules: the server serves by another contract than it promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.provider.model_entry import MODEL_ROLES, Model
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.request_rules import RequestRules


def ruling(change: Callable[[Profile], Profile]) -> Lapse:
    return Lapse(rule=change)


def auth(**changed: Any) -> Lapse:
    return ruling(lambda profile: replace(profile, auth=replace(profile.auth, **changed)))


def rate(**changed: Any) -> Lapse:
    return ruling(lambda profile: replace(profile, rate=replace(profile.rate, **changed)))


def tiers(**changed: Any) -> Lapse:
    def change(profile: Profile) -> Profile:
        made = tuple(replace(tier, **changed) for tier in profile.rate.tiers)
        return replace(profile, rate=replace(profile.rate, tiers=made))

    return ruling(change)


def requests(change: Callable[[RequestRules], RequestRules]) -> Lapse:
    """A lapse in what the bodies of requests may hold."""

    def changed(profile: Profile) -> Profile:
        return replace(profile, requests={name: change(rules) for name, rules in profile.requests.items()})

    return ruling(changed)


def field(name: str, **changed: Any) -> Lapse:
    def change(rules: RequestRules) -> RequestRules:
        known = rules.fields.get(name)
        made = {} if known is None else {name: replace(known, **changed)}
        return replace(rules, fields={**rules.fields, **made})

    return requests(change)


def without_field(name: str) -> Lapse:
    """A lapse that does not know a field, and refuses what it does not know."""

    def change(rules: RequestRules) -> RequestRules:
        kept = {key: field for key, field in rules.fields.items() if key != name}
        return replace(rules, fields=kept, refuses_unknown=True)

    return requests(change)


def without_role(role: str) -> Lapse:
    return requests(lambda rules: replace(rules, roles=tuple(one for one in rules.roles if one != role)))


def row(cause: str, **changed: Any) -> Lapse:
    """A lapse in how one cause is refused."""

    def change(profile: Profile) -> Profile:
        entry = profile.refusals.get(cause)
        changes = {} if entry is None else {cause: replace(entry, **changed)}
        return replace(profile, refusals={**profile.refusals, **changes})

    return ruling(change)


def catalogue(change: Callable[[tuple[Model, ...]], tuple[Model, ...]]) -> Lapse:
    return ruling(lambda profile: replace(profile, catalogue=change(profile.catalogue)))


def every_role(models: tuple[Model, ...]) -> tuple[Model, ...]:
    return tuple(replace(model, roles=MODEL_ROLES) for model in models)


def public(*names: str) -> Lapse:
    """A lapse that asks for no key at the endpoints of these names, at any where none is named."""

    def change(profile: Profile) -> Profile:
        opened = names or tuple(name for name, _, _ in profile.endpoints)
        return replace(profile, auth=replace(profile.auth, public=(*profile.auth.public, *opened)))

    return ruling(change)


GHOST = Model("ghost-model", ("chat",), "nobody", 1_700_000_000)
LAPSES: Mapping[str, Lapse] = {
    "missing-key-accepted": public(),
    "any-key-accepted": auth(lets_in="any"),
    "key-prefix-only": auth(lets_in="prefix"),
    "list-without-key": public(),
    "images-without-key-accepted": public("images"),
    "transcriptions-without-key-accepted": public("transcriptions"),
    "metadata-refused": without_field("metadata"),
    "unknown-model-accepted": ruling(lambda profile: replace(profile, knows_any_model=True)),
    "unknown-model-retrieved": catalogue(
        lambda models: (
            *models,
            Model("no-such-model", ("chat",), "nobody", 1),
            Model("wireproof-no-such-model", ("chat",), "nobody", 1),
        )
    ),
    "wrong-model-kind-accepted": catalogue(every_role),
    "tier-ignored": tiers(models=()),
    "list-shows-locked-models": tiers(models=()),
    "list-shows-ghost": catalogue(lambda models: (*models[:2], GHOST, *models[2:])),
    "list-hides-last": catalogue(lambda models: models[:-1]),
    "catalogue-without-last": catalogue(lambda models: models[:-1]),
    "limit-one-less": rate(slack=-1),
    "limit-one-more": rate(slack=1),
    "limit-never": rate(slack=10**9),
    "month-ignored": rate(counts_months=False),
    "unlimited-tier-limited": ruling(
        lambda profile: replace(
            profile,
            rate=replace(
                profile.rate,
                tiers=tuple(tier if tier.per_minute else replace(tier, per_minute=20) for tier in profile.rate.tiers),
            ),
        )
    ),
    "quota-as-rate-limit": row("quota-exhausted", status=429, code="rate_limited"),
    "temperature-bounds-exclusive": field("temperature", exclusive=True),
    "temperature-unbounded": field("temperature", minimum=None, maximum=None),
    "temperature-at-most-one": field("temperature", maximum=1),
    "top-p-unbounded": field("top_p", minimum=None, maximum=None),
    "cap-unbounded": field("max_tokens", minimum=None),
    "n-unbounded": field("n", minimum=None, maximum=None),
    "stop-unbounded": field("stop", max_items=None),
    "top-logprobs-unbounded": field("top_logprobs", minimum=None, maximum=None),
    "unknown-fields-accepted": requests(lambda rules: replace(rules, refuses_unknown=False)),
    "unknown-field-refused": requests(lambda rules: replace(rules, refuses_unknown=True)),
    "stream-options-refused": without_field("stream_options"),
    "max-completion-tokens-refused": without_field("max_completion_tokens"),
    "tools-refused": without_field("tools"),
    "n-refused": without_field("n"),
    "stop-refused": without_field("stop"),
    "stream-refused": without_field("stream"),
    "temperature-refused": without_field("temperature"),
    "max-tokens-refused": without_field("max_tokens"),
    "seed-refused": without_field("seed"),
    "user-refused": without_field("user"),
    "top-p-refused": without_field("top_p"),
    "system-field-refused": without_field("system"),
    "response-format-refused": without_field("response_format"),
    "logprobs-refused": without_field("logprobs"),
    "encoding-format-refused": without_field("encoding_format"),
    "dimensions-refused": without_field("dimensions"),
    "input-text-refused": field("input", types=("array",)),
    "input-list-refused": field("input", types=("string",)),
    "system-role-refused": without_role("system"),
    "developer-role-refused": without_role("developer"),
    "assistant-role-refused": without_role("assistant"),
    "tool-role-refused": without_role("tool"),
    "content-parts-refused": requests(lambda rules: replace(rules, content_parts=())),
    "token-input-refused": ruling(
        lambda profile: replace(profile, capabilities=profile.capabilities - {"token-input"})
    ),
    "unknown-model-as-400": row("unknown-model", status=400),
    "unknown-model-as-403": row("unknown-model", status=403),
    "unknown-model-as-500": row("unknown-model", status=500),
    "tier-locked-model-as-403": row("tier-locked-model", status=403),
    "tier-locked-model-as-404": row("tier-locked-model", status=404),
    "wrong-model-kind-as-500": row("wrong-model-kind", status=500),
    "malformed-json-as-500": row("malformed-json", status=500),
    "quota-exhausted-as-402": row("quota-exhausted", status=402),
    "quota-exhausted-as-503": row("quota-exhausted", status=503),
    "unavailable-as-502": row("unavailable", status=502),
}
