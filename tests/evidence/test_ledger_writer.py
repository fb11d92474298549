"""Ledger writer: lines are read back unchanged, and errors name the place of a truncation."""

from __future__ import annotations

import asyncio
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from wireproof.contract.case_files import read_cases
from wireproof.contract.finding import Finding
from wireproof.errors import LedgerError
from wireproof.evidence.exchange import BodyRead, Exchange, Request, TransportFailure
from wireproof.evidence.exchange_json import SPECIAL_FIELDS, exchange_from_json, exchange_to_json
from wireproof.evidence.ledger_reader import read_facts
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.judging.verdict import ClauseVerdict, Verdict
from wireproof.session.ledger_recorder import LedgerRecorder

PLAIN = {"plain": {"says": "p", "endpoint": "chat", "body": {}}}
(CASE,) = read_cases("chat", PLAIN, "cases.yaml", PLAIN)
HEADER = {"wireproof": "0.1.0", "run": "r", "started": "2026-01-01T00:00:00+00:00", "live": False, "targets": []}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
tokens = st.binary(max_size=12)
times = st.none() | st.integers(1, 10**12)

exchanges = st.builds(
    Exchange,
    target=texts,
    case=texts,
    endpoint=texts,
    step=st.integers(0, 9),
    request=st.builds(
        Request,
        st.sampled_from(["GET", "POST"]),
        texts,
        st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
        tokens,
        st.integers(0, 9),
    ),
    status=st.none() | st.integers(100, 599),
    http_version=st.sampled_from(["", "HTTP/1.1"]),
    headers=st.lists(st.tuples(tokens, tokens), max_size=3).map(tuple),
    reads=st.lists(st.builds(BodyRead, st.integers(0, 10**12), tokens), max_size=4).map(tuple),
    sent_at=st.floats(0, 2e9),
    started_ns=st.integers(0, 10**12),
    headers_ns=times,
    ended_ns=times,
    broken=st.none() | st.builds(TransportFailure, st.sampled_from(["idle", "protocol"]), texts, tokens),
    retries=st.lists(texts, max_size=2).map(tuple),
    truncated=st.booleans(),
    reset_after=st.booleans(),
)

VERDICT = Verdict(
    target="iio",
    provider="openai",
    check="chat.answers",
    case="chat-basic",
    area="chat",
    outcome="fail",
    level="must",
    clauses=(ClauseVerdict("OPENAI-CHAT-001", "must", "openai", "schema", "fail"),),
    requirement="A chat is answered.",
    message="expected 200, actual 500",
    findings=(Finding("200", "500", "status line"),),
)


@given(exchanges, st.lists(exchanges, max_size=2))
def test_an_exchange_is_read_back_unchanged(exchange: Exchange, attempts: list[Exchange]) -> None:
    exchange = replace(exchange, attempts=tuple(attempts))
    line = json.dumps(exchange_to_json(exchange), ensure_ascii=False)
    again = exchange_from_json(json.loads(line))
    assert again == exchange
    assert again.body == exchange.body
    assert again.stream == exchange.stream


def test_the_drawn_exchanges_fill_every_field() -> None:
    """A new field of an exchange is stored without a change of the ledger, if its value is JSON."""
    plain = {field.name for field in fields(Exchange) if field.init} - SPECIAL_FIELDS
    assert plain <= exchange_to_json(find(exchanges, lambda exchange: True)).keys()


def test_a_verdict_is_read_back_unchanged() -> None:
    assert Verdict.from_data(json.loads(json.dumps(VERDICT.as_data()))) == VERDICT


def write(file: Path, **verdict: Any) -> list[str]:
    """Writes a complete ledger of one exchange and one verdict; returns its lines."""
    reads = (BodyRead(1, b'{"key": "sk-sec'), BodyRead(2, b'ret-1\xff"}'))
    request = Request("POST", "http://h/?k=sk-secret-1", (("Authorization", "Bearer sk-secret-1"),), b"sk-secret-1")
    evidence = TransportFailure("protocol", "bad line sk-secret-1", b"sk-secret-1\xff")
    head = ((b"X-Key", b"sk-secret-1"),)
    sent = Exchange("t", "plain", "chat", 0, request, headers=head, reads=reads, broken=evidence)
    ledger = Ledger(Redactor.from_secrets(["sk-secret-1"]))
    ledger.open(file, HEADER)
    asyncio.run(entries(LedgerRecorder(ledger, "t"), sent))
    ledger.write_verdict(replace(VERDICT, **verdict).as_data())
    ledger.write_footer(1, 1, 0)
    ledger.close()
    return file.read_text(encoding="utf-8").splitlines()


async def entries(record: LedgerRecorder, sent: Exchange) -> None:
    await record.record_intent(CASE, 1, 0, 1)
    await record.record_exchange(sent, CASE, 1, last=True)


def test_a_ledger_has_a_header_first_and_a_footer_last(tmp_path: Path) -> None:
    write(tmp_path / "ledger.jsonl")
    assert [fact["kind"] for fact in read_facts(tmp_path / "ledger.jsonl")] == [
        "header",
        "intent",
        "exchange",
        "verdict",
        "footer",
    ]


def test_no_key_reaches_a_ledger_even_if_two_reads_share_it(tmp_path: Path) -> None:
    write(tmp_path / "ledger.jsonl", message="the key sk-secret-1")
    assert "sk-secret-1" not in (tmp_path / "ledger.jsonl").read_text()
    (exchange,) = (
        exchange_from_json(fact) for fact in read_facts(tmp_path / "ledger.jsonl") if fact["kind"] == "exchange"
    )
    assert exchange.body == b'{"key": "***********\xff"}'
    assert exchange.broken is not None
    assert exchange.broken.evidence == b"***********\xff"


def test_a_lone_surrogate_in_a_message_is_written_and_read(tmp_path: Path) -> None:
    """JSON can contain a lone surrogate; so a response can put one into a message."""
    write(tmp_path / "ledger.jsonl", message="actual \ud800")
    (verdict,) = (fact["verdict"] for fact in read_facts(tmp_path / "ledger.jsonl") if fact["kind"] == "verdict")
    assert verdict["message"] == "actual \ud800"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda lines: [*lines[:2], lines[2][:20]], "line 3: it is not JSON", id="cut-inside-a-line"),
        pytest.param(lambda lines: [lines[0], "{", *lines[1:]], "line 2: it is not JSON", id="torn-in-the-middle"),
        pytest.param(lambda lines: lines[:3], "it has no footer", id="cut-between-lines"),
        pytest.param(lambda lines: [], "it has no footer", id="empty"),
        pytest.param(lambda lines: lines[1:], "line 1: it is not a header", id="no-header"),
        pytest.param(lambda lines: [lines[0], "[]"], "line 2: it is not a line of a ledger", id="another-json"),
        pytest.param(lambda lines: [*lines, lines[2]], "line 6: it comes after the footer", id="behind-the-footer"),
    ],
)
def test_the_error_of_a_broken_ledger_names_the_place(tmp_path: Path, change: Any, problem: str) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_text("\n".join(change(write(file))), encoding="utf-8")
    with pytest.raises(LedgerError, match=problem):
        list(read_facts(file))


def test_lines_before_the_cut_are_read(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    facts: list[dict[str, Any]] = []
    file.write_text("\n".join(write(file)[:3]), encoding="utf-8")
    with pytest.raises(LedgerError):
        facts.extend(read_facts(file))
    assert [fact["kind"] for fact in facts] == ["header", "intent", "exchange"]


@pytest.mark.parametrize("content", [pytest.param(b"\xff\xfe", id="binary"), pytest.param(None, id="no-file")])
def test_a_file_that_is_not_a_ledger_raises_ledger_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ledger.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LedgerError, match=r"ledger\.jsonl"):
        list(read_facts(file))
