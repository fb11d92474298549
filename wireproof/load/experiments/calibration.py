"""The error bar of the load engine: its reported times minus the times recorded by a local cell."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof.errors import WireproofError
from wireproof.load import cell_servers
from wireproof.load.experiments import load_process

CALIBRATED_PROVIDER = "openai"
# The engine's metric → the cell's.
COMPARED_METRICS = {"TTFT ms": "ttft", "ITL ms": "gap", "e2e ms": "e2e"}
COMPARED_PERCENTILES = ("p50", "p99")


def calibrate(users: int, seconds: int, latency: str, rate: float | None = None) -> dict[str, Any]:
    """Runs streams against a local cell and compares the times; raises WireproofError if no request ended."""
    options = ["-u", str(users), "-t", f"{seconds}s", *(["--rate", str(rate)] if rate else [])]
    with load_process.open_run_target(None, CALIBRATED_PROVIDER, 1, latency) as at:
        summary = load_process.run_scenario("Stream", [*at.options, *options])
        cell = cell_measurements(at.hosts[0])
    requests = summary["requests"]
    if not requests:
        raise WireproofError("no request ended within the duration; raise -t")
    reported = next(iter(requests.values()))["metrics"]
    return {
        "users": users,
        "seconds": seconds,
        "rate": rate,
        "latency": latency,
        "valid": summary["valid"],
        "doubts": summary["doubts"],
        "error_bar": dict(_added_by_engine(reported, cell["ms"])),
        "cell": cell["ms"],
    }


def cell_measurements(host: str) -> dict[str, Any]:
    # A cell is on this machine, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(cell_servers.cell_control_url(host), timeout=10) as answer:
        state: dict[str, Any] = json.loads(answer.read())
        return state


def _added_by_engine(reported: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yields each metric with the milliseconds that the engine adds; percentiles with too few values are left out."""
    for engine_metric, cell_metric in COMPARED_METRICS.items():
        engine, cell = reported.get(engine_metric, {}), actual.get(cell_metric, {})
        both = {name: (engine.get(name), cell.get(name)) for name in COMPARED_PERCENTILES}
        added = {name: round(a - b, 3) for name, (a, b) in both.items() if a is not None and b is not None}
        if added:
            yield engine_metric, added


def to_text(calibration: Mapping[str, Any]) -> str:
    """Returns the error bar as text."""
    rate = calibration["rate"]
    load = f"{rate:g} starts a second" if rate else f"{calibration['users']} users"
    cell = f"cell with latency {calibration['latency']!r}"
    lines = [f"this client, {load}, {calibration['seconds']:g} s, {cell}: reported - actual"]
    for metric, added in calibration["error_bar"].items():
        values = ", ".join(f"{name} {value:+.3f} ms" for name, value in added.items())
        lines.append(f"  {metric:<10} {values}")
    late = calibration["cell"].get("lateness", {})
    lines.append(
        f"  the cell's own writes were late by p50 {_format_ms(late.get('p50'))}, p99 {_format_ms(late.get('p99'))}"
    )
    return "\n".join([*lines, *(f"INVALID: {doubt}" for doubt in calibration["doubts"])])


def _format_ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} ms"
