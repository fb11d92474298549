"""What a probe of a limit shows: each promise of the contract and each word of a header beside what was admitted."""

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


@dataclass(frozen=True, slots=True)
class PromiseFinding:
    """One thing that was promised or told, and what is so.

    Attributes:
        holds: None where this run could not show it.
    """

    what: str
    told: str
    found: str
    holds: bool | None

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def promise_findings(probe: LimitProbe, fitted: Fit | None) -> list[PromiseFinding]:
    """Everything that a probe shows, in the order in which people ask."""
    tier = probe.target.provider.rate.tiers.get(probe.target.tier or "")
    if fitted is None:
        promised = tier.per_minute if tier else None
        met = f"all of {len(probe.requests)} requests admitted"
        # As many requests as the tier admits, and more, went through: whatever limits there are, it is not this one.
        broken = promised is not None and len(probe.requests) > promised
        return [PromiseFinding("limit", _promised_limit_text(tier), met, False if broken else None)]
    refusals = [one.exchange for one in probe.requests if not one.is_admitted]
    found = [*_limit_findings(tier, fitted), _refusal_finding(refusals[0], probe.target)]
    found += [*_wait_findings(probe, refusals), *_header_findings(probe, fitted)]
    if probe.other_admitted is not None:
        met = "another key was admitted" if probe.other_admitted else "another key was refused as well"
        found.append(PromiseFinding("each key by itself", "", met, None))
    return found


def _promised_limit_text(tier: Tier | None) -> str:
    if tier is None:
        return ""
    return "none" if tier.per_minute is None else f"{tier.per_minute} in 60 s"


def _limit_findings(tier: Tier | None, fitted: Fit) -> Iterator[PromiseFinding]:
    best = fitted.best
    met = f"{best.limit} in {best.window_s:g} s"
    if tier is None:
        yield PromiseFinding("limit", "", met, None)
        return
    yield PromiseFinding(
        "limit",
        _promised_limit_text(tier),
        met,
        tier.per_minute is not None and fitted.explains(tier.per_minute, CONTRACT_WINDOW_S),
    )


def _refusal_finding(refusal: Exchange, target: Target) -> PromiseFinding:
    wanted = target.provider.refusals["rate-limited"]
    told = f"status {' or '.join(map(str, wanted.status))}" + (f", code {' or '.join(wanted.code)}" * bool(wanted.code))
    try:
        expect.refusal(Redactor.from_secrets(target.secrets).mask_exchange(refusal), wanted, target.provider)
    except Violation as violation:
        return PromiseFinding("refusal", told, printable("; ".join(one.actual for one in violation.findings)), False)
    return PromiseFinding("refusal", told, f"status {refusal.status} in that envelope", True)


def _wait_findings(probe: LimitProbe, refusals: list[Exchange]) -> Iterator[PromiseFinding]:
    promised = probe.target.provider.rate.retry_after
    told = [wait for wait in map(told_wait_s, refusals) if wait is not None]
    if not told:
        yield PromiseFinding(
            "Retry-After", "promised" if promised else "", "no refusal tells it", False if promised else None
        )
        return
    if len(told) < len(refusals):
        found = f"on {len(told)} of {len(refusals)} refusals"
        yield PromiseFinding("Retry-After", "on each refusal", found, not promised and None)
    for wait_s, asked_s, admitted in probe.tried_waits:
        late, answer = asked_s > wait_s, "admitted" if admitted else "refused"
        what = "waiting it out suffices" if late else "less does not"
        yield PromiseFinding(what, f"Retry-After: {wait_s:g}", f"{answer} after {asked_s:.1f} s", admitted == late)


def _header_findings(probe: LimitProbe, fitted: Fit) -> Iterator[PromiseFinding]:
    rate = probe.target.provider.rate
    if not rate.limit:
        return
    first = [one.exchange for one in probe.requests[: probe.first_fill_count] if one.is_admitted]
    yield _limit_header_finding(rate.limit, first, fitted)
    # Many at once are answered in another order, and some of the window may have been used before.
    left = sorted(
        (told for told in (_header_int_or_none(one, rate.remaining) for one in first) if told is not None), reverse=True
    )
    if fitted.best.model == "token bucket":
        wanted, holds = "down to 0", len(left) == len(first) and left[-1:] == [0]
    else:
        wanted, holds = "one less each time, down to 0", left == list(range(len(first) - 1, -1, -1))
    yield PromiseFinding(rate.remaining, wanted, _values_text(left), holds)
    after = [_header_int_or_none(one.exchange, rate.remaining) for one in probe.requests if not one.is_admitted]
    shown = sorted({str(value) for value in after})
    yield PromiseFinding(f"{rate.remaining} at a refusal", "0", ", ".join(shown), shown == ["0"])


def _limit_header_finding(name: str, exchanges: list[Exchange], fitted: Fit) -> PromiseFinding:
    told = {_header_int_or_none(one, name) for one in exchanges}
    values = ", ".join(sorted(map(str, told)))
    holds = all(value is not None and fitted.explains(value, CONTRACT_WINDOW_S) for value in told)
    return PromiseFinding(name, values, f"{fitted.best.limit} admitted", holds)


def announced_limits(probe: LimitProbe) -> set[int]:
    """Every limit that the contract or a header tells."""
    rate = probe.target.provider.rate
    told = {_header_int_or_none(one.exchange, rate.limit) for one in probe.requests} if rate.limit else set()
    tier = rate.tiers.get(probe.target.tier or "")
    return {value for value in (*told, tier.per_minute if tier else None) if value}


def _values_text(values: list[int]) -> str:
    return f"{values[0]} down to {values[-1]}, {len(values)} told" if values else "not told"


def _header_int_or_none(exchange: Exchange, name: str) -> int | None:
    try:
        return expect_limits.header_int(exchange, name)
    except Inconclusive:
        return None
