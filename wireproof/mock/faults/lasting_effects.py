"""Faults of what lasts: abuse remembered, connections that wait, answers that take long, requests that queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.accounts.slots import tokens_made
from wireproof.mock.faults.conditional_errors import refusing
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.protocol.answers import Answer, PlainAnswer, with_headers
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.provider.body_validation import is_too_large

# The refusals of what no well-meaning client sends: a body that is malformed, too large, or of the wrong shape.
ABUSED = frozenset({400, 413, 422})
# A worker of a well-known server closes a connection that nobody has used for so long.
IDLE_S = 5.0
# Of a slow model, a minute's tokens.
LONG = 500
MARK = "X-Gone"
TIMED_OUT = b"<html><head><title>504 Gateway Time-out</title></head></html>"
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head></html>"
PAGE = (("Content-Type", "text/html"),)


def gone(wanted: Callable[[HttpRequest], bool], end: str) -> Lapse:
    """A lapse that ends the connection in place of the answers to the requests that are wanted."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        return with_headers(answer, ((MARK, end),)) if wanted(received) else answer

    def frame(ops: Ops) -> Ops:
        return (WireOp(end),) if any(f"{MARK}: ".encode() in op.data for op in ops if op.kind == "head") else ops

    return Lapse(say=say, frame=frame)


def has_idled(received: HttpRequest) -> bool:
    """Whether a request comes over a connection that has been silent for long."""
    return received.previous_status > 0 and float(received.header("x-wireproof-clock") or 0) >= IDLE_S


def idle_told(answer: Answer, received: HttpRequest) -> Answer:
    return with_headers(answer, (("Keep-Alive", f"timeout={IDLE_S:.0f}"),))


def cut_off(answer: Answer, received: HttpRequest) -> Answer:
    """A proxy gives up on a plain answer that takes more than a minute to make."""
    return PlainAnswer(504, TIMED_OUT, PAGE) if tokens_made(answer) > LONG else answer


def emptied(answer: Answer, received: HttpRequest) -> Answer:
    """A proxy that gives up ends the answer it has begun."""
    return (
        replace(answer, value=b"")
        if cut_off(answer, received) is not answer and isinstance(answer, PlainAnswer)
        else answer
    )


def length_kept(answer: Answer, received: HttpRequest) -> Answer:
    """The body is written anew, with what is no ASCII escaped, and sent with the length that the client stated."""
    try:
        written = len(json.dumps(json.loads(received.body)))
    except (ValueError, RecursionError):
        return answer
    stated = received.header("content-length") or str(len(received.body))
    return answer if answer.status >= 400 or str(written) == stated else PlainAnswer(502, BAD_GATEWAY, PAGE)


LAPSES: Mapping[str, Lapse] = {
    "abuse-shuts-out-next": refusing(lambda received: received.account_status in ABUSED, 403),
    "abuse-ends-service": Lapse(dies_of=lambda received: is_too_large(received.body)),
    "idle-connection-dropped": gone(has_idled, "close"),
    "idle-connection-dropped-as-told": Lapse(
        say=lambda answer, received: gone(has_idled, "close").say(idle_told(answer, received), received),
        frame=gone(has_idled, "close").frame,
    ),
    "long-answer-timed-out": Lapse(say=cut_off),
    "long-answer-emptied": Lapse(say=emptied),
    "length-of-the-client-kept": Lapse(say=length_kept),
    "neighbour-queued-for-ever": gone(lambda received: received.concurrent_answers > 0, "hang"),
}
