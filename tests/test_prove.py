"""The kill matrix: the faultless server breaks nothing, and each fault exactly what is recorded for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wireproof import config, prove
from wireproof.errors import ConfigError
from wireproof.mock.faults import faults

COMMITTED = Path(__file__).with_name("matrix.json")


def every_clause():
    return [clause for provider in config.load_providers().values() for clause in config.load_clauses(provider.schemas)]


@pytest.fixture(name="proof", scope="module")
def _proof():
    return prove.prove()


def test_the_faultless_server_raises_no_alarm(proof):
    assert proof.alarms == ()


def test_every_fault_is_caught(proof):
    assert set(proof.matrix) - set(proof.caught) == set()


def test_every_check_is_broken_by_some_fault(proof):
    assert proof.never_broken == ()


def test_every_judged_clause_is_broken_by_some_fault(proof):
    """A clause that no fault turns red is a green line that says nothing."""
    assert proof.clauses_never_broken == ()


def test_what_is_done_to_a_member_is_told_of_the_clauses_that_name_it(proof):
    assert proof.misattributed == ()


def test_each_fault_breaks_exactly_what_is_recorded(proof):
    """Write tests/matrix.json anew with `wireproof prove --write tests/matrix.json` and read the difference."""
    recorded = json.loads(COMMITTED.read_text())
    differing = {fault for fault in {*recorded, *proof.matrix} if recorded.get(fault) != proof.matrix.get(fault)}

    assert {fault: (recorded.get(fault), proof.matrix.get(fault)) for fault in differing} == {}


def test_the_figures_add_up(proof):
    data = proof.as_data()
    assert data["faults"] == len([fault for fault in faults().values() if not fault.harmless])
    assert data["caught"] == len([checks for checks in data["matrix"].values() if checks])
    assert data["false_alarms"] == 0
    assert data["clauses"] == sum(clause.state == "judged" for clause in every_clause())
    assert data["derived"] > data["clauses"]
    assert set(data["clauses_broken_by"]) | set(data["clauses_never_broken"]) == set(proof.clauses)


def test_an_unknown_fault_is_told_with_a_remedy():
    with pytest.raises(ConfigError, match="no such fault; see `wireproof faults`"):
        prove.prove(only=("no-such-fault",))
