"""Sends many cases over sockets concurrently, and compares their results with modelled ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from wireproof.client.http_client import HttpClient
from wireproof.client.sender import Sender
from wireproof.contract.case import Case
from wireproof.contract.target import Deadlines, Target
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.evidence.exchange import Exchange

# Several small pools, because the time of httpcore's pool grows with the square of its connections.
POOL_COUNT, CONNECTIONS_PER_POOL = 8, 4
# For servers that never hang: a shorter deadline would only measure how busy this machine is.
PATIENT_DEADLINES = Deadlines(connect=60.0, first_byte=60.0, idle=60.0, total=180.0)


async def send_over_sockets(target: Target, cases: Iterable[Case]) -> Evidence:
    """Case → its result over sockets."""
    every = tuple(cases)
    parts = await asyncio.gather(
        *(_send_in_one_pool(target, every[start::POOL_COUNT]) for start in range(min(POOL_COUNT, len(every))))
    )
    return {name: sent for part in parts for name, sent in part.items()}


async def _send_in_one_pool(target: Target, cases: Sequence[Case]) -> Evidence:
    async with HttpClient(target.connections, target.deadlines, target.network) as client:
        sender = Sender(target, client)
        await sender.send_all(cases)
        return sender.evidence


def lacks_readable_head(sent: CaseResult) -> bool:
    """True if the head of the last response is missing or cannot be parsed."""
    return isinstance(sent, tuple) and sent[-1].status is None and sent[-1].broken is not None


def same_as_modelled(real: CaseResult, modelled: CaseResult) -> bool:
    """True if a result over sockets equals the modelled one, apart from ids and times."""
    if not isinstance(real, tuple) or not isinstance(modelled, tuple) or len(real) != len(modelled):
        return False
    return all(_observable_parts(one) == _observable_parts(other) for one, other in zip(real, modelled, strict=True))


def _observable_parts(exchange: Exchange) -> tuple[object, ...]:
    names = [name.lower() for name, _ in exchange.headers]
    size = sum(len(read.data) for read in exchange.reads)
    return exchange.status, exchange.broken, names, size, exchange.attempts, exchange.reset_after
