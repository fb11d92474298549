"""Words that name nothing: each ends a command with exit code 2 and the word that was probably meant."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wireproof.session import mock_process

pytestmark = pytest.mark.slow

# The ceiling ends the run, however slow the machine is.
FOUR_REQUESTS = ("-u", "2", "-t", "60s", "--max-requests", "4")
ONE_STEP = ("--slo", "e2e=5000", "--by", "users", "-t", "60", "--steps", "1", "--max-requests", "4")
Wireproof = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["openai"]


@pytest.fixture(name="wireproof")
def _wireproof(tmp_path: Path) -> Wireproof:
    """Runs a command in a process of its own, since some replace their process by another."""

    def wireproof(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wireproof", *words]
        own = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
        environment = {**own, "OPENAI_API_KEY": "sk-mock-standard", "COLUMNS": "400"}
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300)

    return wireproof


def assert_not_judged(ended: subprocess.CompletedProcess[str], *sentences: str) -> None:
    text = " ".join((ended.stdout + ended.stderr).split())
    missing = [sentence for sentence in sentences if sentence not in " ".join(text.split())]
    assert (ended.returncode, missing, "Traceback" in text) == (2, [], False), text[-3000:]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["chek"], "did you mean check?"),
        (["check", "--provder", "iio"], "wireproof check --provder: there is no such option; did you mean --provider"),
        (["check", "--maxfial=3"], "did you mean --maxfail"),
        (["check", "--authority", "opanai"], "did you mean openai?"),
        (["check", "--provider", "oi-intelligence"], "unknown provider; did you mean io-intelligence"),
        (["compare", "a", "b", "--tolerence=1"], "there is no such option; did you mean --tolerance"),
        (["compare", "a", "b", "--fail-on", "shuld"], "did you mean should?"),
        (["limits", "--patence", "3"], "did you mean --patience"),
        (["load", "strem"], "strem: there is no such scenario; did you mean stream"),
        (["load", "--worker", "--master"], "--master"),
        (["load", "stream", "--modle", "x"], "wireproof load: error: unrecognized arguments: --modle"),
        (["load", "stream", "--processes=-5"], "Invalid --processes count -5"),
        (["sweep", "strem"], "strem: there is no such scenario; did you mean stream"),
        (["sweep", "stream", "--modle", "x"], "unrecognized arguments: --modle x Did you mean '--model'?"),
        (["failover", "iio-failovr"], "iio-failovr: there is no such scenario; did you mean iio-failover"),
    ],
)
def test_a_word_that_is_not_known_is_answered_with_the_likely_one(
    wireproof: Wireproof, words: list[str], sentence: str
) -> None:
    assert_not_judged(wireproof(*words), sentence)


def test_an_address_that_is_not_the_base_url_is_answered_with_the_likely_one(wireproof: Wireproof, served: str) -> None:
    above, meant = served.removesuffix("/v1"), f"did you mean --endpoint {served}?"
    assert_not_judged(wireproof("check", "--endpoint", above), "expected a list of models", meant)
    for wrong in (above, f"{served}/v1", f"{served}/chat/completions"):
        assert_not_judged(wireproof("check", "--endpoint", wrong, "--model", "gpt-5-mini"), meant)
    assert_not_judged(wireproof("limits", "--endpoint", above, "--model", "gpt-5-mini"), meant)


def test_load_on_an_address_that_is_not_the_base_url_measures_nothing(wireproof: Wireproof, served: str) -> None:
    above, meant = served.removesuffix("/v1"), f"did you mean --endpoint {served}?"
    at = ("chat", "--host", above, "--model", "gpt-5-mini")
    assert_not_judged(wireproof("load", *at, *FOUR_REQUESTS), "every request was answered with 404", meant)
    assert_not_judged(wireproof("sweep", *at, *ONE_STEP), meant)


def test_load_on_a_host_that_does_not_answer_measures_nothing(wireproof: Wireproof) -> None:
    at = ("chat", "--host", "http://127.0.0.1:9/v1", "--model", "x")
    assert_not_judged(wireproof("load", *at, *FOUR_REQUESTS), "no request reached the API")
    assert_not_judged(wireproof("sweep", *at, *ONE_STEP), "no request reached")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "gpt-5-mni"], "; did you mean gpt-5-mini"),
        (
            ["--model", "embeddings=text-embeding-3", "-k", "embeddings or chat-basic"],
            "it is not listed, and answered with 404; did you",
        ),
    ],
)
def test_a_model_that_is_neither_listed_nor_served_is_answered_with_a_listed_one(
    wireproof: Wireproof, served: str, options: list[str], sentence: str
) -> None:
    assert_not_judged(wireproof("check", "--endpoint", served, *options), sentence)
