"""Faults of transport: connections, codings, methods, redirections, and whoever else is asking."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.faults.broken_framing import framing
from wireproof.mock.faults.conditional_errors import refusing
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import with_header, with_messages
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.content_coding import choose_coding
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.protocol.response_head import STATUSES_WITHOUT_BODY
from wireproof.mock.provider.profile import Profile

Wanted = Callable[[HttpRequest], bool]
ORIGIN, LEAVE = "Access-Control-Allow-Origin", "Access-Control-Allow-Headers"


def saying(name: str, value: str | None, wanted: Callable[[Answer, HttpRequest], bool]) -> Lapse:
    """A lapse that says something else in a header, or nothing, where it is wanted."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if not wanted(answer, received):
            return answer
        told = ((key, value if key == name else given) for key, given in answer.headers)
        return replace(answer, headers=tuple((key, given) for key, given in told if given is not None))

    return Lapse(say=say)


def is_preflight(answer: Answer, received: HttpRequest) -> bool:
    return received.method == "OPTIONS"


def is_for_page(answer: Answer, received: HttpRequest) -> bool:
    return received.method != "OPTIONS"


def spoilt(received: HttpRequest) -> bool:
    return received.previous_status >= 400


def by_method(name: str) -> Wanted:
    return lambda received: received.method == name


def in_chunks(received: HttpRequest) -> bool:
    return received.header("transfer-encoding") is not None


def unread(received: HttpRequest, profile: Profile) -> HttpRequest:
    """A body that comes in chunks is heard as none."""
    return replace(received, body=b"") if in_chunks(received) else received


def single_slash(received: HttpRequest, profile: Profile) -> HttpRequest:
    return replace(received, path=re.sub("/+", "/", received.path))


def to(place: Callable[[HttpRequest], str], status: int = 307, wanted: Wanted = lambda received: True) -> Lapse:
    """A lapse that redirects."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if answer.status in STATUSES_WITHOUT_BODY or not wanted(received):
            return answer
        return PlainAnswer(status, b"", (("Location", place(received)), *answer.headers))

    return Lapse(say=say)


def behind_proxy(received: HttpRequest) -> str:
    """The address as a server writes it that does not know by which scheme it is reached."""
    return f"https://{received.header('host')}{received.path}/"


def neighbours(message: object) -> object:
    """The last digit of a message that ends in a number is heard as the next one's, of four."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), str):
        return message
    words = re.fullmatch(r"(.*-\d*)(\d)", message["content"])
    return message if words is None else {**message, "content": words[1] + str(int(words[2]) % 4 + 1)}


def cut_beside(answer: Answer, received: HttpRequest) -> Answer:
    return (
        replace(answer, events=answer.events[:2])
        if isinstance(answer, StreamAnswer) and received.concurrent_answers
        else answer
    )


def wrapped(answer: Answer, received: HttpRequest) -> Answer:
    """The JSON that is packed stands in a member of another."""
    packed = isinstance(answer, PlainAnswer) and answer.status < 400 and choose_coding(received) is not None
    return replace(answer, value={"result": answer.value}) if packed and isinstance(answer, PlainAnswer) else answer


def body(change: Callable[[bytes], bytes], coding: bytes = b"gzip") -> Lapse:
    """A lapse that puts another text of a coding on the wire, of the length it has."""

    def changed(ops: Ops) -> Ops:
        coded = len(ops) > 1 and b"\r\nContent-Encoding: %b\r\n" % coding in ops[0].data and ops[1].kind == "body"
        if not coded:
            return ops
        made = change(ops[1].data)
        sized = re.sub(rb"(?i)(content-length: )\d+", lambda found: found[1] + str(len(made)).encode(), ops[0].data)
        return (replace(ops[0], data=sized), replace(ops[1], data=made), *ops[2:])

    return framing(changed)


def head_of_nothing(ops: Ops) -> Ops:
    """The head of an answer without a body says that there is nothing."""
    if len(ops) > 1:
        return ops
    return tuple(replace(op, data=re.sub(rb"(?i)(content-length: )\d+", rb"\g<1>0", op.data)) for op in ops)


def head_with_body(ops: Ops) -> Ops:
    """As many bytes as the head promises follow it where none may."""
    size = re.search(rb"(?i)content-length: (\d+)", ops[0].data) if len(ops) == 1 else None
    return ops if size is None else (replace(ops[0], data=ops[0].data + b" " * int(size[1])), WireOp("close"))


LAPSES: Mapping[str, Lapse] = {
    "kept-connection-refused": refusing(lambda received: received.previous_status > 0),
    "refusal-spoils-connection": refusing(spoilt),
    "chunked-request-unread": Lapse(hear=unread),
    "chunked-request-refused": refusing(in_chunks, 411),
    "expectation-refused": refusing(lambda received: received.header("expect") is not None, 417),
    "expectation-unheard": Lapse(blind_to=frozenset({"expectation"})),
    "head-refused": refusing(by_method("HEAD"), 405),
    "head-of-nothing": framing(head_of_nothing),
    "head-with-body": framing(head_with_body),
    "preflight-wants-key": refusing(by_method("OPTIONS"), 401),
    "preflight-other-origin": saying(ORIGIN, "https://other.example", is_preflight),
    "preflight-without-authorization": saying(LEAVE, "Origin, Content-Length, Content-Type", is_preflight),
    "preflight-star-alone": saying(LEAVE, "*", is_preflight),
    "preflight-without-client-headers": saying(LEAVE, "Authorization, Content-Type", is_preflight),
    "cors-on-preflight-only": saying(ORIGIN, None, is_for_page),
    "cors-missing-on-streams": saying(ORIGIN, None, lambda answer, received: isinstance(answer, StreamAnswer)),
    "cors-missing-on-refusals": saying(ORIGIN, None, lambda answer, received: answer.status >= 400),
    "cors-twice": saying(ORIGIN, "*, *", is_for_page),
    "gzip-cut": body(lambda data: data[:-8]),
    "gzip-twice": body(gzip.compress),
    "gzip-of-a-wrapper": Lapse(say=wrapped),
    "deflate-raw": body(lambda data: data[2:-4], b"deflate"),
    "coding-weight-unheard": with_header("accept-encoding", lambda value: re.sub(r";q=0(?=,|$)", "", value)),
    "redirect-to-other-host": to(lambda received: f"http://elsewhere.example{received.path}"),
    "redirect-to-other-scheme": to(behind_proxy),
    "redirect-forgets-method": to(lambda received: f"{received.path}/", 302),
    "double-slash-redirected": to(
        lambda received: re.sub("/+", "/", received.path), 301, lambda received: "//" in received.path
    ),
    "double-slash-served": Lapse(hear=single_slash),
    "neighbours-answer": with_messages(lambda given: [neighbours(one) for one in given]),
    "neighbour-cut": Lapse(say=cut_beside),
    "neighbour-refused": refusing(lambda received: received.concurrent_answers > 0, 503),
    "neighbour-limited": refusing(lambda received: received.concurrent_answers > 0, 429),
    "works-on-after-leaving": Lapse(blind_to=frozenset({"leaving"})),
    "works-on-after-leaving-plain": Lapse(blind_to=frozenset({"leaving-plain"})),
    "leaving-refuses-next": Lapse(
        say=refusing(lambda received: received.concurrent_answers > 0, 429).say, blind_to=frozenset({"leaving"})
    ),
}
