"""Targets from options: values, defaults and errors."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.mock_controls import CONTROLS
from wireproof.contract.option_table import MOCK_DEADLINES, OPTIONS, TargetOption
from wireproof.contract.provider import Price
from wireproof.contract.target import Deadlines, Key, Network, Target
from wireproof.contract.target_options import TargetOptions, build_targets, mock_targets
from wireproof.errors import ConfigError
from wireproof.session.pytest_plugin import check_options

OPENAI, IIO = (loading.load_providers()[name] for name in ("openai", "iio"))

LOCAL = ("--endpoint", "http://127.0.0.1:1/v1")
KEYS = {"OPENAI_API_KEY": "sk-1", "IIO_API_KEY": "iio-dev-1", "MINE": "sk-2"}


def targets_from(*words: str, **environment: str) -> tuple[Target, ...]:
    parser = argparse.ArgumentParser()
    check_options.add_options(parser)
    return build_targets(TargetOptions.from_parsed(vars(parser.parse_args(words))), KEYS | environment)


def test_without_an_endpoint_every_provider_is_a_target_on_the_mock() -> None:
    found = {target.name: target for target in targets_from()}
    assert set(found) >= {"iio", "openai"}
    iio = found["iio"]
    assert iio.means >= {"cell-down", "clock", "exhausted-key", "revoked-key", "free-tier-key"}
    assert (iio.profile, iio.own_keys, iio.deadlines) == ("full", True, MOCK_DEADLINES)
    assert iio.key("good", "chat-basic") == Key("IIO_API_KEY", "iio-dev-mock-pro.chat-basic")
    assert iio.key("free-exhausted", "x") == Key("IIO_API_KEY", "iio-dev-mock-free-exhausted.x")
    assert iio.key("free-spent", "x") == Key("IIO_API_KEY", "iio-dev-mock-free-spent.x")


def test_an_endpoint_has_the_contract_openai_and_the_core_profile_by_default() -> None:
    (target,) = targets_from(*LOCAL)
    assert (target.name, target.base_url, target.profile, target.means) == (
        "openai",
        "http://127.0.0.1:1/v1",
        "core",
        frozenset(),
    )
    assert target.key("good", "any") == Key("OPENAI_API_KEY", "sk-1")


def test_options_set_the_members_of_the_target() -> None:
    (target,) = targets_from(
        *("--provider", "iio", "--endpoint", "https://api.example/v1/", "--key-env", "MINE", "--profile", "full"),
        *("--model", "a=b", "--model", "llama3", "--deadline", "first-byte=1.5", "--header", "X-Org:  me "),
        *("--connections", "2", "--pace", "10", "--max-requests", "7", "--tier", "pro", "--key", "free=MINE"),
    )
    assert target.base_url == "https://api.example/v1"
    assert target.models == {"a": "b", "chat": "llama3"}
    assert target.deadlines == replace(Deadlines(), first_byte=1.5)
    assert target.headers == {"X-Org": "me"}
    assert (target.connections, target.pace, target.max_requests, target.tier) == (2, 10, 7, "pro")
    assert "free-tier-key" in target.means
    assert target.secrets == {"sk-2", "sk-X"}


def test_credentials_in_headers_and_in_the_address_are_secrets_of_the_target() -> None:
    (target,) = targets_from(
        *("--endpoint", "http://me:a%2Fb-password@127.0.0.1:1/v1", "--secret-env", "HIDDEN"),
        *("--header", "Cookie: a=cookie-1; b=cookie-2", "--header", "X-Org: me"),
        *("--header", "Proxy-Authorization: Basic bWU6cHJveHktcGFzc3dvcmQ=", "--header", "X-Api-Key: key-3"),
        HIDDEN="hidden-1",
    )
    assert target.secrets == {
        *("sk-1", "sk-X", "hidden-1", "cookie-1", "cookie-2", "key-3"),
        *("bWU6cHJveHktcGFzc3dvcmQ=", "proxy-password", "a%2Fb-password", "a/b-password"),
    }


def test_a_word_that_the_reports_name_anyway_is_no_secret() -> None:
    """The header of a router has `key` in its name, as in Portkey's; masking its value would mask every heading."""
    (target,) = targets_from(
        *("--provider", "iio", "--endpoint", "https://api.example/v1", "--model", "llama3"),
        *("--header", "X-Portkey-Provider: OpenAI", "--header", "X-Key-Of: iio", "--header", "X-Key-Model: llama3"),
        *("--header", "X-Portkey-Virtual-Key: virtual-1"),
    )
    assert target.secrets & {"OpenAI", "iio", "llama3", "virtual-1"} == {"virtual-1"}


# Option → the words that give it, and what is then in its member of a live target.
GIVEN: dict[str, tuple[tuple[str, ...], Any]] = {
    "--provider": (("iio",), IIO),
    "--endpoint": (("http://127.0.0.1:2/v1/",), "http://127.0.0.1:2/v1"),
    "--name": (("acme",), "acme"),
    "--allow-http": ((), {"good": Key("OPENAI_API_KEY", "sk-1")}),
    "--proxy": (("http://127.0.0.1:3128",), Network(proxy="http://127.0.0.1:3128")),
    "--wait": (("2m",), 120.0),
    "--model": (("embeddings=e",), {"embeddings": "e"}),
    "--key-env": (("MINE",), {"good": Key("MINE", "sk-2")}),
    "--key": (("revoked=MINE",), {"good": Key("OPENAI_API_KEY", "sk-1"), "revoked": Key("MINE", "sk-2")}),
    "--tier": (("small",), "small"),
    "--one-slot": ((), {"one-slot"}),
    "--header": (("X-Org: me",), {"X-Org": "me"}),
    "--profile": (("all",), "all"),
    "--secret-env": (("MINE",), ("sk-2",)),
    "--deadline": (("total=9",), Deadlines(total=9.0)),
    "--connections": (("2",), 2),
    "--pace": (("7.5",), 7.5),
    "--patience": (("65",), 65.0),
    "--max-requests": (("7",), 7),
    "--max-output-tokens": (("8",), 8),
    "--max-cost": (("0.5",), 0.5),
    "--price": (("1,2",), Price(1.0, 2.0)),
}


# A file of providers has a test of its own below, and certificates and suites have theirs in tests/end_to_end.
FILES = ("providers", "suite", "ca_file", "client_cert")


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in OPTIONS if row.name not in FILES])
def test_an_option_sets_its_member_of_the_target(row: TargetOption) -> None:
    words, wanted = GIVEN[row.flag]
    (target,) = targets_from(*LOCAL, row.flag, *words)
    assert getattr(target, row.member) == wanted


def test_a_provider_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("providers: {mine: {extends: openai, title: Mine, clause_prefix: MINE}}", encoding="utf-8")
    (target,) = targets_from(*LOCAL, "--providers", str(file), "--provider", "mine")
    assert (target.name, target.provider.title) == ("mine", "Mine")


@pytest.mark.parametrize("made", [pytest.param("live", id="live"), pytest.param("mock", id="on-the-mock")])
def test_each_member_of_a_target_is_made_by_at_most_one_row(made: str) -> None:
    members = {field.name for field in fields(Target)}
    assert {row.member for row in OPTIONS} <= members
    makers = Counter(row.member for row in OPTIONS if getattr(row, made) is not None)
    assert makers == dict.fromkeys(members - {"provider", "controls", "own_keys", "not_shown"}, 1)


def test_the_help_of_check_has_every_option() -> None:
    asked = [sys.executable, "-m", "wireproof", "check", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, env=os.environ | {"COLUMNS": "300"})
    told = " ".join(done.stdout.split())
    assert [row.flag for row in OPTIONS if f" {row.flag}" not in told or row.help not in told] == []


@pytest.mark.parametrize(
    ("member", "live", "mock"),
    [
        pytest.param("base_url", "http://127.0.0.1:1/v1", "", id="base-url"),
        pytest.param("models", {}, OPENAI.models, id="models"),
        pytest.param("controls", {}, CONTROLS, id="controls"),
        pytest.param("headers", {}, {}, id="headers"),
        pytest.param("deadlines", Deadlines(), MOCK_DEADLINES, id="deadlines"),
        pytest.param("connections", 4, 4, id="connections"),
        pytest.param("pace", None, None, id="pace"),
        pytest.param("max_requests", None, None, id="max-requests"),
        pytest.param("max_output_tokens", None, None, id="max-output-tokens"),
        pytest.param("max_cost", None, None, id="max-cost"),
        pytest.param("price", None, None, id="price"),
        pytest.param("tier", None, OPENAI.rate.suite_tier, id="tier"),
        pytest.param("profile", "core", "full", id="profile"),
        pytest.param("own_keys", False, True, id="own-keys"),
        pytest.param("patience", 0.0, 0.0, id="patience"),
        pytest.param("hidden", (), (), id="hidden"),
    ],
)
def test_options_have_defaults_live_and_on_the_mock(member: str, live: Any, mock: Any) -> None:
    (at_endpoint,), (bundled,) = targets_from(*LOCAL), targets_from("--provider", "openai")
    assert (getattr(at_endpoint, member), getattr(bundled, member)) == (live, mock)


def test_live_options_do_not_change_targets_on_the_mock() -> None:
    ignored = ("--key-env", "GONE", "--header", "no colon", "--secret-env", "GONE", "--patience", "9", "--tier", "gold")
    assert targets_from("--provider", "iio", *ignored, "--one-slot", "--key", "gold=GONE") == targets_from(
        "--provider", "iio"
    )


def test_mock_targets_have_the_profile_all() -> None:
    assert [target.profile for target in mock_targets("iio", "openai")] == ["all", "all"]
    assert [target.name for target in mock_targets()] == list(loading.load_providers())


def test_an_unknown_option_name_raises_type_error() -> None:
    with pytest.raises(TypeError, match="unknown options about targets: endpiont"):
        TargetOptions({"endpiont": "http://127.0.0.1:1/v1"})


@pytest.mark.parametrize("label", ["revoked", "same-account"])
def test_a_key_for_one_purpose_gives_its_means(label: str) -> None:
    (target,) = targets_from(*LOCAL, "--key", f"{label}=MINE")
    assert target.means == {f"{label}-key"}
    assert target.key(label, "x") == Key("MINE", KEYS["MINE"])


def test_a_local_server_needs_no_key() -> None:
    (target,) = targets_from(*LOCAL, OPENAI_API_KEY="")
    assert target.key("good", "any") == Key("OPENAI_API_KEY", "wireproof-no-key")


@pytest.mark.parametrize(
    ("label", "value"),
    [
        pytest.param("empty", "", id="empty"),
        pytest.param("bad", "iio-dev-0wireproofdoesnotknowthiskey0000", id="bad"),
        pytest.param("unprefixed", "0wireproofdoesnotknowthiskey0000", id="unprefixed"),
    ],
)
def test_wrong_keys_are_constant(label: str, value: str) -> None:
    (target,) = targets_from("--provider", "iio")
    assert target.key(label, "any") == Key("", value)
    assert target.key("none", "any") is None


def test_the_repr_of_a_target_has_no_key() -> None:
    assert "sk-1" not in repr(targets_from(*LOCAL))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--endpoint", "ftp://x"], "it is not an HTTP URL; write it as https://host/v1", id="ftp"),
        pytest.param(["--endpoint", "localhost:8000"], "it is not an HTTP URL", id="no-scheme"),
        pytest.param(["--endpoint", "http://"], "it is not an HTTP URL", id="no-host"),
        pytest.param(["--endpoint", "http://[::1"], "it is not an HTTP URL", id="half-an-address"),
        pytest.param(["--endpoint", "http://127.0.0.1:99999/v1"], "it is not an HTTP URL", id="no-such-port"),
        pytest.param(["--endpoint", "http://api.example/v1"], "a key would be sent unencrypted", id="in-the-clear"),
        pytest.param(["--provider", "nobody"], "unknown provider; choose one of", id="no-such-provider"),
        pytest.param([*LOCAL, "--provider", "iio", "--provider", "openai"], "one contract", id="two-contracts"),
        pytest.param([*LOCAL, "--key-env", "GONE"], "GONE: it holds no key; export GONE=…", id="no-key"),
        pytest.param([*LOCAL, "--key", "gold=MINE"], "the provider has no such tier", id="no-such-tier-of-key"),
        pytest.param([*LOCAL, "--key", "small=GONE"], "GONE: it holds no key", id="no-key-of-a-tier"),
        pytest.param([*LOCAL, "--tier", "gold"], "the provider has no such tier; choose one of", id="no-such-tier"),
        pytest.param([*LOCAL, "--deadline", "total=soon"], "write NAME=SECONDS", id="a-deadline-of-words"),
        pytest.param([*LOCAL, "--deadline", "total=-1"], "write NAME=SECONDS", id="a-deadline-in-the-past"),
        pytest.param([*LOCAL, "--deadline", "total=nan"], "write NAME=SECONDS", id="a-deadline-of-no-number"),
        pytest.param([*LOCAL, "--deadline", "lunch=1"], "write NAME=SECONDS", id="no-such-deadline"),
        pytest.param([*LOCAL, "--header", "no colon"], "it is not a header line; write NAME: VALUE", id="no-colon"),
        pytest.param([*LOCAL, "--header", "X-Odd: €"], "it cannot be sent in a header", id="beyond-latin-1"),
        pytest.param([*LOCAL, "--header", "X Odd: 1"], "it cannot be sent in a header", id="a-name-of-two-words"),
        pytest.param([*LOCAL, "--header", "X-Odd: a\nb: c"], "it cannot be sent in a header", id="two-lines"),
    ],
)
def test_an_invalid_option_raises_an_error_of_one_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        targets_from(*words)
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("sk-a\nsk-b", id="two-lines"),
        pytest.param("sk-a\n", id="a-line-end"),
        pytest.param(" sk-a", id="a-space-before"),
        pytest.param("sk-€", id="beyond-latin-1"),
    ],
)
def test_an_unsendable_key_raises_an_error_without_the_key(key: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY: its value cannot be sent in a header; ") as told:
        targets_from(*LOCAL, OPENAI_API_KEY=key)
    assert "sk-" not in str(told.value)


INSIDE = ("--endpoint", "http://vllm:8000/v1")


def test_a_server_inside_a_network_needs_the_named_word_and_no_key() -> None:
    with pytest.raises(ConfigError, match="add --allow-http inside a network that you trust"):
        targets_from(*INSIDE)
    (target,) = targets_from(*INSIDE, "--allow-http")
    assert target.key("good", "any") == Key("OPENAI_API_KEY", "sk-1")
    (target,) = targets_from(*INSIDE, "--allow-http", OPENAI_API_KEY="")
    assert target.key("good", "any") == Key("OPENAI_API_KEY", "wireproof-no-key")
    with pytest.raises(ConfigError, match="it holds no key"):
        targets_from(*INSIDE, "--allow-http", "--key-env", "NONE")
    with pytest.raises(ConfigError, match="it holds no key"):
        targets_from("--endpoint", "https://api.example/v1", "--allow-http", OPENAI_API_KEY="")


def test_the_password_of_a_proxy_is_a_secret_and_its_address_is_not() -> None:
    (target,) = targets_from(*LOCAL, "--proxy", "http://me:a%2Fb-word@127.0.0.1:3128")
    assert target.network.proxy_address == "http://127.0.0.1:3128"
    assert {"a%2Fb-word", "a/b-word"} <= target.secrets
    assert "b-word" not in repr(target)
