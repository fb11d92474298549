"""Every id is explained, every check says how a server is mended, and an unknown id finds its neighbours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wireproof import config
from wireproof.commands.explain import as_text
from wireproof.explain import Library, mend, mends
from wireproof.suites import load_checks

MATRIX = json.loads(Path(__file__).with_name("matrix.json").read_text(encoding="utf-8"))
LIBRARY = Library.of(config.load_providers(), MATRIX)


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "wireproof", "explain", *options], capture_output=True, text=True)


def test_every_check_says_how_a_server_that_fails_it_is_mended() -> None:
    assert [check for check in load_checks() if not mend(check).endswith(".")] == []


def test_no_advice_is_left_over() -> None:
    checks = load_checks()
    assert mends().keys() - checks.keys() - {check.partition(".")[0] for check in checks} == set()


@pytest.mark.parametrize("kind", ["checks", "clauses", "faults", "cases", "providers"])
def test_everything_that_has_an_id_is_explained(kind: str) -> None:
    for id in getattr(LIBRARY, kind):
        assert as_text(LIBRARY.explain(id)).startswith(id)


def test_a_check_tells_whose_rule_it_is_what_breaks_it_and_who_was_bitten() -> None:
    told = LIBRARY.explain("stream.usage")
    assert told["requirement"] == load_checks()["stream.usage"].requirement
    assert set(told["authority"]) <= {"document", "openai", "wire", "client"}
    assert "include-usage-ignored" in told["broken_by"]
    assert all(url.startswith("https://github.com/") and "/issues/" in url for url in told["bitten"])
    assert {"openai", "iio"} <= set(told["providers"])
    assert told["mend"].startswith("Pass stream_options on")


def test_a_clause_tells_where_it_stands_and_which_faults_break_it() -> None:
    told = LIBRARY.explain("IIO-ERR-002")
    assert told["place"].startswith("Error Codes")
    assert told["broken_by"]
    assert told["judged"]
    assert told["mend"]


def test_a_fault_tells_what_it_breaks() -> None:
    told = LIBRARY.explain("done-missing")
    assert told["within_the_rules"] is False
    assert set(told["breaks"]["openai"]) == set(MATRIX["done-missing"]["openai"])


def test_the_command_prints_text_and_json() -> None:
    assert "requirement" in ran("chat.stop").stdout
    assert json.loads(ran("chat-basic", "--json").stdout)["kind"] == "case"


def test_an_unknown_id_is_told_with_those_near_it() -> None:
    done = ran("stream.usag")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean stream.usage" in done.stderr
