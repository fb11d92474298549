"""How a run is wired into locust's events."""

from __future__ import annotations

import html
import sys
from argparse import ArgumentParser
from functools import cache, partial
from typing import Any

from locust import argument_parser, events
from locust.runners import MasterRunner, WorkerRunner

from wireproof.errors import WireproofError
from wireproof.load.engine import load_options, locust_buckets, run_setup
from wireproof.load.engine.master import MasterRun
from wireproof.load.engine.process_run import LocalRun
from wireproof.load.engine.run_owner import RunOwner
from wireproof.load.engine.user import LoadUser
from wireproof.load.engine.worker import WorkerRun
from wireproof.load.results import summary_text

DEFAULT_SPAWN_RATE = 100.0

UserClasses = dict[str, type[LoadUser]]


def install_listeners(users: UserClasses, default: str) -> None:
    """Listen to locust's events; `default` is the user class of a run that names none."""
    locust_buckets.install_buckets()
    # A worker makes this parser anew for each option that its master tells, and misses its heartbeats meanwhile.
    argument_parser.default_args_dict = cache(argument_parser.default_args_dict)
    at: Any = events
    at.init_command_line_parser.add_listener(_add_options)
    at.init.add_listener(partial(_join_run, users, default))


def _add_options(parser: ArgumentParser) -> None:
    load_options.add_load_options(parser)
    parser.set_defaults(spawn_rate=DEFAULT_SPAWN_RATE)
    load_options.use_own_port(parser, sys.argv[1:])


def _join_run(users: UserClasses, default: str, *, environment: Any, runner: Any, web_ui: Any, **_: Any) -> None:
    """Give this process its part in the run: worker, master, or all of it."""
    environment.available_user_classes = users
    if isinstance(runner, WorkerRunner):
        _join_as_worker(users, environment)
        return
    given = environment.parsed_options
    if not given.user_classes and not given.class_picker:
        environment.user_classes[:] = [users[default]]
    run = _set_up_run(environment, runner)
    run.listen()
    if web_ui is not None:
        web_ui.app.add_url_rule("/wireproof", "wireproof", lambda: _result_page(run))


def _join_as_worker(users: UserClasses, environment: Any) -> None:
    # Its master says which users it has.
    environment.user_classes[:] = users.values()
    run = WorkerRun(environment, environment.user_classes)
    run.listen()
    run.preload()


def _set_up_run(environment: Any, runner: Any) -> LocalRun | MasterRun:
    """The run that this process settles; the process ends where it may not be, or not so."""
    scenarios = [user.scenario for user in environment.user_classes]
    try:
        settings, cells = run_setup.set_up(environment, scenarios)
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        sys.exit(2)
    owner = RunOwner(environment, scenarios, settings, cells)
    return MasterRun(owner) if isinstance(runner, MasterRunner) else LocalRun(owner, environment.user_classes)


def _result_page(run: LocalRun | MasterRun) -> str:
    return f"<!doctype html><title>wireproof load</title><pre>{html.escape(summary_text.summary_to_text(run.summary()))}</pre>"
