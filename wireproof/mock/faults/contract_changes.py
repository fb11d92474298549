"""Faults of the contract: the server applies another contract than the documented one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.provider.model_entry import MODEL_ROLES, Model
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.request_rules import BodyRules


def on_contract(change: Callable[[Profile], Profile]) -> FaultHooks:
    return FaultHooks(on_contract=change)


def change_auth(**changed: Any) -> FaultHooks:
    return on_contract(lambda profile: replace(profile, auth=replace(profile.auth, **changed)))


def change_rate(**changed: Any) -> FaultHooks:
    return on_contract(lambda profile: replace(profile, rate=replace(profile.rate, **changed)))


def change_tiers(**changed: Any) -> FaultHooks:
    def change_profile(profile: Profile) -> Profile:
        tiers = tuple(replace(tier, **changed) for tier in profile.rate.tiers)
        return replace(profile, rate=replace(profile.rate, tiers=tiers))

    return on_contract(change_profile)


def on_request_rules(change: Callable[[BodyRules], BodyRules]) -> FaultHooks:
    """Hooks that change the rules for the bodies of requests."""

    def change_profile(profile: Profile) -> Profile:
        return replace(profile, requests={name: change(rules) for name, rules in profile.requests.items()})

    return on_contract(change_profile)


def change_field(name: str, **changed: Any) -> FaultHooks:
    def change_rules(rules: BodyRules) -> BodyRules:
        field = rules.fields.get(name)
        changes = {} if field is None else {name: replace(field, **changed)}
        return replace(rules, fields={**rules.fields, **changes})

    return on_request_rules(change_rules)


def without_field(name: str) -> FaultHooks:
    """Hooks that refuse a field as unknown."""

    def change_rules(rules: BodyRules) -> BodyRules:
        others = {key: field for key, field in rules.fields.items() if key != name}
        return replace(rules, fields=others, refused=rules.refused | {name})

    return on_request_rules(change_rules)


def without_role(role: str) -> FaultHooks:
    return on_request_rules(lambda rules: replace(rules, roles=tuple(name for name in rules.roles if name != role)))


def change_refusal(cause: str, **changed: Any) -> FaultHooks:
    """Hooks that change how one cause is refused."""

    def change_profile(profile: Profile) -> Profile:
        entry = profile.refusals.get(cause)
        changes = {} if entry is None else {cause: replace(entry, **changed)}
        return replace(profile, refusals={**profile.refusals, **changes})

    return on_contract(change_profile)


def on_catalogue(change: Callable[[tuple[Model, ...]], tuple[Model, ...]]) -> FaultHooks:
    return on_contract(lambda profile: replace(profile, catalogue=change(profile.catalogue)))


def with_every_role(models: tuple[Model, ...]) -> tuple[Model, ...]:
    return tuple(replace(model, roles=MODEL_ROLES) for model in models)


def open_endpoints(*names: str) -> FaultHooks:
    """Hooks that require no key at the named endpoints, or at all endpoints if none is named."""

    def change_profile(profile: Profile) -> Profile:
        public_names = names or tuple(name for name, _, _ in profile.endpoints)
        return replace(profile, auth=replace(profile.auth, public=(*profile.auth.public, *public_names)))

    return on_contract(change_profile)


GHOST_MODEL = Model("ghost-model", ("chat",), "nobody", 1_700_000_000)
HOOKS: Mapping[str, FaultHooks] = {
    "missing-key-accepted": open_endpoints(),
    "any-key-accepted": change_auth(lets_in="any"),
    "key-prefix-only": change_auth(lets_in="prefix"),
    "list-without-key": open_endpoints(),
    "images-without-key-accepted": open_endpoints("images"),
    "transcriptions-without-key-accepted": open_endpoints("transcriptions"),
    "metadata-refused": without_field("metadata"),
    "unknown-model-accepted": on_contract(lambda profile: replace(profile, knows_any_model=True)),
    "unknown-model-retrieved": on_catalogue(
        lambda models: (
            *models,
            Model("no-such-model", ("chat",), "nobody", 1),
            Model("wireproof-no-such-model", ("chat",), "nobody", 1),
        )
    ),
    "wrong-model-kind-accepted": on_catalogue(with_every_role),
    "tier-ignored": change_tiers(models=()),
    "list-shows-locked-models": change_tiers(models=()),
    "list-shows-ghost": on_catalogue(lambda models: (*models[:2], GHOST_MODEL, *models[2:])),
    "list-hides-last": on_catalogue(lambda models: models[:-1]),
    "catalogue-without-last": on_catalogue(lambda models: models[:-1]),
    "limit-one-less": change_rate(slack=-1),
    "limit-one-more": change_rate(slack=1),
    "limit-never": change_rate(slack=10**9),
    "month-ignored": change_rate(counts_months=False),
    "unlimited-tier-limited": on_contract(
        lambda profile: replace(
            profile,
            rate=replace(
                profile.rate,
                tiers=tuple(tier if tier.per_minute else replace(tier, per_minute=20) for tier in profile.rate.tiers),
            ),
        )
    ),
    "quota-as-rate-limit": change_refusal("quota-exhausted", status=429, code="rate_limited"),
    "temperature-bounds-exclusive": change_field("temperature", exclusive=True),
    "temperature-unbounded": change_field("temperature", minimum=None, maximum=None),
    "temperature-at-most-one": change_field("temperature", maximum=1),
    "top-p-unbounded": change_field("top_p", minimum=None, maximum=None),
    "cap-unbounded": change_field("max_tokens", minimum=None),
    "n-unbounded": change_field("n", minimum=None, maximum=None),
    "stop-unbounded": change_field("stop", max_items=None),
    "top-logprobs-unbounded": change_field("top_logprobs", minimum=None, maximum=None),
    "unknown-fields-accepted": on_request_rules(lambda rules: replace(rules, refuses_unknown=False)),
    "unknown-field-refused": on_request_rules(lambda rules: replace(rules, refuses_unknown=True)),
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
    "input-text-refused": change_field("input", types=("array",)),
    "input-list-refused": change_field("input", types=("string",)),
    "system-role-refused": without_role("system"),
    "developer-role-refused": without_role("developer"),
    "assistant-role-refused": without_role("assistant"),
    "tool-role-refused": without_role("tool"),
    "content-parts-refused": on_request_rules(lambda rules: replace(rules, content_parts=())),
    "token-input-refused": on_contract(
        lambda profile: replace(profile, capabilities=profile.capabilities - {"token-input"})
    ),
    "unknown-model-as-400": change_refusal("unknown-model", status=400),
    "unknown-model-as-403": change_refusal("unknown-model", status=403),
    "unknown-model-as-500": change_refusal("unknown-model", status=500),
    "tier-locked-model-as-403": change_refusal("tier-locked-model", status=403),
    "tier-locked-model-as-404": change_refusal("tier-locked-model", status=404),
    "wrong-model-kind-as-500": change_refusal("wrong-model-kind", status=500),
    "malformed-json-as-500": change_refusal("malformed-json", status=500),
    "quota-exhausted-as-402": change_refusal("quota-exhausted", status=402),
    "quota-exhausted-as-503": change_refusal("quota-exhausted", status=503),
    "unavailable-as-502": change_refusal("unavailable", status=502),
}
