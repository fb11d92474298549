"""The result of a run as data: figures from locust's rows and from the counters of its processes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.load.request_record import Outcome
from wireproof.load.results import counters, throttling
from wireproof.load.results.counters import CounterKey, counter_key
from wireproof.load.results.doubts import GENERATOR_ROW, SCHEDULE_ROW, find_doubts
from wireproof.load.results.metric_definitions import DEFINITION_SHEET
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.measurement_window import COOL_DOWN, WARM_UP, WINDOW
from wireproof.stats import merge_counts, quantile

SUMMARY_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
HTTP_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
E2E_METRIC = "e2e ms"


def build_summary(
    stats: Any, book: MetricsRecorder, setting: Mapping[str, Any], course: LoadShape, lead_s: float
) -> dict[str, Any]:
    """Everything a run found, as data."""
    counts = book.counts
    rows = {(name, E2E_METRIC if kind in HTTP_METHODS else kind): row for (name, kind), row in stats.entries.items()}
    window_s = _window_s(stats, course, lead_s)
    figures: dict[str, dict[str, Any]] = defaultdict(dict)
    for (name, kind), row in sorted(rows.items()):
        figures[name][kind] = _metric_figures((row,))
    doubted = find_doubts({place: row.response_times for place, row in rows.items()}, counts)
    names = sorted({key.name for key in counts if key.kind == WINDOW})
    told = {
        name: _request_figures((name,), figures[name], counts, window_s) | _failure_samples(name, book)
        for name in names
    }
    alike: dict[str, list[Any]] = defaultdict(list)
    for (name, kind), row in sorted(rows.items()):
        if name in names:
            alike[kind].append(row)
    every = {kind: _metric_figures(found) for kind, found in sorted(alike.items())}
    return {
        "wireproof": __version__,
        "kind": "load",
        **setting,
        "valid": not doubted,
        "doubts": list(doubted),
        "window_s": round(window_s, 3),
        "schedule": {"due": counts[counters.STARTS_DUE], "missed": counts[counters.STARTS_MISSED]},
        "outside": {part: _count_outcomes(part, counts) for part in (WARM_UP, COOL_DOWN)},
        "unfinished": counts[counters.UNFINISHED],
        "stopped_by_ceiling": bool(counts[counters.STOPPED_BY_CEILING]),
        "limiter": throttling.throttling_summary(counts, figures.get(throttling.LIMITER_ROW, {})),
        "generator": dict(figures.get(GENERATOR_ROW, {})) | dict(figures.get(SCHEDULE_ROW, {})),
        "requests": told,
        "all": _request_figures(names, every, counts, window_s),
        "timeline": book.timeline.as_data(),
        "definitions": DEFINITION_SHEET,
    }


def _window_s(stats: Any, course: LoadShape, lead_s: float) -> float:
    """How long the part of the run was that is looked at, until its last end."""
    ran_s = max(0.0, (stats.last_request_timestamp or 0) - stats.start_time - lead_s)
    opens_s, closes_s = course.window_s
    looked_at_s: float = min(closes_s, ran_s) - opens_s
    return max(0.0, looked_at_s)


def _metric_figures(rows: Sequence[Any]) -> dict[str, Any]:
    """Number, mean, extremes and the percentiles that enough values carry, over rows of the same metric."""
    counts = merge_counts(row.response_times for row in rows)
    rows = [row for row in rows if row.response_times]
    number = sum(counts.values())
    if not number:
        return {"n": 0}
    told = {name: quantile(counts, share) for name, share in SUMMARY_PERCENTILES.items()}
    return {
        "n": number,
        "mean": sum(row.total_response_time for row in rows) / number,
        "min": min(row.min_response_time for row in rows),
        "max": max(row.max_response_time for row in rows),
        **{name: None if value is None else float(f"{value:.4g}") for name, value in told.items()},
    }


def _count_outcomes(part: str, counts: Counter[CounterKey], name: str | None = None) -> dict[str, int]:
    """Outcome → how many requests of a part of the run; of one name, where it is given."""
    ended: Counter[str] = Counter()
    for key, number in counts.items():
        if key.kind == part and name in (None, key.name):
            ended[key.part] += number
    return {str(one): ended[one] for one in Outcome if ended[one]}


def _failure_samples(name: str, book: MetricsRecorder) -> dict[str, Any]:
    return {"samples": {what: details for (of, what), details in book.samples.items() if of == name}}


def _request_figures(
    names: Sequence[str], metrics: Any, counts: Counter[CounterKey], window_s: float
) -> dict[str, Any]:
    """The figures of one kind of request, or of several together."""

    def total_count(kind: str, part: str = "") -> int:
        return sum(counts[counter_key(kind, name, part)] for name in names)

    outcomes: Counter[str] = Counter()
    for name in names:
        outcomes.update(_count_outcomes(WINDOW, counts, name))
    answered = {by: total_count(counters.ANSWER_TOKEN_KIND, by) for by in ("usage", "chunks")}
    window = window_s or 1.0
    return {
        "outcomes": dict(outcomes),
        "requests_s": outcomes.total() / window,
        "ok_s": outcomes[Outcome.OK] / window,
        "good": total_count(counters.GOOD_REQUESTS),
        "goodput_s": total_count(counters.GOOD_REQUESTS) / window,
        "tokens": {"prompt": total_count(counters.PROMPT_TOKEN_KIND)} | {by: n for by, n in answered.items() if n},
        "tokens_s": sum(answered.values()) / window,
        "chunks_s": total_count(counters.CHUNKS) / window,
        "sent_bytes": total_count(counters.SENT_BYTES),
        "received_bytes": total_count(counters.RECEIVED_BYTES),
        "metrics": metrics,
    }
