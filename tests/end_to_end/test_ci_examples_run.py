"""The action and the examples of docs/ci.md, run from the wheel in an empty folder, as a new user runs them.

With WIREPROOF_BARE=1, pip installs the dependencies from its index into an empty environment.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from wireproof.mock.control import FAULT_HEADER
from wireproof.report.write_files import REPORT_VIEWS
from wireproof.session import mock_process

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "docs/ci.md").read_text(encoding="utf-8"), re.M | re.S)
KEY = "sk-mock-standard.walked"
ENDPOINT, MODEL = "https://gateway.example/v1", "my-model"
FEW = ("-k", "models-list or chat-basic]")
# Seconds; pip needs minutes on a busy machine if it installs everything from its index.
GIVEN_UP = 1200


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["openai"]


@pytest.fixture(name="outside", scope="module")
def _outside(wheel: Path) -> Mapping[str, str]:
    """The environment variables of a user whose pip finds the wheel by the name of the project."""
    basic = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "1", "PIP_FIND_LINKS": str(wheel.parent)}
    # One case suffices for the assertions about a run.
    quiet |= {"PYTEST_ADDOPTS": "-k 'models-list'", "PIP_NO_COMPILE": "1"}
    if os.environ.get("WIREPROOF_BARE"):
        pinned = wheel.with_name("pinned.txt")
        pinned.write_text(f"wireproof @ {wheel.as_uri()}\n")
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return {**basic, **pip, **quiet, "PIP_CONSTRAINT": str(pinned)}
    # The dependencies are those of the environment of this test, which contains wireproof only as a link.
    return {
        **basic,
        **quiet,
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_IGNORE_INSTALLED": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }


class Job:
    """Runs the steps of the action one after another, as a runner of GitHub does."""

    def __init__(self, folder: Path, outside: Mapping[str, str], **inputs: str) -> None:
        self.folder, self.failed = folder, False
        self.output, self.steps = "", {"check": {"outputs": dict[str, str]()}}
        self._inputs = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()} | inputs
        self._outside = {**outside, "RUNNER_TEMP": str(folder / "temp")}
        (folder / "temp").mkdir()
        for step in ACTION["runs"]["steps"]:
            if self._applies(step.get("if", "success()")):
                self._run_step(step)

    @property
    def outputs(self) -> dict[str, str]:
        return {name: self._expand(output["value"]) for name, output in ACTION["outputs"].items()}

    def _run_step(self, step: Mapping[str, Any]) -> None:
        values = {name: self._expand(value) for name, value in (step.get("env") or step["with"]).items()}
        if "uses" in step:
            assert step["uses"].startswith("actions/upload-artifact@")
            shutil.copytree(self.folder / values["path"], self.folder / "kept" / values["name"])
            return
        assert step["shell"] == "bash"
        files = {name: self.folder / "temp" / name for name in ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        added = files["GITHUB_PATH"].read_text().split()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={
                **self._outside,
                **values,
                **{name: str(file) for name, file in files.items()},
                "PATH": ":".join([*reversed(added), self._outside["PATH"]]),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=GIVEN_UP,
            check=False,
        )
        self.output, self.failed = self.output + done.stdout, self.failed or done.returncode != 0
        if "id" in step:
            lines = files["GITHUB_OUTPUT"].read_text().splitlines()
            self.steps[step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines)}
        self.code, self.summary = done.returncode, files["GITHUB_STEP_SUMMARY"].read_text()

    def _applies(self, condition: str) -> bool:
        terms = [term.strip() for term in condition.split("&&")]
        if self.failed and "always()" not in terms:
            return False
        compared = [re.fullmatch(r"inputs\.(\S+) != ''", term) for term in terms if not term.endswith("()")]
        return all(self._inputs[match[1]] for match in compared)  # type: ignore[index]

    def _expand(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: self._value(match[1]), str(text))

    def _value(self, name: str) -> str:
        first, *rest = name.split(".")
        if first == "steps":
            return self.steps[rest[0]]["outputs"].get(rest[2], "")
        return {"inputs": self._inputs, "github": {"action_path": str(ROOT)}}[first][rest[0]]


@pytest.fixture(name="installed", scope="module")
def _installed(wheel: Path, outside: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment variables after the step that installs; an invalid policy ends the step that judges at once."""
    folder = tmp_path_factory.mktemp("installed")
    job = Job(folder, outside, install=str(wheel), artifact="", **{"exit-policy": "none of these"})
    assert (job.code, "exit-policy is strict, broken or never" in job.output) == (2, True), job.output
    (added,) = (folder / "temp" / "GITHUB_PATH").read_text().split()
    assert (Path(added) / "wireproof").is_file()
    return {**outside, "PATH": f"{added}:{outside['PATH']}"}


def test_the_action_writes_its_outputs_summary_and_reports(
    installed: Mapping[str, str], served: str, tmp_path: Path
) -> None:
    job = Job(tmp_path, installed, install="", endpoint=served, key=KEY, arguments="\n".join(FEW))
    assert (job.code, job.failed) == (0, False), job.output
    reports = tmp_path / "wireproof-reports"
    assert job.outputs["exit-code"] == "0"
    assert job.outputs["outcome"] == "holds"
    assert json.loads((tmp_path / job.outputs["report"]).read_text())["exit"] == 0
    assert json.loads((tmp_path / job.outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert job.summary == (reports / "summary.md").read_text()
    assert "the contract holds" in job.summary
    assert {*REPORT_VIEWS, "ledger.jsonl"} <= {file.name for file in (tmp_path / "kept/wireproof-reports").iterdir()}
    assert KEY not in job.output + "".join(file.read_text() for file in reports.iterdir() if file.is_file())


@pytest.mark.parametrize(
    ("policy", "fault", "outcome", "code"),
    [
        pytest.param("strict", "bare-lf", "broken", 1, id="broken-and-strict"),
        pytest.param("never", "bare-lf", "broken", 0, id="broken-and-never"),
        pytest.param("broken", "", "unjudged", 0, id="unjudged-and-broken"),
    ],
)
def test_the_exit_policy_decides_the_exit_code_of_the_action(
    installed: Mapping[str, str], served: str, tmp_path: Path, policy: str, fault: str, outcome: str, code: int
) -> None:
    arguments = [*FEW, "--header", f"{FAULT_HEADER}: {fault}"] if fault else [*FEW, "--deadline", "connect=1"]
    endpoint = served if fault else "http://127.0.0.1:9/v1"
    inputs = {"exit-policy": policy, "arguments": "\n".join(arguments), "endpoint": endpoint, "key": KEY}
    job = Job(tmp_path, installed, install="", **inputs)
    assert (job.code, job.outputs["outcome"]) == (code, outcome), job.output
    # The summary and the reports are written whatever the outcome is.
    assert re.search("fails? the run" if fault else "could not be judged", job.summary)
    assert (tmp_path / "kept/wireproof-reports/report.html").is_file()


def test_without_an_endpoint_the_action_judges_the_reference_server(
    installed: Mapping[str, str], tmp_path: Path
) -> None:
    inputs = {"provider": "iio aion", "arguments": "-m\nsmoke", "report-dir": "here", "summary": "false"}
    job = Job(tmp_path, installed, install="", artifact="", **inputs)
    assert (job.code, job.summary) == (0, ""), job.output
    report = json.loads((tmp_path / "here/report.json").read_text())
    assert [target["name"] for target in report["targets"]] == ["iio", "aion"]
    assert not (tmp_path / "kept").exists()


def run_example(text: str, served: str, folder: Path, outside: Mapping[str, str]) -> str:
    """Runs an example with its placeholders replaced; returns its output."""
    for placeholder, value in ((ENDPOINT, served), (MODEL, "gpt-4.1-mini"), ("…", KEY)):
        text = text.replace(placeholder, value)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={**outside, "OPENAI_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=GIVEN_UP,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def example(word: str) -> str:
    (text,) = [text for _, text in EXAMPLES if word in text]
    return text


def test_the_plain_shell_example_needs_nothing_but_python(
    outside: Mapping[str, str], served: str, tmp_path: Path
) -> None:
    output = run_example(example("-m venv"), served, tmp_path, outside)
    assert "reports: reports/report.html" in output
    assert {*REPORT_VIEWS, "ledger.jsonl"} <= {file.name for file in (tmp_path / "reports").iterdir()}


def test_the_gitlab_example_writes_its_artifacts(installed: Mapping[str, str], served: str, tmp_path: Path) -> None:
    job = yaml.safe_load(example("artifacts:"))["contract"]
    run_example("\n".join(job["script"]).replace("pip install wireproof", "true"), served, tmp_path, installed)
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).is_file()
    assert (tmp_path / job["artifacts"]["paths"][0]).is_dir()


def test_the_examples_over_time_show_a_kept_run(installed: Mapping[str, str], served: str, tmp_path: Path) -> None:
    output = run_example(example("wireproof history"), served, tmp_path, installed)
    assert "1 runs, " in output
    assert (tmp_path / "history.csv").read_text().startswith("target,contract,check,runs,")
    assert "report.html#verdicts" in (tmp_path / "matrix.html").read_text()


def test_the_example_of_an_interrupted_run_finishes_it(
    installed: Mapping[str, str], served: str, tmp_path: Path
) -> None:
    few = f"wireproof check --endpoint {ENDPOINT} -q -k '{FEW[1]}'"
    run_example(few, served, tmp_path, installed)
    ledger = tmp_path / "reports/ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[: len(whole) // 3])
    output = run_example(example("--resume"), served, tmp_path, installed)
    assert ledger.read_bytes().startswith(whole[: len(whole) // 3])
    assert "incomplete" not in output
    assert json.loads((tmp_path / "reports/report.json").read_text())["complete"] is True
