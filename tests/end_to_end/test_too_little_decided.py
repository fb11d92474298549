"""Runs in which nothing fails and next to nothing is decided: none ends with 0 or says that the contract holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import schemas
from wireproof.report import finished_run
from wireproof.session import mock_process

pytestmark = pytest.mark.slow

Fresh = Any
HOLDS = "the contract holds"
LIMITED = "the target answered 429, too many requests"
NO_CHAT = "the shape of a plain chat answer, the end of a stream"


class Judged:
    """The exit code, the output and the reports of a run."""

    def __init__(self, code: int, text: str, folder: Path) -> None:
        self.code, self.text, self.folder = code, text, folder

    @property
    def report(self) -> Any:
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    def could_not_judge(self, *sentences: str) -> None:
        """Asserts exit code 2, the sentences in the output and each report, and no word of success anywhere."""
        line = " ".join(self.text.split())
        assert (self.code, [one for one in sentences if one not in line]) == (2, []), self.text[-3000:]
        assert "Traceback" not in self.text
        schemas.check_format(self.report, "report", "report.json")
        assert self.report["exit"] == 2
        # One line for the document, and one for the wire if its core was not decided either.
        assert len(self.report["too_little"]) in {1, 2}
        for name in ("summary.md", "report.html", "badge.json"):
            assert HOLDS not in (self.folder / name).read_text(encoding="utf-8").lower()
        assert "too little could be judged" in (self.folder / "summary.md").read_text(encoding="utf-8")
        assert '"not judged"' in (self.folder / "badge.json").read_text(encoding="utf-8")


Run = Callable[..., Judged]
Start = Callable[..., Judged]


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[Any]:
    with mock_process.run_mock() as urls:
        yield urls


@pytest.fixture(name="start", scope="module")
def _start(fresh: Fresh, served: Any) -> Start:
    def start(
        folder: Path, key: str, *words: str, provider: str = "aion", front: tuple[str, ...] = ("wireproof", "check")
    ) -> Judged:
        command = [*front, "-q", "-p", "no:cacheprovider", "--provider", provider, "--endpoint", served[provider]]
        command += ["--key-env", "SOME_KEY", f"--report-dir={folder}", *words]
        done = fresh(*command, env={**os.environ, "COLUMNS": "200", "SOME_KEY": key})
        return Judged(done.returncode, done.stdout + done.stderr, folder)

    return start


@pytest.fixture(name="run")
def _run(start: Start, tmp_path: Path) -> Run:
    return partial(start, tmp_path)


GOOD = "aion-mock-standard"


@pytest.fixture(name="good", scope="module")
def _good(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """A run on the server as it is, shared by the tests of its reports; nobody changes them."""
    good = start(tmp_path_factory.mktemp("good"), GOOD)
    assert good.code == 0, good.text[-3000:]
    return good


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("aion-mock-standard-exhausted", id="from-the-first-request"),
        pytest.param("aion-mock-standard-last", id="from-the-second-request"),
    ],
)
def test_an_endpoint_that_answers_429_is_not_judged(run: Run, key: str) -> None:
    run(key).could_not_judge(NO_CHAT, LIMITED, "--pace N may help", " met a 429 (--pace N)")


def test_workers_of_xdist_obey_the_same_rule(run: Run) -> None:
    few = ("-k", "chat-basic or chat-stream")
    run("aion-mock-standard-exhausted", "-n", "2", *few).could_not_judge(NO_CHAT, LIMITED)


def test_a_run_cut_short_by_its_budget_is_not_judged(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    cut = run(GOOD, "--max-requests", "1")
    cut.could_not_judge(NO_CHAT, "the budget of 1 requests is spent", "--max-requests N may help")

    assert main.main(["judge", str(cut.folder / "ledger.jsonl")]) == 2
    assert NO_CHAT in capsys.readouterr().out
    assert main.main(["report", str(cut.folder / "ledger.jsonl"), "--into", str(cut.folder / "again")]) == 0
    again = Judged(2, cut.text, cut.folder / "again")
    again.could_not_judge(NO_CHAT)
    assert again.report["promises"] == cut.report["promises"]


def test_a_run_cut_at_its_first_request_and_resumed_is_not_judged(run: Run) -> None:
    whole = run("sk-mock-standard", provider="openai")
    assert whole.code == 0, whole.text[-3000:]
    ledger = whole.folder / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:2]))

    resumed = run("sk-mock-standard", "--resume", str(ledger), provider="openai")
    resumed.could_not_judge("openai could not be judged: there is no verdict on", "no model is known for chat")


def test_a_cut_ledger_tells_what_it_decided(good: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (good.folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join(lines[: len(lines) // 50]))
    assert main.main(["judge", str(ledger)]) == 2
    assert " were cut off with the run (--resume LEDGER" in " ".join(capsys.readouterr().out.split())
    assert main.main(["report", str(ledger)]) == 0
    assert HOLDS not in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_good_run_tells_what_it_left_open(good: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    promises = good.report["promises"][0]
    causes = {group["cause"]: group["options"] for group in promises["open"]}
    assert promises["total"] == len(promises["decided"]) + sum(len(group["clauses"]) for group in promises["open"])
    assert causes["key"] == ["--key revoked=ENV", "--key TIER-exhausted=ENV"]
    assert causes["profile-full"] == ["--profile full"]
    told = f"{len(promises['decided'])} of {promises['total']} promises of this document decided"
    assert f"aion: {told}" in good.text
    assert told in (good.folder / "summary.md").read_text(encoding="utf-8")
    assert told in (good.folder / "report.html").read_text(encoding="utf-8")
    assert '<property name="decided"' in (good.folder / "junit.xml").read_text(encoding="utf-8")
    assert main.main(["judge", str(good.folder / "ledger.jsonl")]) == 0
    assert told in capsys.readouterr().out
    assert finished_run.read_finished_run(good.folder).promises[0].total == promises["total"]


@pytest.mark.parametrize(
    ("share", "code"), [pytest.param("60%", 0, id="percent"), ("0.6", 0), pytest.param("90%", 2, id="too-much")]
)
def test_a_required_share_decides_the_exit_code(run: Run, share: str, code: int) -> None:
    found = run(GOOD, "--require-decided", share)
    assert found.code == code, found.text[-3000:]
    if code:
        found.could_not_judge("and --require-decided asks for 90 %; ")
    ledger = str(found.folder / "ledger.jsonl")
    assert main.main(["judge", ledger, "--require-decided", share]) == code


@pytest.mark.parametrize("share", ["most", "110%", "-1", "nan"])
def test_a_share_that_is_none_is_one_sentence(run: Run, share: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(GOOD, f"--require-decided={share}")
    sentence = f"--require-decided {share}: it is not a share; write a percentage such as 60%, or 0.6"
    assert (found.code, sentence in found.text, "Traceback" in found.text) == (2, True, False), found.text
    (found.folder / "ledger.jsonl").write_text("")
    assert main.main(["judge", str(found.folder / "ledger.jsonl"), f"--require-decided={share}"]) == 2


def test_a_selection_needs_no_more_than_it_selects(run: Run) -> None:
    one = run(GOOD, "-k", "schema and models-list")
    assert one.code == 0, one.text[-3000:]
    assert "were left out by the selection" in " ".join(one.text.split())


def test_a_broken_promise_is_told_before_what_is_missing(run: Run) -> None:
    broken = run("aion-mock-standard-exhausted", "--header", "X-Wireproof-Fault: bare-lf")
    assert broken.report["exit"] != 0
    assert broken.report["too_little"] == []


def test_other_tests_of_the_session_do_not_excuse_a_run_that_judged_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "test_own.py"
    file.write_text("def test_own(): assert True\n")
    front = ("pytest", "suites", str(file))
    mixed = run("aion-mock-standard-exhausted", front=front)
    mixed.could_not_judge(NO_CHAT)
    file.write_text("def test_own(): assert False\n")
    assert run(GOOD, "-k", "test_own or (schema and models-list)", front=front).code == 1
