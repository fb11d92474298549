"""The result of a run: figures from locust's rows, as data and as text."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wireproof import __version__
from wireproof.load import error_bar, limiter, threshold
from wireproof.load.book import Book
from wireproof.load.course import Course
from wireproof.load.definitions import SHEET
from wireproof.load.doubts import GENERATOR, SCHEDULE, doubts
from wireproof.load.record import Outcome
from wireproof.load.window import COOL_DOWN, WARM_UP
from wireproof.sketch import merged, quantile

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
E2E = "e2e ms"


def summary(stats: Any, book: Book, setting: Mapping[str, Any], course: Course, lead_s: float) -> dict[str, Any]:
    """Everything a run found, as data."""
    counts = book.counts
    rows = {(name, E2E if kind in METHODS else kind): row for (name, kind), row in stats.entries.items()}
    window_s = _window_s(stats, course, lead_s)
    figures: dict[str, dict[str, Any]] = defaultdict(dict)
    for (name, kind), row in sorted(rows.items()):
        figures[name][kind] = _figures((row,))
    doubted = doubts({place: row.response_times for place, row in rows.items()}, counts)
    names = sorted({key.split("/")[1] for key in counts if key.startswith("outcome/")})
    told = {name: _request((name,), figures[name], counts, window_s) | _samples(name, book) for name in names}
    alike: dict[str, list[Any]] = defaultdict(list)
    for (name, kind), row in sorted(rows.items()):
        if name in names:
            alike[kind].append(row)
    every = {kind: _figures(found) for kind, found in sorted(alike.items())}
    return {
        "wireproof": __version__,
        "kind": "load",
        **setting,
        "valid": not doubted,
        "doubts": list(doubted),
        "window_s": round(window_s, 3),
        "schedule": {name: counts[f"schedule/{name}"] for name in ("due", "missed")},
        "outside": {part: _outcomes(f"outside/{part}", counts) for part in (WARM_UP, COOL_DOWN)},
        "unfinished": counts["unfinished"],
        "stopped_by_ceiling": bool(counts["stopped/ceiling"]),
        "limiter": limiter.told(counts, figures.get(limiter.LIMITER, {})),
        "generator": dict(figures.get(GENERATOR, {})) | dict(figures.get(SCHEDULE, {})),
        "requests": told,
        "all": _request(names, every, counts, window_s),
        "timeline": book.timeline.as_data(),
        "definitions": SHEET,
    }


def _window_s(stats: Any, course: Course, lead_s: float) -> float:
    """How long the part of the run was that is looked at, until its last end."""
    ran_s = max(0.0, (stats.last_request_timestamp or 0) - stats.start_time - lead_s)
    opens_s, closes_s = course.window_s
    looked_at_s: float = min(closes_s, ran_s) - opens_s
    return max(0.0, looked_at_s)


def _figures(rows: Sequence[Any]) -> dict[str, Any]:
    """Number, mean, extremes and the percentiles that enough values carry, over rows of the same metric."""
    counts = merged(row.response_times for row in rows)
    rows = [row for row in rows if row.response_times]
    number = sum(counts.values())
    if not number:
        return {"n": 0}
    told = {name: quantile(counts, share) for name, share in SHARES.items()}
    return {
        "n": number,
        "mean": sum(row.total_response_time for row in rows) / number,
        "min": min(row.min_response_time for row in rows),
        "max": max(row.max_response_time for row in rows),
        **{name: None if value is None else float(f"{value:.4g}") for name, value in told.items()},
    }


def _outcomes(place: str, counts: Counter[str]) -> dict[str, int]:
    return {str(one): counts[f"{place}/{one}"] for one in Outcome if counts[f"{place}/{one}"]}


def _samples(name: str, book: Book) -> dict[str, Any]:
    kept = {key.partition("/")[2]: details for key, details in book.samples.items() if key.startswith(f"{name}/")}
    return {"samples": kept}


def _request(names: Sequence[str], metrics: Any, counts: Counter[str], window_s: float) -> dict[str, Any]:
    """The figures of one kind of request, or of several together."""

    def total(key: str) -> int:
        return sum(counts[key.format(name)] for name in names)

    outcomes: Counter[str] = Counter()
    for name in names:
        outcomes.update(_outcomes(f"outcome/{name}", counts))
    answered = {by: total(f"tokens/{{}}/answer/{by}") for by in ("usage", "chunks")}
    window = window_s or 1.0
    return {
        "outcomes": dict(outcomes),
        "requests_s": outcomes.total() / window,
        "ok_s": outcomes[Outcome.OK] / window,
        "good": total("good/{}"),
        "goodput_s": total("good/{}") / window,
        "tokens": {"prompt": total("tokens/{}/prompt")} | {by: n for by, n in answered.items() if n},
        "tokens_s": sum(answered.values()) / window,
        "chunks_s": total("chunks/{}") / window,
        "sent_bytes": total("sent/{}"),
        "received_bytes": total("received/{}"),
        "metrics": metrics,
    }


def text(found: Mapping[str, Any]) -> str:
    """The result for a reader, with the definitions."""
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    names = " ".join(scenario["name"] for scenario in found["scenarios"])
    yield f"wireproof load {names}: {found['provider']}, {_loop(found)}, {found['users']} users, seed {found['seed']}"
    yield f"{found['window_s']:.1f} s against {', '.join(found['hosts'])}"
    if found["load"]["kind"] != "closed":
        yield f"{found['schedule']['due']} starts were due, {found['schedule']['missed']} missed"
    elif found["jitter_s"]:
        yield f"each user began at a moment of its own within {found['jitter_s']:g} s"
    for part, outcomes in found["outside"].items():
        if outcomes:
            yield f"{part}, not in the figures: " + ", ".join(f"{number} {one}" for one, number in outcomes.items())
    for name, one in found["requests"].items():
        yield ""
        yield from _request_lines(name, one)
    if held_off := limiter.sentence(found["limiter"]):
        yield ""
        yield f"limiter: {held_off}"
    yield ""
    yield "generator"
    yield from _table(found["generator"])
    if found["stopped_by_ceiling"]:
        yield "The run ended at its ceiling."
    for one in found.get("thresholds", ()):
        word = {True: "holds", False: "BROKEN", None: "not to be told"}[one["holds"]]
        yield f"threshold {one['expression']}: {word} ({threshold.measured(one)})"
    yield from _conformance_lines(found["conformance"])
    for doubt in found["doubts"]:
        yield f"INVALID: {doubt}"
    yield f"error bar: {error_bar.sentence(found.get('error_bar'))}"
    yield ""
    yield found["definitions"]


def _loop(found: Mapping[str, Any]) -> str:
    load = found["load"]
    if load["kind"] == "trace":
        return f"trace {load['trace']} at {load['speed']:g} times its speed"
    steps = ", ".join(map(_stage, load["stages"]))
    if load["kind"] == "closed":
        return f"closed loop{f' of {steps} users' if steps else ''}"
    return f"open loop, {found['arrivals']} {steps}/s"


def _stage(stage: Mapping[str, Any]) -> str:
    """One stage in words, as short as it can be."""
    course = f"{stage['first']:g}" + (f" to {stage['last']:g}" if stage["first"] != stage["last"] else "")
    burst = f"{stage['burst']} at once" if stage["burst"] else ""
    if not stage["seconds"] and stage["seconds"] is not None:
        return burst
    burst = f"{burst}, then " if burst else ""
    return burst + course + (f" for {stage['seconds']:g} s" if stage["seconds"] is not None else "")


def _request_lines(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in one["outcomes"].items())
    tokens = ", ".join(f"{number} {by}" for by, number in one["tokens"].items())
    yield f"{name}: {outcomes}; {one['requests_s']:.1f} requests/s, goodput {one['goodput_s']:.1f}/s"
    yield f"  tokens: {tokens}; {one['tokens_s']:.1f} tokens/s in all; received {one['received_bytes']} bytes"
    yield from _table(one["metrics"])
    for outcome, kept in one.get("samples", {}).items():
        yield from (f"  {outcome}: {detail}" for detail in kept)


def _conformance_lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        yield "conformance: not judged"
        return
    yield f"conformance: {found['conformant']} of {found['judged']} answers ({found['share']:.2%})"
    if found["conformant"] < found["judged"]:
        for row in found["by_concurrency"]:
            yield f"  with {row['under_way']} under way: {row['conformant']} of {row['judged']} ({row['share']:.2%})"
    for one in found["broken"]:
        yield f"  {one['name']}: {one['check']} ({one['level']}) in {one['answers']} answers"


def _table(metrics: Mapping[str, Any]) -> Iterator[str]:
    columns = ("mean", *SHARES, "max")
    if metrics:
        yield f"  {'':<18}{'n':>9}" + "".join(f"{column:>10}" for column in columns)
    for kind, row in metrics.items():
        yield f"  {kind:<18}{row['n']:>9}" + "".join(f"{_cell(row.get(column)):>10}" for column in columns)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def write_csv(found: Mapping[str, Any], file: Path) -> None:
    """Every metric with its percentiles, unrounded; an empty cell where too few values carry one."""
    columns = ("n", "mean", "min", "max", *SHARES)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("name", "metric", *columns))
        named = {name: one["metrics"] for name, one in found["requests"].items()}
        asked = found["limiter"]["retry_after_s"]
        held_off = {limiter.TOLD: asked} if asked["n"] else {}
        for name, metrics in {**named, limiter.LIMITER: held_off, "generator": found["generator"]}.items():
            for kind, row in metrics.items():
                writer.writerow((name, kind, *(row.get(column) for column in columns)))
