"""What each figure means; the sheet is printed with every result."""

from __future__ import annotations

from wireproof import stats

DEFINITION_SHEET = f"""\
Clock        one monotonic clock of this process; a stamp is taken after each network read, before it is parsed.
Start        `sent` is taken when the connection stands and before the first byte is written. In an open loop
             `due` is the start that the schedule meant; figures "from due" begin there, all others at `sent`.
headers      sent → the read that ends the response's headers.
TTFT         sent → the read that brings the first content, reasoning or tool delta that is not empty. A role,
             an empty delta, a comment or a usage frame is none.
TTFOT        the same for the first delta that is no reasoning.
gap          between each two deltas, every one kept; deltas of one read are 0 apart. Told apart by 4 µs.
TPOT         (last delta - first delta) / (tokens of the answer - 1), one value a request.
e2e          sent → the read that ends the body; it stands in the request's own row.
DONE to EOF  the read that brings [DONE] → the read that ends the body.
tok/s        tokens of the answer / e2e, one value a request: what one user sees.
tokens       by usage where the answer tells it; else one a delta, and then labelled "chunks".
requests/s   finished requests / window. tokens/s and goodput likewise; the window is first send → last end, or the
             time between warm-up and cool-down: a request belongs to the part in which it was due.
goodput      requests that are ok and meet every objective of --slo.
percentiles  DDSketch, within {stats.RELATIVE_ACCURACY:.1%}; none is told with fewer than {stats.MIN_VALUES_BEYOND} values beyond it.
             Locust's own tables print each percentile, rounded to a millisecond.
ok           a status of success, and a stream with its finish reason, its [DONE] and no error. Only these enter
             the latencies. throttled: 429. refused: any other status. cut: the connection or the stream ended
             before the answer did. in-stream error: an error inside a stream. non-conformant: no answer that a
             client could read. timeout: a deadline passed. unreachable: no connection.
left         the client went in the middle, as its scenario says; no error, and in no latency.
conformance  answers that break no promise (must) of the provider's document, of those judged: every answer that
             came, told beside how many requests this process had under way when it was sent. An answer that was
             cut, carried an error or could not be read breaks one, and so does one that says another's word.
             Throttled answers are held to their form alone. It is no part of the classes above.
limiter      of the whole run: answers with 429 or 503 are held off; a user then waits as long as Retry-After says,
             one second at least and up to a tenth more. Let in, or not, is its next request after such a wait.
lag          send - due, of each start. missed: starts that were over before anyone was free; never caught up.
loop delay   how much later than asked a timer of this process fires: its own share in every figure above."""
