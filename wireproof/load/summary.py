"""The result of a run: figures from locust's rows, as data and as text."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wireproof import __version__
from wireproof.load.definitions import SHEET
from wireproof.load.record import Outcome
from wireproof.load.watch import doubts
from wireproof.sketch import quantile

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
E2E = "e2e ms"


def summary(stats: Any, counts: Counter[str], samples: Mapping[str, list[str]], setting: Mapping[str, Any]) -> Any:
    """Everything a run found, as data."""
    rows = {(name, E2E if kind in METHODS else kind): row for (name, kind), row in stats.entries.items()}
    window_s = max(0.0, (stats.last_request_timestamp or 0) - stats.start_time)
    figures: dict[str, dict[str, Any]] = defaultdict(dict)
    for (name, kind), row in sorted(rows.items()):
        figures[name][kind] = _figures(row)
    found = doubts({place: row.response_times for place, row in rows.items()}, counts)
    names = sorted({key.split("/")[1] for key in counts if key.startswith("outcome/")})
    return {
        "wireproof": __version__,
        **setting,
        "valid": not found,
        "doubts": list(found),
        "window_s": round(window_s, 3),
        "schedule": {name: counts[f"schedule/{name}"] for name in ("due", "missed")},
        "unfinished": counts["unfinished"],
        "stopped_by_ceiling": bool(counts["stopped/ceiling"]),
        "waited_s": counts["waited ms"] / 1000,
        "generator": dict(figures.get("generator", {})) | dict(figures.get("schedule", {})),
        "requests": {name: _request(name, figures[name], counts, samples, window_s) for name in names},
        "definitions": SHEET,
    }


def _figures(row: Any) -> dict[str, Any]:
    """Number, mean, extremes and the percentiles that enough values carry."""
    counts = row.response_times
    number = sum(counts.values())
    if not number:
        return {"n": 0}
    told = {name: quantile(counts, share) for name, share in SHARES.items()}
    return {
        "n": number,
        "mean": row.total_response_time / number,
        "min": row.min_response_time,
        "max": row.max_response_time,
        **{name: None if value is None else float(f"{value:.4g}") for name, value in told.items()},
    }


def _request(
    name: str, figures: Any, counts: Counter[str], samples: Mapping[str, list[str]], window_s: float
) -> dict[str, Any]:
    outcomes = {one: counts[f"outcome/{name}/{one}"] for one in Outcome if counts[f"outcome/{name}/{one}"]}
    answered = {by: counts[f"tokens/{name}/answer/{by}"] for by in ("usage", "chunks")}
    window = window_s or 1.0
    return {
        "outcomes": {str(one): number for one, number in outcomes.items()},
        "samples": {key.partition("/")[2]: kept for key, kept in samples.items() if key.startswith(f"{name}/")},
        "requests_s": sum(outcomes.values()) / window,
        "ok_s": outcomes.get(Outcome.OK, 0) / window,
        "goodput_s": counts[f"good/{name}"] / window,
        "tokens": {"prompt": counts[f"tokens/{name}/prompt"]} | {by: n for by, n in answered.items() if n},
        "tokens_s": sum(answered.values()) / window,
        "chunks_s": counts[f"chunks/{name}"] / window,
        "sent_bytes": counts[f"sent/{name}"],
        "received_bytes": counts[f"received/{name}"],
        "metrics": figures,
    }


def text(found: Mapping[str, Any]) -> str:
    """The result for a reader, with the definitions."""
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    loop = f"open loop, {found['arrivals']} {found['rate']:g}/s" if found["rate"] else "closed loop"
    yield f"wireproof load: {found['provider']}, {loop}, {found['users']} users, seed {found['seed']}"
    yield f"{found['window_s']:.1f} s against {', '.join(found['hosts'])}"
    if found["rate"]:
        yield f"{found['schedule']['due']} starts were due, {found['schedule']['missed']} missed"
    elif found["jitter_s"]:
        yield f"each user began at a moment of its own within {found['jitter_s']:g} s"
    for name, one in found["requests"].items():
        yield ""
        yield from _request_lines(name, one)
    yield ""
    yield "generator"
    yield from _table(found["generator"])
    if found["stopped_by_ceiling"]:
        yield "The run ended at its ceiling."
    for doubt in found["doubts"]:
        yield f"INVALID: {doubt}"
    yield f"error bar: {_bar(found.get('error_bar'))}"
    yield ""
    yield found["definitions"]


def _request_lines(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in one["outcomes"].items())
    tokens = ", ".join(f"{number} {by}" for by, number in one["tokens"].items())
    yield f"{name}: {outcomes}; {one['requests_s']:.1f} requests/s, goodput {one['goodput_s']:.1f}/s"
    yield f"  tokens: {tokens}; {one['tokens_s']:.1f} tokens/s in all; received {one['received_bytes']} bytes"
    yield from _table(one["metrics"])
    for outcome, kept in one["samples"].items():
        yield from (f"  {outcome}: {detail}" for detail in kept)


def _table(metrics: Mapping[str, Any]) -> Iterator[str]:
    columns = ("mean", *SHARES, "max")
    if metrics:
        yield f"  {'':<18}{'n':>9}" + "".join(f"{column:>10}" for column in columns)
    for kind, row in metrics.items():
        yield f"  {kind:<18}{row['n']:>9}" + "".join(f"{_cell(row.get(column)):>10}" for column in columns)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def _bar(bar: Mapping[str, Any] | None) -> str:
    if bar is None:
        return "not measured here (wireproof calibrate measures it)"
    told = (f"{kind} " + "/".join(f"{share} {value:+.2f}" for share, value in row.items()) for kind, row in bar.items())
    return "by its calibration this client adds: " + ", ".join(told)


def write_csv(found: Mapping[str, Any], file: Path) -> None:
    """Every metric with its percentiles, unrounded; an empty cell where too few values carry one."""
    columns = ("n", "mean", "min", "max", *SHARES)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("name", "metric", *columns))
        named = {name: one["metrics"] for name, one in found["requests"].items()}
        for name, metrics in {**named, "generator": found["generator"]}.items():
            for kind, row in metrics.items():
                writer.writerow((name, kind, *(row.get(column) for column in columns)))
