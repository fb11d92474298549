"""The ledger of a run: JSON lines, append-only, header first, footer last.

A ledger without a footer is incomplete and says so when it is read. It holds exchanges as the checks saw
them, so that a verdict can be reached again without a network.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from wireproof.errors import LedgerError
from wireproof.exchange import Break, Exchange, Read, Request
from wireproof.redact import Redactor
from wireproof.target import Target
from wireproof.verdict import Verdict


@dataclass(slots=True)
class Ledger:
    """Writes one line a fact, flushed, so that a killed run leaves what it had."""

    file: IO[str]
    redactor: Redactor

    def header(self, version: str, started: str, targets: Iterable[Mapping[str, Any]]) -> None:
        """The first line."""
        self._line({"kind": "header", "wireproof": version, "started": started, "targets": list(targets)})

    def exchange(self, exchange: Exchange) -> None:
        """One exchange, redacted."""
        self._line({"kind": "exchange", **exchange_data(exchange, self.redactor)})

    def verdict(self, verdict: Verdict) -> None:
        """One verdict."""
        self._line({"kind": "verdict", "verdict": verdict.as_data()})

    def footer(self, exchanges: int, verdicts: int, exit: int) -> None:
        """The last line: the run ended by itself."""
        self._line({"kind": "footer", "exchanges": exchanges, "verdicts": verdicts, "exit": exit})

    def _line(self, fact: Mapping[str, Any]) -> None:
        text = json.dumps(self.redactor.facts(fact), ensure_ascii=False)
        # A lone surrogate, which JSON can say and UTF-8 cannot, becomes the escape that JSON has for it.
        self.file.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
        self.file.flush()


def describe(target: Target) -> dict[str, Any]:
    """A target as reports and ledgers tell of it; no key is in it."""
    return {
        "name": target.name,
        "provider": target.provider.name,
        "base_url": target.base_url,
        "models": dict(target.models),
        "profile": target.profile,
        "means": sorted(target.means),
    }


def read(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a whole ledger; LedgerError names the line where it is none, and a missing footer."""
    last = None
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                fact = _fact(line, f"{file}, line {number}", last)
                last = fact["kind"]
                yield fact
    except OSError as error:
        raise LedgerError(f"{file}: it cannot be read ({error.strerror})") from None
    if last != "footer":
        raise LedgerError(f"{file}: it has no footer; the run was cut off")


def _fact(line: bytes, place: str, last: str | None) -> dict[str, Any]:
    try:
        fact = json.loads(line)
    except ValueError:
        raise LedgerError(f"{place}: it is not JSON; the run was cut off there") from None
    if not isinstance(fact, dict) or "kind" not in fact:
        raise LedgerError(f"{place}: it is no line of a ledger")
    if last is None and fact["kind"] != "header":
        raise LedgerError(f"{place}: it is not a header; the ledger starts later than its run")
    if last == "footer":
        raise LedgerError(f"{place}: it stands behind the footer")
    return fact


def exchange_data(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    """The JSON form of an exchange."""
    request = exchange.request
    broken = exchange.broken
    bodies = redactor.parts(read.data for read in exchange.reads)
    return {
        "target": exchange.target,
        "case": exchange.case,
        "endpoint": exchange.endpoint,
        "step": exchange.step,
        "request": {
            "method": request.method,
            "url": redactor.text(request.url),
            "headers": [[name, redactor.text(value)] for name, value in request.headers],
            "body": _bytes(redactor.data(request.body)),
        },
        "status": exchange.status,
        "http_version": exchange.http_version,
        "headers": [[_latin(name), _latin(redactor.data(value))] for name, value in exchange.headers],
        "reads": [
            [read.at_ns - exchange.started_ns, _bytes(data)] for read, data in zip(exchange.reads, bodies, strict=True)
        ],
        "sent_at": exchange.sent_at,
        "headers_ns": exchange.headers_ns and exchange.headers_ns - exchange.started_ns,
        "ended_ns": exchange.ended_ns and exchange.ended_ns - exchange.started_ns,
        "broken": broken
        and {
            "kind": broken.kind,
            "detail": broken.detail,
            "evidence": _bytes(redactor.data(broken.evidence)),
        },
        "retries": list(exchange.retries),
        "truncated": exchange.truncated,
    }


def exchange_from(data: Mapping[str, Any]) -> Exchange:
    """Read an exchange back; times count from the start of the exchange."""
    request, broken = data["request"], data["broken"]
    headers = tuple((name, value) for name, value in request["headers"])
    return Exchange(
        target=data["target"],
        case=data["case"],
        endpoint=data["endpoint"],
        step=data["step"],
        request=Request(request["method"], request["url"], headers, _from_bytes(request["body"])),
        status=data["status"],
        http_version=data["http_version"],
        headers=tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in data["headers"]),
        reads=tuple(Read(at, _from_bytes(body)) for at, body in data["reads"]),
        sent_at=data["sent_at"],
        started_ns=0,
        headers_ns=data["headers_ns"],
        ended_ns=data["ended_ns"],
        broken=broken and Break(broken["kind"], broken["detail"], _from_bytes(broken["evidence"])),
        retries=tuple(data["retries"]),
        truncated=data["truncated"],
    )


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes(data: bytes) -> Any:
    """Text where the bytes are UTF-8, else base64 in an object."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _from_bytes(data: Any) -> bytes:
    return base64.b64decode(data["base64"]) if isinstance(data, dict) else str(data).encode()
