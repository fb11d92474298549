"""Any bytes as the body of a stream: decoded equally for every split into reads, and without an exception.

    pip install -e '.[fuzz]'
    python fuzz/decoder.py -dict=fuzz/streams.dict -max_total_time=60 "$(mktemp -d)" fuzz/streams

The arguments are libFuzzer's; new inputs go to the first folder. A failing input is written to the folder of
`-artifact_prefix=`; run with its path alone to repeat the failure.
"""

from __future__ import annotations

import random
import sys
import zlib
from contextlib import suppress
from itertools import pairwise

import atheris

with atheris.instrument_imports(
    include=[
        "wireproof.formats.content_coding",
        "wireproof.evidence.exchange",
        "wireproof.formats.strict_json",
        "wireproof.formats.sse",
        "wireproof.evidence.chat_stream",
    ]
):
    from wireproof.evidence.exchange import BodyRead, Exchange, Request, find_usage
    from wireproof.formats.sse import decode
    from wireproof.formats.strict_json import NotJson

TYPES = (b"text/event-stream", b"application/json")
CODINGS = (b"identity", b"gzip", b"deflate")


def cut(body: bytes, places: list[int]) -> tuple[BodyRead, ...]:
    """The body in reads that end at these places."""
    return tuple(BodyRead(0, body[start:end]) for start, end in pairwise([0, *places, len(body)]))


def judge(body: bytes) -> None:
    """Reads one body in every way."""
    draw = random.Random(zlib.crc32(body))
    places = sorted(draw.randrange(len(body) + 1) for _ in range(draw.randrange(6)))
    splits = [cut(body, ends) for ends in ([], places, list(range(1, len(body))))]
    first, *rest = (decode((read.at_ns, read.data) for read in reads) for reads in splits)
    assert all(other == first for other in rest), places
    assert all(0 <= offence.offset <= len(body) for offence in first.offences)
    whole_stream, *others = (exchange(TYPES[0], CODINGS[0], reads).stream for reads in splits)
    assert all(other == whole_stream for other in others), places
    read_properties(exchange(draw.choice(TYPES), draw.choice(CODINGS), splits[1]))


def exchange(media_type: bytes, coding: bytes, reads: tuple[BodyRead, ...]) -> Exchange:
    headers = ((b"Content-Type", media_type), (b"Content-Encoding", coding))
    return Exchange("x", "case", "chat", 0, Request("POST", "/"), status=200, headers=headers, reads=reads)


def read_properties(exchange: Exchange) -> None:
    """Reads every property of an exchange."""
    assert isinstance(exchange.text, str)
    assert len(exchange.stream.chunks) <= len(exchange.stream.events)
    assert isinstance(find_usage(exchange), dict)
    with suppress(NotJson):
        assert exchange.json is exchange.json


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
