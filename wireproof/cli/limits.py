"""`wireproof limits`: measures the rate limit of an endpoint, and compares it with its headers."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import show_examples, write_file
from wireproof.cli.option_groups import GroupsByTopic
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean

if TYPE_CHECKING:
    from wireproof.contract.target import Key, Target
    from wireproof.load.experiments.limits.probe import LimitProbe

DEFAULT_CASE = "chat-basic"
# One case is sent, so that there is no set of cases to choose.
WITHOUT_MEANING = frozenset({"profile"})
# Long enough to reach a limit per minute, wait for its end, and reach it again in two halves.
DEFAULT_PATIENCE_S = 150.0


def add(commands: Any) -> None:
    """Registers the command."""
    from wireproof.contract.option_table import OPTIONS

    help = "measure a rate limit by reaching it: its size, window and algorithm"
    parser = commands.add_parser("limits", help=help, description=help)
    option = parser.add_argument
    option("--json", action="store_true", help="print the result as JSON")
    text = f"case to send, of one request; its output is limited to 1 token (default: {DEFAULT_CASE})"
    option("--case", default=DEFAULT_CASE, metavar="NAME", help=text)
    text = "environment variable with a second key, to find out if the limit is per key"
    option("--other-key-env", metavar="NAME", help=text)
    option("--write", metavar="FILE", help="write the result as JSON to this file (schemas/formats/limits.json)")
    option("--fault", help=argparse.SUPPRESS)
    groups = GroupsByTopic(parser)
    for row in OPTIONS:
        if row.name not in WITHOUT_MEANING:
            groups.add_argument(row.flag, **row.keywords)
    show_examples(
        parser,
        "wireproof limits --provider iio                         # the reference server, its lowest tier",
        "wireproof limits --provider iio --endpoint https://api.example/v1 --tier free --model ID --key-env MY_KEY",
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Measures the limit of one target.

    Returns 0 if the limit agrees with what the server announces, 1 if not; raises WireproofError if the target could
    not be asked.
    """
    from wireproof.contract import target_options
    from wireproof.load.experiments.limits import limits_report
    from wireproof.load.experiments.limits.findings import announced_limits, promise_findings
    from wireproof.load.experiments.limits.limited_target import with_limited_tier
    from wireproof.load.experiments.limits.model_fit import fit_models

    options = target_options.TargetOptions.from_parsed(vars(parsed))
    targets = target_options.build_targets(options, target_options.environment())
    if len(targets) != 1:
        raise ConfigError("--provider", "the limit of one target is measured", "name one provider")
    with _running_target(with_limited_tier(targets[0], parsed.tier), options.live, parsed) as target:
        probe = asyncio.run(_run_probe(target, parsed, live=options.live))
    fitted = fit_models(probe.observations, announced_limits(probe))
    findings = promise_findings(probe, fitted)
    as_json = json.dumps(limits_report.limits_to_json(probe, fitted, findings), indent=1)
    if parsed.write:
        write_file(Path(parsed.write), as_json + "\n")
    print(as_json if parsed.json else limits_report.limits_to_text(probe, fitted, findings))
    return 1 if any(finding.holds is False for finding in findings) else 0


@contextmanager
def _running_target(target: Target, live: bool, parsed: argparse.Namespace) -> Iterator[Target]:
    from wireproof.contract import target_options
    from wireproof.contract.mock_controls import FAULT
    from wireproof.session import mock_process

    if live:
        yield target
        return
    headers = {FAULT: parsed.fault} if parsed.fault else {}
    with mock_process.run_mock(parsed.providers) as addresses:
        yield replace(
            target_options.with_address(target, addresses[target.name]), headers={**target.headers, **headers}
        )


async def _run_probe(target: Target, parsed: argparse.Namespace, *, live: bool) -> LimitProbe:
    from wireproof.client.budget import Budget
    from wireproof.client.http_client import HttpClient
    from wireproof.client.model_list import with_listed_models
    from wireproof.client.readiness import wait_until_up
    from wireproof.client.skip_reasons import CannotSend
    from wireproof.contract.loading import load_cases
    from wireproof.load.experiments.limits.limited_target import other_account_key
    from wireproof.load.experiments.limits.probe import LimitProbe

    cases = load_cases()
    if parsed.case not in cases or len(cases[parsed.case].asks) != 1:
        problem = "no case of one request has this name"
        near = did_you_mean(parsed.case, cases, "choose one that `wireproof cases` lists")
        raise ConfigError(f"--case {parsed.case}", problem, near)
    await wait_until_up(target)
    if live:
        target = await asyncio.to_thread(with_listed_models, target)
    async with HttpClient(target.connections, target.deadlines, target.network) as client:
        probe = LimitProbe(target, cases[parsed.case], client, Budget(target), parsed.patience or DEFAULT_PATIENCE_S)
        try:
            await probe.run(_other_live_key(target, parsed) if live else other_account_key(target))
        except CannotSend as reason:
            raise ConfigError("--model", str(reason), "name a model") from None
    return probe


def _other_live_key(target: Target, parsed: argparse.Namespace) -> Key | None:
    from wireproof.contract import keys, target_options

    name = parsed.other_key_env
    return keys.find_live_key(name, target.base_url, target.provider, target_options.environment()) if name else None
