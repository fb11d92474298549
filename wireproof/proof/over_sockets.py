"""Many cases sent over the wire at once, under one fault, and what can be said of what came."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from wireproof.client.http_client import HttpClient
from wireproof.client.sender import Sender
from wireproof.contract.case import Case
from wireproof.contract.target import Deadlines, Target
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.evidence.exchange import Exchange

# Several small pools: httpcore's pool takes time in the square of its connections.
POOL_COUNT, CONNECTIONS_PER_POOL = 8, 4
# Where the server never leaves anyone waiting, a deadline that passed would be a verdict on a busy machine.
PATIENT_DEADLINES = Deadlines(connect=60.0, first_byte=60.0, idle=60.0, total=180.0)


async def send_over_sockets(target: Target, cases: Iterable[Case]) -> Evidence:
    """What comes of the cases."""
    every = tuple(cases)
    parts = await asyncio.gather(
        *(_send_in_one_pool(target, every[start::POOL_COUNT]) for start in range(min(POOL_COUNT, len(every))))
    )
    return {name: sent for part in parts for name, sent in part.items()}


async def _send_in_one_pool(target: Target, cases: Sequence[Case]) -> Evidence:
    async with HttpClient(target.connections, target.deadlines) as wire:
        courier = Sender(target, wire)
        await courier.send_all(cases)
        return courier.evidence


def lacks_readable_head(sent: CaseResult) -> bool:
    """Whether the head of an answer was never there, or is nothing that a client can read."""
    return isinstance(sent, tuple) and sent[-1].status is None and sent[-1].broken is not None


def same_as_modelled(came: CaseResult, heard: CaseResult) -> bool:
    """Whether what came is what was done; ids may differ, and the times that it took."""
    if not isinstance(came, tuple) or not isinstance(heard, tuple) or len(came) != len(heard):
        return False
    return all(_observable_parts(one) == _observable_parts(other) for one, other in zip(came, heard, strict=True))


def _observable_parts(exchange: Exchange) -> tuple[object, ...]:
    names = [name.lower() for name, _ in exchange.headers]
    return exchange.status, exchange.broken, names, sum(len(read.data) for read in exchange.reads)
