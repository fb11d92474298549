"""Functions that make the members of a target from an option, the provider and the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from wireproof.contract import certificates, keys
from wireproof.contract.base_url import is_base_url, is_loopback, is_plain_and_remote
from wireproof.contract.mock_controls import CONTROLS
from wireproof.contract.option_values import read_deadlines, read_headers, read_models, read_price, read_seconds
from wireproof.contract.provider import Price, Provider
from wireproof.contract.target import Deadlines, Key, Network
from wireproof.errors import ConfigError

# Names occur in ids of tests, in files and in reports.
TARGET_NAME = re.compile(r"[^\W_][\w .+@-]{0,59}")
# The word for the proxy that the usual environment variables name.
PROXY_OF_ENVIRONMENT = "env"


@dataclass(frozen=True, slots=True)
class Sources:
    """Inputs of every member.

    Attributes:
        provider: contract of the target.
        given: option name → value, of the options that were set.
        environment: environment variables.
    """

    provider: Provider
    given: Mapping[str, Any]
    environment: Mapping[str, str]


# Makes a member of a target from the value of its option.
Make = Callable[[Any, Sources], Any]


def as_given(value: Any, sources: Sources) -> Any:
    """Returns the value of the option; None if it is not set."""
    return value


def or_else(default: Any) -> Make:
    """Makes the value of the option; the default if it is not set."""
    return lambda option, sources: option or default


def always(value: Any) -> Make:
    """Makes a constant value, whatever the option is."""
    return lambda option, sources: value


def base_url(url: str, sources: Sources) -> str:
    """The base URL without trailing slash; raises ConfigError if it is not an HTTP URL."""
    if not is_base_url(url):
        raise ConfigError(f"--endpoint {url}", "it is not an HTTP URL", "write it as https://host/v1")
    return url.rstrip("/")


def live_name(name: str | None, sources: Sources) -> str:
    """The name of the target: that of the option, else that of its provider; raises ConfigError for a bad one."""
    if name is not None and not TARGET_NAME.fullmatch(name):
        remedy = "use up to 60 letters, digits, spaces and . _ + @ -, a letter or digit first"
        raise ConfigError(f"--name {name}", "it cannot be the name of an endpoint", remedy)
    return name or sources.provider.name


def mock_name(name: str | None, sources: Sources) -> str:
    """The name of the provider; raises ConfigError if the option sets another."""
    if name is not None:
        raise ConfigError(f"--name {name}", "it names an endpoint of yours", "name its address with --endpoint")
    return sources.provider.name


def live_models(option: Sequence[str], sources: Sources) -> dict[str, str]:
    """The models that the option names."""
    return read_models(option)


def mock_models(option: Sequence[str], sources: Sources) -> dict[str, str]:
    """The models of the provider, replaced by those that the option names."""
    return {**sources.provider.models, **read_models(option)}


def live_keys(key_env: str | None, sources: Sources) -> dict[str, Key]:
    """Keys by label; raises ConfigError if one is missing or would be sent unencrypted."""
    endpoint, environment = sources.given["endpoint"], sources.environment
    by_label = keys.keys_from_options(sources.given.get("key", ()), sources.provider, environment)
    allow_http = bool(sources.given.get("allow_http"))
    by_label["good"] = keys.find_live_key(key_env, endpoint, sources.provider, environment, allow_http=allow_http)
    proxy = proxy_url(sources.given.get("proxy"), sources)
    if not allow_http:
        check_keys_are_encrypted(endpoint, proxy)
    return by_label


def check_keys_are_encrypted(endpoint: str, proxy: str | None = None) -> None:
    """Raises ConfigError if a key would be sent unencrypted over a network, to the endpoint or to its proxy."""
    remedy = "use https, or add --allow-http inside a network that you trust"
    if is_plain_and_remote(endpoint):
        raise ConfigError(f"--endpoint {endpoint}", "a key would be sent unencrypted", remedy)
    if proxy is not None and not endpoint.lower().startswith("https:") and not is_loopback(proxy):
        raise ConfigError("--proxy", "a key would be sent to it unencrypted, as the endpoint has no https", remedy)


def live_network(proxy: str | None, sources: Sources) -> Network:
    """The proxy and the certificates; raises ConfigError if one of them cannot be used."""
    cert, comma, key = sources.given.get("client_cert", "").partition(",")
    network = Network(proxy_url(proxy, sources), sources.given.get("ca_file"), cert or None, key if comma else None)
    certificates.check_files(network.ca_file, network.client_cert, network.client_key)
    return network


def proxy_url(option: str | None, sources: Sources) -> str | None:
    """The URL of the proxy; `env` stands for the one that the usual variables name; None for no proxy."""
    if option is None:
        return None
    url = _proxy_from_environment(sources) if option == PROXY_OF_ENVIRONMENT else option
    if url is None:
        return None
    if not is_base_url(url):
        where = f"--proxy {option}" if option == PROXY_OF_ENVIRONMENT else "--proxy"
        raise ConfigError(where, "it is not the URL of an HTTP proxy", "write it as http://host:port, or as env")
    return url


def _proxy_from_environment(sources: Sources) -> str | None:
    """The proxy by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; None if NO_PROXY excepts the endpoint."""
    environment, endpoint = sources.environment, urlsplit(sources.given["endpoint"])
    names = [f"{endpoint.scheme}_proxy", "all_proxy"]
    # HTTP_PROXY in capitals may be a header of a CGI request, as curl's manual says; here nothing serves CGI.
    values = [environment.get(name) or environment.get(name.upper()) for name in names]
    url = next(filter(None, values), None)
    if url is None:
        problem = f"neither {names[0].upper()} nor ALL_PROXY names a proxy"
        raise ConfigError("--proxy env", problem, "export one, or leave the option out")
    excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    host = endpoint.hostname or ""
    if proxy_bypass_environment(host, {"no": excepted}):
        return None
    return url if "://" in url else f"http://{url}"


def live_wait(option: str | None, sources: Sources) -> float:
    """The maximum seconds until the endpoint is up; raises ConfigError if they cannot be parsed."""
    return 0.0 if option is None else read_seconds("--wait", option)


def mock_keys(key_env: str | None, sources: Sources) -> dict[str, Key]:
    """Every key that the mock accepts."""
    return keys.mock_keys(sources.provider)


def live_means(one_slot: bool | None, sources: Sources) -> frozenset[str]:
    """The means of the keys, and `one-slot` if the option is set."""
    by_label = live_keys(sources.given.get("key_env"), sources)
    return keys.means_from_keys(by_label, sources.provider) | ({"one-slot"} if one_slot else set())


def mock_means(one_slot: bool | None, sources: Sources) -> frozenset[str]:
    """Every means that the mock provides."""
    return frozenset(CONTROLS) | keys.means_from_keys(keys.mock_keys(sources.provider), sources.provider)


def live_tier(name: str | None, sources: Sources) -> str | None:
    """The tier of the key; raises ConfigError if the provider has no tier of that name."""
    tiers = sources.provider.rate.tiers
    if name is not None and name not in tiers:
        raise ConfigError(f"--tier {name}", "the provider has no such tier", f"choose one of {', '.join(tiers)}")
    return name


def mock_tier(name: str | None, sources: Sources) -> str:
    """The tier of the default key on the mock."""
    return sources.provider.rate.suite_tier


def live_headers(lines: Sequence[str], sources: Sources) -> dict[str, str]:
    """The headers that the option adds."""
    return read_headers(lines)


def live_hidden(names: Sequence[str], sources: Sources) -> tuple[str, ...]:
    """Secrets in the variables that the option names; raises ConfigError if one is empty."""
    return tuple(_secret_from_environment(name, sources.environment) for name in names)


def deadlines(default: Deadlines) -> Make:
    """Makes the deadlines: those of the option, and the defaults for the rest."""
    return lambda option, sources: read_deadlines(option, default)


def live_pace(option: float | None, sources: Sources) -> float | None:
    """Maximum requests a minute: that of the option, else the limit of the tier."""
    tier = sources.provider.rate.tiers.get(sources.given.get("tier", ""))
    return option if option is not None else tier.per_minute if tier else None


def price(text: str | None, sources: Sources) -> Price | None:
    """The price that the option states; None if it is not set."""
    return None if text is None else read_price(text)


def _secret_from_environment(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise ConfigError(f"the environment variable {name}", "it is empty", f"export {name}=…")
    return environment[name]
