"""A mutant that changes a verdict is killed, one that breaks the judge too, and one that changes nothing survives."""

from __future__ import annotations

import pytest
from cosmic_ray.work_db import WorkDB

from mutation import bench, page
from mutation.bench import BROKE, KILLED, SURVIVED, TESTED, Fate, fates, reached
from mutation.choice import Choice
from mutation.evidence import record
from mutation.mutants import modules, mutants
from wireproof.contract import data_files

FAULTS = ("chat-object-wrong", "done-missing")
SUITE = data_files.root() / "suites" / "chat" / "test_framing.py"
DONE = 'expect.that(stream.done is not None, "data: [DONE] at the end", stream.events[-1].data, where="last event")'
MANY = 'self._offend("many-data-lines", f"{len(self._data)} data lines make one event", start)'
DECODER = data_files.root() / "wireproof" / "formats" / "sse.py"


@pytest.fixture(name="store", scope="module")
def _store():
    return record({"iotex": Choice(FAULTS)}, 1)


@pytest.fixture(name="reach", scope="module")
def _reach(store):
    return reached(store, modules())


@pytest.fixture(name="every", scope="module")
def _every(tmp_path_factory):
    work_db = WorkDB(tmp_path_factory.mktemp("mutants") / "mutants.sqlite", WorkDB.Mode.create)
    yield mutants(work_db, [SUITE, DECODER])
    work_db.close()


@pytest.fixture(name="fate")
def _fate(store, reach, every):
    def fate(definition: str, line: str, operator: str) -> Fate:
        one = next(one for one in every if (one.definition, one.line, one.operator) == (definition, line, operator))
        (found,) = fates([one], store, reach, 1, 1)
        return found

    return fate


def test_evidence_is_kept_with_and_without_faults(store):
    assert {exhibit.fault for exhibit in store.exhibits} == {"", *FAULTS}
    assert {exhibit.told.outcome for exhibit in store.exhibits} >= {"pass", "fail"}


def test_what_a_judgement_calls_is_reached(store, reach):
    met = {store.exhibits[at].entry.check for at in reach[str(SUITE), "test_done"]}

    assert met == {"stream.done"}
    assert "stream.done" in {store.exhibits[at].entry.check for at in reach[str(DECODER), "Decoder._dispatch"]}


def test_a_check_that_expects_nothing_is_killed(fate):
    found = fate("test_done", DONE, "judges/DropStatement")

    assert found.outcome == KILLED
    assert "under done-missing: fail, now pass" in found.witness


def test_a_decoder_that_reads_nothing_is_killed(fate):
    assert fate("Decoder._line", "if not line:", "core/AddNot").outcome in (KILLED, BROKE)


def test_a_value_that_nobody_leaves_out_survives_and_is_told_until_it_has_a_reason(fate):
    found = fate("Decoder.close", "def close(self, at_ns: int = 0) -> None:", "core/NumberReplacer")

    assert found.outcome == SURVIVED
    assert page.unexplained([found], {}) == [found]
    assert page.unexplained([found], {page.key(found): "each caller says when"}) == []


def test_what_no_evidence_tells_a_unit_test_may(fate):
    found = fate("Decoder._dispatch", MANY, "judges/ReplaceText")

    assert (found.outcome, found.witness) == (TESTED, "test_sse.py")


def test_a_judge_that_never_ends_is_killed(fate, monkeypatch):
    monkeypatch.setattr(bench, "CPU_S", 1)
    loops = "while True:\n    pass\n"
    monkeypatch.setattr(bench, "mutate_code", lambda source, *_: source + "\n" + loops)

    found = fate("test_done", DONE, "judges/DropStatement")

    assert found.outcome == BROKE
    assert found.witness == "it never ends, or ends the process"


def test_a_mutant_leaves_this_process_as_it_was(fate, store, reach):
    fate("test_done", DONE, "judges/DropStatement")

    assert reached(store, [SUITE]).items() <= reach.items()
