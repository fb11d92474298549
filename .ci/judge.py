"""Stored evidence under every fault of every contract gives the verdicts that were reached when it was fresh.

What the proof judges is written as a run writes it, redacted, and read back. It is what was written, so that whatever
judges it comes to the same; and each judgement that a fault may turn is made on it once more.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from wireproof.contract import loading, target_options
from wireproof.contract.target import Target
from wireproof.evidence.case_result import Evidence
from wireproof.evidence.ledger_reader import read_ledger
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.mock.faults import faults
from wireproof.proof.column import ColumnProof
from wireproof.proof.kill_matrix import PROOF_DEADLINES, results_by_fault
from wireproof.session import mock_process
from wireproof.session.ledger_recorder import LedgerRecorder, ledger_header
from wireproof.session.resume import stored_results
from wireproof.session.target_run import open_target_run

MAX_DIFFERENCES_PRINTED = 20


@dataclass(slots=True)
class Comparison:
    """What was compared, and what came out otherwise, as sentences."""

    faults: int = 0
    exchanges: int = 0
    verdicts: int = 0
    otherwise: list[str] = field(default_factory=list)


async def write_and_judge_form(target: Target, column: ColumnProof, evidence: Evidence, file: Path) -> Evidence:
    """Write what came of some cases as a run does; what is kept of it is what a run judges."""
    ledger = Ledger(Redactor.from_secrets(target.secrets))
    ledger.open(file, ledger_header("0", file.name, "2026-01-01T00:00:00+00:00", False, [target]))
    record, kept = LedgerRecorder(ledger, target.name), dict(evidence)
    for name, sent in evidence.items():
        case = column.cases[name]
        if isinstance(sent, tuple):
            kept[name] = tuple([await record.record_exchange(one, case, 1, last=one is sent[-1]) for one in sent])
        else:
            await record.record_unsent(case, 1, sent)
    ledger.write_footer(len(evidence), 0, 0)
    ledger.close()
    return kept


async def compare_column(provider: str, folder: Path, only: frozenset[str]) -> Comparison:
    """Every fault under one contract."""
    (target,) = target_options.mock_targets(provider)
    found, chosen = Comparison(), [fault for name, fault in faults().items() if not only or name in only]
    with mock_process.run_mock() as urls:
        target = replace(target_options.with_address(target, urls[provider]), deadlines=PROOF_DEADLINES)
        column = ColumnProof(open_target_run(target, loading.load_providers(), load_checks()))
        await column.find_false_alarms()
        async for fault, touched in results_by_fault(column, chosen):
            file = folder / f"{fault.id}.jsonl"
            kept = await write_and_judge_form(
                target, column, {name: touch.sent for name, touch in touched.items()}, file
            )
            (back,) = stored_results(read_ledger(file), target.name, column.cases)
            file.unlink()
            found.faults += 1
            found.exchanges += sum(len(sent) for sent in back.values() if isinstance(sent, tuple))
            found.otherwise += [
                f"{provider} {fault.id}: {name} is read back as something else"
                for name in kept
                if kept[name] != back.get(name)
            ]
            for due, evidence, fresh in column.judge_changed(touched):
                found.verdicts += 1
                again = column.judge(due.planned, {**evidence, **back})
                found.otherwise += [f"{provider} {fault.id}: {told}" for told in differences(fresh, again)]
    return found


def differences(fresh: Verdict, again: Verdict) -> Iterator[str]:
    """Where two verdicts decide otherwise; their words may quote what one of them had to hide."""
    for name in ("outcome", "level", "clauses", "ignored"):
        then, now = getattr(fresh, name), getattr(again, name)
        if then != now:
            yield f"{fresh.check} on {fresh.case}: {name} {then} when fresh, {now} from the ledger"


def compare_in_process(provider: str, only: frozenset[str]) -> Comparison:
    """One contract in a process of its own."""
    gc.disable()
    with TemporaryDirectory() as folder:
        return asyncio.run(compare_column(provider, Path(folder), only))


def main(only: frozenset[str]) -> int:
    """Compare all that was asked for, and say what came of it."""
    names = tuple(loading.load_providers())
    parts: list[Comparison] = []
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        for name, part in zip(names, pool.map(compare_in_process, names, [only] * len(names)), strict=True):
            parts.append(part)
            print(f"{name}: {part.verdicts} verdicts from ledgers, {len(part.otherwise)} otherwise", flush=True)
    told = [sentence for part in parts for sentence in part.otherwise]
    print("".join(f"{sentence}\n" for sentence in told[:MAX_DIFFERENCES_PRINTED]), end="")
    exchanges, verdicts = sum(part.exchanges for part in parts), sum(part.verdicts for part in parts)
    print(
        f"{parts[0].faults} faults under {len(names)} contracts, {exchanges} exchanges and {verdicts} verdicts "
        f"from ledgers, {len(told)} otherwise than when fresh"
    )
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main(frozenset(sys.argv[1:])))
