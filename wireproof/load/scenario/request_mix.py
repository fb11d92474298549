"""The requests of a scenario by number: any number of processes sends the same requests."""

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
    """The requests of a scenario at one target, in proportion to their weights.

    Attributes:
        bounds: the cumulative weights of the templates.
    """

    templates: tuple[RequestTemplate, ...]
    bounds: tuple[int, ...]
    seed: int

    def request(self, number: int, sizes: TokenCounts | None = None) -> PreparedRequest:
        """The request of this number; `sizes` are those of a trace."""
        template = self.templates[0]
        if len(self.templates) > 1:
            digest = blake2b(b"%d %d" % (self.seed, number), digest_size=8).digest()
            template = self.templates[bisect_right(self.bounds, int.from_bytes(digest) % self.bounds[-1])]
        return template.render(self.seed, number, sizes)


def build_mix(scenario: Scenario, target: Target, seed: int, *, traced: bool = False) -> RequestMix:
    """Builds the requests of a scenario with their weights; leaves out those that the provider does not offer.

    Raises ConfigError if none is left.
    """
    cases = case_lookup.find_cases(
        name for weighted in scenario.weighted_cases for name in (weighted.case, weighted.otherwise) if name
    )
    results = [
        (_make_template(scenario, weighted, cases, target, traced=traced), weighted.weight)
        for weighted in scenario.weighted_cases
    ]
    templates = [(template, weight) for template, weight in results if isinstance(template, RequestTemplate)]
    if not templates:
        reasons = "; ".join(str(reason) for reason, _ in results)
        raise ConfigError(
            f"{SCENARIOS_FILE}, {scenario.name}",
            f"none of its cases can be sent ({reasons})",
            "choose another scenario",
        )
    return RequestMix(
        tuple(template for template, _ in templates), tuple(accumulate(weight for _, weight in templates)), seed
    )


def _make_template(
    scenario: Scenario, weighted: WeightedCase, cases: Mapping[str, Case], target: Target, *, traced: bool
) -> RequestTemplate | str:
    """The template of a weighted case, or the reason why there is none."""
    reason = ""
    for name in (weighted.case, weighted.otherwise):
        if name is None:
            continue
        if name not in cases:
            raise ConfigError(SCENARIOS_FILE, f"{name!r} is not a case", "name a case of suites/*/cases.yaml")
        case = cases[name]
        if not target.provider.offers(*case.features) or case.endpoint not in target.provider.endpoints:
            reason = f"{target.provider.name} does not offer {name}"
            continue
        try:
            return RequestTemplate(
                _with_edits(case, weighted), target, _make_variation(weighted, scenario), traced=traced
            )
        except CannotSend as error:
            reason = str(error)
    return reason


def _with_edits(case: Case, weighted: WeightedCase) -> Case:
    """The case with the edits and the cap of its scenario."""
    spec = case.asks[-1]
    body = spec.body
    try:
        for pointer, value in (weighted.set or {}).items():
            body = json_pointer.edit(body, pointer, value)
    except json_pointer.Missing as error:
        raise ConfigError(
            f"{SCENARIOS_FILE}, {weighted.case}", f"an edit does not apply ({error})", "correct `set:`"
        ) from None
    return replace(case, asks=(replace(spec, body=body, cap=weighted.cap or spec.cap),))


def _make_variation(weighted: WeightedCase, scenario: Scenario) -> Variation:
    leave = weighted.leave or {}
    return Variation(
        prompt=None if weighted.prompt is None else make_length_sampler(weighted.prompt, scenario.folder),
        answer=None if weighted.answer is None else make_length_sampler(weighted.answer, scenario.folder),
        leave=EarlyDisconnect(leave.get("chunks"), leave.get("ms")) if leave else None,
        leave_share=leave.get("share", 0.0),
        nonce=weighted.nonce,
    )
