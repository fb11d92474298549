"""The abilities of the chat model are found out from its answers; a role that the user names is never probed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading, schemas
from wireproof.contract.target_options import TargetOptions, build_targets
from wireproof.judging.suite_loader import load_checks
from wireproof.session import mock_process
from wireproof.session.found_abilities import open_roles, probe_cases
from wireproof.session.rejudge import changed_verdicts, rejudge
from wireproof.session.resume import read_ledger_to_resume
from wireproof.session.run import Run
from wireproof.session.send_plan import build_plan
from wireproof.session.send_run import send_planned
from wireproof.session.target_run import TargetRun, open_target_run

ROLES = ("chat", "vision", "reasoning", "speech", "search", "embeddings", "completions", "image", "audio")
# Servers with one model: it reasons and sees, it only sees, or it does neither.
SERVERS = {"able": ["chat", "vision", "reasoning"], "seeing": ["chat", "vision"], "plain": ["chat"]}
REASONING, VISION = ("chat-tools-custom", "responses-summary-stream"), ("vision-colour", "vision-blue")
Urls = Mapping[str, str]


def write_providers(folder: Path) -> Path:
    """Writes the file of the servers."""
    row = {"id": "gpt-x", "context": 400_000, "output": 128_000, "created": 1_754_425_928, "owned_by": "system"}
    entries = {
        name: {
            "extends": "openai",
            "serve_at": f"/{name}/v1",
            "models": {**dict.fromkeys(ROLES, "gpt-x"), "catalogue": [{**row, "roles": roles}]},
        }
        for name, roles in SERVERS.items()
    }
    file = folder / "providers.yaml"
    file.write_text(json.dumps({"providers": entries}), encoding="utf-8")  # JSON is YAML
    return file


@pytest.fixture(name="urls", scope="module")
def _urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    with mock_process.run_mock(write_providers(tmp_path_factory.mktemp("one-model"))) as urls:
        yield urls


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mock-standard")


def live_options(url: str, *models: str, **options: Any) -> TargetOptions:
    return TargetOptions({"provider": ["openai"], "endpoint": url, "model": [*models], "profile": "all", **options})


def sent_run(url: str, *models: str, names: tuple[str, ...] = (*REASONING, *VISION), **options: Any) -> Run:
    """A live run of the cases of these names, sent and judged."""
    run = Run.from_options(live_options(url, *(models or ("gpt-x",)), **options))
    return send_and_judge(run, names)


def send_and_judge(run: Run, names: tuple[str, ...]) -> Run:
    wanted = [planned for planned in run.all_planned_verdicts() if {case for _, case in planned.cases} <= {*names}]
    send_planned(run, wanted)
    for planned in wanted:
        run.add_verdict(run.judge(planned))
    return run


def only_target(run: Run) -> TargetRun:
    (target_run,) = run.target_runs.values()
    return target_run


def messages(run: Run, case: str) -> set[str]:
    """The reasons of the untestable verdicts on a case."""
    return {one.message for one in run.verdicts if one.case == case and one.outcome == "untestable"}


def requested(run: Run) -> list[str]:
    """The cases that were sent."""
    results = only_target(run).results
    assert results is not None
    return [name for name, sent in results.evidence.items() if isinstance(sent, tuple)]


def test_a_model_that_reasons_and_sees_plays_both_roles(urls: Urls) -> None:
    run = sent_run(urls["able"])
    assert only_target(run).target.models == {"chat": "gpt-x", "reasoning": "gpt-x", "vision": "gpt-x"}
    assert not any(messages(run, name) for name in (*REASONING, *VISION))
    facts = run.target_facts[0]["abilities"]
    assert {"reasoning", "vision"} <= {*facts["shown"]}
    assert facts["not_shown"] == []


def test_a_model_of_text_alone_leaves_both_roles_empty_and_the_reason_says_so(urls: Urls) -> None:
    run = sent_run(urls["plain"])
    assert only_target(run).target.models == {"chat": "gpt-x"}
    reasoning = f"the model gpt-x shows no reasoning ({REASONING[0]}: 200, {REASONING[1]}: 200)"
    vision = "the model gpt-x shows no vision (vision-colour: 400)"
    for case in REASONING:
        assert messages(run, case) == {f"{reasoning}; name one that does with --model reasoning=ID"}
    for case in VISION:
        assert messages(run, case) == {f"{vision}; name one that does with --model vision=ID"}
    # The second case of a picture is not sent: the first one was refused.
    assert [name for name in requested(run) if name.startswith("vision")] == ["vision-colour"]
    assert {"reasoning", "vision"} <= {*run.target_facts[0]["abilities"]["not_shown"]}


def test_each_role_is_found_out_alone(urls: Urls) -> None:
    models = only_target(sent_run(urls["seeing"])).target.models
    assert models == {"chat": "gpt-x", "vision": "gpt-x"}


def test_rules_about_every_answer_judge_a_probe_that_shows_nothing(urls: Urls) -> None:
    judged = [one for one in sent_run(urls["plain"]).verdicts if one.case == "vision-colour"]
    assert any(one.outcome == "pass" and one.provider == "wire" for one in judged)
    assert not any(one.outcome == "fail" for one in judged)


def test_a_model_that_the_user_names_is_not_probed(urls: Urls) -> None:
    run = sent_run(urls["plain"], "gpt-x", "reasoning=gpt-x", "vision=gpt-x")
    assert only_target(run).target.models == {"chat": "gpt-x", "reasoning": "gpt-x", "vision": "gpt-x"}
    assert only_target(run).target.not_shown == {}
    assert {*requested(run)} >= {*REASONING, *VISION}


def test_a_run_without_cases_of_a_role_asks_nothing_more(urls: Urls) -> None:
    run = sent_run(urls["seeing"], names=("models-list", "chat-basic"))
    assert only_target(run).target.models == {"chat": "gpt-x"}
    assert (requested(run), run.usage.requests) == (["models-list", "chat-basic"], 2)


def test_a_probe_is_one_of_the_requests_of_the_plan(urls: Urls) -> None:
    for profile in ("core", "full"):
        run = Run.from_options(live_options(urls["plain"], "gpt-x", profile=profile))
        plan = build_plan(only_target(run))
        cases = [only_target(run).cases[name] for name in plan.cases]
        roles = open_roles(only_target(run).target, cases)
        probes = [one for role in roles for one in probe_cases(cases, role, only_target(run).target)]
        assert {probe.name for probe in probes} <= plan.cases.keys()
    assert {probe.name for probe in probes} == {*REASONING, "vision-colour"}


def test_a_plan_counts_the_roles_that_even_the_document_leaves_open() -> None:
    (target,) = build_targets(live_options("http://127.0.0.1:9/v1"), {})
    target = replace(target, provider=replace(target.provider, models={"chat": "gpt-x"}))
    plan = build_plan(open_target_run(target, loading.load_providers(), load_checks()))
    assert {*REASONING, *VISION} <= plan.cases.keys()


def test_a_budget_that_is_spent_leaves_a_role_empty(urls: Urls) -> None:
    run = sent_run(urls["able"], max_requests=2, names=VISION)
    assert "vision" not in only_target(run).target.models
    assert requested(run) == ["models-list", "chat-basic"]
    assert messages(run, "vision-colour") == {"the budget of 2 requests is spent"}


@pytest.mark.parametrize("server", ["able", "plain"])
def test_the_ledger_gives_the_same_roles_and_verdicts(urls: Urls, server: str, tmp_path: Path) -> None:
    run = Run.from_options(live_options(urls[server], "gpt-x"))
    run.record_to(tmp_path / "ledger.jsonl")
    send_and_judge(run, (*REASONING, *VISION))
    run.finish(0, complete=True)
    run.close()
    judged, stored = rejudge(tmp_path / "ledger.jsonl")
    assert changed_verdicts(judged, stored) == []
    assert judged.target_facts == run.target_facts
    by_place = {(one.provider, one.check, one.case): one for one in judged.verdicts}
    assert all(by_place[one.provider, one.check, one.case] == one for one in run.verdicts)


def test_a_resumed_run_takes_over_its_probes(urls: Urls, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    run = Run.from_options(live_options(urls["plain"], "gpt-x"))
    run.record_to(file)
    send_and_judge(run, VISION[:1])
    run.close()
    assert read_ledger_to_resume(file, [only_target(run).target], live=True).cut
    resumed = Run.from_options(live_options(urls["plain"], "gpt-x"))
    resumed.resume(file)
    resumed.record_to(file)
    send_and_judge(resumed, VISION)
    resumed.close()
    facts = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    sent = [fact["case"] for fact in facts if fact["kind"] == "intent"]
    assert sent == ["models-list", "chat-basic", "vision-colour"]
    assert messages(resumed, "vision-blue") == messages(run, "vision-colour")


def test_check_and_its_reports_tell_what_was_found_out(urls: Urls, tmp_path: Path) -> None:
    words = (
        "check",
        "--endpoint",
        urls["seeing"],
        "--model",
        "gpt-x",
        "--profile",
        "full",
        "-k",
        "vision or reasoning",
    )
    ran = subprocess.run(
        [sys.executable, "-m", "wireproof", *words, "--report-dir", str(tmp_path)], capture_output=True, text=True
    )
    told = "found out: vision; not shown: reasoning"
    assert f"openai, gpt-x: {told}" in ran.stdout
    assert told in (tmp_path / "summary.md").read_text(encoding="utf-8")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    schemas.check_format(report, "report", "report.json")
    assert report["targets"][0]["abilities"]["shown"] == ["vision"]
    again = tmp_path / "again"
    subprocess.run(
        [sys.executable, "-m", "wireproof", "report", str(tmp_path / "ledger.jsonl"), "--into", str(again)], check=True
    )
    rebuilt = json.loads((again / "report.json").read_text(encoding="utf-8"))
    assert rebuilt["targets"][0]["abilities"] == report["targets"][0]["abilities"]
