"""The kill matrix: the fault-free server breaks no verdict, and each fault breaks those that tests/matrix.json records.

Its effect on the exit code is that of tests/gate.json.

Some faults are injected here on the server of one contract; `.ci/prove` runs the same tests on all contracts, and then
injects all faults.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wireproof.cli import main
from wireproof.contract import loading
from wireproof.errors import ConfigError
from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import faults
from wireproof.proof import kill_matrix

pytestmark = pytest.mark.slow

MATRIX = Path(__file__).parents[1] / "matrix.json"
GATES = MATRIX.with_name("gate.json")


@pytest.fixture(name="recorded", scope="module")
def _recorded():
    return json.loads(MATRIX.read_text())


@pytest.fixture(name="gates", scope="module")
def _gates():
    return json.loads(GATES.read_text())


@pytest.fixture(
    name="contracts",
    scope="module",
    params=[
        # The contract with the fewest clauses.
        pytest.param(("iotex",), id="one"),
        pytest.param(tuple(loading.load_providers()), id="all", marks=pytest.mark.whole),
    ],
)
def _contracts(request):
    return request.param


@pytest.fixture(name="sample", scope="module")
def _sample(recorded, contracts):
    """Every thirty-second fault that these contracts catch or that is a legal variant."""
    caught = {name for name, providers in recorded.items() if not providers.keys().isdisjoint(contracts)}
    return sorted(name for name, fault in faults().items() if fault.harmless or name in caught)[::32]


@pytest.fixture(name="proof", scope="module")
def _proof(contracts, sample):
    return kill_matrix.prove(contracts, sample)


def test_the_fault_free_server_and_its_legal_variants_raise_no_alarm(proof):
    assert proof.alarms == ()


def test_each_fault_breaks_exactly_what_is_recorded(proof, recorded, contracts):
    """After an intended change, write the matrix with `wireproof prove --write tests/matrix.json`."""
    expected = {
        fault: {name: broken for name, broken in recorded[fault].items() if name in contracts} for fault in proof.matrix
    }
    differing = {fault for fault in expected if expected[fault] != proof.matrix[fault]}

    assert {fault: (expected[fault], proof.matrix[fault]) for fault in differing} == {}


def test_each_fault_gates_exactly_as_recorded(proof, gates, contracts):
    expected = {
        fault: {name: word for name, word in gates[fault].items() if name in contracts} for fault in proof.matrix
    }
    assert proof.gate_words == expected


def test_the_numbers_of_a_proof_agree(proof, sample):
    data = proof.as_data()
    assert data["faults"] == len([fault for fault in sample if not faults()[fault].harmless])
    assert data["caught"] == len([checks for checks in data["matrix"].values() if checks]) == data["faults"] > 0
    assert data["false_alarms"] == []
    assert set(data["clauses_broken_by"]) | set(data["clauses_never_broken"]) == set(proof.clauses)


def test_every_fault_is_recorded_and_caught(recorded):
    assert {fault for fault, broken in recorded.items() if broken} == {
        fault.id for fault in faults().values() if not fault.harmless
    }


def test_every_check_is_broken_by_some_fault(recorded):
    broken = {check for providers in recorded.values() for checks in providers.values() for check in checks}
    assert broken == set(load_checks())


def test_the_matrix_names_exactly_the_known_providers(recorded):
    assert {provider for providers in recorded.values() for provider in providers} == set(loading.load_providers())


def test_a_short_proof_breaks_every_clause_and_only_recorded_checks(recorded, gates, in_this_process):
    """The proof of the provider with the fewest clauses.

    Some clauses of the wire are about endpoints and members that this provider does not offer.
    """
    proof = kill_matrix.prove(providers=("iotex",), record=recorded, recorded_gates=gates)

    assert proof.weakened == ()
    assert (proof.alarms, proof.misattributed) == ((), ())
    assert [clause for clause in proof.unbroken_clauses if not clause.startswith("FLOOR-")] == []
    assert set(proof.caught_faults) >= {fault for fault, providers in recorded.items() if "iotex" in providers}
    for fault, providers in proof.matrix.items():
        for check, cases in providers.get("iotex", {}).items():
            assert set(cases) <= set(recorded[fault]["iotex"][check]), fault


def test_a_fault_that_is_not_recorded_is_injected_on_all_cases(recorded, in_this_process):
    proof = kill_matrix.prove(providers=("iotex",), only=("key-refused",), record={})
    assert proof.matrix["key-refused"] == {"iotex": recorded["key-refused"]["iotex"]}


def test_a_record_of_the_wrong_check_proves_nothing(in_this_process):
    wrong = {"key-refused": {"iotex": {"chat.created": ["chat-basic"]}}}
    proof = kill_matrix.prove(providers=("iotex",), only=("key-refused",), record=wrong)
    assert proof.caught_faults == ()
    assert proof.has_gaps


def test_a_gate_that_is_weaker_than_recorded_is_told(recorded, gates, in_this_process):
    never_red = min(fault for fault, words in gates.items() if words.get("iotex") in ("advice", "silent"))
    claimed = {fault: {"iotex": "core"} for fault in ("key-refused", never_red)}
    proof = kill_matrix.prove(("iotex",), tuple(claimed), recorded, claimed)
    (sentence,) = proof.weakened
    assert sentence.startswith(f"{never_red} under iotex: recorded core, now ")
    assert not proof.holds


def test_a_proof_of_one_provider_need_not_catch_every_fault(capsys, tmp_path, gates, in_this_process):
    file, chosen = tmp_path / "matrix.json", ("summary-ignored", "key-refused")
    words = (word for fault in chosen for word in ("--fault", fault))
    assert main.main(["prove", "--provider", "iotex", *words, "--write", str(file)]) == 0
    text = capsys.readouterr().out
    assert "NOT CAUGHT" in text
    assert f"gate: {gates['key-refused']['iotex']}: iotex" in text
    assert set(json.loads(file.read_text())) == set(chosen)
    written = json.loads(file.with_name("gate.json").read_text())
    assert written == {"summary-ignored": {}, "key-refused": {"iotex": gates["key-refused"]["iotex"]}}


def test_the_error_of_an_unknown_fault_names_a_remedy():
    with pytest.raises(ConfigError, match="no such fault; see `wireproof faults`"):
        kill_matrix.prove(only=("no-such-fault",))
