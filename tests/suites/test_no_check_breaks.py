"""No answer, however odd, breaks a check: it judges, or states why it cannot.

`.ci/judge` runs the tests of all servers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.clause import WIRE
from wireproof.evidence.case_result import Evidence
from wireproof.evidence.exchange import BodyRead, Exchange
from wireproof.formats import json_pointer
from wireproof.formats.strict_json import NotJson
from wireproof.session.target_run import TargetRun

pytestmark = pytest.mark.slow

SEED = 20260601
# The servers whose answers OpenAI's contract is judged on, a share of it on each.
OTHERS = sorted(loading.load_providers().keys() - {loading.BASELINE_PROVIDER})
# The servers of the gate; those with the most and the fewest clauses.
GATED = (loading.BASELINE_PROVIDER, "iotex")
# The number of random odd answers of each case, beside the sweeps.
ODD_ANSWERS = 1
BODIES = (
    b"", b"null", b"[]", b"{}", b"7", b'"x"', b"true", b"[null]", b"[[]]", b"1e999", b"\xff\xfe{", b"<html>\n<body>",
    b'{"error":"no"}', b'{"error":[1]}', b'{"error":{"message":{},"type":7,"code":[]}}', b'{"choices":{}}',
    b'{"choices":[7]}', b'{"data":[null]}', b"data: 7\n\n", b"data: {}\n\n", b'data: {"choices":[{"delta":[]}]}\n\n',
    b'data: {"type":[]}\n\ndata: [DONE]\n\n',
)  # fmt: skip
# Markers for numbers that JSON allows and no float can hold, until the text is written.
HUGE, INTEGER = "\ue000huge", "\ue000integer"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 7, -1, 1.5, HUGE, INTEGER, "", "x", " ", "é²", "NaN", "-1", "a/b", "\ud800",
    "https://[no", "data:image/png;base64,é", "data:image/png;base64,////",
    [], [None], [[]], {}, {"": None}, {"index": []},
)  # fmt: skip
# Each of these replaces every number of an answer at once, or every text.
NUMBERS, TEXTS = (HUGE, INTEGER), ("NaN", "https://[no", "data:image/png;base64,é")
LINES = ("", "x", "-1", "²", "1.5", "9" * 400, "9" * 5000, "0", "Thu, 99 Foo 2026", "1s", "gzip", "text/plain", "é")
STATUSES = (200, 201, 204, 301, 400, 401, 402, 404, 418, 422, 429, 500, 503)


def written(value: Any) -> bytes:
    """Encodes a value as JSON, with the numbers that no float can hold; a lone surrogate stays escaped."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace(json.dumps(HUGE), "1e999").replace(json.dumps(INTEGER), "9" * 400).encode()


def names_in(value: Any) -> Sequence[Any]:
    return list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()


def place(value: Any, draw: random.Random) -> str:
    """Draws a place of the value; a long list is no likelier than its neighbour."""
    names = names_in(value)
    if not names or draw.random() < 0.15:
        return ""
    name = draw.choice(names)
    return json_pointer.join(name) + place(value[name], draw)


def edited(value: Any, draw: random.Random) -> Any:
    """Returns the value with one member changed or left out."""
    at = place(value, draw)
    if at and draw.random() < 0.3:
        return json_pointer.drop(value, at)
    return json_pointer.edit(value, at, draw.choice(VALUES))


def swept(value: Any, new: str) -> Any:
    """Returns the value with every number, or every text, replaced."""
    if isinstance(value, dict):
        return {name: swept(member, new) for name, member in value.items()}
    if isinstance(value, list):
        return [swept(member, new) for member in value]
    of_this_kind = isinstance(value, str) if new in TEXTS else type(value) in (int, float)
    return new if of_this_kind else value


def body(exchange: Exchange, draw: random.Random) -> bytes:
    """Draws another body: an odd one, a cut one, or one with an edit."""
    kind = draw.random()
    if kind < 0.15:
        return draw.choice(BODIES)
    if kind < 0.25:
        return exchange.body[: draw.randrange(len(exchange.body) + 1)]
    if exchange.content_type == "text/event-stream":
        return events(exchange.body, draw)
    try:
        return written(edited(exchange.json, draw))
    except NotJson:
        return draw.choice(BODIES)


def events(stream: bytes, draw: random.Random) -> bytes:
    """Returns a stream with one or all of its events edited, left out or repeated."""
    blocks = stream.split(b"\n\n")
    chosen = draw.randrange(len(blocks))
    every = draw.random() < 0.3
    blocks_out = [odd(block, draw) if every or at == chosen else block for at, block in enumerate(blocks)]
    return b"\n\n".join(blocks_out)


def odd(block: bytes, draw: random.Random) -> bytes:
    name, mark, data = block.partition(b"data: ")
    if not data.startswith(b"{") or draw.random() < 0.1:
        return draw.choice((b"", block + b"\n\n" + block, b"data: []", b"data: x", b"event: x"))
    return name + mark + written(edited(json.loads(data), draw))


def head(exchange: Exchange, draw: random.Random) -> Exchange:
    """Returns the answer with another status, or with one header changed, missing or repeated."""
    if draw.random() < 0.3 or not exchange.headers:
        return replace(exchange, status=draw.choice(STATUSES))
    chosen = draw.randrange(len(exchange.headers))
    name, value = exchange.headers[chosen]
    changed = draw.choice(((), ((name, value),) * 2, *(((name, line.encode("latin-1")),) for line in LINES)))
    return replace(exchange, headers=(*exchange.headers[:chosen], *changed, *exchange.headers[chosen + 1 :]))


def oddly(exchange: Exchange, draw: random.Random) -> Exchange:
    """Returns the exchange with an answer that no correct server gives."""
    if draw.random() < 0.2:
        return head(exchange, draw)
    return with_body(exchange, body(exchange, draw))


def with_body(exchange: Exchange, text: bytes) -> Exchange:
    return replace(exchange, reads=(BodyRead(exchange.ended_ns or exchange.started_ns, text),))


def sweeps(exchange: Exchange) -> Iterator[Exchange]:
    """Yields the answer with every number, or every text, replaced by one that is legal JSON and unexpected."""
    for new in (*NUMBERS, *TEXTS):
        if exchange.content_type == "text/event-stream":
            blocks = (block.partition(b"data: ") for block in exchange.body.split(b"\n\n"))
            edited_blocks = (a + b + (written(swept(json.loads(c), new)) if c[:1] == b"{" else c) for a, b, c in blocks)
            yield with_body(exchange, b"\n\n".join(edited_blocks))
        elif exchange.content_type == "application/json" and exchange.body:
            yield with_body(exchange, written(swept(exchange.json, new)))


def oddities(sent: tuple[Exchange, ...], draw: random.Random) -> Iterator[tuple[Exchange, ...]]:
    """Yields the exchanges of a case with one of them odd."""
    for _ in range(ODD_ANSWERS):
        chosen = draw.randrange(len(sent))
        yield (*sent[:chosen], oddly(sent[chosen], draw), *sent[chosen + 1 :])
    if sent[-1].is_success:
        yield from ((*sent[:-1], swept_exchange) for swept_exchange in sweeps(sent[-1]))


@pytest.mark.parametrize(
    "provider",
    [pytest.param(name, marks=() if name in GATED else pytest.mark.whole) for name in sorted(loading.load_providers())],
)
def test_no_answer_makes_a_check_break(provider: str, heard: Callable[[str], tuple[TargetRun, Evidence]]) -> None:
    """OpenAI's contract is judged whole on its own server's answers, and a share of it on each other server's."""
    (target_run, evidence), draw = heard(provider), random.Random(SEED)
    broken = set()
    own = [entry for entry in target_run.entries if entry.provider in (provider, WIRE)]
    beside = [entry for entry in target_run.entries if entry.provider not in (provider, WIRE)]
    planned = own + beside[OTHERS.index(provider) :: len(OTHERS)] if beside else own
    for name, sent in evidence.items():
        case_entries = [entry for entry in planned if any(case == name for _, case in entry.cases)]
        for odd_exchanges in oddities(sent, draw) if isinstance(sent, tuple) else ():
            odd_evidence = {**evidence, name: odd_exchanges}
            for entry in case_entries:
                verdict = target_run.judge_for(entry.provider).judge(entry, odd_evidence)
                if verdict.outcome == "error":
                    broken.add(f"{entry.check} on {name}: {verdict.message}")
    assert not broken, "\n".join(sorted(broken))
