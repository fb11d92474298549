"""Sends the cases of a run: each case once for each target, all targets concurrently, into one ledger."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Collection, Iterable, Mapping

from wireproof.client.skip_reasons import skip_reason
from wireproof.contract.case import Case, is_generated
from wireproof.errors import WireproofError
from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.session.ledger_recorder import LedgerRecorder
from wireproof.session.resume import result_to_keep
from wireproof.session.run import Run, describe_target_run


def send_planned(run: Run, planned_verdicts: Iterable[PlannedVerdict]) -> None:
    """Sends the cases of these planned verdicts to the targets that have no results yet."""
    wanted: dict[str, dict[str, None]] = {}
    for planned in planned_verdicts:
        if run.target_runs[planned.target].results is None:
            wanted.setdefault(planned.target, {}).update(dict.fromkeys(_cases_to_send(planned)))
    run.set_addresses(wanted)
    run.open_ledger()
    # The HTTP client logs the headers of responses, which may echo a secret.
    for library in ("httpcore", "httpx"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # Planned verdicts and pytest's items live until the end, so the garbage collector need not scan them.
    gc.freeze()
    try:
        asyncio.run(_send_to_targets(run, wanted))
    except ExceptionGroup as group:
        raise _first_cause(group) from None
    run.target_facts += [describe_target_run(run.target_runs[name], live=run.options.live) for name in wanted]


async def _send_to_targets(run: Run, wanted: Mapping[str, Collection[str]]) -> None:
    async with asyncio.TaskGroup() as group:
        for name, cases in wanted.items():
            group.create_task(run.target_runs[name].send_cases(cases, _make_recorder(run, name, cases)))


def _make_recorder(run: Run, target: str, wanted: Collection[str]) -> LedgerRecorder:
    """The recorder of one target, which takes over the results of a resumed run and reports progress.

    Only wanted cases that are sent count towards the whole, so that the progress ends at 100 %.
    """
    target_run, done = run.target_runs[target], set[str]()
    expected = {name for name in wanted if skip_reason(target_run.cases[name], target_run.target) is None}

    def count_exchange(exchange: Exchange) -> None:
        run.usage.add(exchange)
        if exchange.case in wanted:
            expected.add(exchange.case)
            done.add(exchange.case)
            run.on_progress(target, len(done), len(expected))

    def count_unsent(case: Case) -> None:
        if case.name not in done:
            expected.discard(case.name)

    def earlier_result(case: Case, turn: int) -> CaseResult | None:
        if run.resumed is None:
            return None
        result = result_to_keep(run.resumed, target, case, turn, resend=run.resend)
        for exchange in result if isinstance(result, tuple) else ():
            count_exchange(exchange)
        return result

    return LedgerRecorder(run.ledger, target, earlier_result, count_exchange, count_unsent)


def _cases_to_send(planned: PlannedVerdict) -> Iterable[str]:
    """The cases of a planned verdict that are not generated; these are sent before judging starts."""
    return (name for _, name in planned.cases if not is_generated(name))


def _first_cause(group: ExceptionGroup[Exception]) -> Exception:
    """The first error of a group of tasks, preferably a WireproofError."""
    first: Exception = group.subgroup(WireproofError) or group
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first
