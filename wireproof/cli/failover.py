"""`wireproof failover`: makes a load run while cells go down and come back, and polls the health page meanwhile."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from wireproof.cli import load
from wireproof.cli.arguments import add_load_run_options, as_of_check, parse_own, show_examples, write_file
from wireproof.cli.scenario_list import print_scenarios, wants_list
from wireproof.contract.option_table import BY_NAME
from wireproof.errors import ConfigError, WireproofError

if TYPE_CHECKING:
    from wireproof.contract.provider import Provider
    from wireproof.contract.target import Network, Target

NO_HEALTH_PAGE = "none"
# The options that both the health page and the load run need.
PASSED_ON = ("key_env", "allow_http", "ca_file", "client_cert", "wait")
HELP = "measure the outages that clients see when cells go down, and check the health page (takes load's options too)"
DEFAULT_SCENARIO, DEFAULT_SCRIPT = "iio-failover", "load/outage.yaml"


def add(commands: Any) -> None:
    """Lists the command; it passes unknown options to the load run, so it parses its arguments itself."""
    commands.add_parser("failover", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Runs the experiment.

    Returns 0 if every outage ended and the health page reported it in time, 1 if not; raises WireproofError if nothing
    could be measured.
    """
    from wireproof.contract import data_files, loading
    from wireproof.contract.target import Network
    from wireproof.load.experiments import load_process
    from wireproof.load.experiments.failover import failover_report
    from wireproof.load.experiments.failover.health_polls import HealthPolls
    from wireproof.load.experiments.failover.outages import false_alarm_seconds, find_outages, request_from_record
    from wireproof.load.results.failover_words import failover_holds

    if wants_list(arguments):
        return print_scenarios(arguments)
    options, others = parse_own(arguments, build_parser(), load.build_parser())
    providers = loading.load_providers(Path(options.providers) if options.providers else None)
    provider = loading.find_provider(providers, options.provider)
    script = None if options.host else options.script or str(data_files.root() / DEFAULT_SCRIPT)
    with load_process.open_run_target(
        options.host, options.provider, options.cells, options.latency, options.providers, script
    ) as run_target:
        target = _target_at(run_target.hosts[0], options) if options.host else None
        headers, network = _health_page_headers(provider, target), target.network if target else Network()
        pages = _health_pages(run_target.hosts, options.health, provider, headers, network)
        with HealthPolls(pages, headers, options.every, network) as health:
            words = [*others, *run_target.options, *_passed_on(options)]
            summary, records = load_process.run_with_records(options.scenario, words)
    began = summary["began"]
    requests = [one for one in (request_from_record(record, began) for record in records) if one is not None]
    outages = find_outages(requests, health.polls)
    false_alarms = false_alarm_seconds(outages, health.polls, options.within) if pages else None
    data = failover_report.failover_to_json(
        options.scenario, began, outages, false_alarms, options.within, len(requests), options.name
    )
    if options.write:
        write_file(Path(options.write), json.dumps(data, indent=1) + "\n")
    print(json.dumps(data, indent=1) if options.json else failover_report.failover_to_text(data))
    return 0 if failover_holds(data) else 1


def _health_pages(
    hosts: Sequence[str], named: str | None, provider: Provider, headers: Mapping[str, str], network: Network
) -> dict[str, str]:
    """Host → its health page; empty if there is none to poll.

    Raises WireproofError, which names the pages that were tried, if a host has a page that does not answer.
    """
    from wireproof.load.experiments.failover.health_polls import find_health_page

    documented = provider.endpoints.get("health")
    if named == NO_HEALTH_PAGE or (named is None and documented is None):
        return {}
    if named and len(hosts) > 1:
        raise ConfigError(f"--health {named}", "several endpoints have several health pages", "name one endpoint")
    pages = {}
    for host in hosts:
        # Many servers have their page beside the base URL of the API, not below it.
        likely = [host + documented.path, urljoin(host, documented.path)] if documented else []
        page, tried = find_health_page([named] if named else list(dict.fromkeys(likely)), headers, network)
        if page is None:
            remedy = f"name it with --health URL, or go without with --health {NO_HEALTH_PAGE}"
            raise WireproofError(f"no health page answers before the run: {', '.join(tried)}; {remedy}")
        pages[host] = page
    return pages


def _target_at(host: str, options: argparse.Namespace) -> Target:
    """The target at a host; raises ConfigError if its key would be sent unencrypted, and waits until it is up."""
    from wireproof.client.readiness import polls_until_up
    from wireproof.contract import target_options

    given = {name: getattr(options, name) for name in (*PASSED_ON, "providers") if getattr(options, name) is not None}
    named = target_options.TargetOptions({**given, "provider": [options.provider], "endpoint": host})
    (target,) = target_options.build_targets(named, target_options.environment())
    for pause_s in polls_until_up(target):
        time.sleep(pause_s)
    return target


def _health_page_headers(provider: Provider, target: Target | None) -> dict[str, str]:
    """The authentication header of requests for the health page; that of local cells without a target."""
    from wireproof.contract import keys

    key = (target.keys if target else keys.mock_keys(provider))["good"]
    return provider.key_header(key.value)


def _passed_on(options: argparse.Namespace) -> list[str]:
    """The options of the command that the load run needs too."""
    words = []
    for row in (BY_NAME[name] for name in PASSED_ON):
        value = getattr(options, row.name)
        if value:
            words += [row.flag] if row.switch else [row.flag, str(value)]
    return words


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's own options."""
    parser = argparse.ArgumentParser(
        prog="wireproof failover", usage="%(prog)s [options] [scenario]", description=HELP, allow_abbrev=False
    )
    option = parser.add_argument
    text = f"name of a scenario of load/scenarios.yaml to run (default: {DEFAULT_SCENARIO})"
    option("scenario", nargs="?", default=DEFAULT_SCENARIO, help=text)
    add_load_run_options(parser, "failover", provider="iio", cells=2, latency="steady")
    as_of_check(parser, *PASSED_ON)
    text = f"YAML file of the times at which local cells go down and come back (default: {DEFAULT_SCRIPT})"
    option("--script", metavar="FILE", help=text)
    text = f"health page of the endpoint; {NO_HEALTH_PAGE} goes without (default: that of the provider, if it has one)"
    option("--health", metavar="URL", help=text)
    text = "interval between two requests for the health page, in seconds (default: 0.1)"
    option("--every", type=float, default=0.1, metavar="S", help=text)
    text = "time within which the health page must show the start and the end of an outage, in seconds (default: 2)"
    option("--within", type=float, default=2.0, metavar="S", help=text)
    show_examples(
        parser,
        "wireproof failover                                      # two local cells, one of them goes down",
        "wireproof failover chat --script outage.yaml --write failover.json",
        "wireproof failover chat --endpoint https://api.example/v1 --key-env MY_KEY --i-may-load-this-host -t 60s",
    )
    return parser
