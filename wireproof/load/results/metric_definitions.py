"""Definitions of all figures, and the order in which they are shown."""

from __future__ import annotations

from wireproof import stats

# The order of metrics in every report; those that are not listed come last.
METRIC_ORDER = (
    "TTFT ms",
    "ITL ms",
    "TPOT ms",
    "e2e ms",
    "TTFOT ms",
    "TTFT from due ms",
    "e2e from due ms",
    "tok/s",
    "headers ms",
    "DONE to EOF ms",
)
DEFINITION_SHEET = f"""\
Clock        one monotonic clock per process; a time stamp is taken after each network read, before parsing.
Start        `sent` is taken on an open connection, before the first byte is written. In an open loop `due` is
             the scheduled start; figures "from due" are measured from there, all others from `sent`.
headers      sent → the read that completes the response headers.
TTFT         time to first token: sent → the read with the first content, reasoning or tool delta that is not
             empty. Roles, empty deltas, comments and usage chunks do not count.
TTFOT        time to first output token: the same for the first delta that is not reasoning.
ITL          inter-token latency: time between two successive deltas, every one recorded; 0 for deltas of one read.
             Resolution 4 µs.
TPOT         time per output token: (last delta - first delta) / (tokens of the answer - 1), one value a request.
e2e          sent → the read that completes the body; shown in the row of the request.
DONE to EOF  the read with [DONE] → the read that completes the body.
tok/s        tokens of the answer / e2e, one value a request: the speed that one user sees.
tokens       from `usage` if the answer has it; else one for each delta, labelled "chunks".
requests/s   finished requests / window; tokens/s and goodput likewise. The window is first send → last end, or the
             time between warm-up and cool-down; a request belongs to the part in which it was scheduled.
goodput      requests that are ok and meet every objective of --slo.
percentiles  DDSketch, accurate to {stats.RELATIVE_ACCURACY:.1%}; shown only if {stats.MIN_VALUES_BEYOND} or more values
             lie beyond them. Locust's own tables print every percentile, rounded to a millisecond.
ok           a success status; for a stream also an end (a finish reason or [DONE]) and no error. Only ok requests
             count in the latencies. throttled: 429. refused: any other status. cut: the connection or the stream
             ended before the answer was complete. in-stream error: an error event in a stream. non-conformant: an
             answer that a client cannot parse. timeout: a deadline passed. unreachable: no connection.
left         the client closed the connection early, as its scenario says; not an error, and in no latency.
conformance  share of judged answers that violate no "must" of the provider's document. Every answer is judged, and
             counted by the number of requests that this process had under way when it was sent. An answer that
             was cut, carried an error, could not be parsed, or contains the nonce of another request is a violation.
             For throttled answers only the form is judged. Independent of the classes above.
limiter      over the whole run: a request answered 429 or 503 is held off; its user then waits as long as
             Retry-After says, at least one second and up to a tenth more. Its next request is admitted or refused.
lag          sent - due, for each start. missed: starts for which no user was free in time; they are not sent later.
loop delay   lateness of the timers of this process; it is part of every figure above."""


def metric_place(metric: str) -> tuple[int, str]:
    """The key that sorts metrics into the order of the reports."""
    return (METRIC_ORDER.index(metric) if metric in METRIC_ORDER else len(METRIC_ORDER), metric)
