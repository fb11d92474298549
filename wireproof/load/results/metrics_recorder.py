"""Records figures in rows of locust's own statistics, so that its UI, --html, --csv and workers show them.

A request is a row of locust, with a response time only if it is ok. Each metric is a row of its own, whose type names
the metric and its unit. Values are counted in the buckets of `wireproof.stats`, so results of processes can be added.
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

# Values buffered before they are recorded together; a larger batch would delay the streams that are being read.
MAX_BUFFERED_VALUES = 512
# Gaps are recorded in steps of 4 µs; anything shorter came in one read.
GAP_STEP_BITS = 12
MAX_SAMPLES = 3
# Later than any time stamp.
NEVER_NS = 1 << 62

MetricValues = Iterator[tuple[str, float]]


class RequestFailed(Exception):
    """The failure of a request as locust shows it: class and status."""

    def __repr__(self) -> str:
        return str(self)


class MetricsRecorder:
    """Buffers the figures of one process and adds them to locust's statistics.

    Attributes:
        counts, judgements: counters since the last report to another process.
        samples: (name, outcome or check) → up to three details.
        objectives: metric → greatest value, for goodput.
        records: the raw records; None without --records.
        redact_detail: removes secrets from a detail.
    """

    def __init__(self, rows: Callable[[str, str], Any], fire: Callable[..., None]) -> None:
        self._rows, self._fire = rows, fire
        self._buffered: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._gaps: dict[str, list[int]] = defaultdict(list)
        self.counts: Counter[CounterKey] = Counter()
        self.judgements: Counter[JudgementKey] = Counter()
        self.samples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.objectives: Mapping[str, float] = {}
        self.timeline = Timeline()
        self.records: RequestLog | None = None
        self.redact_detail: Callable[[str], str] = str
        self._slice = self.timeline.slice_at(0)
        self._began_ns, self._slice_ends_ns = 0, NEVER_NS
        self._window = MeasurementWindow()

    def begin(self, began_ns: int, window: MeasurementWindow) -> None:
        """Starts a run whose figures cover `window` only."""
        self.clear()
        self._began_ns, self._window = began_ns, window
        self._next_slice(began_ns)

    def record_request(self, record: RequestRecord, method: str, number: int = 0) -> None:
        """Records one request: always its outcome; inside the window its row and, if it is ok, its metrics."""
        if record.ended_ns >= self._slice_ends_ns:
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
            buffered = self._gaps[record.name]
            buffered.extend(record.gaps_ns)
            if len(buffered) >= MAX_BUFFERED_VALUES:
                self._flush_gaps(record.name)

    def record_judgement(self, record: RequestRecord, under_way: int, breaches: Sequence[BrokenCheck]) -> None:
        """Counts an answer of the window by its violations and by the number of requests under way when it was sent."""
        if self._window.part(record.due_ns) != WINDOW:
            return
        self.judgements[conformance_share.judgement_key(record.name, under_way, breaches)] += 1
        for breach in breaches:
            self.keep_samples(record.name, breach.check, [breach.message])

    def record_value(self, name: str, kind: str, value: float) -> None:
        """Records one value of a metric."""
        buffered = self._buffered[name, kind]
        buffered.append(value)
        if len(buffered) >= MAX_BUFFERED_VALUES:
            self._flush_values(name, kind)

    def flush(self) -> None:
        """Adds all buffered values to the rows and writes the raw records."""
        for name, kind in self._buffered:
            self._flush_values(name, kind)
        for name in self._gaps:
            self._flush_gaps(name)
        if self.records is not None:
            self.records.write()

    def clear(self) -> None:
        """Removes everything recorded."""
        for store in (self._buffered, self._gaps, self.counts, self.judgements, self.samples, self.timeline):
            store.clear()

    def take_delta(self) -> dict[str, Any]:
        """Returns and clears what was recorded since the last call, apart from locust's rows, for another process."""
        delta = {
            "counts": counters.counters_to_rows(self.counts),
            "judgements": conformance_share.judgements_to_rows(self.judgements),
            "samples": [[name, what, details] for (name, what), details in self.samples.items()],
            "timeline": self.timeline.to_json(),
        }
        for store in (self.counts, self.judgements, self.samples, self.timeline):
            store.clear()
        self._slice = self.timeline.slice_at((self._slice_ends_ns - self._began_ns) / 1e9 - self.timeline.width_s / 2)
        return delta

    def add_delta(self, delta: Mapping[str, Any]) -> None:
        """Adds the delta of another process."""
        self.counts.update(counters.counters_from_rows(delta["counts"]))
        self.judgements.update(conformance_share.judgements_from_rows(delta["judgements"]))
        for name, what, details in delta["samples"]:
            self.keep_samples(name, what, details)
        self.timeline.add_json(delta["timeline"])

    def add_under_way_time(self, number: int, milliseconds: float) -> None:
        """Records that `number` requests were under way for `milliseconds`."""
        self._slice.counts[counters.UNDER_WAY_MS] += round(number * milliseconds)

    def _next_slice(self, now_ns: int) -> None:
        """Switches to the slice of `now_ns`."""
        self.flush()
        second = (now_ns - self._began_ns) / 1e9
        self._slice = self.timeline.slice_at(second)
        width_s = self.timeline.width_s
        self._slice_ends_ns = self._began_ns + int((second // width_s + 1) * width_s * 1e9)

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
        """Keeps the first few distinct details of an outcome or a check."""
        samples = self.samples[name, what]
        if len(samples) < MAX_SAMPLES:
            samples.extend(detail for detail in map(self.redact_detail, details) if detail not in samples)
            del samples[MAX_SAMPLES:]

    def _flush_values(self, name: str, kind: str) -> None:
        values = self._buffered[name, kind]
        if values:
            buckets = Counter(map(bucket_value, values))
            add_to_row(self._rows(name, kind), buckets, sum(values), min(values), max(values))
            self._slice.metrics[name, kind].update(buckets)
            values.clear()

    def _flush_gaps(self, name: str) -> None:
        gaps = self._gaps[name]
        if gaps:
            buckets: Counter[float] = Counter()
            for step, count in Counter([gap >> GAP_STEP_BITS for gap in gaps]).items():
                buckets[_gap_bucket(step)] += count
            add_to_row(self._rows(name, "ITL ms"), buckets, sum(gaps) / 1e6, min(gaps) / 1e6, max(gaps) / 1e6)
            self._slice.metrics[name, "ITL ms"].update(buckets)
            gaps.clear()


def _metric_values(record: RequestRecord, e2e_ms: float) -> MetricValues:
    """Yields the metrics of an ok request; a metric without its time stamps is left out."""
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
    """Adds values of a metric to a row of locust's statistics."""
    number, now = counts.total(), time.time()
    row.num_requests += number
    row.total_response_time += total
    row.min_response_time = least if row.min_response_time is None else min(row.min_response_time, least)
    row.max_response_time = max(row.max_response_time, most)
    for value, count in counts.items():
        row.response_times[value] += count
    row.num_reqs_per_sec[int(now)] += number
    row.last_request_timestamp = now
