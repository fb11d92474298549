"""Options about targets that load runs share with check runs."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace

from wireproof.contract.target import Deadlines, Key, Target
from wireproof.contract.target_options import build_targets
from wireproof.load.engine import load_options

HOST = "http://127.0.0.1:1/v1"
KEYS = {"OPENAI_API_KEY": "sk-1", "MINE": "sk-2"}


def target(*words: str, host: str | None = HOST) -> Target:
    parser = ArgumentParser()
    load_options.add_load_options(parser)
    options = parser.parse_args(words)
    shared = load_options.target_options_at(options, options.provider or "openai", host)
    (built,) = build_targets(shared, KEYS)
    return built


def test_options_of_a_load_run_shape_its_target() -> None:
    words = ("--key-env", "MINE", "--model", "m", "--header", "X-Org: me", "--deadline", "total=9")
    built = target("--provider", "iio", *words)
    assert (built.name, built.base_url, built.models, built.headers) == ("iio", HOST, {"chat": "m"}, {"X-Org": "me"})
    assert built.keys == {"good": Key("MINE", "sk-2")}
    assert built.deadlines == replace(Deadlines(), total=9.0)


def test_ceilings_of_a_load_run_do_not_apply_to_its_target() -> None:
    words = ("--max-requests", "7", "--max-output-tokens", "8", "--max-cost", "0.5")
    assert target(*words) == target()


def test_without_a_host_the_target_is_the_reference_server() -> None:
    assert target("--provider", "iio", host=None).own_keys
