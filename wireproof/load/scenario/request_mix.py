"""Which request comes next: by its number alone, so that any number of processes asks the same ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import accumulate

from wireproof.client.skip_reasons import CannotSend
from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.formats import json_pointer
from wireproof.load.scenario import case_lookup
from wireproof.load.scenario.early_disconnect import EarlyDisconnect
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.load.scenario.request_template import RequestTemplate, TokenCounts, Variation
from wireproof.load.scenario.scenario import SCENARIOS_FILE, Scenario, WeightedCase
from wireproof.load.scenario.token_lengths import make_length_sampler


@dataclass(frozen=True, slots=True)
class RequestMix:
    """The requests of a scenario at one host, in proportion to their weights."""

    templates: tuple[RequestTemplate, ...]
    bounds: tuple[int, ...]
    seed: int

    def request(self, number: int, sizes: TokenCounts | None = None) -> PreparedRequest:
        """The request of this number."""
        mould = self.templates[0]
        if len(self.templates) > 1:
            drawn = blake2b(b"%d %d" % (self.seed, number), digest_size=8).digest()
            mould = self.templates[bisect_right(self.bounds, int.from_bytes(drawn) % self.bounds[-1])]
        return mould.render(self.seed, number, sizes)


def build_mix(scenario: Scenario, target: Target, seed: int, *, traced: bool = False) -> RequestMix:
    """The requests of a scenario with their weights; what the provider does not offer is left out.

    Raises ConfigError where nothing is left.
    """
    known = case_lookup.find_cases(name for share in scenario.shares for name in (share.case, share.otherwise) if name)
    found = [(_make_template(scenario, share, known, target, traced=traced), share.weight) for share in scenario.shares]
    made = [(mould, weight) for mould, weight in found if isinstance(mould, RequestTemplate)]
    if not made:
        lacks = "; ".join(str(one) for one, _ in found)
        raise ConfigError(
            f"{SCENARIOS_FILE}, {scenario.name}", f"none of it can be asked ({lacks})", "choose another scenario"
        )
    return RequestMix(tuple(mould for mould, _ in made), tuple(accumulate(weight for _, weight in made)), seed)


def _make_template(
    scenario: Scenario, share: WeightedCase, known: Mapping[str, Case], target: Target, *, traced: bool
) -> RequestTemplate | str:
    """The mould of a share, or why there is none."""
    why = ""
    for name in (share.case, share.otherwise):
        if name is None:
            continue
        if name not in known:
            raise ConfigError(SCENARIOS_FILE, f"{name!r} is no case", "name a case of suites/*/cases.yaml")
        case = known[name]
        if not target.provider.offers(case.feature) or case.endpoint not in target.provider.endpoints:
            why = f"{target.provider.name} does not offer {name}"
            continue
        try:
            return RequestTemplate(_with_edits(case, share), target, _make_variation(share, scenario), traced=traced)
        except CannotSend as lack:
            why = str(lack)
    return why


def _with_edits(case: Case, share: WeightedCase) -> Case:
    """The case with the length of a load run."""
    ask = case.asks[-1]
    body = ask.body
    try:
        for place, value in (share.set or {}).items():
            body = json_pointer.edit(body, place, value)
    except json_pointer.Missing as error:
        raise ConfigError(
            f"{SCENARIOS_FILE}, {share.case}", f"an edit does not apply ({error})", "mend `set:`"
        ) from None
    return replace(case, asks=(replace(ask, body=body, cap=share.cap or ask.cap),))


def _make_variation(share: WeightedCase, scenario: Scenario) -> Variation:
    leave = share.leave or {}
    return Variation(
        prompt=None if share.prompt is None else make_length_sampler(share.prompt, scenario.folder),
        answer=None if share.answer is None else make_length_sampler(share.answer, scenario.folder),
        leave=EarlyDisconnect(leave.get("chunks"), leave.get("ms")) if leave else None,
        leave_share=leave.get("share", 0.0),
        nonce=share.nonce,
    )
