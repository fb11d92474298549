"""Where figures are entered: rows of locust's own statistics, so that its UI, --html, --csv and workers have them.

A request is a row as locust knows it, with its time where it is ok and none where it is not. Each metric is a row
of its own whose type says what it is and in which unit. Buckets are those of `wireproof.stats`, which add up.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from wireproof.load.conformance import conformance_share
from wireproof.load.conformance.conformance_share import JudgementKey
from wireproof.load.conformance.response_judge import BrokenCheck
from wireproof.load.request_record import Outcome, RequestRecord
from wireproof.load.results import counters
from wireproof.load.results.counters import CounterKey, counter_key
from wireproof.load.results.request_log import RequestLog
from wireproof.load.results.timeline import Timeline
from wireproof.load.scenario import objectives
from wireproof.load.scenario.measurement_window import WINDOW, MeasurementWindow
from wireproof.stats import bucket_value

# Values that wait to be entered together; more at once would hold up the streams that are being read.
MAX_WAITING_VALUES = 512
# Gaps are told apart by 4 µs; what is shorter came in one read.
GAP_STEP_BITS = 12
MAX_SAMPLES = 3
# A moment that never comes.
NEVER_NS = 1 << 62

MetricValues = Iterator[tuple[str, float]]


class RequestFailed(Exception):
    """Why a request is a failure to locust: its class and status."""

    def __repr__(self) -> str:
        return str(self)


class MetricsRecorder:
    """The figures of one process, until locust's statistics have them."""

    def __init__(self, rows: Callable[[str, str], Any], fire: Callable[..., None]) -> None:
        self._rows, self._fire = rows, fire
        self._waiting: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._gaps: dict[str, list[int]] = defaultdict(list)
        self.counts: Counter[CounterKey] = Counter()
        self.judgements: Counter[JudgementKey] = Counter()
        self.samples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.objectives: Mapping[str, float] = {}
        self.timeline = Timeline()
        self.records: RequestLog | None = None
        self.redact_detail: Callable[[str], str] = str
        self._slice = self.timeline.slice_at(0)
        self._began_ns, self._turns_ns = 0, NEVER_NS
        self._window = MeasurementWindow()

    def begin(self, began_ns: int, window: MeasurementWindow) -> None:
        """Begin a run, of which a window is looked at."""
        self.clear()
        self._began_ns, self._window = began_ns, window
        self._next_slice(began_ns)

    def record_request(self, record: RequestRecord, method: str, number: int = 0) -> None:
        """Enter one request: its row, its metrics where it is ok, its class in any case."""
        if record.ended_ns >= self._turns_ns:
            self._next_slice(record.ended_ns)
        part = self._window.part(record.due_ns)
        if self.records is not None:
            self.records.add(record, number, part)
        ended = counter_key(part, record.name, record.outcome)
        self._slice.counts[ended] += 1
        self.counts[ended] += 1
        if part != WINDOW:
            return
        ok = record.outcome is Outcome.OK
        e2e_ms = (record.ended_ns - record.sent_ns) / 1e6
        self._fire(
            request_type=method,
            name=record.name,
            response_time=e2e_ms if ok else None,
            response_length=record.received_bytes,
            exception=None
            if ok or record.outcome is Outcome.LEFT
            else RequestFailed(f"{record.outcome} {record.status or ''}".strip()),
            context={},
        )
        if not ok:
            if record.outcome is not Outcome.LEFT:
                self._keep_failure_sample(record)
            return
        self._count_tokens(record)
        self._slice.metrics[record.name, "e2e ms"][bucket_value(e2e_ms)] += 1
        values = dict(_metric_values(record, e2e_ms))
        for kind, value in values.items():
            self.record_value(record.name, kind, value)
        if objectives.meets_objectives({**values, "e2e ms": e2e_ms}, self.objectives):
            self.counts[counter_key(counters.GOOD_REQUESTS, record.name)] += 1
        if record.gaps_ns:
            waiting = self._gaps[record.name]
            waiting.extend(record.gaps_ns)
            if len(waiting) >= MAX_WAITING_VALUES:
                self._flush_gaps(record.name)

    def record_judgement(self, record: RequestRecord, under_way: int, breaches: Sequence[BrokenCheck]) -> None:
        """Count what an answer of the window broke, by how many requests were under way when it was sent."""
        if self._window.part(record.due_ns) != WINDOW:
            return
        self.judgements[conformance_share.judgement_key(record.name, under_way, breaches)] += 1
        for breach in breaches:
            self.keep_samples(record.name, breach.check, [breach.message])

    def record_value(self, name: str, kind: str, value: float) -> None:
        """Enter one value of a metric."""
        waiting = self._waiting[name, kind]
        waiting.append(value)
        if len(waiting) >= MAX_WAITING_VALUES:
            self._flush_values(name, kind)

    def flush(self) -> None:
        """Enter what still waits."""
        for name, kind in self._waiting:
            self._flush_values(name, kind)
        for name in self._gaps:
            self._flush_gaps(name)
        if self.records is not None:
            self.records.write()

    def clear(self) -> None:
        """Begin anew."""
        for kept in (self._waiting, self._gaps, self.counts, self.judgements, self.samples, self.timeline):
            kept.clear()

    def take_delta(self) -> dict[str, Any]:
        """What was entered since the last time, beside the rows, for another process."""
        told = {
            "counts": counters.counters_to_rows(self.counts),
            "judgements": conformance_share.judgements_to_rows(self.judgements),
            "samples": [[name, what, details] for (name, what), details in self.samples.items()],
            "timeline": self.timeline.to_json(),
        }
        for kept in (self.counts, self.judgements, self.samples, self.timeline):
            kept.clear()
        self._slice = self.timeline.slice_at((self._turns_ns - self._began_ns) / 1e9 - self.timeline.width_s / 2)
        return told

    def add_delta(self, told: Mapping[str, Any]) -> None:
        """Add what another process handed over."""
        self.counts.update(counters.counters_from_rows(told["counts"]))
        self.judgements.update(conformance_share.judgements_from_rows(told["judgements"]))
        for name, what, details in told["samples"]:
            self.keep_samples(name, what, details)
        self.timeline.add_json(told["timeline"])

    def add_under_way_time(self, number: int, milliseconds: float) -> None:
        """So many requests were under way for so long."""
        self._slice.counts[counters.UNDER_WAY_MS] += round(number * milliseconds)

    def _next_slice(self, now_ns: int) -> None:
        """Go on in the slice of now."""
        self.flush()
        second = (now_ns - self._began_ns) / 1e9
        self._slice = self.timeline.slice_at(second)
        width_s = self.timeline.width_s
        self._turns_ns = self._began_ns + int((second // width_s + 1) * width_s * 1e9)

    def _count_tokens(self, record: RequestRecord) -> None:
        counts, name, tokens = self.counts, record.name, record.tokens
        counts[counter_key(counters.PROMPT_TOKEN_KIND, name)] += tokens.prompt
        counts[counter_key(counters.ANSWER_TOKEN_KIND, name, tokens.by)] += tokens.answer
        self._slice.counts[counters.SLICE_TOKENS] += tokens.answer
        counts[counter_key(counters.CHUNKS, name)] += len(record.gaps_ns) + (record.first_ns is not None)
        counts[counter_key(counters.SENT_BYTES, name)] += record.sent_bytes
        counts[counter_key(counters.RECEIVED_BYTES, name)] += record.received_bytes

    def _keep_failure_sample(self, record: RequestRecord) -> None:
        self.keep_samples(record.name, str(record.outcome), [record.detail])

    def keep_samples(self, name: str, what: str, details: Iterable[str]) -> None:
        """Keep a few details of what went wrong with the requests of a name."""
        kept = self.samples[name, what]
        if len(kept) < MAX_SAMPLES:
            kept.extend(detail for detail in map(self.redact_detail, details) if detail not in kept)
            del kept[MAX_SAMPLES:]

    def _flush_values(self, name: str, kind: str) -> None:
        values = self._waiting[name, kind]
        if values:
            entered = Counter(map(bucket_value, values))
            add_to_row(self._rows(name, kind), entered, sum(values), min(values), max(values))
            self._slice.metrics[name, kind].update(entered)
            values.clear()

    def _flush_gaps(self, name: str) -> None:
        gaps = self._gaps[name]
        if gaps:
            entered: Counter[float] = Counter()
            for step, count in Counter([gap >> GAP_STEP_BITS for gap in gaps]).items():
                entered[_gap_bucket(step)] += count
            add_to_row(self._rows(name, "gap ms"), entered, sum(gaps) / 1e6, min(gaps) / 1e6, max(gaps) / 1e6)
            self._slice.metrics[name, "gap ms"].update(entered)
            gaps.clear()


def _metric_values(record: RequestRecord, e2e_ms: float) -> MetricValues:
    """The metrics of a request that is ok; what an answer does not have has no value."""
    sent_ns, first_ns = record.sent_ns, record.first_ns
    if record.headers_ns is not None:
        yield "headers ms", (record.headers_ns - sent_ns) / 1e6
    if record.due_ns != sent_ns:
        yield "e2e from due ms", (record.ended_ns - record.due_ns) / 1e6
    answer = record.tokens.answer
    if answer:
        yield "tok/s", answer / e2e_ms * 1e3
    if first_ns is None:
        return
    yield "TTFT ms", (first_ns - sent_ns) / 1e6
    if record.due_ns != sent_ns:
        yield "TTFT from due ms", (first_ns - record.due_ns) / 1e6
    if record.visible_ns is not None:
        yield "TTFOT ms", (record.visible_ns - sent_ns) / 1e6
    if answer > 1 and record.last_ns is not None:
        yield "TPOT ms", (record.last_ns - first_ns) / 1e6 / (answer - 1)
    if record.done_ns is not None:
        yield "DONE to EOF ms", (record.ended_ns - record.done_ns) / 1e6


@lru_cache(maxsize=65536)
def _gap_bucket(step: int) -> float:
    return bucket_value(((step << GAP_STEP_BITS) + (1 << GAP_STEP_BITS) / 2) / 1e6) if step else 0.0


def add_to_row(row: Any, counts: Counter[float], total: float, least: float, most: float) -> None:
    """Add values to a row of locust's statistics that are no requests of their own."""
    number, now = counts.total(), time.time()
    row.num_requests += number
    row.total_response_time += total
    row.min_response_time = least if row.min_response_time is None else min(row.min_response_time, least)
    row.max_response_time = max(row.max_response_time, most)
    for value, count in counts.items():
        row.response_times[value] += count
    row.num_reqs_per_sec[int(now)] += number
    row.last_request_timestamp = now
