"""Faults that last beyond one answer: remembered abuse, idle connections, long answers, queued requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.accounts.slots import tokens_made
from wireproof.mock.faults.conditional_errors import refuse_requests
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.protocol.answers import Answer, PlainAnswer, with_headers
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.provider.body_validation import is_too_large

# The statuses of a body that is malformed, too large, or of the wrong shape.
ABUSE_STATUSES = frozenset({400, 413, 422})
# uvicorn and Node close an idle connection after 5 s by default.
IDLE_TIMEOUT_S = 5.0
# The tokens that a slow model generates in a minute.
LONG_ANSWER_TOKENS = 500
GONE_HEADER = "X-Gone"
GATEWAY_TIMEOUT_PAGE = b"<html><head><title>504 Gateway Time-out</title></head></html>"
BAD_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"
HTML_HEADERS = (("Content-Type", "text/html"),)


def end_connection(wanted: Callable[[HttpRequest], bool], end: str) -> FaultHooks:
    """Hooks that end the connection in place of answering the wanted requests."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return with_headers(answer, ((GONE_HEADER, end),)) if wanted(received) else answer

    def change_ops(ops: Ops) -> Ops:
        return (WireOp(end),) if any(f"{GONE_HEADER}: ".encode() in op.data for op in ops if op.kind == "head") else ops

    return FaultHooks(on_answer=change_answer, on_wire=change_ops)


def has_idled(received: HttpRequest) -> bool:
    """True if the request reuses a connection that was idle for at least IDLE_TIMEOUT_S."""
    return received.previous_status > 0 and float(received.header("x-wireproof-clock") or 0) >= IDLE_TIMEOUT_S


def with_keep_alive(answer: Answer, received: HttpRequest) -> Answer:
    return with_headers(answer, (("Keep-Alive", f"timeout={IDLE_TIMEOUT_S:.0f}"),))


def time_out_long_answer(answer: Answer, received: HttpRequest) -> Answer:
    """Answers with a gateway's 504 in place of a plain answer that takes more than a minute."""
    return PlainAnswer(504, GATEWAY_TIMEOUT_PAGE, HTML_HEADERS) if tokens_made(answer) > LONG_ANSWER_TOKENS else answer


def empty_long_answer(answer: Answer, received: HttpRequest) -> Answer:
    """Empties a plain answer that takes more than a minute, as a proxy does that gives up."""
    return (
        replace(answer, value=b"")
        if time_out_long_answer(answer, received) is not answer and isinstance(answer, PlainAnswer)
        else answer
    )


def keep_client_length(answer: Answer, received: HttpRequest) -> Answer:
    """Forwards a body that was serialized anew with the client's Content-Length; refuses it if that differs."""
    try:
        new_length = len(json.dumps(json.loads(received.body)))
    except (ValueError, RecursionError):
        return answer
    client_length = received.header("content-length") or str(len(received.body))
    return (
        answer
        if answer.status >= 400 or str(new_length) == client_length
        else PlainAnswer(502, BAD_GATEWAY_PAGE, HTML_HEADERS)
    )


HOOKS: Mapping[str, FaultHooks] = {
    "abuse-shuts-out-next": refuse_requests(lambda received: received.account_status in ABUSE_STATUSES, 403),
    "abuse-ends-service": FaultHooks(kills_account=lambda received: is_too_large(received.body)),
    "idle-connection-dropped": end_connection(has_idled, "close"),
    "idle-connection-dropped-as-told": FaultHooks(
        on_answer=lambda answer, received: end_connection(has_idled, "close").on_answer(
            with_keep_alive(answer, received), received
        ),
        on_wire=end_connection(has_idled, "close").on_wire,
    ),
    "long-answer-timed-out": FaultHooks(on_answer=time_out_long_answer),
    "long-answer-emptied": FaultHooks(on_answer=empty_long_answer),
    "length-of-the-client-kept": FaultHooks(on_answer=keep_client_length),
    "neighbour-cut-off": end_connection(lambda received: received.concurrent_answers > 0, "reset"),
    "neighbour-queued-for-ever": end_connection(lambda received: received.concurrent_answers > 0, "hang"),
}
