"""Keys by label (`good`, a tier, a tier with used-up quota, `revoked`, …) and the means they give a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wireproof.contract import base_url
from wireproof.contract.case import LAST_REQUEST_SUFFIX, SPECIAL_KEYS, USED_UP_SUFFIXES, tier_from_label
from wireproof.contract.provider import Provider
from wireproof.contract.target import Key
from wireproof.errors import ConfigError

# Values of header fields (RFC 9110 section 5.5).
SENDABLE_KEY = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")


def mock_keys(provider: Provider) -> dict[str, Key]:
    """Every key that the bundled mock accepts for a provider."""
    tiers = provider.rate.tiers
    labels = [
        *tiers,
        *(f"{tier}{suffix}" for tier in tiers for suffix in (*USED_UP_SUFFIXES, LAST_REQUEST_SUFFIX)),
        "revoked",
    ]
    by_label = {label: Key(provider.key_env, f"{provider.key_prefix}mock-{label}") for label in labels}
    # The mock charges a second key to the account of the first.
    second = f"{by_label[f'{provider.rate.suite_tier}-exhausted'].value}-second"
    by_label["same-account"] = Key(provider.key_env, second)
    return {**by_label, "good": by_label[provider.rate.suite_tier]}


def means_from_keys(by_label: Mapping[str, Key], provider: Provider) -> frozenset[str]:
    """The means that these keys give a run."""
    means = {f"{tier}-tier-key" for tier in provider.rate.tiers if tier in by_label}
    if any(label.endswith(USED_UP_SUFFIXES) for label in by_label):
        means.add("exhausted-key")
    if any(label.endswith(LAST_REQUEST_SUFFIX) for label in by_label):
        means.add("last-of-volume-key")
    means |= {f"{label}-key" for label in SPECIAL_KEYS if label in by_label}
    return frozenset(means)


def find_live_key(
    key_env: str | None,
    endpoint: str,
    provider: Provider,
    environment: Mapping[str, str],
    *,
    allow_http: bool = False,
) -> Key:
    """The key of a live run, from the named variable or that of the provider.

    Raises ConfigError if the variable is empty, except for a server on this machine, or over allowed plain HTTP.
    """
    name = key_env or provider.key_env
    value = environment.get(name, "")
    is_inside = base_url.is_loopback(endpoint) or (allow_http and base_url.is_plain_and_remote(endpoint))
    if not value and (key_env or not is_inside):
        raise ConfigError(
            f"the environment variable {name}",
            "it holds no key",
            f"export {name}=… or name another with --key-env",
        )
    # Most servers inside a network accept any key, and SDK clients always send one.
    return _checked_key(name, value or "wireproof-no-key")


def _checked_key(name: str, value: str) -> Key:
    if not SENDABLE_KEY.fullmatch(value):
        where, remedy = f"the environment variable {name}", "export it as one line of Latin-1 without spaces around it"
        raise ConfigError(where, "its value cannot be sent in a header", remedy)
    if value.startswith("$"):
        where = f"the environment variable {name}"
        raise ConfigError(where, "it holds the name of a variable, not a key", f"export {name} with the key itself")
    return Key(name, value)


def keys_from_options(options: Sequence[str], provider: Provider, environment: Mapping[str, str]) -> dict[str, Key]:
    """Keys of `--key LABEL=VARIABLE` by label; raises ConfigError for an unknown label or an empty variable."""
    keys = {}
    for text in options:
        label, equals, name = text.partition("=")
        if not equals or tier_from_label(label) not in (*provider.rate.tiers, *SPECIAL_KEYS):
            tiers = ", ".join(provider.rate.tiers)
            raise ConfigError(
                f"--key {text}",
                "the provider has no such tier",
                f"write TIER=VARIABLE with TIER of {tiers}, or revoked=VARIABLE, or same-account=VARIABLE",
            )
        if not environment.get(name):
            raise ConfigError(f"the environment variable {name}", "it holds no key", f"export {name}=…")
        keys[label] = _checked_key(name, environment[name])
    return keys
