"""The error bar of the load engine: what it reports less what a cell of ours really did."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof.errors import WireproofError
from wireproof.load import cell_servers
from wireproof.load.experiments import load_process

CALIBRATED_PROVIDER = "openai"
# What is compared: the engine's metric, and the cell's.
COMPARED_METRICS = {"TTFT ms": "ttft", "gap ms": "gap", "e2e ms": "e2e"}
COMPARED_PERCENTILES = ("p50", "p99")


def calibrate(users: int, seconds: int, latency: str, rate: float | None = None) -> dict[str, Any]:
    """Run streams against a cell for so long, and compare; raises WireproofError where nothing came of it."""
    options = ["-u", str(users), "-t", f"{seconds}s", *(["--rate", str(rate)] if rate else [])]
    with load_process.open_run_target(None, CALIBRATED_PROVIDER, 1, latency) as at:
        summary = load_process.run_scenario("Stream", [*at.options, *options])
        true = cell_measurements(at.hosts[0])
    requests = summary["requests"]
    if not requests:
        raise WireproofError("no request ended within the time; give it more with -t")
    reported = next(iter(requests.values()))["metrics"]
    return {
        "users": users,
        "seconds": seconds,
        "rate": rate,
        "latency": latency,
        "valid": summary["valid"],
        "doubts": summary["doubts"],
        "error_bar": dict(_added_by_engine(reported, true["ms"])),
        "cell": true["ms"],
    }


def cell_measurements(host: str) -> dict[str, Any]:
    with urllib.request.urlopen(cell_servers.cell_control_url(host), timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def _added_by_engine(reported: Mapping[str, Any], true: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Milliseconds that the engine adds, by metric; what too few values carry is left out."""
    for mine, theirs in COMPARED_METRICS.items():
        ours, cell = reported.get(mine, {}), true.get(theirs, {})
        both = {share: (ours.get(share), cell.get(share)) for share in COMPARED_PERCENTILES}
        added = {share: round(a - b, 3) for share, (a, b) in both.items() if a is not None and b is not None}
        if added:
            yield mine, added


def to_text(found: Mapping[str, Any]) -> str:
    """The error bar for a reader."""
    load = f"{found['rate']:g} starts a second" if found["rate"] else f"{found['users']} users"
    lines = [f"this client, {load}, {found['seconds']:g} s, a cell of latency {found['latency']!r}: reported - true"]
    for kind, added in found["error_bar"].items():
        told = ", ".join(f"{share} {value:+.3f} ms" for share, value in added.items())
        lines.append(f"  {kind:<10} {told}")
    late = found["cell"].get("lateness", {})
    lines.append(
        f"  the cell's own writes were late by p50 {_format_ms(late.get('p50'))}, p99 {_format_ms(late.get('p99'))}"
    )
    return "\n".join([*lines, *(f"INVALID: {doubt}" for doubt in found["doubts"])])


def _format_ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} ms"
