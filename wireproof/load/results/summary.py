"""The result of a run as data: figures from locust's rows and from the counters of its processes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.load.request_record import Outcome
from wireproof.load.results import counters, throttling
from wireproof.load.results.counters import CounterKey, counter_key
from wireproof.load.results.doubts import GENERATOR, SCHEDULE, doubts
from wireproof.load.results.metric_definitions import SHEET
from wireproof.load.results.metrics_recorder import Book
from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.measurement_window import COOL_DOWN, WARM_UP, WINDOW
from wireproof.stats import merge_counts, quantile

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
E2E = "e2e ms"


def summary(stats: Any, book: Book, setting: Mapping[str, Any], course: LoadShape, lead_s: float) -> dict[str, Any]:
    """Everything a run found, as data."""
    counts = book.counts
    rows = {(name, E2E if kind in METHODS else kind): row for (name, kind), row in stats.entries.items()}
    window_s = _window_s(stats, course, lead_s)
    figures: dict[str, dict[str, Any]] = defaultdict(dict)
    for (name, kind), row in sorted(rows.items()):
        figures[name][kind] = _figures((row,))
    doubted = doubts({place: row.response_times for place, row in rows.items()}, counts)
    names = sorted({key.name for key in counts if key.kind == WINDOW})
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
        "schedule": {"due": counts[counters.STARTS_DUE], "missed": counts[counters.STARTS_MISSED]},
        "outside": {part: _outcomes(part, counts) for part in (WARM_UP, COOL_DOWN)},
        "unfinished": counts[counters.UNFINISHED],
        "stopped_by_ceiling": bool(counts[counters.STOPPED_BY_CEILING]),
        "limiter": throttling.told(counts, figures.get(throttling.LIMITER, {})),
        "generator": dict(figures.get(GENERATOR, {})) | dict(figures.get(SCHEDULE, {})),
        "requests": told,
        "all": _request(names, every, counts, window_s),
        "timeline": book.timeline.as_data(),
        "definitions": SHEET,
    }


def _window_s(stats: Any, course: LoadShape, lead_s: float) -> float:
    """How long the part of the run was that is looked at, until its last end."""
    ran_s = max(0.0, (stats.last_request_timestamp or 0) - stats.start_time - lead_s)
    opens_s, closes_s = course.window_s
    looked_at_s: float = min(closes_s, ran_s) - opens_s
    return max(0.0, looked_at_s)


def _figures(rows: Sequence[Any]) -> dict[str, Any]:
    """Number, mean, extremes and the percentiles that enough values carry, over rows of the same metric."""
    counts = merge_counts(row.response_times for row in rows)
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


def _outcomes(part: str, counts: Counter[CounterKey], name: str | None = None) -> dict[str, int]:
    """Outcome → how many requests of a part of the run; of one name, where it is given."""
    ended: Counter[str] = Counter()
    for key, number in counts.items():
        if key.kind == part and name in (None, key.name):
            ended[key.part] += number
    return {str(one): ended[one] for one in Outcome if ended[one]}


def _samples(name: str, book: Book) -> dict[str, Any]:
    return {"samples": {what: details for (of, what), details in book.samples.items() if of == name}}


def _request(names: Sequence[str], metrics: Any, counts: Counter[CounterKey], window_s: float) -> dict[str, Any]:
    """The figures of one kind of request, or of several together."""

    def total(kind: str, part: str = "") -> int:
        return sum(counts[counter_key(kind, name, part)] for name in names)

    outcomes: Counter[str] = Counter()
    for name in names:
        outcomes.update(_outcomes(WINDOW, counts, name))
    answered = {by: total(counters.ANSWER_TOKENS, by) for by in ("usage", "chunks")}
    window = window_s or 1.0
    return {
        "outcomes": dict(outcomes),
        "requests_s": outcomes.total() / window,
        "ok_s": outcomes[Outcome.OK] / window,
        "good": total(counters.GOOD),
        "goodput_s": total(counters.GOOD) / window,
        "tokens": {"prompt": total(counters.PROMPT_TOKENS)} | {by: n for by, n in answered.items() if n},
        "tokens_s": sum(answered.values()) / window,
        "chunks_s": total(counters.CHUNKS) / window,
        "sent_bytes": total(counters.SENT_BYTES),
        "received_bytes": total(counters.RECEIVED_BYTES),
        "metrics": metrics,
    }
