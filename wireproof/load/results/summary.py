"""Builds the summary of a run from locust's rows and the counters of its processes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof import __version__
from wireproof.load.request_record import Outcome
from wireproof.load.results import counters, throttling
from wireproof.load.results.counters import CounterKey, counter_key
from wireproof.load.results.doubts import GENERATOR_ROW, SCHEDULE_ROW, find_doubts
from wireproof.load.results.metric_definitions import DEFINITION_SHEET, metric_place
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.measurement_window import COOL_DOWN, WARM_UP, WINDOW
from wireproof.stats import merge_counts, quantile

SUMMARY_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
HTTP_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
E2E_METRIC = "e2e ms"


def build_summary(
    stats: Any, recorder: MetricsRecorder, setting: Mapping[str, Any], shape: LoadShape, lead_s: float
) -> dict[str, Any]:
    """Returns the summary (schemas/formats/load.json)."""
    counts = recorder.counts
    rows = {(name, E2E_METRIC if kind in HTTP_METHODS else kind): row for (name, kind), row in stats.entries.items()}
    window_s = _window_s(stats, shape, lead_s)
    figures: dict[str, dict[str, Any]] = defaultdict(dict)
    in_order = sorted(rows.items(), key=lambda item: (item[0][0], metric_place(item[0][1])))
    for (name, kind), row in in_order:
        figures[name][kind] = _metric_figures((row,))
    doubts = find_doubts({key: row.response_times for key, row in rows.items()}, counts)
    names = sorted({key.name for key in counts if key.kind == WINDOW})
    by_name = {
        name: _request_figures((name,), figures[name], counts, window_s) | _failure_samples(name, recorder)
        for name in names
    }
    rows_by_metric: dict[str, list[Any]] = defaultdict(list)
    for (name, kind), row in in_order:
        if name in names:
            rows_by_metric[kind].append(row)
    all_metrics = {kind: _metric_figures(metric_rows) for kind, metric_rows in rows_by_metric.items()}
    all_metrics = dict(sorted(all_metrics.items(), key=lambda item: metric_place(item[0])))
    return {
        "wireproof": __version__,
        "kind": "load",
        **setting,
        "valid": not doubts,
        "doubts": list(doubts),
        "window_s": round(window_s, 3),
        "schedule": {"due": counts[counters.STARTS_DUE], "missed": counts[counters.STARTS_MISSED]},
        "outside": {part: _count_outcomes(part, counts) for part in (WARM_UP, COOL_DOWN)},
        "unfinished": counts[counters.UNFINISHED],
        "stopped_by_ceiling": bool(counts[counters.STOPPED_BY_CEILING]),
        "limiter": throttling.throttling_summary(counts, figures.get(throttling.LIMITER_ROW, {})),
        "generator": dict(figures.get(GENERATOR_ROW, {})) | dict(figures.get(SCHEDULE_ROW, {})),
        "requests": by_name,
        "all": _request_figures(names, all_metrics, counts, window_s),
        "timeline": recorder.timeline.as_data(),
        "definitions": DEFINITION_SHEET,
    }


def _window_s(stats: Any, shape: LoadShape, lead_s: float) -> float:
    """Seconds of the measurement window, which ends with the last finished request at the latest."""
    ran_s = max(0.0, (stats.last_request_timestamp or 0) - stats.start_time - lead_s)
    opens_s, closes_s = shape.window_s
    measured_s: float = min(closes_s, ran_s) - opens_s
    return max(0.0, measured_s)


def _metric_figures(rows: Sequence[Any]) -> dict[str, Any]:
    """Number, mean, extremes and percentiles over rows of one metric; a percentile with too few values is None."""
    counts = merge_counts(row.response_times for row in rows)
    rows = [row for row in rows if row.response_times]
    number = sum(counts.values())
    if not number:
        return {"n": 0}
    percentiles = {name: quantile(counts, share) for name, share in SUMMARY_PERCENTILES.items()}
    return {
        "n": number,
        "mean": sum(row.total_response_time for row in rows) / number,
        "min": min(row.min_response_time for row in rows),
        "max": max(row.max_response_time for row in rows),
        **{name: None if value is None else float(f"{value:.4g}") for name, value in percentiles.items()},
    }


def _count_outcomes(part: str, counts: Counter[CounterKey], name: str | None = None) -> dict[str, int]:
    """Outcome → number of requests in a part of the run, of one name if it is given."""
    ended: Counter[str] = Counter()
    for key, number in counts.items():
        if key.kind == part and name in (None, key.name):
            ended[key.part] += number
    return {str(outcome): ended[outcome] for outcome in Outcome if ended[outcome]}


def _failure_samples(name: str, recorder: MetricsRecorder) -> dict[str, Any]:
    samples = recorder.samples.items()
    return {"samples": {what: details for (request_name, what), details in samples if request_name == name}}


def _request_figures(
    names: Sequence[str], metrics: Any, counts: Counter[CounterKey], window_s: float
) -> dict[str, Any]:
    """The figures of the requests of one name, or of several names together."""

    def total_count(kind: str, part: str = "") -> int:
        return sum(counts[counter_key(kind, name, part)] for name in names)

    outcomes: Counter[str] = Counter()
    for name in names:
        outcomes.update(_count_outcomes(WINDOW, counts, name))
    answer_tokens = {source: total_count(counters.ANSWER_TOKEN_KIND, source) for source in ("usage", "chunks")}
    window = window_s or 1.0
    return {
        "outcomes": dict(outcomes),
        "requests_s": outcomes.total() / window,
        "ok_s": outcomes[Outcome.OK] / window,
        "good": total_count(counters.GOOD_REQUESTS),
        "goodput_s": total_count(counters.GOOD_REQUESTS) / window,
        "tokens": {
            "prompt": total_count(counters.PROMPT_TOKEN_KIND),
            **{source: number for source, number in answer_tokens.items() if number},
        },
        "tokens_s": sum(answer_tokens.values()) / window,
        "chunks_s": total_count(counters.CHUNKS) / window,
        "sent_bytes": total_count(counters.SENT_BYTES),
        "received_bytes": total_count(counters.RECEIVED_BYTES),
        "metrics": metrics,
    }
