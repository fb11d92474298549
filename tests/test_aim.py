"""From the command line to targets: what is asked for, and what is told when it does not read."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from wireproof import options
from wireproof.aim import MOCK_DEADLINES, targets
from wireproof.errors import ConfigError
from wireproof.target import Deadlines, Key, Target

LOCAL = ("--endpoint", "http://127.0.0.1:1/v1")
KEYS = {"OPENAI_API_KEY": "sk-1", "IIO_API_KEY": "iio-dev-1", "MINE": "sk-2"}


def aim(*words: str, **environment: str) -> tuple[Target, ...]:
    parser = argparse.ArgumentParser()
    options.add(parser)
    return targets(options.aim_of(parser.parse_args(words)), KEYS | environment)


def test_without_an_endpoint_every_provider_is_judged_on_the_mock_with_every_means() -> None:
    found = {target.name: target for target in aim()}
    assert set(found) >= {"iio", "openai"}
    iio = found["iio"]
    assert iio.means >= {"cell-down", "clock", "exhausted-key", "revoked-key", "free-tier-key"}
    assert (iio.profile, iio.own_keys, iio.deadlines) == ("full", True, MOCK_DEADLINES)
    assert iio.key("good", "chat-basic") == Key("IIO_API_KEY", "iio-dev-mock-pro.chat-basic")
    assert iio.key("free-exhausted", "x") == Key("IIO_API_KEY", "iio-dev-mock-free-exhausted.x")
    assert iio.key("free-spent", "x") == Key("IIO_API_KEY", "iio-dev-mock-free-spent.x")


def test_an_endpoint_is_judged_as_openai_with_the_core_profile_unless_said() -> None:
    (target,) = aim(*LOCAL)
    assert (target.name, target.base_url, target.profile, target.means) == (
        "openai",
        "http://127.0.0.1:1/v1",
        "core",
        frozenset(),
    )
    assert target.key("good", "any") == Key("OPENAI_API_KEY", "sk-1")


def test_options_shape_the_target() -> None:
    (target,) = aim(
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
    (target,) = aim(
        *("--endpoint", "http://me:a%2Fb-password@127.0.0.1:1/v1", "--secret-env", "HIDDEN"),
        *("--header", "Cookie: a=cookie-1; b=cookie-2", "--header", "X-Org: me"),
        *("--header", "Proxy-Authorization: Basic bWU6cHJveHktcGFzc3dvcmQ=", "--header", "X-Api-Key: key-3"),
        HIDDEN="hidden-1",
    )
    assert target.secrets == {
        *("sk-1", "sk-X", "hidden-1", "cookie-1", "cookie-2", "key-3"),
        *("bWU6cHJveHktcGFzc3dvcmQ=", "proxy-password", "a%2Fb-password", "a/b-password"),
    }


def test_a_key_that_was_revoked_may_be_given_for_the_means_it_is() -> None:
    (target,) = aim(*LOCAL, "--key", "revoked=MINE")
    assert target.means == {"revoked-key"}
    assert target.key("revoked", "x") == Key("MINE", KEYS["MINE"])


def test_a_local_server_is_asked_without_a_key_of_its_own() -> None:
    (target,) = aim(*LOCAL, OPENAI_API_KEY="")
    assert target.key("good", "any") == Key("OPENAI_API_KEY", "wireproof-no-key")


@pytest.mark.parametrize(
    ("label", "value"),
    [
        pytest.param("empty", "", id="empty"),
        pytest.param("bad", "iio-dev-0wireproofdoesnotknowthiskey0000", id="bad"),
        pytest.param("unprefixed", "0wireproofdoesnotknowthiskey0000", id="unprefixed"),
    ],
)
def test_a_wrong_key_is_the_same_in_every_run(label: str, value: str) -> None:
    (target,) = aim("--provider", "iio")
    assert target.key(label, "any") == Key("", value)
    assert target.key("none", "any") is None


def test_a_key_never_stands_in_the_words_for_a_target() -> None:
    assert "sk-1" not in repr(aim(*LOCAL))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--endpoint", "ftp://x"], "it is no HTTP address; write it as https://host/v1", id="ftp"),
        pytest.param(["--endpoint", "localhost:8000"], "it is no HTTP address", id="no-scheme"),
        pytest.param(["--endpoint", "http://"], "it is no HTTP address", id="no-host"),
        pytest.param(["--endpoint", "http://[::1"], "it is no HTTP address", id="half-an-address"),
        pytest.param(["--endpoint", "http://127.0.0.1:99999/v1"], "it is no HTTP address", id="no-such-port"),
        pytest.param(["--endpoint", "http://api.example/v1"], "a key would travel unencrypted", id="in-the-clear"),
        pytest.param(["--provider", "nobody"], "no such provider; choose one of", id="no-such-provider"),
        pytest.param([*LOCAL, "--provider", "iio", "--provider", "openai"], "one contract", id="two-contracts"),
        pytest.param([*LOCAL, "--key-env", "GONE"], "GONE: it holds no key; export GONE=…", id="no-key"),
        pytest.param([*LOCAL, "--key", "gold=MINE"], "it names no tier of the provider", id="no-such-tier-of-key"),
        pytest.param([*LOCAL, "--key", "small=GONE"], "GONE: it holds no key", id="no-key-of-a-tier"),
        pytest.param([*LOCAL, "--tier", "gold"], "no such tier; choose one of", id="no-such-tier"),
        pytest.param([*LOCAL, "--deadline", "total=soon"], "write NAME=SECONDS", id="a-deadline-of-words"),
        pytest.param([*LOCAL, "--deadline", "total=-1"], "write NAME=SECONDS", id="a-deadline-in-the-past"),
        pytest.param([*LOCAL, "--deadline", "total=nan"], "write NAME=SECONDS", id="a-deadline-of-no-number"),
        pytest.param([*LOCAL, "--deadline", "lunch=1"], "write NAME=SECONDS", id="no-such-deadline"),
        pytest.param([*LOCAL, "--header", "no colon"], "it is no header line; write NAME: VALUE", id="no-colon"),
        pytest.param([*LOCAL, "--header", "X-Odd: €"], "it cannot stand in a header", id="beyond-latin-1"),
        pytest.param([*LOCAL, "--header", "X Odd: 1"], "it cannot stand in a header", id="a-name-of-two-words"),
        pytest.param([*LOCAL, "--header", "X-Odd: a\nb: c"], "it cannot stand in a header", id="two-lines"),
    ],
)
def test_an_option_that_does_not_read_is_told_in_one_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        aim(*words)
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
def test_a_key_that_cannot_stand_in_a_header_is_told_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY: its value cannot stand in a header; ") as told:
        aim(*LOCAL, OPENAI_API_KEY=key)
    assert "sk-" not in str(told.value)
