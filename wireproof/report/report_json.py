"""report.json: the outcome of a run as data, by schemas/formats/report.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from wireproof import __version__
from wireproof.contract import data_files
from wireproof.contract.data_files import cache_for_suites
from wireproof.judging.decided_promises import DocumentPromises
from wireproof.judging.verdict import Divergence, Verdict
from wireproof.report.column_words import outcome_column
from wireproof.report.finding_groups import FindingGroup

REPORT_FORMAT = 1
SUITE_FILES = ("providers.yaml", "schemas/**/*.json", "schemas/**/*.yaml", "suites/**/*.py", "suites/**/*.yaml")
OWN_SUITE_FILES = ("*.yaml", "*.py", "schemas/**/*.json", "schemas/**/*.yaml")
UNKNOWN_DIGEST = "0" * 16


def suite_without_digest(version: str) -> dict[str, str]:
    """The description of a suite whose digest is unknown."""
    return {"version": version, "digest": UNKNOWN_DIGEST}


@cache_for_suites
def installed_suite() -> Mapping[str, str]:
    """The installed suite: its version, and a digest of the files that decide verdicts (checks, cases, contracts)."""
    digest = sha256()
    places = [(data_files.root(), SUITE_FILES), *((folder, OWN_SUITE_FILES) for folder in data_files.own_suites())]
    for folder, patterns in places:
        for file in sorted({file for pattern in patterns for file in folder.glob(pattern)}):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return {"version": __version__, "digest": digest.hexdigest()[:16]}


def build_report_json(
    targets: Iterable[Mapping[str, Any]],
    verdicts: Sequence[Mapping[str, Any]],
    counted: Mapping[str, Any],
    divergences: Iterable[Divergence],
    usage: Mapping[str, int],
    *,
    started: str,
    complete: bool,
    policy: Mapping[str, Any],
    gating: Collection[int],
    exit: int,
    promises: Iterable[DocumentPromises] = (),
    too_little: Iterable[str] = (),
    findings: Iterable[FindingGroup] = (),
    suite: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON document of a run.

    Args:
        verdicts: each in its JSON form.
        counted: the `summary` of the verdicts.
        usage: the number of `requests`, and of `input` and `output` tokens.
        policy: `fail_on` and `authority` of the run, and `require_decided` if it required a share.
        gating: the positions of the verdicts that fail the run under that policy.
        promises: the promises of each target, decided and open.
        too_little: why too little was decided for exit code 0, in sentences.
        findings: the causes behind the failures, errors and advice, ranked.
        suite: the suite that judged; None for the installed one.
    """
    return {
        "format": REPORT_FORMAT,
        "wireproof": (suite or {}).get("version", __version__),
        "suite": dict(suite or installed_suite()),
        "started": started,
        "complete": complete,
        "exit": exit,
        "policy": {name: policy[name] for name in ("fail_on", "authority", "require_decided") if name in policy},
        "targets": [{name: value for name, value in target.items() if name != "means"} for target in targets],
        "verdicts": list(verdicts),
        "gating": sorted(gating),
        "divergences": [divergence.as_data() for divergence in divergences],
        "requests": usage["requests"],
        "tokens": {"input": usage["input"], "output": usage["output"]},
        "summary": counted,
        "promises": [one.as_data() for one in promises],
        "too_little": list(too_little),
        "findings": [group.as_data() for group in findings],
    }


def count_outcomes(verdicts: Iterable[Verdict]) -> dict[str, dict[str, dict[str, int]]]:
    """Target → contract → outcome → number of verdicts; failures are counted by level, as `fail-must`."""
    counted: dict[str, dict[str, Counter[str]]] = {}
    for verdict in verdicts:
        columns = counted.setdefault(verdict.target, {}).setdefault(verdict.provider, Counter())
        name = outcome_column(verdict)
        columns[f"fail-{name}" if verdict.outcome == "fail" else name] += 1
    return {
        target: {provider: dict(counts) for provider, counts in columns.items()} for target, columns in counted.items()
    }
