"""Faults of transport: connections, codings, methods, redirects and concurrent requests."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.faults.broken_framing import on_wire
from wireproof.mock.faults.conditional_errors import refuse_requests
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import on_header, on_messages
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.coded_bodies import choose_coding
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.protocol.response_head import STATUSES_WITHOUT_BODY
from wireproof.mock.provider.profile import Profile

RequestFilter = Callable[[HttpRequest], bool]
ALLOW_ORIGIN, ALLOW_HEADERS = "Access-Control-Allow-Origin", "Access-Control-Allow-Headers"


def on_answer_header(name: str, value: str | None, wanted: Callable[[Answer, HttpRequest], bool]) -> FaultHooks:
    """Hooks that change or drop a header of the wanted answers."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if not wanted(answer, received):
            return answer
        headers = ((header, value if header == name else current) for header, current in answer.headers)
        return replace(answer, headers=tuple((header, current) for header, current in headers if current is not None))

    return FaultHooks(on_answer=change_answer)


def is_preflight(answer: Answer, received: HttpRequest) -> bool:
    return received.method == "OPTIONS"


def is_for_page(answer: Answer, received: HttpRequest) -> bool:
    return received.method != "OPTIONS"


def is_after_refusal(received: HttpRequest) -> bool:
    return received.previous_status >= 400


def has_method(name: str) -> RequestFilter:
    return lambda received: received.method == name


def has_chunked_body(received: HttpRequest) -> bool:
    return received.header("transfer-encoding") is not None


def drop_chunked_body(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Ignores the body of a chunked request."""
    return replace(received, body=b"") if has_chunked_body(received) else received


def merge_slashes(received: HttpRequest, profile: Profile) -> HttpRequest:
    return replace(received, path=re.sub("/+", "/", received.path))


def redirect_to(
    place: Callable[[HttpRequest], str], status: int = 307, wanted: RequestFilter = lambda received: True
) -> FaultHooks:
    """Hooks that redirect the wanted requests."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if answer.status in STATUSES_WITHOUT_BODY or not wanted(received):
            return answer
        return PlainAnswer(status, b"", (("Location", place(received)), *answer.headers))

    return FaultHooks(on_answer=change_answer)


def address_behind_proxy(received: HttpRequest) -> str:
    """Returns the URL that a server builds behind a proxy if it does not know the outer scheme."""
    return f"https://{received.header('host')}{received.path}/"


def with_neighbours_number(message: object) -> object:
    """Replaces the last digit of a numbered message by the next one of four."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), str):
        return message
    match = re.fullmatch(r"(.*-\d*)(\d)", message["content"])
    return message if match is None else {**message, "content": match[1] + str(int(match[2]) % 4 + 1)}


def cut_neighbours_stream(answer: Answer, received: HttpRequest) -> Answer:
    return (
        replace(answer, events=answer.events[:2])
        if isinstance(answer, StreamAnswer) and received.concurrent_answers
        else answer
    )


def wrap_json(answer: Answer, received: HttpRequest) -> Answer:
    """Puts the JSON of a compressed answer into a member of another object."""
    is_coded = isinstance(answer, PlainAnswer) and answer.status < 400 and choose_coding(received) is not None
    return replace(answer, value={"result": answer.value}) if is_coded and isinstance(answer, PlainAnswer) else answer


def on_coded_body(change: Callable[[bytes], bytes], coding: bytes = b"gzip") -> FaultHooks:
    """Hooks that change the bytes of a compressed body, and set Content-Length to their number."""

    def change_ops(ops: Ops) -> Ops:
        is_coded = len(ops) > 1 and b"\r\nContent-Encoding: %b\r\n" % coding in ops[0].data and ops[1].kind == "body"
        if not is_coded:
            return ops
        changed = change(ops[1].data)
        head = re.sub(rb"(?i)(content-length: )\d+", lambda match: match[1] + str(len(changed)).encode(), ops[0].data)
        return (replace(ops[0], data=head), replace(ops[1], data=changed), *ops[2:])

    return on_wire(change_ops)


def state_zero_length(ops: Ops) -> Ops:
    """Sets Content-Length to zero if the answer has no body."""
    if len(ops) > 1:
        return ops
    return tuple(replace(op, data=re.sub(rb"(?i)(content-length: )\d+", rb"\g<1>0", op.data)) for op in ops)


def add_body_to_head(ops: Ops) -> Ops:
    """Appends a body of the stated length to an answer that must have none."""
    size = re.search(rb"(?i)content-length: (\d+)", ops[0].data) if len(ops) == 1 else None
    return ops if size is None else (replace(ops[0], data=ops[0].data + b" " * int(size[1])), WireOp("close"))


HOOKS: Mapping[str, FaultHooks] = {
    "kept-connection-refused": refuse_requests(lambda received: received.previous_status > 0),
    "refusal-spoils-connection": refuse_requests(is_after_refusal),
    "chunked-request-unread": FaultHooks(on_request=drop_chunked_body),
    "chunked-request-refused": refuse_requests(has_chunked_body, 411),
    "expectation-refused": refuse_requests(lambda received: received.header("expect") is not None, 417),
    "expectation-unheard": FaultHooks(ignores=frozenset({"expectation"})),
    "head-refused": refuse_requests(has_method("HEAD"), 405),
    "head-of-nothing": on_wire(state_zero_length),
    "head-with-body": on_wire(add_body_to_head),
    "preflight-wants-key": refuse_requests(has_method("OPTIONS"), 401),
    "preflight-other-origin": on_answer_header(ALLOW_ORIGIN, "https://other.example", is_preflight),
    "preflight-without-authorization": on_answer_header(
        ALLOW_HEADERS, "Origin, Content-Length, Content-Type", is_preflight
    ),
    "preflight-star-alone": on_answer_header(ALLOW_HEADERS, "*", is_preflight),
    "preflight-without-client-headers": on_answer_header(ALLOW_HEADERS, "Authorization, Content-Type", is_preflight),
    "cors-on-preflight-only": on_answer_header(ALLOW_ORIGIN, None, is_for_page),
    "cors-missing-on-streams": on_answer_header(
        ALLOW_ORIGIN, None, lambda answer, received: isinstance(answer, StreamAnswer)
    ),
    "cors-missing-on-refusals": on_answer_header(ALLOW_ORIGIN, None, lambda answer, received: answer.status >= 400),
    "cors-twice": on_answer_header(ALLOW_ORIGIN, "*, *", is_for_page),
    "gzip-cut": on_coded_body(lambda data: data[:-8]),
    "gzip-twice": on_coded_body(gzip.compress),
    "gzip-of-a-wrapper": FaultHooks(on_answer=wrap_json),
    "deflate-raw": on_coded_body(lambda data: data[2:-4], b"deflate"),
    "coding-weight-unheard": on_header("accept-encoding", lambda value: re.sub(r";q=0(?=,|$)", "", value)),
    "redirect-to-other-host": redirect_to(lambda received: f"http://elsewhere.example{received.path}"),
    "redirect-to-other-scheme": redirect_to(address_behind_proxy),
    "redirect-forgets-method": redirect_to(lambda received: f"{received.path}/", 302),
    "double-slash-redirected": redirect_to(
        lambda received: re.sub("/+", "/", received.path), 301, lambda received: "//" in received.path
    ),
    "double-slash-served": FaultHooks(on_request=merge_slashes),
    "neighbours-answer": on_messages(lambda messages: [with_neighbours_number(message) for message in messages]),
    "neighbour-cut": FaultHooks(on_answer=cut_neighbours_stream),
    "neighbour-refused": refuse_requests(lambda received: received.concurrent_answers > 0, 503),
    "neighbour-limited": refuse_requests(lambda received: received.concurrent_answers > 0, 429),
    "works-on-after-leaving": FaultHooks(ignores=frozenset({"leaving"})),
    "works-on-after-leaving-plain": FaultHooks(ignores=frozenset({"leaving-plain"})),
    "leaving-refuses-next": FaultHooks(
        on_answer=refuse_requests(lambda received: received.concurrent_answers > 0, 429).on_answer,
        ignores=frozenset({"leaving"}),
    ),
}
