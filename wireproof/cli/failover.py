"""`wireproof failover`: a load run while cells go down and come back, and the health page asked beside it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import add_load_run_options, as_of_check, show_examples, write_file
from wireproof.errors import WireproofError

if TYPE_CHECKING:
    from wireproof.contract.provider import Provider

HELP = "what clients see when cells go down, and whether health tells the truth (takes the options of load too)"
DEFAULT_SCENARIO, DEFAULT_SCRIPT = "iio-failover", "load/outage.yaml"


def add(commands: Any) -> None:
    """Name the command in the help; what it does not know itself goes to the load run."""
    commands.add_parser("failover", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Run; 0 every outage ended and health told the truth, 1 not so, 2 nothing could be asked."""
    from wireproof.contract import data_files, loading
    from wireproof.load.experiments import load_process
    from wireproof.load.experiments.failover import failover_report
    from wireproof.load.experiments.failover.health_polls import HealthPolls
    from wireproof.load.experiments.failover.outages import false_alarm_seconds, find_outages, request_from_record

    given, others = _build_parser().parse_known_args(arguments)
    known = loading.load_providers(Path(given.providers) if given.providers else None)
    provider = loading.find_provider(known, given.provider)
    script = None if given.host else given.script or str(data_files.root() / DEFAULT_SCRIPT)
    with load_process.open_run_target(
        given.host, given.provider, given.cells, given.latency, given.providers, script
    ) as at:
        page = provider.endpoints.get("health")
        pages = {host: host + page.path for host in at.hosts} if page else {}
        with HealthPolls(pages, _health_page_headers(provider, at.hosts[0], given), given.every) as health:
            if health.unwell_hosts:
                raise WireproofError(f"the health page of {health.unwell_hosts[0]} does not answer before the run")
            key = ["--key-env", given.key_env] if given.key_env else []
            summary, records = load_process.run_with_records(given.scenario, [*others, *at.options, *key])
    began = summary["began"]
    seen = [one for one in (request_from_record(record, began) for record in records) if one is not None]
    found = find_outages(seen, health.polls)
    alarmed = false_alarm_seconds(found, health.polls, given.within) if pages else None
    data = failover_report.failover_to_json(given.scenario, began, found, alarmed, given.within, len(seen))
    if given.write:
        write_file(Path(given.write), json.dumps(data, indent=1) + "\n")
    print(json.dumps(data, indent=1) if given.json else failover_report.failover_to_text(data))
    return 0 if failover_report.failover_holds(data) else 1


def _health_page_headers(provider: Provider, host: str, given: argparse.Namespace) -> dict[str, str]:
    """What opens a health page that is not for everyone."""
    from wireproof.contract import keys, target_options

    environment = target_options.environment()
    own = keys.mock_keys(provider)["good"]
    key = keys.find_live_key(given.key_env, host, provider, environment) if given.host else own
    return {provider.auth_header: " ".join([*provider.schemes[:1], key.value])}


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wireproof failover", description=HELP, allow_abbrev=False)
    option = parser.add_argument
    text = f"scenario of load/scenarios.yaml to run (default: {DEFAULT_SCENARIO})"
    option("scenario", nargs="?", default=DEFAULT_SCENARIO, help=text)
    add_load_run_options(parser, "failover", provider="iio", cells=2, latency="steady")
    as_of_check(parser, "key_env")
    text = f"YAML file that says when the local cells go down and come back (default: {DEFAULT_SCRIPT})"
    option("--script", metavar="FILE", help=text)
    text = "seconds between two requests for the health page (default: 0.1)"
    option("--every", type=float, default=0.1, metavar="S", help=text)
    text = "seconds after which the health page must show an outage, or its end (default: 2)"
    option("--within", type=float, default=2.0, metavar="S", help=text)
    show_examples(
        parser,
        "wireproof failover                                      # two local cells, one of which goes down",
        "wireproof failover chat --script outage.yaml --write failover.json",
        "wireproof failover chat --host https://api.example/v1 --key-env MY_KEY --i-may-load-this-host -t 60s",
    )
    return parser
