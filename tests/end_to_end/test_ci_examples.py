"""The files for the CI of users: the script of the action, the examples of docs/ci.md, the image."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)


class Step:
    """One run of the step that judges, with a stub of `wireproof` that records its arguments and exits with `code`."""

    def __init__(self, folder: Path, code: int, **inputs: str) -> None:
        stub = folder / "bin" / "wireproof"
        stub.parent.mkdir()
        stub.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/called\n'
            f"mkdir -p reports\necho told > reports/summary.md\nexit {code}\n"
        )
        stub.chmod(0o755)
        values = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()} | inputs
        step = STEPS["Judge the endpoint"]
        variables = {
            name: values[re.fullmatch(r"\$\{\{ inputs\.(.+) \}\}", value)[1]] for name, value in step["env"].items()
        }  # type: ignore[index]
        files = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary")}
        path = f"{stub.parent}:{os.environ['PATH']}"
        self._folder = folder
        self.code = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env={"PATH": path, **variables, **files},
            check=False,
            timeout=60,
        ).returncode

    def text_of(self, name: str) -> str:
        file = self._folder / name
        return file.read_text() if file.exists() else ""


@pytest.mark.parametrize(
    ("policy", "code", "left"),
    [
        pytest.param(policy, code, left, id=f"{policy}-{code}")
        for policy, leaves in {"strict": (0, 1, 2), "broken": (0, 1, 0), "never": (0, 0, 0)}.items()
        for code, left in enumerate(leaves)
    ],
)
def test_the_exit_policy_decides_what_fails_the_step(tmp_path: Path, policy: str, code: int, left: int) -> None:
    step = Step(tmp_path, code, **{"exit-policy": policy, "report-dir": "reports"})
    assert step.code == left
    assert f"exit-code={code}\noutcome={('holds', 'broken', 'unjudged')[code]}\n" in step.text_of("output")
    assert step.text_of("summary") == "told\n"


def test_an_unknown_exit_policy_is_refused(tmp_path: Path) -> None:
    step = Step(tmp_path, 0, **{"exit-policy": "lenient"})
    assert (step.code, step.text_of("called")) == (2, "")


def test_inputs_become_arguments_and_never_commands(tmp_path: Path) -> None:
    hostile = 'x"; touch owned; $(touch owned) `touch owned`'
    step = Step(
        tmp_path,
        0,
        endpoint=hostile,
        model="m embeddings=e",
        key="sk-1",
        arguments="--tier\nfree tier",
        summary="false",
    )
    called = step.text_of("called").splitlines()
    assert not (tmp_path / "owned").exists()
    assert called[called.index("--endpoint") + 1] == hostile
    assert [called[at + 1] for at, word in enumerate(called) if word == "--model"] == ["m", "embeddings=e"]
    assert called[called.index("--key-env") + 1] == "WIREPROOF_KEY"
    assert called[-2:] == ["--tier", "free tier"]
    assert "sk-1" not in called
    assert step.text_of("summary") == ""


def test_the_step_writes_every_output_of_the_action(tmp_path: Path) -> None:
    written = dict(line.split("=", 1) for line in Step(tmp_path, 0).text_of("output").splitlines())
    assert written.keys() == ACTION["outputs"].keys()


def test_no_script_contains_an_input() -> None:
    assert not [name for name, step in STEPS.items() if "${{" in step.get("run", "")]


def test_the_examples_have_ten_lines_at_most_and_are_valid() -> None:
    assert {language for language, _ in EXAMPLES} == {"sh", "yaml"}
    for language, text in EXAMPLES:
        assert len(text.splitlines()) <= 10
        if language == "yaml":
            assert isinstance(yaml.safe_load(text), dict)
        else:
            subprocess.run(["bash", "-n", "-c", text], check=True, timeout=60)


@pytest.mark.parametrize(
    ("schema", "word"), [("github-actions", ""), ("github-workflows", "runs-on"), ("gitlab-ci", "image:")]
)
def test_the_action_and_the_examples_are_valid_by_the_schemas_of_their_hosts(
    tmp_path: Path, schema: str, word: str
) -> None:
    file = ROOT / "action.yml"
    if word:
        file = tmp_path / "example.yml"
        file.write_text(next(text for language, text in EXAMPLES if language == "yaml" and word in text))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_for_github_names_existing_inputs() -> None:
    (text,) = [text for language, text in EXAMPLES if "runs-on" in text]
    (step,) = [step for step in yaml.safe_load(text)["jobs"]["contract"]["steps"] if "wireproof" in step["uses"]]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    for name in ACTION["inputs"]:
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize("command", ["check", "compare", "history", "judge", "matrix", "report"])
def test_every_option_in_the_examples_is_in_the_help_of_its_command(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wireproof", command, "--help"], capture_output=True, text=True, timeout=60
    )
    used = re.findall(rf"wireproof {command}( [^#\n`]*)", "\n".join(text for _, text in EXAMPLES))
    for option in {word for line in used for word in re.findall(r"--[a-z-]+", line)}:
        assert option in done.stdout


def test_the_image_contains_only_the_wheel() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^(?:COPY|ADD) (\S+)", lines, re.M) == ["dist/wireproof-*-py3-none-any.whl"]
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8").split() == ["*", "!dist/wireproof-*.whl"]
    (user,) = re.findall(r"^USER (\d+)$", lines, re.M)
    assert f"--uid {user} " in lines
