"""One run as one process of it sees it: from the hosts to the result and the exit code."""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gevent
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from wireproof import aim
from wireproof.errors import ConfigError
from wireproof.load import budget, cells, options, plan, scenario, slo, summary, watch
from wireproof.load.book import Book
from wireproof.load.user import LoadUser

DOUBTED = 3


class Run:
    """What one process keeps of a run beside locust's statistics."""

    def __init__(self, environment: Any, chosen: Sequence[type[LoadUser]]) -> None:
        self.environment, self.chosen = environment, chosen
        self.cells: cells.Cells | None = None
        self.watching: Any = None
        self.book = Book(environment.stats.get, environment.events.request.fire)

    def prepare(self) -> None:
        """Find or start the hosts, and hold the run against its bounds; workers are told by their master."""
        given = self.environment.parsed_options
        given.objectives = slo.objectives(given.slo)
        given.bar = error_bar(given.error_bar)
        hosts = (self.environment.host or "").split(",") if self.environment.host else []
        given.local = given.own_cells or not hosts
        whole = budget.ceilings(options.ceilings_of(given), hosts, allowed=given.i_may_load_this_host)
        if not hosts:
            self.cells = cells.start(given.provider, given.cells, given.latency, given.providers)
            hosts = list(self.cells.hosts)
            self.environment.host = ",".join(hosts)
        given.hosts = hosts
        given.max_requests, given.max_output_tokens, given.max_cost = whole.requests, whole.output_tokens, whole.dollars
        known = plan.targets(given, hosts, dict(aim.environment()), local=given.local)
        for user in self.chosen:
            scenario.shots(user.scenario, known[0])
        print(f"wireproof load: {', '.join(hosts)} ({given.provider}); seed {given.seed}; {whole}", file=sys.stderr)

    def start(self, **_: Any) -> None:
        """Make the plan of this process; the master only hands out the shares."""
        given, runner = self.environment.parsed_options, self.environment.runner
        self.book.clear()
        if isinstance(runner, MasterRunner):
            given.workers = [client.id for client in runner.clients.values()]
            return
        workers = given.workers if isinstance(runner, WorkerRunner) else [""]
        index = workers.index(runner.client_id) if isinstance(runner, WorkerRunner) else 0
        known = plan.targets(given, given.hosts, dict(aim.environment()), local=given.local)
        self.book.objectives = given.objectives
        LoadUser.plan = plan.plan(given, known, options.ceilings_of(given), index, len(workers))
        LoadUser.book, LoadUser.spent = self.book, self.spent
        self.watching = gevent.spawn(watch.beat, self.book)

    def spent(self) -> None:
        """A ceiling is reached and nothing is under way: a run of one process ends; of several, each stops sending."""
        if isinstance(self.environment.runner, LocalRunner) and self.environment.parsed_options.headless:
            gevent.spawn(self.environment.runner.quit)

    def stop(self, **_: Any) -> None:
        """Enter what still waits."""
        if self.watching is not None:
            self.watching.kill()
            self.watching = None
            schedule = LoadUser.plan.schedule
            if schedule is not None:
                self.book.counts["schedule/due"] = schedule.given
                self.book.counts["schedule/missed"] = schedule.missed
        self.book.flush()

    def report(self, data: dict[str, Any], **_: Any) -> None:
        """Hand the counts since the last report to the master."""
        data["wireproof"] = {"counts": dict(self.book.counts), "samples": dict(self.book.samples)}
        self.book.counts.clear()
        self.book.samples.clear()

    def collect(self, data: dict[str, Any], **_: Any) -> None:
        """Add the counts of a worker."""
        told = data.get("wireproof", {"counts": {}, "samples": {}})
        self.book.counts.update(told["counts"])
        for key, details in told["samples"].items():
            self.book.keep(key, details)

    def summary(self) -> Any:
        """The result so far."""
        given, runner = self.environment.parsed_options, self.environment.runner
        setting = {
            "provider": given.provider,
            "hosts": given.hosts,
            "local_latency": given.latency if given.local else None,
            "rate": given.rate,
            "arrivals": given.arrivals if given.rate else None,
            "users": runner.target_user_count or 0,
            "jitter_s": None if given.rate else given.jitter,
            "seed": given.seed,
            "objectives": given.objectives,
            "error_bar": given.bar,
        }
        return summary.summary(self.environment.stats, self.book.counts, self.book.samples, setting)

    def finish(self, **_: Any) -> None:
        """Print and write the result, end the cells, and say by the exit code whether to believe it."""
        given = self.environment.parsed_options
        self.stop()
        if isinstance(self.environment.runner, WorkerRunner):
            return
        if self.cells is not None:
            self.cells.stop()
        found = self.summary()
        if given.summary:
            Path(given.summary).write_text(json.dumps(found, indent=1), encoding="utf-8")
        if given.csv_prefix:
            summary.write_csv(found, Path(f"{given.csv_prefix}_wireproof.csv"))
        if given.html_file and Path(given.html_file).is_file():
            _into_page(Path(given.html_file), summary.text(found))
        print(summary.text(found))
        if given.strict and not found["valid"]:
            self.environment.process_exit_code = DOUBTED


def error_bar(file: str | None) -> Any:
    """What a calibration measured; ConfigError where the file does not read."""
    if file is None:
        return None
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))["error_bar"]
    except (OSError, ValueError, KeyError, TypeError):
        remedy = "make it by `wireproof calibrate --write FILE`"
        raise ConfigError(f"--error-bar {file}", "it holds no error bar", remedy) from None


def _into_page(file: Path, told: str) -> None:
    """Put the result with its definitions at the end of locust's report."""
    page = file.read_text(encoding="utf-8")
    part = f'<pre id="wireproof" style="padding:1em;white-space:pre-wrap">{html.escape(told)}</pre></body>'
    file.write_text(page.replace("</body>", part, 1), encoding="utf-8")
