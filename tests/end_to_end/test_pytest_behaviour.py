"""The plugin under pytest: selection, workers, exit codes and reports; each run in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from wireproof.contract import loading, schemas
from wireproof.evidence.exchange_json import exchange_from_json
from wireproof.evidence.ledger_reader import read_facts
from wireproof.session.send_target import SMOKE_CASES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Fresh = Any
Pytest = Callable[..., "Ended"]


class Ended:
    """The result of a run of pytest."""

    def __init__(self, run: subprocess.CompletedProcess[str], reports: Path) -> None:
        self.code, self.text, self.reports = run.returncode, run.stdout + run.stderr, reports

    @property
    def report(self) -> Any:
        return json.loads((self.reports / "report.json").read_text(encoding="utf-8"))

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the last line: passed, failed, skipped, deselected."""
        return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", self.text.splitlines()[-1])}


def ran(fresh: Fresh, folder: Path, *words: str, cwd: Path = ROOT) -> Ended:
    """Runs pytest on the mock, with its cache and reports in this folder."""
    reports = folder / f"reports-{len(list(folder.glob('reports-*')))}"
    reports.mkdir()
    own = [f"--report-dir={reports}"] if cwd == ROOT else []
    cache = ["-o", f"cache_dir={folder / 'cache'}"]
    done = fresh("pytest", *cache, *words, *own, cwd=cwd, env={**os.environ, "COLUMNS": "200"})
    return Ended(done, reports)


@pytest.fixture(name="pytest_run")
def _pytest_run(fresh: Fresh, tmp_path: Path) -> Pytest:
    return partial(ran, fresh, tmp_path)


TWO = [*(f"suites/{area}" for area in ("smoke", "health", "models", "auth", "limits")), "-q"]
TWO += ["--provider", "iio", "--provider", "aion"]


@pytest.fixture(name="alone", scope="module")
def _alone(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run of two targets in one process, with pytest's own JUnit report beside wireproof's."""
    folder = tmp_path_factory.mktemp("alone")
    return ran(fresh, folder, *TWO, f"--junitxml={folder / 'reports-0' / 'pytest.xml'}")


@pytest.fixture(name="shared", scope="module")
def _shared(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The same run by two workers."""
    return ran(fresh, tmp_path_factory.mktemp("shared"), *TWO, "-n", "2")


# The mock of a document that deviates from OpenAI's fails OpenAI's column.
FAILING = ("suites/errors", "-q", "--provider", "iio", "--fail-on", "should", "--authority", "all")


@pytest.fixture(name="failing", scope="module")
def _failing(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    folder = tmp_path_factory.mktemp("failing")
    return ran(fresh, folder, *FAILING, "--tb=short", f"--junitxml={folder / 'reports-0' / 'pytest.xml'}")


def verdicts(report: Any) -> dict[tuple[str, ...], Any]:
    """Key of a verdict → its outcome, level and clauses; messages quote times and ids, which differ between runs."""
    keyed = {
        (v["target"], v["provider"], v["check"], v["case"]): (v["outcome"], v["level"], v["clauses"])
        for v in report["verdicts"]
    }
    assert len(keyed) == len(report["verdicts"])
    return keyed


def diverging(report: Any) -> list[tuple[str, ...]]:
    return sorted((d["target"], d["check"], d["case"], d["own"], *d["openai"]) for d in report["divergences"])


def test_two_workers_reach_the_verdicts_of_one_process(alone: Ended, shared: Ended) -> None:
    assert (alone.code, shared.code) == (0, 0), shared.text[-2000:]
    assert verdicts(shared.report) == verdicts(alone.report)
    assert diverging(shared.report) == diverging(alone.report)
    for same in ("requests", "summary", "tokens", "complete"):
        assert shared.report[same] == alone.report[same]
    assert alone.counts == shared.counts


def test_the_report_and_each_line_of_the_ledger_are_valid_by_their_schemas(shared: Ended) -> None:
    schemas.check_format(shared.report, "report", "report.json")
    facts = list(read_facts(shared.reports / "ledger.jsonl"))
    for fact in facts:
        schemas.check_format(fact, "ledger", "ledger.jsonl")
    exchanges = [exchange_from_json(fact) for fact in facts if fact["kind"] == "exchange"]
    assert len(exchanges) == shared.report["requests"]
    assert [fact["verdict"] for fact in facts if fact["kind"] == "verdict"] == shared.report["verdicts"]


def test_a_run_reaches_at_least_four_verdicts_per_request(pytest_run: Pytest) -> None:
    report = pytest_run("suites", "-q", "--provider", "openai").report
    assert len(report["verdicts"]) >= 4 * report["requests"]
    assert {verdict["provider"] for verdict in report["verdicts"]} == {"openai", "wire"}


def test_an_option_takes_a_path_of_the_checkout_with_and_without_the_equals_sign(pytest_run: Pytest) -> None:
    with NamedTemporaryFile("w", suffix=".yaml", dir=ROOT / "reports") as known:
        known.write("known: []\n")
        known.flush()
        for words in ([f"--baseline={known.name}"], ["--baseline", known.name]):
            run = pytest_run("-q", "--provider", "iio", "-k", "models-list", *words)
            assert (run.code, "passed" in run.text) == (0, True), run.text[-2000:]


def test_k_selects_by_name_and_sends_only_what_is_needed(pytest_run: Pytest) -> None:
    run = pytest_run("suites", "-q", "--provider", "iio", "-k", "iio-health and not as-openai")
    assert run.code == 0, run.text[-2000:]
    needed = {case for verdict in run.report["verdicts"] for case in verdict["case"].split("+")}
    sent = {fact["case"] for fact in read_facts(run.reports / "ledger.jsonl") if fact["kind"] == "exchange"}
    assert "health" in needed
    assert not any(case.startswith("chat-") for case in needed)
    assert sent == needed | {*SMOKE_CASES}


def test_a_run_contains_the_verdicts_of_its_profile_alone(alone: Ended, pytest_run: Pytest) -> None:
    """A run on the mock has the profile `full` by default, so it has no verdicts that only `all` has."""
    every = pytest_run("suites/health", "suites/models", "-q", "--provider", "iio", "--profile", "all").report
    asked = {case for verdict in every["verdicts"] for case in verdict["case"].split("+")}
    left_out = {case for case in asked if loading.load_cases()[case].profile == "all"}
    assert left_out
    areas = {verdict["area"] for verdict in every["verdicts"]}
    plain = [one for one in alone.report["verdicts"] if one["target"] == "iio" and one["area"] in areas]
    assert verdicts({"verdicts": plain}) == {
        key: verdict for key, verdict in verdicts(every).items() if left_out.isdisjoint(key[3].split("+"))
    }


def test_m_selects_by_area_and_by_level(pytest_run: Pytest) -> None:
    run = pytest_run("suites", "-q", "--provider", "iio", "-m", "models and must")
    assert run.code == 0, run.text[-2000:]
    assert {verdict["area"] for verdict in run.report["verdicts"]} == {"models"}
    assert {verdict["level"] for verdict in run.report["verdicts"]} == {"must"}


def test_lf_runs_only_what_failed(fresh: Fresh, failing: Ended) -> None:
    again = ran(fresh, failing.reports.parent, *FAILING, "--lf")
    assert (failing.code, again.code) == (1, 1)
    assert 0 < failing.counts["failed"] < len(failing.report["verdicts"])
    assert again.counts == {"failed": failing.counts["failed"]}


def test_junit_contains_check_case_clause_level_and_authority(alone: Ended) -> None:
    cases = ET.parse(alone.reports / "pytest.xml").getroot().findall(".//testcase")
    assert len(cases) == len(alone.report["verdicts"])
    for case, verdict in zip(cases, alone.report["verdicts"], strict=True):
        properties = {one.attrib["name"]: one.attrib["value"] for one in case.findall("properties/property")}
        assert properties["check"] == verdict["check"]
        assert properties["case"] == verdict["case"]
        assert properties["level"] == verdict["level"]
        assert properties["clause"].split() == [clause["id"] for clause in verdict["clauses"]]
        assert set(properties["authority"].split()) == {clause["authority"] for clause in verdict["clauses"]}


def test_one_step_gives_the_reports_of_three_phases(failing: Ended, pytest_run: Pytest, tmp_path: Path) -> None:
    """`--setup-show` makes pytest's own protocol run."""
    three = pytest_run(*FAILING, f"--junitxml={tmp_path / 'three.xml'}", "--setup-show")
    assert (failing.code, three.code) == (1, 1)
    assert verdicts(failing.report) == verdicts(three.report)

    def junit_cases(file: Path) -> list[Any]:
        cases = ET.parse(file).getroot().iter("testcase")
        return [(case.get("classname"), case.get("name"), [part.tag for part in case]) for case in cases]

    assert junit_cases(failing.reports / "pytest.xml") == junit_cases(tmp_path / "three.xml")


def test_x_stops_at_the_first_failure_and_reports_it(pytest_run: Pytest) -> None:
    run = pytest_run(*FAILING, "-x")
    assert (run.code, run.counts["failed"]) == (1, 1)
    assert "stopping after 1 failures" in run.text
    assert sum(verdict["outcome"] == "fail" for verdict in run.report["verdicts"]) >= 1


def test_collect_only_sends_nothing(pytest_run: Pytest) -> None:
    connections: list[object] = []

    class Counter(BaseHTTPRequestHandler):
        def setup(self) -> None:
            connections.append(self.client_address)
            super().setup()

    with ThreadingHTTPServer(("127.0.0.1", 0), Counter) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        run = pytest_run("suites/smoke", "suites/models", "--collect-only", "-q", "--endpoint", url)
        server.shutdown()
        thread.join()
    assert run.code == 0
    assert "test_reachable[openai-models-list]" in run.text
    assert connections == []
    assert not (run.reports / "report.json").exists()


def test_an_empty_selection_has_the_exit_code_of_pytest(pytest_run: Pytest) -> None:
    assert pytest_run("suites/smoke", "-q", "-k", "nothing-is-called-this").code == 5


def test_an_unknown_option_has_the_exit_code_of_pytest(pytest_run: Pytest) -> None:
    assert pytest_run("suites", "--no-such-option").code == 4


def test_the_plugin_does_nothing_in_a_run_without_checks(pytest_run: Pytest, tmp_path: Path) -> None:
    """The plugin is loaded, but there are neither reports nor a section in the summary."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "conftest.py").write_text('pytest_plugins = ["wireproof.plugin"]\n')
    (folder / "test_x.py").write_text("def test_right(): pass\ndef test_wrong(): assert False\n")
    run = pytest_run("-q", "-W", "ignore", cwd=folder)
    assert run.code == 1
    assert "1 failed, 1 passed in " in run.text
    assert "wireproof" not in run.text
    assert not (folder / "reports").exists()


def test_a_failing_test_beside_the_checks_fails_the_run(pytest_run: Pytest, tmp_path: Path) -> None:
    (tmp_path / "test_beside.py").write_text("def test_wrong(): assert False\n")
    run = pytest_run("suites/health", str(tmp_path / "test_beside.py"), "-q", "--provider", "iio")
    assert run.code == 1
    assert run.counts["failed"] == 1


def test_a_failure_shows_requirement_values_clause_and_a_curl_command(failing: Ended) -> None:
    for word in (
        "requirement  ",
        "expected     status 404",
        "actual       422",
        "clause       OPENAI-",
        "repeat       curl ",
    ):
        assert word in failing.text
    assert "Bearer $IIO_API_KEY" in failing.text
    assert "iio-dev-mock" not in failing.text
    assert "Traceback" not in failing.text


def test_an_extended_provider_is_judged_by_its_own_values_and_by_openais(pytest_run: Pytest, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    refusals = {"unknown-model": {"status": [400], "code": ["unknown_model"]}}
    mine.write_text(json.dumps({"providers": {"mine": {"extends": "openai", "errors": {"refusals": refusals}}}}))

    ended = pytest_run(
        "suites/errors", f"--providers={mine}", "--provider", "mine", "-k", "test_refused and unknown-model"
    )

    assert ended.code == 0, ended.text
    by_contract = {(v["provider"], v["case"]): v["outcome"] for v in ended.report["verdicts"]}
    assert by_contract["mine", "errors-unknown-model"] == "pass"
    assert by_contract["openai", "errors-unknown-model"] == "fail"
    assert [found["target"] for found in ended.report["divergences"]] == ["mine"] * len(ended.report["divergences"])
    assert "errors-unknown-model" in {found["case"] for found in ended.report["divergences"]}
