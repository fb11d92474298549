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
from wireproof.load.experiments.limits.model_fit import MINUTE_S, Fit
from wireproof.load.experiments.limits.probe import Probe, retry_after


@dataclass(frozen=True, slots=True)
class Shown:
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


def shown(probe: Probe, fitted: Fit | None) -> list[Shown]:
    """Everything that a probe shows, in the order in which people ask."""
    tier = probe.target.provider.rate.tiers.get(probe.target.tier or "")
    if fitted is None:
        promised = tier.per_minute if tier else None
        met = f"all of {len(probe.told)} requests admitted"
        # As many requests as the tier admits, and more, went through: whatever limits there are, it is not this one.
        broken = promised is not None and len(probe.told) > promised
        return [Shown("limit", _of(tier), met, False if broken else None)]
    refusals = [one.exchange for one in probe.told if not one.admitted]
    found = [*_limit(tier, fitted), _envelope(refusals[0], probe.target)]
    found += [*_waits(probe, refusals), *_headers(probe, fitted)]
    if probe.other_admitted is not None:
        met = "another key was admitted" if probe.other_admitted else "another key was refused as well"
        found.append(Shown("each key by itself", "", met, None))
    return found


def _of(tier: Tier | None) -> str:
    if tier is None:
        return ""
    return "none" if tier.per_minute is None else f"{tier.per_minute} in 60 s"


def _limit(tier: Tier | None, fitted: Fit) -> Iterator[Shown]:
    best = fitted.best
    met = f"{best.limit} in {best.window_s:g} s"
    if tier is None:
        yield Shown("limit", "", met, None)
        return
    yield Shown("limit", _of(tier), met, tier.per_minute is not None and fitted.explains(tier.per_minute, MINUTE_S))


def _envelope(refusal: Exchange, target: Target) -> Shown:
    wanted = target.provider.refusals["rate-limited"]
    told = f"status {' or '.join(map(str, wanted.status))}" + (f", code {' or '.join(wanted.code)}" * bool(wanted.code))
    try:
        expect.refusal(Redactor.from_secrets(target.secrets).mask_exchange(refusal), wanted, target.provider)
    except Violation as violation:
        return Shown("refusal", told, printable("; ".join(one.actual for one in violation.findings)), False)
    return Shown("refusal", told, f"status {refusal.status} in that envelope", True)


def _waits(probe: Probe, refusals: list[Exchange]) -> Iterator[Shown]:
    promised = probe.target.provider.rate.retry_after
    told = [wait for wait in map(retry_after, refusals) if wait is not None]
    if not told:
        yield Shown("Retry-After", "promised" if promised else "", "no refusal tells it", False if promised else None)
        return
    if len(told) < len(refusals):
        found = f"on {len(told)} of {len(refusals)} refusals"
        yield Shown("Retry-After", "on each refusal", found, not promised and None)
    for wait_s, asked_s, admitted in probe.tried:
        late, answer = asked_s > wait_s, "admitted" if admitted else "refused"
        what = "waiting it out suffices" if late else "less does not"
        yield Shown(what, f"Retry-After: {wait_s:g}", f"{answer} after {asked_s:.1f} s", admitted == late)


def _headers(probe: Probe, fitted: Fit) -> Iterator[Shown]:
    rate = probe.target.provider.rate
    if not rate.limit:
        return
    first = [one.exchange for one in probe.told[: probe.full] if one.admitted]
    yield _limit_told(rate.limit, first, fitted)
    # Many at once are answered in another order, and some of the window may have been used before.
    left = sorted((told for told in (_number(one, rate.remaining) for one in first) if told is not None), reverse=True)
    if fitted.best.model == "token bucket":
        wanted, holds = "down to 0", len(left) == len(first) and left[-1:] == [0]
    else:
        wanted, holds = "one less each time, down to 0", left == list(range(len(first) - 1, -1, -1))
    yield Shown(rate.remaining, wanted, _span(left), holds)
    after = [_number(one.exchange, rate.remaining) for one in probe.told if not one.admitted]
    shown = sorted({str(value) for value in after})
    yield Shown(f"{rate.remaining} at a refusal", "0", ", ".join(shown), shown == ["0"])


def _limit_told(name: str, exchanges: list[Exchange], fitted: Fit) -> Shown:
    told = {_number(one, name) for one in exchanges}
    values = ", ".join(sorted(map(str, told)))
    holds = all(value is not None and fitted.explains(value, MINUTE_S) for value in told)
    return Shown(name, values, f"{fitted.best.limit} admitted", holds)


def limits_told(probe: Probe) -> set[int]:
    """Every limit that the contract or a header tells."""
    rate = probe.target.provider.rate
    told = {_number(one.exchange, rate.limit) for one in probe.told} if rate.limit else set()
    tier = rate.tiers.get(probe.target.tier or "")
    return {value for value in (*told, tier.per_minute if tier else None) if value}


def _span(values: list[int]) -> str:
    return f"{values[0]} down to {values[-1]}, {len(values)} told" if values else "not told"


def _number(exchange: Exchange, name: str) -> int | None:
    try:
        return expect_limits.header_int(exchange, name)
    except Inconclusive:
        return None
