"""How a run is wired into locust's events."""

from __future__ import annotations

import html
import sys
from argparse import ArgumentParser
from functools import cache
from typing import Any

from locust import argument_parser, events
from locust.runners import WorkerRunner

from wireproof.errors import WireproofError
from wireproof.load import options, stats, summary_text
from wireproof.load.run import END, Run
from wireproof.load.user import LoadUser

SPAWN_RATE = 100.0


def install(users: dict[str, type[LoadUser]], default: str) -> None:
    """Listen to locust's events; `default` is the user class of a run that names none."""
    stats.install()
    # A worker makes this parser anew for each option that its master tells, and misses its heartbeats meanwhile.
    argument_parser.default_args_dict = cache(argument_parser.default_args_dict)

    at: Any = events

    def _options(parser: ArgumentParser) -> None:
        options.add(parser)
        parser.set_defaults(spawn_rate=SPAWN_RATE)
        options.keep_apart(parser, sys.argv[1:])

    def _init(environment: Any, runner: Any, web_ui: Any, **_: Any) -> None:
        given = environment.parsed_options
        environment.available_user_classes = users
        if isinstance(runner, WorkerRunner):
            # Its master says which users it has.
            environment.user_classes[:] = users.values()
        elif not given.user_classes and not given.class_picker:
            environment.user_classes[:] = [users[default]]
        run = Run(environment, environment.user_classes)
        _listen(environment, run)
        if isinstance(runner, WorkerRunner):
            runner.register_message(END, lambda **_: runner.stop())
            run.warm()
            return
        try:
            run.prepare()
        except WireproofError as error:
            print(f"wireproof: {error}", file=sys.stderr)
            sys.exit(2)
        if web_ui is not None:
            web_ui.app.add_url_rule("/wireproof", "wireproof", lambda: _page(run))

    at.init_command_line_parser.add_listener(_options)
    at.init.add_listener(_init)


def _page(run: Run) -> str:
    return f"<!doctype html><title>wireproof load</title><pre>{html.escape(summary_text.text(run.summary()))}</pre>"


def _listen(environment: Any, run: Run) -> None:
    at = environment.events
    at.test_start.add_listener(run.start)
    at.test_stop.add_listener(run.stop)
    at.report_to_master.add_listener(lambda client_id, data: run.report(data))
    at.worker_report.add_listener(run.collect)
    at.worker_connect.add_listener(run.joined)
    at.quitting.add_listener(run.finish)
