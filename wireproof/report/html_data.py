"""The data inside report.html: verdicts, clauses and exchanges as compressed JSON."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wireproof.contract.clause import Clause
from wireproof.evidence.curl import curl_command
from wireproof.evidence.exchange import Exchange
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.judging.outcomes import OUTCOME_TABLE, RED_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.report.finished_run import FinishedRun

# Bytes of a body in the page, more for a failed case; the ledger has the rest.
MAX_BODY_BYTES_IN_PAGE, MAX_BROKEN_BODY_BYTES_IN_PAGE = 4_096, 65_536
MAX_READS_IN_PAGE = 300
OUTCOME_POSITIONS = {outcome.id: at for at, outcome in enumerate(OUTCOME_TABLE)}
ClauseIndex = Mapping[str, Mapping[str, Clause]]


@dataclass(slots=True)
class StringTable:
    """A table of distinct values, which other data names by number."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def __call__(self, value: Any) -> int:
        """The number of a value, which is added if it is new."""
        return self.numbers.setdefault(value, len(self.numbers))

    @property
    def texts(self) -> list[Any]:
        """The values in the order of their numbers."""
        return list(self.numbers)


def pack_json(data: Any) -> str:
    """Packs JSON with gzip and base64, so that no text in it can end the element that contains it."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def page_data(facts: FinishedRun, index: ClauseIndex) -> dict[str, Any]:
    """The data of the page; a verdict is a list in the order of `_verdict_row`."""
    names = {name: StringTable() for name in ("target", "contract", "check", "case", "area", "clauses")}
    verdicts = [_verdict_row(verdict, names) for verdict in facts.verdicts]
    broken = {(v.target, case) for v in facts.verdicts if v.outcome in RED_OUTCOMES for case in v.case.split("+")}
    requirements = {verdict.check: verdict.requirement for verdict in facts.verdicts}
    return {
        "outcomes": [[row.id, row.symbol, row.state, row.id in SKIP_OUTCOMES] for row in OUTCOME_TABLE],
        "names": {name: table.texts for name, table in names.items() if name != "clauses"},
        "requirements": [requirements[check] for check in names["check"].texts],
        "clauseSets": [list(group) for group in names["clauses"].texts],
        "clauses": _clause_texts(facts.verdicts, index),
        "columns": {f"{target} {contract}": facts.column_name(target, contract) for target, contract in facts.columns},
        "verdicts": verdicts,
        "gating": sorted(facts.gating_positions),
        "exchanges": [
            {"line": line, **_exchange_data(exchange_from_json(fact), (fact["target"], fact["case"]) in broken)}
            for line, fact in facts.exchanges
        ],
    }


def _verdict_row(verdict: Verdict, names: Mapping[str, StringTable]) -> list[Any]:
    """The row of a verdict: target, contract, check, case, area, outcome, level, clauses, message, findings."""
    group = tuple((c.id, c.level, c.authority, c.basis, c.outcome) for c in verdict.clauses)
    findings = [[finding.expected, finding.actual, finding.where] for finding in verdict.findings]
    return [
        names["target"](verdict.target),
        names["contract"](verdict.provider),
        names["check"](verdict.check),
        names["case"](verdict.case),
        names["area"](verdict.area),
        OUTCOME_POSITIONS[verdict.outcome],
        verdict.level,
        names["clauses"](group),
        verdict.message,
        findings,
    ]


def _clause_texts(verdicts: Iterable[Verdict], index: ClauseIndex) -> dict[str, list[str]]:
    """Clause id → [text, place], for the clauses that were judged."""
    judged = {(verdict.provider, clause.id) for verdict in verdicts for clause in verdict.clauses}
    clauses = {id: index.get(provider, {}).get(id) for provider, id in sorted(judged)}
    return {id: [clause.says, clause.place] for id, clause in clauses.items() if clause}


def _exchange_data(exchange: Exchange, broken: bool) -> dict[str, Any]:
    request, most = exchange.request, MAX_BROKEN_BODY_BYTES_IN_PAGE if broken else MAX_BODY_BYTES_IN_PAGE
    size = sum(len(read.data) for read in exchange.reads)
    return {
        "target": exchange.target,
        "case": exchange.case,
        "endpoint": exchange.endpoint,
        "step": exchange.step,
        "method": request.method,
        "url": request.url,
        "sent": request.headers,
        "body": _readable_text(request.body[:most]),
        "unsent": max(0, len(request.body) - most),
        "curl": curl_command(request) if len(request.body) <= MAX_BROKEN_BODY_BYTES_IN_PAGE else "",
        "status": exchange.status,
        "version": exchange.http_version,
        "headers": [[_readable_text(name), value.decode("latin-1")] for name, value in exchange.headers],
        "reads": _read_rows(exchange, most),
        "size": size,
        "first": _ms_since_start(exchange, exchange.headers_ns),
        "whole": _ms_since_start(exchange, exchange.ended_ns),
        "broken": exchange.broken
        and [exchange.broken.kind, exchange.broken.detail, _readable_text(exchange.broken.evidence)],
        "retries": exchange.retries,
        "truncated": exchange.truncated,
    }


def _read_rows(exchange: Exchange, most: int) -> list[list[Any]]:
    """The [milliseconds, text] of each read; a body with a content coding is decoded and one row."""
    if (exchange.header("content-encoding") or "identity").lower() != "identity":
        return (
            [[_ms_since_start(exchange, exchange.ended_ns), _readable_text(exchange.body[:most])]]
            if exchange.body
            else []
        )
    rows: list[list[Any]] = []
    for read in exchange.reads:
        if most <= 0 or len(rows) == MAX_READS_IN_PAGE:
            break
        rows.append([_ms_since_start(exchange, read.at_ns), _readable_text(read.data[:most])])
        most -= len(read.data)
    return rows


def _ms_since_start(exchange: Exchange, at: int | None) -> float | None:
    return None if at is None else round((at - exchange.started_ns) / 1e6, 3)


def _readable_text(data: bytes | Sequence[int]) -> str:
    """Decodes UTF-8; invalid bytes become `\\xNN`."""
    return bytes(data).decode("utf-8", "backslashreplace")
