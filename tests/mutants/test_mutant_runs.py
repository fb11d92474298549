"""The results of mutants: a changed verdict or a broken judge kills a mutant, no change lets it survive.

`.ci/mutation` runs those that `pytest tests` leaves out.
"""

from __future__ import annotations

import pytest
from cosmic_ray.work_db import WorkDB

from mutation import mutant_runs, page
from mutation.evidence import record_evidence
from mutation.fault_choice import Choice
from mutation.mutant_runs import BROKE, KILLED, SURVIVED, TESTED, MutantResult, find_reach, run_mutants
from mutation.mutants import find_mutants, judging_modules
from wireproof.contract import data_files

FAULTS = ("chat-object-wrong", "done-missing")
SUITE = data_files.root() / "suites" / "chat" / "test_framing.py"
DONE = (
    'expect.condition(stream.done is not None, "data: [DONE] at the end", stream.events[-1].data, where="last event")'
)
MANY_DATA_LINES = 'self._add_offence("many-data-lines", f"{len(self._data)} data lines make one event", start)'
DECODER = data_files.root() / "wireproof" / "formats" / "sse.py"


@pytest.fixture(name="store", scope="module")
def _store():
    return record_evidence({"iotex": Choice(FAULTS)}, 1)


@pytest.fixture(name="reach", scope="module")
def _reach(store):
    return find_reach(store, judging_modules())


@pytest.fixture(name="every", scope="module")
def _every(tmp_path_factory):
    work_db = WorkDB(tmp_path_factory.mktemp("mutants") / "mutants.sqlite", WorkDB.Mode.create)
    yield find_mutants(work_db, [SUITE, DECODER])
    work_db.close()


@pytest.fixture(name="run_mutant")
def _run_mutant(store, reach, every):
    def run_mutant(definition: str, line: str, operator: str) -> MutantResult:
        wanted = (definition, line, operator)
        mutant = next(one for one in every if (one.definition, one.line, one.operator) == wanted)
        (result,) = run_mutants([mutant], store, reach, 1, 1)
        return result

    return run_mutant


def test_evidence_is_kept_with_and_without_faults(store):
    assert {record.fault for record in store.records} == {"", *FAULTS}
    assert {record.facts.outcome for record in store.records} >= {"pass", "fail"}


def test_what_a_judgement_calls_is_reached(store, reach):
    met = {store.records[at].entry.check for at in reach[str(SUITE), "test_done"]}

    assert met == {"stream.done"}
    assert "stream.done" in {store.records[at].entry.check for at in reach[str(DECODER), "Decoder._dispatch"]}


def test_a_check_that_expects_nothing_is_killed(run_mutant):
    result = run_mutant("test_done", DONE, "judges/DropStatement")

    assert result.outcome == KILLED
    assert "under done-missing: fail, now pass" in result.witness


def test_a_decoder_that_reads_nothing_is_killed(run_mutant):
    assert run_mutant("Decoder._read_line", "if not line:", "core/AddNot").outcome in (KILLED, BROKE)


# A survivor is judged on all evidence, which takes longest.
@pytest.mark.slow
@pytest.mark.whole
def test_a_default_that_every_caller_sets_survives_and_is_reported_until_it_has_a_reason(run_mutant):
    result = run_mutant("Decoder.close", "def close(self, at_ns: int = 0) -> None:", "core/NumberReplacer")

    assert result.outcome == SURVIVED
    assert page.without_reason([result], {}) == [result]
    assert page.without_reason([result], {page.reason_key(result): "every caller passes it"}) == []


def test_a_mutant_that_no_evidence_reveals_is_killed_by_a_unit_test(run_mutant):
    result = run_mutant("Decoder._dispatch", MANY_DATA_LINES, "judges/ReplaceText")

    assert (result.outcome, result.witness) == (TESTED, "test_sse.py")


def test_a_judge_that_never_ends_is_killed(run_mutant, monkeypatch):
    monkeypatch.setattr(mutant_runs, "CPU_S", 1)
    loops = "while True:\n    pass\n"
    monkeypatch.setattr(mutant_runs, "mutate_code", lambda source, *_: source + "\n" + loops)

    result = run_mutant("test_done", DONE, "judges/DropStatement")

    assert result.outcome == BROKE
    assert result.witness == "it never ends, or ends the process"


def test_a_mutant_leaves_this_process_as_it_was(run_mutant, store, reach):
    run_mutant("test_done", DONE, "judges/DropStatement")

    assert find_reach(store, [SUITE]).items() <= reach.items()
