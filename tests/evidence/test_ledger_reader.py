"""Ledger reader: a ledger truncated at any byte is readable up to there and reported as incomplete."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.contract.case_files import read_cases
from wireproof.errors import LedgerError
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.evidence.ledger_lock import has_writer
from wireproof.evidence.ledger_reader import read_ledger
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.report.report_from_ledger import rebuild_report
from wireproof.session.ledger_recorder import LedgerRecorder
from wireproof.session.resume import CASE_CHANGED, REQUEST_CUT_OFF, result_to_keep, stored_result, stored_results

STEP = {"endpoint": "chat", "body": {"model": "$model"}}
PLAIN: dict[str, Any] = {
    "plain": {"says": "p", **STEP},
    "twice": {"says": "2", **STEP, "repeat": 2},
    "not-sent": {"says": "n", **STEP},
    "never": {"says": "n", **STEP},
}
CASES = {case.name: case for case in read_cases("chat", PLAIN, "cases.yaml", PLAIN)}
HEADER = {"wireproof": "0", "run": "r", "started": "2026-01-01T00:00:00+00:00", "live": True, "targets": []}
REASON = NotSent("untestable", "the budget of 3 requests is spent")


def exchange(case: str, step: int) -> Exchange:
    reads = (BodyRead(7, f'{{"n": "{case} é {step}"}}'.encode()), BodyRead(9, b"\xff\n"))
    return Exchange("t", case, "chat", step, Request("POST", "http://h/"), 200, reads=reads, headers_ns=5, ended_ns=9)


async def fill(record: LedgerRecorder) -> None:
    await record.record_intent(CASES["plain"], 1, 0, 1)
    await record.record_intent(CASES["twice"], 1, 0, 1)
    await record.record_exchange(exchange("twice", 0), CASES["twice"], 1, last=False)
    await record.record_intent(CASES["plain"], 1, 0, 2)
    await record.record_exchange(exchange("plain", 0), CASES["plain"], 1, last=True)
    await record.record_unsent(CASES["not-sent"], 1, REASON)
    await record.record_intent(CASES["twice"], 1, 1, 1)
    await record.record_exchange(exchange("twice", 1), CASES["twice"], 1, last=True)
    await record.record_intent(CASES["plain"], 2, 0, 1)
    await record.record_exchange(exchange("plain", 0), CASES["plain"], 2, last=True)


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A complete ledger of three cases, one of them sent twice."""
    file = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    ledger = Ledger(Redactor.from_secrets([]), durable=True)
    ledger.open(file, HEADER)
    asyncio.run(fill(LedgerRecorder(ledger, "t")))
    ledger.write_footer(4, 0, 0)
    ledger.close()
    return file.read_bytes()


def test_every_turn_of_a_complete_ledger_is_read(whole: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(whole)
    held = read_ledger(file)
    assert held.cut is None
    assert stored_results(held, "t", CASES) == (
        {
            "plain": (exchange("plain", 0),),
            "twice": (exchange("twice", 0), exchange("twice", 1)),
            "not-sent": REASON,
        },
        {"plain": (exchange("plain", 0),)},
    )
    assert stored_results(held, "another", CASES) == ({},)


def test_a_ledger_cut_at_any_byte_is_read_up_to_the_cut(whole: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    begun = whole.index(b"\n")
    file.write_bytes(whole)
    (complete, _), known = stored_results(read_ledger(file), "t", CASES), 0
    for size in range(len(whole) - 1):
        file.write_bytes(whole[:size])
        if size < begun:
            with pytest.raises(LedgerError, match=r"ledger\.jsonl"):
                read_ledger(file)
            continue
        held = read_ledger(file)
        assert held.cut is not None
        for case in CASES.values():
            left = stored_result(held, "t", case, 1)
            assert left in (None, REQUEST_CUT_OFF, complete.get(case.name))
        found = sum(left is not None for left in (stored_result(held, "t", case, 1) for case in CASES.values()))
        assert found >= known, "what was there is there still"
        known = found
    assert known == 3


@given(st.data())
def test_any_bytes_after_a_header_are_read_or_raise_ledger_error(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.jsonl"
    at = data.draw(st.integers(whole.index(b"\n") + 1, len(whole)))
    file.write_bytes(whole[:at] + data.draw(st.binary(min_size=1, max_size=40)))
    with suppress(LedgerError):
        assert read_ledger(file).cut is not None


@pytest.mark.parametrize("torn", [pytest.param(0, id="between-lines"), pytest.param(9, id="inside-a-line")])
def test_a_cut_ledger_is_resumed_after_the_cut(whole: bytes, tmp_path: Path, torn: int) -> None:
    file = tmp_path / "ledger.jsonl"
    lines = whole.splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:4]) + lines[4][:torn])
    ledger = Ledger(Redactor.from_secrets([]))
    ledger.resume(file, "2026-01-02T00:00:00+00:00")
    asyncio.run(fill(LedgerRecorder(ledger, "t")))
    ledger.write_footer(4, 0, 0)
    ledger.close()
    held = read_ledger(file)
    assert held.cut is None
    assert stored_result(held, "t", CASES["twice"], 1) == (exchange("twice", 0), exchange("twice", 1))
    assert file.read_bytes().startswith(b"".join(lines[:4])), "append-only"


def test_an_unanswered_request_is_repeated_only_on_demand(whole: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    # Header, the intents of both cases, and the first exchange of `twice`: the run stopped between two requests.
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:4]))
    held = read_ledger(file)
    assert result_to_keep(held, "t", CASES["plain"], 1, resend=False) is REQUEST_CUT_OFF
    assert result_to_keep(held, "t", CASES["plain"], 1, resend=True) is None
    assert result_to_keep(held, "t", CASES["twice"], 1, resend=False) is None
    assert result_to_keep(held, "t", CASES["never"], 1, resend=False) is None


def test_one_unanswered_request_of_a_concurrent_case_leaves_the_case_open(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = Ledger(Redactor.from_secrets([]))
    ledger.open(file, HEADER)
    record = LedgerRecorder(ledger, "t")

    async def both() -> None:
        for step in (1, 0):  # the pace of their keys decides which leaves first
            await record.record_intent(CASES["twice"], 1, step, 1)
        await record.record_exchange(exchange("twice", 0), CASES["twice"], 1, last=False)

    asyncio.run(both())
    ledger.close()
    assert result_to_keep(read_ledger(file), "t", CASES["twice"], 1, resend=False) is REQUEST_CUT_OFF
    assert result_to_keep(read_ledger(file), "t", CASES["twice"], 1, resend=True) is None


def test_evidence_of_a_changed_case_is_not_reused(whole: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(whole)
    other = {**PLAIN, "plain": {**PLAIN["plain"], "body": {"model": "$model", "n": 2}}}
    told = {**PLAIN, "plain": {**PLAIN["plain"], "says": "the same in other words"}}
    held = read_ledger(file)
    for entries, left in ((other, CASE_CHANGED), (told, (exchange("plain", 0),))):
        cases = {case.name: case for case in read_cases("chat", entries, "cases.yaml", entries)}
        assert stored_result(held, "t", cases["plain"], 1) == left


def test_another_format_raises_ledger_error(whole: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(whole.replace(b'"format": 1', b'"format": 99', 1))
    for reader in (read_ledger, rebuild_report):
        with pytest.raises(LedgerError, match="its format is 99, this version reads 1; read it with wireproof 0"):
            reader(file)


def test_processes_of_one_run_share_a_ledger_and_another_run_replaces_it(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    first, second, later = (Ledger(Redactor.from_secrets([])) for _ in range(3))
    first.open(file, HEADER)
    second.open(file, HEADER)
    asyncio.run(fill(LedgerRecorder(first, "t")))
    asyncio.run(fill(LedgerRecorder(second, "u")))
    held = read_ledger(file)
    assert stored_results(held, "t", CASES)[0].keys() == stored_results(held, "u", CASES)[0].keys()
    first.close()
    before = file.read_bytes()
    with pytest.raises(LedgerError, match="another run is writing it"):
        later.open(file, {**HEADER, "run": "another"})
    assert (file.read_bytes(), has_writer(file)) == (before, True)
    second.close()
    later.close()
    assert not has_writer(file)
    later.open(file, {**HEADER, "run": "another"})
    assert read_ledger(file).accounts == {}
    later.close()


def test_processes_share_a_ledger_without_atomic_appends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireproof.evidence.ledger_writer.APPENDS_AT_ONCE", False)
    file = tmp_path / "ledger.jsonl"
    first, second = (Ledger(Redactor.from_secrets([])) for _ in range(2))
    first.open(file, HEADER)
    second.open(file, HEADER)
    for ledger, target in ((first, "t"), (second, "u")):
        asyncio.run(fill(LedgerRecorder(ledger, target)))
    first.write_footer(8, 0, 0)
    first.close()
    second.close()
    assert read_ledger(file).cut is None


def test_a_closed_ledger_leaves_no_lock(tmp_path: Path) -> None:
    ledger = Ledger(Redactor.from_secrets([]))
    ledger.open(tmp_path / "ledger.jsonl", HEADER)
    assert has_writer(tmp_path / "ledger.jsonl")
    ledger.close()
    assert {file.name for file in tmp_path.iterdir()} == {"ledger.jsonl", ".ledger.jsonl.lock"}


def test_a_ledger_whose_folder_was_removed_can_be_closed(tmp_path: Path) -> None:
    ledger = Ledger(Redactor.from_secrets([]))
    ledger.open(tmp_path / "reports" / "ledger.jsonl", HEADER)
    rmtree(tmp_path / "reports")
    ledger.close()
    assert not has_writer(tmp_path / "reports" / "ledger.jsonl")


def test_a_link_to_a_ledger_has_the_same_lock(tmp_path: Path) -> None:
    ledger, link = Ledger(Redactor.from_secrets([])), tmp_path / "link.jsonl"
    ledger.open(tmp_path / "reports" / "ledger.jsonl", HEADER)
    link.symlink_to(tmp_path / "reports" / "ledger.jsonl")
    assert has_writer(link)
    ledger.close()
    assert not has_writer(link)


def test_a_full_disk_raises_an_error_of_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.write", full)
    ledger = Ledger(Redactor.from_secrets([]))
    with pytest.raises(LedgerError, match=r"ledger.jsonl: it cannot be written \(No space left on device\)"):
        ledger.open(tmp_path / "ledger.jsonl", HEADER)
    ledger.close()
