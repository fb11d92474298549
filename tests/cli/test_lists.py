"""The lists of what can be run, and the help that leads with the command's own options."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from wireproof import __version__
from wireproof.cli.option_groups import OTHER_TOPIC, RUN_TOPICS
from wireproof.contract import loading
from wireproof.contract.option_table import TOPICS
from wireproof.judging.suite_loader import load_checks
from wireproof.load.scenario.scenario import read_scenarios
from wireproof.mock.faults import faults

Wireproof = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize("command", ["load", "sweep", "failover"])
def test_the_list_of_scenarios_has_a_line_with_the_sentence_of_each(wireproof: Wireproof, command: str) -> None:
    ended = wireproof(command, "--list")
    assert ended.returncode == 0, ended.stderr
    lines = dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())
    assert lines.keys() == read_scenarios().keys()
    assert [name for name, one in read_scenarios().items() if not lines[name].startswith(one.says)] == []


def test_the_list_of_scenarios_has_those_of_a_file(wireproof: Wireproof, tmp_path: Path) -> None:
    own = "scenarios:\n  mine:\n    says: my own load\n    cases: [{case: chat-basic}]\n"
    (tmp_path / "own.yaml").write_text(own)
    assert re.search(r"^mine +my own load$", wireproof("load", "--list", "--scenarios", "own.yaml").stdout, re.M)


def test_checks_are_listed_with_their_requirements_and_found_by_texts(wireproof: Wireproof) -> None:
    checks = load_checks()
    everything = wireproof("checks").stdout.splitlines()
    assert everything[-1] == f"{len(checks)} of {len(checks)} checks"
    *found, _ = wireproof("checks", "STREAM", "usage").stdout.splitlines()
    assert found
    assert all("stream" in line.lower() and "usage" in line.lower() for line in found)
    assert wireproof("checks", "no such text").returncode == 2


def test_cases_are_found_by_texts(wireproof: Wireproof) -> None:
    *found, last = wireproof("cases", "stream", "tools").stdout.splitlines()
    assert last == f"{len(found)} of {len(loading.load_cases())} cases"
    assert all("stream" in line and "tools" in line for line in found)


def test_faults_are_found_by_texts(wireproof: Wireproof) -> None:
    found = wireproof("faults", "DONE", "stream").stdout.splitlines()
    listed = found[: next(at for at, line in enumerate(found) if line.endswith("to commit one:"))]
    assert listed
    assert found[len(listed)] == f"{len(listed)} of {len(faults())} faults; to commit one:"
    assert all("done" in line.lower() and "stream" in line.lower() for line in listed)
    as_json = json.loads(wireproof("faults", "DONE", "stream", "--json").stdout)
    assert [one["id"] for one in as_json] == [line.split()[0] for line in listed]
    legal = json.loads(wireproof("faults", "comments", "--legal", "--json").stdout)
    assert legal
    assert all(one["harmless"] for one in legal)
    assert wireproof("faults", "no such text").returncode == 2


@pytest.mark.parametrize("command", ["check", "load", "sweep", "failover"])
def test_the_version_is_that_of_wireproof(wireproof: Wireproof, command: str) -> None:
    assert wireproof(command, "--version").stdout == f"wireproof {__version__}\n"


def test_the_options_of_pytest_and_of_locust_are_shown_on_request(wireproof: Wireproof) -> None:
    assert "--import-mode" in wireproof("check", "--pytest-help").stdout
    assert "--import-mode" not in wireproof("check", "--help").stdout
    assert "--spawn-rate" in wireproof("load", "--locust-help").stdout
    assert "--spawn-rate" not in wireproof("load", "--help").stdout


def test_the_help_shows_the_options_about_the_target_first_and_each_under_a_heading(wireproof: Wireproof) -> None:
    for command in ("check", "plan"):
        text = wireproof(command, "--help").stdout
        headings = re.findall(r"^(\S.*):$", text, re.M)
        assert [name for name in headings if name in (*TOPICS, *RUN_TOPICS)] == [*TOPICS, *RUN_TOPICS]
        assert OTHER_TOPIC not in headings
    assert headings.index(TOPICS[0]) < headings.index(next(iter(RUN_TOPICS)))


def test_limits_has_no_option_of_a_judged_run(wireproof: Wireproof) -> None:
    text = wireproof("limits", "--help").stdout
    assert "--endpoint" in text
    for name in (name for names in RUN_TOPICS.values() for name in names):
        assert f"--{name.replace('_', '-')} " not in text
