"""Every id is explained, every check says how a server is mended, and an unknown id finds its neighbours."""

from __future__ import annotations

import json
import linecache
import subprocess
import sys
from pathlib import Path

import pytest

from wireproof.cli.explain import to_text
from wireproof.contract import data_files, loading, schemas
from wireproof.judging.suite_loader import load_checks
from wireproof.proof.explain import IdIndex, advice_for, read_advice
from wireproof.proof.source_places import case_place, check_place, fault_places

MATRIX = json.loads((Path(__file__).parents[1] / "matrix.json").read_text(encoding="utf-8"))
LIBRARY = IdIndex.from_providers(loading.load_providers(), MATRIX)


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "wireproof", "explain", *options], capture_output=True, text=True)


def test_every_check_says_how_a_server_that_fails_it_is_mended() -> None:
    assert [check for check in load_checks() if not advice_for(check).endswith(".")] == []


def test_no_advice_is_left_over() -> None:
    checks = load_checks()
    assert read_advice().keys() - checks.keys() - {check.partition(".")[0] for check in checks} == set()


@pytest.mark.parametrize("kind", ["checks", "clauses", "faults", "cases", "providers"])
def test_everything_that_has_an_id_is_explained(kind: str) -> None:
    for id in getattr(LIBRARY, kind):
        facts = LIBRARY.explain(id)
        schemas.check_format(facts, "explain", id)
        assert to_text(facts).startswith(id)


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


def line_at(place: str) -> str:
    """The line that a place names."""
    file, _, number = place.rpartition(":")
    return linecache.getline(str(data_files.root() / file), int(number))


def test_a_place_is_the_line_where_something_is_written() -> None:
    assert all(line_at(check_place(check)).startswith("@check(") for check in LIBRARY.checks.values())
    assert all(line_at(case_place(name)).startswith(f"{name}:") for name in LIBRARY.cases)
    assert all(id in line_at(place) for id in LIBRARY.faults for place in fault_places(id))


def test_a_case_tells_the_chain_of_cases_that_it_starts_from() -> None:
    (chain,) = LIBRARY.explain("chat-tools-cut-stream")["bases"]
    assert [base["case"] for base in chain] == ["chat-tools-cut", "chat-tools-offered", "chat-tools"]
    chains = LIBRARY.explain("chat-tools-round-trip")["bases"]
    assert [[base["case"] for base in chain] for chain in chains] == [["chat-tools"], ["chat-tools"]]


def test_a_case_is_shown_as_it_is_sent() -> None:
    told = to_text(LIBRARY.explain("chat-tools-cut-stream"))
    assert "bases            chat-tools-cut (suites/chat/cases.yaml:" in told
    assert "\n    POST /chat/completions\n    Authorization: Bearer $OPENAI_API_KEY\n" in told
    assert '\n      "stream": true,\n' in told


def test_each_step_of_a_case_is_shown_with_what_it_takes_from_earlier_answers() -> None:
    told = to_text(LIBRARY.explain("connection-after-stream"))
    assert "request 1 of 2\n    base: chat-basic-stream (suites/chat/cases.yaml:" in told
    told = to_text(LIBRARY.explain("responses-deleted"))
    assert "save: response_id = /id" in told
    assert "DELETE /responses/{/id of answer 1}" in told


def test_a_case_is_shown_as_the_provider_gets_it_that_was_named() -> None:
    assert LIBRARY.explain("chat-basic")["sent_to"] == "openai"
    assert LIBRARY.explain("limits-free-window")["sent_to"] == "iio"
    asked = LIBRARY.explain("chat-basic", "aion")
    assert asked["sends"][0]["headers"][0] == ["Authorization", "Bearer $AION_API_KEY"]
    lacking = LIBRARY.explain("responses-stored", "aion")
    assert lacking["unsent"] == "the aion document describes no response endpoint"
    assert "unsent" in to_text(lacking)


def test_headings_are_plain_words() -> None:
    headings = {line[2:19].strip() for line in to_text(LIBRARY.explain("stream.usage")).splitlines()[1:]}
    assert {"requirement", "file", "clauses", "seen in", "how to fix"} <= headings
    assert "  expects          stream" in to_text(LIBRARY.explain("chat-basic-stream"))


def test_the_command_prints_text_and_json() -> None:
    assert "requirement" in ran("chat.stop").stdout
    assert json.loads(ran("chat-basic", "--json").stdout)["kind"] == "case"


def test_an_unknown_id_is_told_with_those_near_it() -> None:
    done = ran("stream.usag")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean stream.usage" in done.stderr
