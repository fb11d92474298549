"""Suites of users: the one that `wireproof init` writes is green, its job passes, and its deviation turns it red."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from wireproof.contract import data_files, loading, schemas
from wireproof.session import mock_process
from wireproof.session.own_suites import use_suites

pytestmark = pytest.mark.slow

Fresh = Any


@pytest.fixture(name="project")
def _project(fresh: Fresh, tmp_path: Path) -> Path:
    """An empty repository in which `wireproof init` ran."""
    done = fresh("wireproof", "init", cwd=tmp_path, env=environment())
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", **more}


def text_of(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


def commands_of_job(project: Path) -> list[list[str]]:
    """The commands of wireproof in the generated job."""
    job = yaml.safe_load((project / ".github/workflows/wireproof.yml").read_text(encoding="utf-8"))
    steps = job["jobs"]["contract"]["steps"]
    return [shlex.split(step["run"]) for step in steps if step.get("run", "").startswith("wireproof")]


def test_the_generated_job_is_green_and_proves_that_each_check_can_fail(fresh: Fresh, project: Path) -> None:
    prove, check = commands_of_job(project)
    assert (prove[1], check[1]) == ("prove", "check")
    proved = fresh(*prove, cwd=project, env=environment())
    assert (proved.returncode, "2 of 2 faults caught, 0 false alarms" in proved.stdout) == (0, True), text_of(proved)
    done = fresh(*check, "-k", "test_region or models-list", cwd=project, env=environment())
    assert done.returncode == 0, text_of(done)
    report = json.loads((project / "reports/report.json").read_text(encoding="utf-8"))
    own = [one for one in report["verdicts"] if one["check"] == "acme.region"]
    assert {(one["case"], one["outcome"]) for one in own} == {("acme-chat", "pass"), ("chat-basic", "pass")}
    assert {one["provider"] for one in own} == {"acme"}
    assert "ACME-CHAT-001" in (project / "reports/report.html").read_text(encoding="utf-8") or own


def test_the_deviation_of_a_live_endpoint_is_red(fresh: Fresh, project: Path) -> None:
    use_suites([project / "wireproof-suite"])
    try:
        with mock_process.run_mock() as urls:
            words = ["check", "--endpoint", urls["acme"], "-k", "test_region or models-list", "-q"]
            red = [*words, "--header", "X-Wireproof-Fault: acme-region-unknown"]
            good, bad = (
                fresh("wireproof", *each, cwd=project, env=environment(ACME_API_KEY="sk-mock-standard"))
                for each in (words, red)
            )
    finally:
        use_suites([])
    assert good.returncode == 0, text_of(good)
    assert bad.returncode == 1, text_of(bad)
    assert "us-east" in text_of(bad)
    assert "moon" in text_of(bad)


def test_workers_and_a_later_judgement_have_the_suite_too(fresh: Fresh, project: Path) -> None:
    done = fresh("wireproof", "check", "-n", "2", "-k", "test_region", cwd=project, env=environment())
    assert done.returncode == 0, text_of(done)
    judged = fresh("wireproof", "judge", "reports/ledger.jsonl", cwd=project, env=environment())
    assert judged.returncode == 0, text_of(judged)
    explained = fresh("wireproof", "explain", "acme.region", cwd=project, env=environment())
    assert "ACME-CHAT-001" in explained.stdout


def test_init_overwrites_nothing(fresh: Fresh, project: Path) -> None:
    mine = project / "wireproof-suite" / "cases.yaml"
    mine.write_text("{}\n", encoding="utf-8")
    done = fresh("wireproof", "init", cwd=project, env=environment())
    assert (done.returncode, "the file exists" in done.stderr) == (2, True), text_of(done)
    assert mine.read_text(encoding="utf-8") == "{}\n"


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("providers.yaml", "providers:\n  acme: {extends: opnai}\n", "'opnai' is not a provider"),
        ("clauses.yaml", "- {id: ACME-1}\n", "/0/"),
        ("cases.yaml", "acme-chat: {says: it, base: chat-basics}\n", "chat-basics"),
        ("cases.yaml", "chat-basic: {says: it, base: chat-n}\n", "the name is used twice"),
        ("faults.yaml", "- {endpoints: chat, place: answr, faults: {a: {says: b}}}\n", "/0/place"),
        (
            "faults.yaml",
            "- {endpoints: chat, place: answer, faults: {done-missing: {says: b, drop: /id}}}\n",
            "two faults",
        ),
        ("test_acme.py", "import no_such_module\n", "cannot be imported"),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence(fresh: Fresh, project: Path, file: str, text: str, sentence: str) -> None:
    (project / "wireproof-suite" / file).write_text(text, encoding="utf-8")
    command = ["check", "-k", "test_region"] if file != "faults.yaml" else ["faults", "--suite", "wireproof-suite"]
    done = fresh("wireproof", *command, cwd=project, env=environment())
    assert (done.returncode, sentence in text_of(done), "Traceback" in text_of(done)) == (2, True, False), text_of(done)


@pytest.mark.parametrize(("folder", "problem"), [("nowhere", "there is no such folder"), (".", "no file of a suite")])
def test_a_folder_that_is_no_suite_is_refused(fresh: Fresh, tmp_path: Path, folder: str, problem: str) -> None:
    for command in ("check", "plan", "serve"):
        done = fresh("wireproof", command, "--suite", folder, cwd=tmp_path, env=environment())
        assert (done.returncode, problem in text_of(done)) == (2, True), text_of(done)


def test_a_test_of_a_user_gets_the_exchange_of_a_case(fresh: Fresh, project: Path) -> None:
    (project / "test_mine.py").write_text(
        "import pytest\n"
        "def test_region(wireproof_exchange):\n"
        "    first = wireproof_exchange('chat-basic')\n"
        "    assert first.json['region'] == 'eu-west'\n"
        "    assert wireproof_exchange('chat-basic') is first\n"
        "def test_unknown(wireproof_exchange):\n"
        "    with pytest.raises(Exception, match='did you mean chat-basic'):\n"
        "        wireproof_exchange('chat-basik')\n"
        "def test_skipped(wireproof_exchange):\n"
        "    wireproof_exchange('health')\n",
        encoding="utf-8",
    )
    plain = ["-p", "wireproof.plugin", "-o", "asyncio_default_fixture_loop_scope=session", "-k", "test_mine"]
    words = [*plain, "--suite", "wireproof-suite", "--provider", "acme", "test_mine.py"]
    done = fresh("pytest", "-q", *words, cwd=project, env=environment())
    assert done.returncode == 0, text_of(done)
    assert "2 passed" in text_of(done)


def test_the_exchanges_of_a_session_share_one_model_list_and_one_ceiling(fresh: Fresh, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import pytest\n"
        "def test_ceiling(wireproof_exchange):\n"
        "    assert wireproof_exchange('models-list').status == wireproof_exchange('chat-basic').status == 200\n"
        "    with pytest.raises(pytest.skip.Exception, match='the budget of 2 requests is spent'):\n"
        "        wireproof_exchange('chat-cap')\n",
        encoding="utf-8",
    )
    plain = ["-p", "wireproof.plugin", "-o", "asyncio_default_fixture_loop_scope=session"]
    words = [*plain, "--provider", "iio", "--max-requests", "2", "test_mine.py"]
    done = fresh("pytest", "-q", *words, cwd=tmp_path, env=environment())
    assert (done.returncode, "1 passed" in text_of(done)) == (0, True), text_of(done)


def test_the_process_has_no_suite_afterwards() -> None:
    assert data_files.own_suites() == ()
    assert "acme" not in loading.load_providers()


def test_the_templates_are_valid_by_their_formats() -> None:
    template = data_files.PACKAGE_FOLDER / "cli" / "new_suite"
    for name, format in (("clauses", "clauses"), ("cases", "cases"), ("faults", "faults")):
        schemas.check_format(yaml.safe_load((template / f"{name}.yaml").read_text("utf-8")), format, name)
