"""Findings of a limit probe: promises of the contract and values of headers, compared with the measured limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from wireproof.contract.provider import Tier
from wireproof.contract.target import Target
from wireproof.evidence.exchange import Exchange
from wireproof.evidence.redactor import Redactor
from wireproof.formats.safe_text import printable
from wireproof.judging import expect, expect_limits
from wireproof.judging.check import Inconclusive, Violation
from wireproof.load.experiments.limits.model_fit import CONTRACT_WINDOW_S, Fit
from wireproof.load.experiments.limits.probe import LimitProbe, told_wait_s

# Labels of a wait that was tried, by whether it was long enough.
EARLY_LABEL, LATE_LABEL = "too early is refused", "Retry-After is enough"
# Labels of the result for a second key.
PER_KEY_LABEL, SHARED_LABEL = "limit is per key", "limit is shared by keys"


@dataclass(frozen=True, slots=True)
class PromiseFinding:
    """One promise or announcement, compared with the measurement.

    Attributes:
        what: the label.
        told: the promise of the contract or the value of the header; empty without one.
        found: the measurement.
        holds: None for plain information and for what this run cannot decide.
    """

    what: str
    told: str
    found: str
    holds: bool | None

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def promise_findings(probe: LimitProbe, fitted: Fit | None) -> list[PromiseFinding]:
    """Returns all findings: the limit, its refusals, the waits, the headers and the second key.

    Args:
        fitted: the models; None if no request was refused.
    """
    tier = probe.target.provider.rate.tiers.get(probe.target.tier or "")
    if fitted is None:
        promised = tier.per_minute if tier else None
        measured = f"all of {len(probe.requests)} requests admitted"
        # More requests than the tier's limit were admitted, so that limit is not enforced.
        broken = promised is not None and len(probe.requests) > promised
        return [PromiseFinding("limit", _promised_limit_text(tier), measured, False if broken else None)]
    refusals = [request.exchange for request in probe.requests if not request.is_admitted]
    findings = [*_limit_findings(tier, fitted), _refusal_finding(refusals[0], probe.target)]
    findings += [*_wait_findings(probe, refusals), *_header_findings(probe, fitted)]
    if probe.other_admitted is not None:
        measured = "another key was admitted" if probe.other_admitted else "another key was refused as well"
        label = PER_KEY_LABEL if probe.other_admitted else SHARED_LABEL
        findings.append(PromiseFinding(label, "", measured, None))
    return findings


def _promised_limit_text(tier: Tier | None) -> str:
    if tier is None:
        return ""
    return "none" if tier.per_minute is None else f"{tier.per_minute} in 60 s"


def _limit_findings(tier: Tier | None, fitted: Fit) -> Iterator[PromiseFinding]:
    best = fitted.best
    measured = f"{best.limit} in {best.window_s:g} s"
    if tier is None:
        yield PromiseFinding("limit", "", measured, None)
        return
    yield PromiseFinding(
        "limit",
        _promised_limit_text(tier),
        measured,
        tier.per_minute is not None and fitted.explains(tier.per_minute, CONTRACT_WINDOW_S),
    )


def _refusal_finding(refusal: Exchange, target: Target) -> PromiseFinding:
    rule = target.provider.refusals["rate-limited"]
    promised = f"status {' or '.join(map(str, rule.status))}" + (f", code {' or '.join(rule.code)}" * bool(rule.code))
    try:
        expect.refusal(Redactor.from_secrets(target.secrets).mask_exchange(refusal), rule, target.provider)
    except Violation as violation:
        actual = printable("; ".join(finding.actual for finding in violation.findings))
        return PromiseFinding("refusal", promised, actual, False)
    return PromiseFinding("refusal", promised, f"status {refusal.status}, body as promised", True)


def _wait_findings(probe: LimitProbe, refusals: list[Exchange]) -> Iterator[PromiseFinding]:
    promised = probe.target.provider.rate.retry_after
    waits = [wait for wait in map(told_wait_s, refusals) if wait is not None]
    if not waits:
        holds = False if promised else None
        yield PromiseFinding("Retry-After", "promised" if promised else "", "on no refusal", holds)
        return
    if len(waits) < len(refusals):
        measured = f"on {len(waits)} of {len(refusals)} refusals"
        yield PromiseFinding("Retry-After", "on each refusal", measured, not promised and None)
    for retry_after_s, waited_s, admitted in probe.tried_waits:
        long_enough, answer = waited_s > retry_after_s, "admitted" if admitted else "refused"
        yield PromiseFinding(
            LATE_LABEL if long_enough else EARLY_LABEL,
            f"Retry-After: {retry_after_s:g}",
            f"{answer} after {waited_s:.1f} s",
            admitted == long_enough,
        )


def _header_findings(probe: LimitProbe, fitted: Fit) -> Iterator[PromiseFinding]:
    rate = probe.target.provider.rate
    if not rate.limit:
        return
    admitted = [request.exchange for request in probe.requests[: probe.first_fill_count] if request.is_admitted]
    yield _limit_header_finding(rate.limit, admitted, fitted)
    # Sorted, because the responses to concurrent requests arrive in any order.
    values = (_header_int_or_none(exchange, rate.remaining) for exchange in admitted)
    remaining = sorted((value for value in values if value is not None), reverse=True)
    if fitted.best.model == "token bucket":
        promised, holds = "down to 0", len(remaining) == len(admitted) and remaining[-1:] == [0]
    else:
        promised, holds = "one less each time, down to 0", remaining == list(range(len(admitted) - 1, -1, -1))
    yield PromiseFinding(rate.remaining, promised, _values_text(remaining), holds)
    refused = [request.exchange for request in probe.requests if not request.is_admitted]
    at_refusals = sorted({str(_header_int_or_none(exchange, rate.remaining)) for exchange in refused})
    yield PromiseFinding(f"{rate.remaining} at a refusal", "0", ", ".join(at_refusals), at_refusals == ["0"])


def _limit_header_finding(name: str, exchanges: list[Exchange], fitted: Fit) -> PromiseFinding:
    values = {_header_int_or_none(exchange, name) for exchange in exchanges}
    holds = all(value is not None and fitted.explains(value, CONTRACT_WINDOW_S) for value in values)
    return PromiseFinding(name, ", ".join(sorted(map(str, values))), f"{fitted.best.limit} admitted", holds)


def announced_limits(probe: LimitProbe) -> set[int]:
    """Every limit that the contract or a header states."""
    rate = probe.target.provider.rate
    headers = {_header_int_or_none(sent.exchange, rate.limit) for sent in probe.requests} if rate.limit else set()
    tier = rate.tiers.get(probe.target.tier or "")
    return {value for value in (*headers, tier.per_minute if tier else None) if value}


def _values_text(values: list[int]) -> str:
    return f"{values[0]} down to {values[-1]}, {len(values)} values" if values else "missing"


def _header_int_or_none(exchange: Exchange, name: str) -> int | None:
    try:
        return expect_limits.header_int(exchange, name)
    except Inconclusive:
        return None
