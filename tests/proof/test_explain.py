"""Every id is explained, every check has advice, and an unknown id is an error that names similar ids."""

from __future__ import annotations

import json
import linecache
import subprocess
import sys
from pathlib import Path

import pytest

from wireproof.cli.explain import to_text
from wireproof.contract import data_files, loading, schemas
from wireproof.judging.remedies import advice_for, read_advice
from wireproof.judging.suite_loader import load_checks
from wireproof.proof.explain import IdIndex
from wireproof.proof.source_places import case_place, check_place, fault_places

MATRIX = json.loads((Path(__file__).parents[1] / "matrix.json").read_text(encoding="utf-8"))
INDEX = IdIndex.from_providers(loading.load_providers(), MATRIX)


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "wireproof", "explain", *options], capture_output=True, text=True)


def test_every_check_has_advice() -> None:
    assert [check for check in load_checks() if not advice_for(check).endswith(".")] == []


def test_every_advice_belongs_to_a_check_or_an_area() -> None:
    checks = load_checks()
    assert read_advice().keys() - checks.keys() - {check.partition(".")[0] for check in checks} == set()


@pytest.mark.parametrize("kind", ["checks", "clauses", "faults", "cases", "providers"])
def test_every_id_is_explained(kind: str) -> None:
    for id in getattr(INDEX, kind):
        facts = INDEX.explain(id)
        schemas.check_format(facts, "explain", id)
        assert to_text(facts).startswith(id)


def test_a_check_shows_its_authority_its_faults_and_public_reports() -> None:
    facts = INDEX.explain("stream.usage")
    assert facts["requirement"] == load_checks()["stream.usage"].requirement
    assert set(facts["authority"]) <= {"document", "openai", "wire", "client"}
    assert "include-usage-ignored" in facts["broken_by"]
    assert all(url.startswith("https://github.com/") and "/issues/" in url for url in facts["bitten"])
    assert {"openai", "iio"} <= set(facts["providers"])
    assert facts["mend"].startswith("Pass stream_options on")


def test_a_clause_shows_its_place_and_the_faults_that_break_it() -> None:
    facts = INDEX.explain("IIO-ERR-002")
    assert facts["place"].startswith("Error Codes")
    assert facts["broken_by"]
    assert facts["judged"]
    assert facts["mend"]


def test_a_fault_shows_the_checks_that_it_breaks() -> None:
    facts = INDEX.explain("done-missing")
    assert facts["within_the_rules"] is False
    assert set(facts["breaks"]["openai"]) == set(MATRIX["done-missing"]["openai"])


def line_at(place: str) -> str:
    """The text of the line that a place names."""
    file, _, number = place.rpartition(":")
    return linecache.getline(str(data_files.root() / file), int(number))


def test_a_place_is_the_line_of_the_definition() -> None:
    assert all(line_at(check_place(check)).startswith("@check(") for check in INDEX.checks.values())
    assert all(line_at(case_place(name)).startswith(f"{name}:") for name in INDEX.cases)
    assert all(id in line_at(place) for id in INDEX.faults for place in fault_places(id))


def test_a_case_shows_the_chain_of_its_bases() -> None:
    (chain,) = INDEX.explain("chat-tools-cut-stream")["bases"]
    assert [base["case"] for base in chain] == ["chat-tools-cut", "chat-tools-offered", "chat-tools"]
    chains = INDEX.explain("chat-tools-round-trip")["bases"]
    assert [[base["case"] for base in chain] for chain in chains] == [["chat-tools"], ["chat-tools"]]


def test_a_case_shows_its_request() -> None:
    text = to_text(INDEX.explain("chat-tools-cut-stream"))
    assert "bases            chat-tools-cut (suites/chat/cases.yaml:" in text
    assert "\n    POST /chat/completions\n    Authorization: Bearer $OPENAI_API_KEY\n" in text
    assert '\n      "stream": true,\n' in text


def test_each_step_of_a_case_shows_the_values_that_it_takes_from_earlier_responses() -> None:
    text = to_text(INDEX.explain("connection-after-stream"))
    assert "request 1 of 2\n    base: chat-basic-stream (suites/chat/cases.yaml:" in text
    text = to_text(INDEX.explain("responses-deleted"))
    assert "save: response_id = /id" in text
    assert "DELETE /responses/{/id of answer 1}" in text


def test_the_requests_of_a_case_are_those_for_the_named_provider() -> None:
    assert INDEX.explain("chat-basic")["sent_to"] == "openai"
    assert INDEX.explain("limits-free-window")["sent_to"] == "iio"
    named = INDEX.explain("chat-basic", "aion")
    assert named["sends"][0]["headers"][0] == ["Authorization", "Bearer $AION_API_KEY"]
    unsent = INDEX.explain("responses-stored", "aion")
    assert unsent["unsent"] == "the aion document describes no response endpoint"
    assert "unsent" in to_text(unsent)


def test_headings_are_plain_words() -> None:
    headings = {line[2:19].strip() for line in to_text(INDEX.explain("stream.usage")).splitlines()[1:]}
    assert {"requirement", "file", "clauses", "seen in", "how to fix"} <= headings
    assert "  expects          stream" in to_text(INDEX.explain("chat-basic-stream"))


def test_the_command_prints_text_and_json() -> None:
    assert "requirement" in ran("chat.stop").stdout
    assert json.loads(ran("chat-basic", "--json").stdout)["kind"] == "case"


def test_the_error_of_an_unknown_id_names_similar_ids() -> None:
    done = ran("stream.usag")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean stream.usage" in done.stderr
