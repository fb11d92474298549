"""The text of one failure: requirement, expected, actual, place, clauses, and the command that repeats it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wireproof.contract.clause import Clause
from wireproof.evidence.curl import curl_command
from wireproof.evidence.exchange import Exchange
from wireproof.formats.safe_text import printable
from wireproof.judging.verdict import Verdict

MAX_FINDINGS_IN_FAILURE = 5
MAX_EVIDENCE_LENGTH = 200


def failure_text(verdict: Verdict, exchanges: Iterable[Exchange], clauses: Mapping[str, Clause]) -> str:
    """One verdict with its evidence, as lines of plain text."""
    lines = [f"{verdict.check}  {verdict.case}  on {verdict.target}, by the {verdict.provider} contract", ""]
    lines.append(f"  requirement  {verdict.requirement}")
    for finding in verdict.findings[:MAX_FINDINGS_IN_FAILURE]:
        lines.append(f"  expected     {finding.expected}")
        lines.append(f"  actual       {finding.actual}")
        if finding.where:
            lines.append(f"  where        {finding.where}")
    if len(verdict.findings) > MAX_FINDINGS_IN_FAILURE:
        lines.append(f"  … and {len(verdict.findings) - MAX_FINDINGS_IN_FAILURE} more")
    if not verdict.findings:
        lines.append(f"  {verdict.outcome:<11}  {verdict.message}")
    lines += [f"  clause       {text}" for text in _rule_lines(verdict, clauses)]
    for exchange in exchanges:
        lines += _evidence_lines(exchange)
    if verdict.replay:
        lines.append(f"  replay       {printable(verdict.replay)}")
    return "\n".join(map(printable, lines))


def _rule_lines(verdict: Verdict, clauses: Mapping[str, Clause]) -> Iterable[str]:
    # A deadline of ours is no rule of a clause.
    for broken in () if verdict.outcome == "timed-out" else verdict.clauses:
        if broken.outcome == verdict.outcome:
            clause = clauses.get(broken.id)
            says = f": {clause.says} ({clause.place})" if clause else ""
            yield f"{broken.id}, {broken.level}, {broken.authority}{says}"


def _evidence_lines(exchange: Exchange) -> list[str]:
    lines = [f"  repeat       {curl_command(exchange.request)}"]
    if exchange.broken is not None:
        tail = exchange.broken.evidence[-MAX_EVIDENCE_LENGTH:]
        lines.append(f"  broke off    {exchange.broken.detail}" + (f"; last bytes {tail!r}" if tail else ""))
    lines += [f"  retried      {retry}" for retry in exchange.retries]
    return lines
