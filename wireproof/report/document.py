"""report.json: the whole outcome of a run as data, by schemas/formats/report.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.report.summary import column_of
from wireproof.verdict import Divergence, Verdict


def document(
    targets: Iterable[Mapping[str, Any]],
    verdicts: Sequence[Verdict],
    divergences: Iterable[Divergence],
    spent: Mapping[str, int],
    *,
    started: str,
    complete: bool,
) -> dict[str, Any]:
    """The JSON document of a run."""
    return {
        "wireproof": __version__,
        "started": started,
        "complete": complete,
        "targets": [{name: value for name, value in target.items() if name != "means"} for target in targets],
        "verdicts": [verdict.as_data() for verdict in verdicts],
        "divergences": [divergence.as_data() for divergence in divergences],
        "requests": spent["requests"],
        "tokens": {"input": spent["input"], "output": spent["output"]},
        "summary": _summary(verdicts),
    }


def _summary(verdicts: Iterable[Verdict]) -> dict[str, dict[str, dict[str, int]]]:
    """Target → contract → how many verdicts of each outcome, failures by level."""
    counted: dict[str, dict[str, Counter[str]]] = {}
    for verdict in verdicts:
        columns = counted.setdefault(verdict.target, {}).setdefault(verdict.provider, Counter())
        name = column_of(verdict)
        columns[f"fail-{name}" if verdict.outcome == "fail" else name] += 1
    return {
        target: {provider: dict(counts) for provider, counts in columns.items()} for target, columns in counted.items()
    }
