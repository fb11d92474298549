"""Options about targets that load runs share with check runs."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace

from wireproof.contract.target import Deadlines, Key, Target
from wireproof.contract.target_options import build_targets
from wireproof.load.engine import load_options
from wireproof.load.engine.process_plan import build_load_targets
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.spending_limits import Ceilings

HOST = "http://127.0.0.1:1/v1"
KEYS = {"OPENAI_API_KEY": "sk-1", "MINE": "sk-2"}


def target(*words: str, host: str | None = HOST) -> Target:
    parser = ArgumentParser()
    load_options.add_load_options(parser)
    options = parser.parse_args(words)
    shared = load_options.target_options_at(options, options.provider or "openai", host)
    (built,) = build_targets(shared, KEYS)
    return built


def loaded_models(*words: str, local: bool = False) -> dict[str, str]:
    """The models of the target of a load run."""
    parser = ArgumentParser()
    load_options.add_load_options(parser)
    settings = RunSettings("aion", (HOST,), local, Ceilings(), LoadShape(), 0.0, {}, {}, (), None)
    (built,) = build_load_targets(parser.parse_args(["--provider", "aion", *words]), settings)
    return dict(built.models)


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


def test_the_chat_model_plays_the_roles_of_a_load_run_that_no_other_model_is_named_for() -> None:
    assert loaded_models("--model", "m") == {"chat": "m", "reasoning": "m", "vision": "m"}
    assert loaded_models("--model", "m", "--model", "reasoning=r") == {"chat": "m", "reasoning": "r", "vision": "m"}
    assert loaded_models() == {}


def test_the_models_of_local_cells_are_those_of_the_document() -> None:
    assert loaded_models(local=True)["reasoning"] == "aion-labs/aion-2.0-reasoning"
