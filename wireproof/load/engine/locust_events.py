"""The registration of a run with locust's events."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Collection
from functools import cache, partial
from typing import Any

from locust import argument_parser, events
from locust.runners import MasterRunner, WorkerRunner

from wireproof.errors import WireproofError
from wireproof.load.engine import load_options, locust_buckets, locust_tables, run_setup, web_form
from wireproof.load.engine.master import MasterRun
from wireproof.load.engine.process_run import LocalRun
from wireproof.load.engine.run_owner import RunOwner
from wireproof.load.engine.user import LoadUser
from wireproof.load.engine.worker import WorkerRun
from wireproof.load.scenario.scenario import unknown_scenario

DEFAULT_SPAWN_RATE = 100.0
# The seconds after which a browser reads the page of a run again.
RELOAD_S = 5

UserClasses = dict[str, type[LoadUser]]


def install_listeners(users: UserClasses, default: str, scenarios: Collection[str]) -> None:
    """Registers with locust's events; `default` is the user class of a run that names no scenario."""
    locust_buckets.install_buckets()
    # A worker would rebuild this parser for each option that its master sends, and miss its heartbeats meanwhile.
    argument_parser.default_args_dict = cache(argument_parser.default_args_dict)
    listeners: Any = events
    listeners.init_command_line_parser.add_listener(partial(_add_options, {*scenarios, *users}, scenarios))
    listeners.init.add_listener(partial(_join_run, users, default))


def _add_options(names: Collection[str], scenarios: Collection[str], parser: ArgumentParser, **_: Any) -> None:
    def existing_user(name: str) -> str:
        # Locust would end with exit code 1, and name no scenario that exists.
        if name not in names:
            print(f"wireproof: {unknown_scenario(name, scenarios)}", file=sys.stderr)
            sys.exit(2)
        return name

    for action in parser._actions:
        if action.dest == "user_classes":
            action.type = existing_user
    load_options.add_load_options(parser)
    web_form.show_in_form(parser)
    text = "base URL of the API to load, as --host"
    parser.add_argument("--endpoint", dest="host", metavar="URL", default=SUPPRESS, help=text)
    parser.set_defaults(spawn_rate=DEFAULT_SPAWN_RATE)
    if level := locust_tables.quiet_log_level(sys.argv[1:]):
        parser.set_defaults(loglevel=level)
    load_options.use_own_port(parser, sys.argv[1:])


def _join_run(users: UserClasses, default: str, *, environment: Any, runner: Any, web_ui: Any, **_: Any) -> None:
    """Sets up this process as a worker, as the master, or as the only process of the run."""
    environment.available_user_classes = users
    locust_tables.silence_tables(environment.parsed_options)
    if isinstance(runner, WorkerRunner):
        _join_as_worker(users, environment)
        return
    options = environment.parsed_options
    if not options.user_classes and not options.class_picker:
        environment.user_classes[:] = [users[default]]
    run = _set_up_run(environment, runner)
    run.listen()
    if web_ui is not None:
        web_ui.app.add_url_rule("/wireproof", "wireproof", lambda: _result_page(run))
        host = environment.parsed_options.web_host or "localhost"
        page = f"http://{host}:{environment.parsed_options.web_port}/wireproof"
        print(f"wireproof load: TTFT, ITL and all other figures of the run, with charts: {page}", file=sys.stderr)


def _join_as_worker(users: UserClasses, environment: Any) -> None:
    # The master names the users that it wants of these.
    environment.user_classes[:] = users.values()
    run = WorkerRun(environment, environment.user_classes)
    run.listen()
    run.preload()


def _set_up_run(environment: Any, runner: Any) -> LocalRun | MasterRun:
    """Returns the run that this process controls; exits with 2 if the run is not allowed or misconfigured."""
    scenarios = [user.scenario for user in environment.user_classes]
    try:
        settings, cells = run_setup.set_up(environment, scenarios)
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        sys.exit(2)
    owner = RunOwner(environment, scenarios, settings, cells)
    return MasterRun(owner) if isinstance(runner, MasterRunner) else LocalRun(owner, environment.user_classes)


def _result_page(run: LocalRun | MasterRun) -> str:
    """load.html of the figures so far, which a browser reloads; its charts have TTFT, those of locust cannot."""
    # Imported late: a run without a web UI starts sooner without the template engine.
    from wireproof.load.pages.load_page import load_page

    return load_page(run=run.summary()).replace(
        "<head>", f'<head>\n<meta http-equiv="refresh" content="{RELOAD_S}">', 1
    )
