"""Compares verdicts on evidence from a ledger with those on fresh evidence, under every fault of every contract.

The evidence of the proof is written as a run writes it, redacted, and read back. It must equal what was written, and
every verdict that a fault may change is reached again on it.
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
    """The compared numbers and the differences.

    Attributes:
        differences: one sentence for each difference.
    """

    faults: int = 0
    exchanges: int = 0
    verdicts: int = 0
    differences: list[str] = field(default_factory=list)


async def write_as_run(target: Target, column: ColumnProof, evidence: Evidence, file: Path) -> Evidence:
    """Writes the results of some cases as a run does, and returns them in the form that a run judges."""
    ledger = Ledger(Redactor.from_secrets(target.secrets))
    ledger.open(file, ledger_header("0", file.name, "2026-01-01T00:00:00+00:00", False, [target]))
    record, judged_form = LedgerRecorder(ledger, target.name), dict(evidence)
    for name, sent in evidence.items():
        case = column.cases[name]
        if isinstance(sent, tuple):
            judged_form[name] = tuple(
                [await record.record_exchange(exchange, case, 1, last=exchange is sent[-1]) for exchange in sent]
            )
        else:
            await record.record_unsent(case, 1, sent)
    ledger.write_footer(len(evidence), 0, 0)
    ledger.close()
    return judged_form


async def compare_column(provider: str, folder: Path, only: frozenset[str]) -> Comparison:
    """Compares every fault under one contract."""
    (target,) = target_options.mock_targets(provider)
    found, chosen = Comparison(), [fault for name, fault in faults().items() if not only or name in only]
    with mock_process.run_mock() as urls:
        target = replace(target_options.with_address(target, urls[provider]), deadlines=PROOF_DEADLINES)
        column = ColumnProof(open_target_run(target, loading.load_providers(), load_checks()))
        await column.find_false_alarms()
        async for fault, changed_cases in results_by_fault(column, chosen):
            file = folder / f"{fault.id}.jsonl"
            judged_form = await write_as_run(
                target, column, {name: touch.sent for name, touch in changed_cases.items()}, file
            )
            (read_back,) = stored_results(read_ledger(file), target.name, column.cases)
            file.unlink()
            found.faults += 1
            found.exchanges += sum(len(sent) for sent in read_back.values() if isinstance(sent, tuple))
            found.differences += [
                f"{provider} {fault.id}: {name} is not equal after reading"
                for name in judged_form
                if judged_form[name] != read_back.get(name)
            ]
            for repeated, evidence, fresh in column.judge_changed(changed_cases):
                found.verdicts += 1
                again = column.judge(repeated.planned, {**evidence, **read_back})
                found.differences += [
                    f"{provider} {fault.id}: {difference}" for difference in differences(fresh, again)
                ]
    return found


def differences(fresh: Verdict, again: Verdict) -> Iterator[str]:
    """Yields the decisions in which two verdicts differ; their words may differ, because a ledger is redacted."""
    for name in ("outcome", "level", "clauses", "ignored"):
        before, after = getattr(fresh, name), getattr(again, name)
        if before != after:
            yield f"{fresh.check} on {fresh.case}: {name} {before} when fresh, {after} from the ledger"


def compare_in_process(provider: str, only: frozenset[str]) -> Comparison:
    """Compares one contract in a process of its own."""
    gc.disable()
    with TemporaryDirectory() as folder:
        return asyncio.run(compare_column(provider, Path(folder), only))


def main(only: frozenset[str]) -> int:
    """Compares all contracts and prints the differences. Returns the exit code."""
    names = tuple(loading.load_providers())
    parts: list[Comparison] = []
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        for name, part in zip(names, pool.map(compare_in_process, names, [only] * len(names)), strict=True):
            parts.append(part)
            print(f"{name}: {part.verdicts} verdicts from ledgers, {len(part.differences)} different", flush=True)
    sentences = [sentence for part in parts for sentence in part.differences]
    print("".join(f"{sentence}\n" for sentence in sentences[:MAX_DIFFERENCES_PRINTED]), end="")
    exchanges, verdicts = sum(part.exchanges for part in parts), sum(part.verdicts for part in parts)
    print(
        f"{parts[0].faults} faults under {len(names)} contracts, {exchanges} exchanges and {verdicts} verdicts "
        f"from ledgers, {len(sentences)} different"
    )
    return int(bool(sentences))


if __name__ == "__main__":
    sys.exit(main(frozenset(sys.argv[1:])))
