"""The set-up of a run: hosts, ceilings and load shape, and the options of locust that follow from them."""

from __future__ import annotations

import math
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust.runners import MasterRunner

from wireproof.contract.target import Target
from wireproof.errors import ConfigError, WireproofError
from wireproof.load import cell_servers
from wireproof.load.cell_servers import CellProcesses
from wireproof.load.engine import finish, load_options, process_plan, web_form
from wireproof.load.engine.locust_shape import StagedUsers
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.results import request_log
from wireproof.load.scenario import request_mix, spending_limits, trace
from wireproof.load.scenario.load_shape import CLOSED_LOOP, TRACE_REPLAY, LoadShape
from wireproof.load.scenario.scenario import Scenario, single_load_shape

# The time that a worker has for its last report, beyond that of its requests.
LAST_REPORT_TIMEOUT_S = 10.0
# The time that users have to finish at the end of their stage.
FINISHING_USERS_S = 60.0
# The time in which the start message of a master reaches all its workers.
START_MESSAGE_S = 1.0


def set_up(environment: Any, scenarios: Sequence[Scenario]) -> tuple[RunSettings, CellProcesses | None]:
    """Makes the settings of a run, and starts local cells if no host is named.

    Raises WireproofError if the run is not allowed or misconfigured.
    """
    options = environment.parsed_options
    settings, running = _build_settings(environment, scenarios), None
    if not settings.hosts:
        running = cell_servers.start_cells(settings.provider, options.cells, options.latency, options.providers)
        settings = replace(settings, hosts=running.hosts)
        environment.host = ",".join(running.hosts)
    try:
        first_target = _prepare_targets(options, settings)
        for scenario in scenarios:
            request_mix.build_mix(scenario, first_target, options.seed, traced=settings.course.kind == TRACE_REPLAY)
    except WireproofError:
        if running is not None:
            running.stop()
        raise
    _set_locust_options(environment, settings, first_target.deadlines.total)
    description = f"{', '.join(settings.hosts)} ({settings.provider}); seed {options.seed}; {settings.ceilings}"
    print(f"wireproof load: {description}", file=sys.stderr)
    return settings, running


def settings_of_form(environment: Any, scenarios: Sequence[Scenario], settings: RunSettings) -> RunSettings:
    """The settings of a run that the web UI starts, by its form; those given for a run without one.

    A form that makes no run, told on standard error, changes nothing.
    """
    if environment.parsed_options.headless:
        return settings
    try:
        web_form.read_form(environment.parsed_options)
        return replace(_build_settings(environment, scenarios), local=settings.local)
    except ConfigError as error:
        print(f"wireproof: {error}; the run is that of the command line", file=sys.stderr)
        return settings


def _prepare_targets(options: Namespace, settings: RunSettings) -> Target:
    """Waits until the targets are up, and picks listed models if none is named; returns the first target.

    The models become options, which locust sends to each worker.
    """
    targets = process_plan.build_load_targets(options, settings)
    if options.wait:
        _wait_until_up(targets)
    if settings.local or options.model:
        return targets[0]
    # Imported late: most runs need no library of another client.
    from wireproof.client.model_list import with_listed_models

    (first, *_) = process_plan.build_named_targets(options, settings)
    options.model = [f"{role}={model}" for role, model in with_listed_models(first).models.items()]
    if options.model:
        print(f"wireproof load: models from the list of {first.base_url}: {', '.join(options.model)}", file=sys.stderr)
    return process_plan.build_load_targets(options, settings)[0]


def _wait_until_up(targets: Iterable[Target]) -> None:
    # Imported late: most runs need no library of another client.
    from wireproof.client.readiness import polls_until_up

    for target in targets:
        for pause_s in polls_until_up(target):
            time.sleep(pause_s)


def _build_settings(environment: Any, scenarios: Sequence[Scenario]) -> RunSettings:
    """The settings by the command line and the scenarios; without hosts if cells are still to be started."""
    options = environment.parsed_options
    objectives, thresholds = finish.choose_objectives(options, scenarios), finish.collect_thresholds(options, scenarios)
    error_bar = finish.read_error_bar(options.error_bar)
    if options.records:
        request_log.create_empty_log(Path(options.records))
    hosts = tuple(environment.host.split(",")) if environment.host else ()
    ceilings = spending_limits.ceilings_for_hosts(
        load_options.ceilings_from_options(options), hosts, allowed=options.i_may_load_this_host
    )
    load_shape = _build_load_shape(options, single_load_shape(scenarios))
    options.num_users = (
        options.num_users
        or load_shape.users
        or (1 if load_shape.kind == CLOSED_LOOP else load_options.DEFAULT_MAX_UNDER_WAY)
    )
    return RunSettings(
        provider=options.provider or next((scenario.provider for scenario in scenarios if scenario.provider), "openai"),
        hosts=hosts,
        local=options.own_cells or not hosts,
        ceilings=ceilings,
        course=load_shape,
        lead_s=_lead_s(environment, load_shape),
        digests={scenario.name: scenario.digest for scenario in scenarios},
        objectives=objectives,
        thresholds=thresholds,
        error_bar=error_bar,
    )


def _build_load_shape(options: Namespace, load_shape: LoadShape) -> LoadShape:
    """The load shape with the changes of the command line, and with its end."""
    load_shape = load_shape.with_options(options.rate, options.arrivals, options.num_users, options.run_time)
    if load_shape.kind == TRACE_REPLAY:
        assert load_shape.trace is not None
        last_ns, _ = trace.read_trace(load_shape.trace, load_shape.speed)[-1]
        load_shape = replace(load_shape, total_s=min(load_shape.total_s, last_ns / 1e9 + 1e-3))
    for name in ("warm_up", "cool_down"):
        if getattr(options, name) is not None:
            load_shape = replace(load_shape, **{f"{name}_s": getattr(options, name)})
    load_shape.validate()
    return load_shape


def _lead_s(environment: Any, load_shape: LoadShape) -> float:
    """Seconds until all users of an open loop are spawned; a closed loop begins with its first user."""
    if load_shape.kind == CLOSED_LOOP:
        return 0.0
    options = environment.parsed_options
    message_s = START_MESSAGE_S if isinstance(environment.runner, MasterRunner) else 0.0
    users_s: float = options.num_users / options.spawn_rate
    return users_s + message_s


def _set_locust_options(environment: Any, settings: RunSettings, deadline_s: float) -> None:
    """Sets locust's number of users over time, and the latest end of the run."""
    options, load_shape = environment.parsed_options, settings.course
    if load_shape.kind == CLOSED_LOOP and load_shape.stages:
        environment.shape_class = StagedUsers(load_shape, options.spawn_rate)
        environment.stop_timeout = max(environment.stop_timeout, min(FINISHING_USERS_S, deadline_s))
        options.run_time = None
    elif options.headless and not math.isinf(load_shape.total_s):
        # The plan ends the run and waits for the requests under way. Locust's own timer, which already runs while this
        # process prepares the run, ends only what never ends.
        options.run_time = settings.lead_s + load_shape.total_s + deadline_s + LAST_REPORT_TIMEOUT_S
