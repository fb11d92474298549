"""The cases of a run on their way: each once a target, all targets side by side, into one ledger."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterable, Sequence

from wireproof.contract.case import Case, is_generated
from wireproof.errors import WireproofError
from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.ledger_recorder import LedgerRecorder, describe_target
from wireproof.session.resume import result_to_keep
from wireproof.session.run import Run


def send_entries(run: Run, entries: Iterable[PlannedVerdict]) -> None:
    """Send the cases of these entries to the targets that were asked nothing yet."""
    wanted: dict[str, dict[str, None]] = {}
    for entry in entries:
        if run.trials[entry.target].gathered is None:
            wanted.setdefault(entry.target, {}).update(dict.fromkeys(_cases_to_send(entry)))
    run.set_addresses(wanted)
    run.open_ledger()
    # What the HTTP client logs holds the headers of answers, and they may hold anything.
    for library in ("httpcore", "httpx"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # The docket, and what pytest made of it, stay until the end: no search for garbage need look at them.
    gc.freeze()
    try:
        asyncio.run(_send_to_targets(run, {name: tuple(cases) for name, cases in wanted.items()}))
    except ExceptionGroup as group:
        raise _first_cause(group) from None
    run.described += [describe_target(run.trials[name].target) for name in wanted]


async def _send_to_targets(run: Run, wanted: dict[str, tuple[str, ...]]) -> None:
    async with asyncio.TaskGroup() as group:
        for name, cases in wanted.items():
            group.create_task(run.trials[name].send_cases(cases, _make_recorder(run, name, cases)))


def _make_recorder(run: Run, target: str, wanted: Sequence[str]) -> LedgerRecorder:
    """What is kept of the cases of one target, and taken from the run that this one finishes."""
    done: set[str] = set()

    def count_exchange(exchange: Exchange) -> None:
        done.add(exchange.case)
        run.spent.add(exchange)
        run.on_progress(target, len(done), len(wanted))

    def earlier_result(case: Case, turn: int) -> CaseResult | None:
        if run.resumed is None:
            return None
        sent = result_to_keep(run.resumed, target, case, turn, resend=run.resend)
        for exchange in sent if isinstance(sent, tuple) else ():
            count_exchange(exchange)
        return sent

    return LedgerRecorder(run.ledger, target, earlier_result, count_exchange)


def _cases_to_send(entry: PlannedVerdict) -> Iterable[str]:
    """The cases of an entry that are sent before anything is judged."""
    return (name for _, name in entry.cases if not is_generated(name))


def _first_cause(group: ExceptionGroup[Exception]) -> Exception:
    """Our own trouble out of what several tasks raised; the first of it tells enough."""
    ours = group.subgroup(WireproofError)
    first: Exception = ours or group
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first
