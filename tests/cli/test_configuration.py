"""Options from a configuration file and from the environment, as real commands take them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from wireproof.cli.command_parsers import COMMANDS
from wireproof.cli.configuration import CONFIGURED, variable_of
from wireproof.contract.option_table import OPTIONS

Wireproof = Callable[..., CompletedProcess[str]]
# What a key may look like; no output may show it.
KEY = "sk-live-4242-not-a-name"


def plans(ended: CompletedProcess[str]) -> list[dict[str, Any]]:
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def targets(ended: CompletedProcess[str]) -> list[str]:
    return [plan["target"] for plan in plans(ended)]


def test_a_file_of_the_folder_or_of_the_nearest_parent_sets_options(wireproof: Wireproof, tmp_path: Path) -> None:
    (tmp_path / "wireproof.toml").write_text('provider = ["iio", "aion"]\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert targets(wireproof("plan", "--json")) == ["iio", "aion"]
    assert targets(wireproof("plan", "--json", cwd=below)) == ["iio", "aion"]
    (tmp_path / "a" / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.wireproof]\nprovider = "openai"\n')
    assert targets(wireproof("plan", "--json", cwd=below)) == ["openai"]


def test_a_project_file_without_our_table_is_none_of_ours(wireproof: Wireproof, tmp_path: Path) -> None:
    (tmp_path / "wireproof.toml").write_text('provider = "iio"\n')
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert targets(wireproof("plan", "--json", cwd=tmp_path / "a")) == ["iio"]


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    wireproof: Wireproof, tmp_path: Path
) -> None:
    (tmp_path / "wireproof.toml").write_text('provider = "iio"\n[plan]\nprofile = "core"\n')
    assert targets(wireproof("plan", "--json", WIREPROOF_PROVIDER="aion")) == ["aion"]
    assert targets(wireproof("plan", "--json", WIREPROOF_PROVIDER="aion\niotex")) == ["aion", "iotex"]
    assert targets(wireproof("plan", "--json", "--provider", "openai", WIREPROOF_PROVIDER="aion")) == ["openai"]
    core, full = plans(wireproof("plan", "--json")), plans(wireproof("plan", "--json", "--profile=full"))
    assert core[0]["requests"] < full[0]["requests"]


def test_the_table_of_a_command_is_of_that_command_alone(wireproof: Wireproof, tmp_path: Path) -> None:
    (tmp_path / "wireproof.toml").write_text('provider = "iio"\n[check]\nprovider = ["aion"]\n[load]\nusers = 3\n')
    assert targets(wireproof("plan", "--json")) == ["iio"]
    collected = wireproof("check", "--collect-only", "-q", "-m", "smoke")
    assert "aion" in collected.stdout
    assert "iio" not in collected.stdout


def test_paths_are_relative_to_the_file_that_names_them(wireproof: Wireproof, tmp_path: Path) -> None:
    (tmp_path / "wireproof.toml").write_text('providers = "own.yaml"\nprovider = "acme"\n')
    (tmp_path / "own.yaml").write_text("not providers\n")
    (tmp_path / "a").mkdir()
    ended = wireproof("plan", cwd=tmp_path / "a")
    assert (ended.returncode, str(tmp_path / "own.yaml") in ended.stderr) == (2, True), ended.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('endpiont = "x"', "wireproof.toml, endpiont: there is no such option; did you mean endpoint"),
        ("[load]\nuser = 3", "wireproof.toml, load.user: there is no such option; did you mean users"),
        ("[lode]\nusers = 3", "wireproof.toml, lode: no command has such a table; did you mean load?"),
        ("[serve]\nport = 3", "wireproof.toml, serve: no command has such a table"),
        ('profile = "coer"', "wireproof.toml, profile: 'coer' is no choice; did you mean core?"),
        ('allow-http = "yes"', "wireproof.toml, allow-http: it is a switch; write true or false"),
        ('connections = "many"', "wireproof.toml, connections: 'many' cannot be parsed; write N"),
        ('endpoint = ["a", "b"]', "wireproof.toml, endpoint: it takes one value"),
        ("provider = [", "wireproof.toml: it cannot be read"),
        (f'key-env = "{KEY}"', "wireproof.toml, key-env: it is not the name of a variable"),
        (f'header = "Authorization: Bearer {KEY}"', "a header with a secret may not be in a file"),
        (f'proxy = "http://me:{KEY}@proxy:1"', "a URL with a password may not be in a file"),
    ],
)
def test_a_wrong_file_is_told_with_its_field_and_no_secret(
    wireproof: Wireproof, tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / "wireproof.toml").write_text(text + "\n")
    ended = wireproof("plan")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert sentence in ended.stderr
    assert KEY not in ended.stderr


def test_a_mistyped_variable_is_told_and_a_variable_of_the_user_is_left_alone(wireproof: Wireproof) -> None:
    ended = wireproof("plan", WIREPROOF_ENDPIONT="http://127.0.0.1:9/v1")
    assert ended.returncode == 2
    assert "WIREPROOF_ENDPIONT: there is no such variable; did you mean WIREPROOF_ENDPOINT?" in ended.stderr
    assert wireproof("plan", "--provider", "iio", WIREPROOF_API_KEY=KEY, WIREPROOF_TOKEN=KEY).returncode == 0
    ended = wireproof("plan", WIREPROOF_KEY=KEY)
    assert (ended.returncode, KEY in ended.stderr) == (2, False)


def test_every_option_of_a_target_has_a_variable() -> None:
    assert len({variable_of(row.name) for row in OPTIONS}) == len(OPTIONS)
    assert set(CONFIGURED) <= set(COMMANDS)


def test_a_load_run_takes_its_users_and_its_target_from_the_file(wireproof: Wireproof, tmp_path: Path) -> None:
    lines = ('name = "mine"', "[load]", "users = 2", 'run-time = "60s"', "max-requests = 3", 'latency = "instant"')
    (tmp_path / "wireproof.toml").write_text("\n".join([*lines, 'summary = "load.json"']))
    ended = wireproof("load", "chat")
    assert ended.returncode == 0, ended.stderr
    summary = json.loads((tmp_path / "load.json").read_text())
    assert (summary["users"], sum(summary["all"]["outcomes"].values())) == (2, 3)
