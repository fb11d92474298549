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
from wireproof.evidence.ledger_reader import recorded
from wireproof.evidence.ledger_writer import Ledger
from wireproof.evidence.redactor import Redactor
from wireproof.evidence.secret_forms import of_target
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.mock.faults import faults
from wireproof.proof.column import Stand
from wireproof.proof.kill_matrix import DEADLINES, committed
from wireproof.session import mock_process
from wireproof.session.ledger_recorder import LedgerRecorder, header
from wireproof.session.target_run import open_trial

SHOWN = 20


@dataclass(slots=True)
class Found:
    """What was compared, and what came out otherwise, as sentences."""

    faults: int = 0
    exchanges: int = 0
    verdicts: int = 0
    otherwise: list[str] = field(default_factory=list)


async def written(target: Target, stand: Stand, evidence: Evidence, file: Path) -> Evidence:
    """Write what came of some cases as a run does; what is kept of it is what a run judges."""
    ledger = Ledger(Redactor.of(of_target(target)))
    ledger.open(file, header("0", file.name, "2026-01-01T00:00:00+00:00", False, [target]))
    record, kept = LedgerRecorder(ledger, target.name), dict(evidence)
    for name, sent in evidence.items():
        case = stand.cases[name]
        if isinstance(sent, tuple):
            kept[name] = tuple([await record.answered(one, case, 1, last=one is sent[-1]) for one in sent])
        else:
            await record.unsent(case, 1, sent)
    ledger.footer(len(evidence), 0, 0)
    ledger.close()
    return kept


async def differing(provider: str, folder: Path, only: frozenset[str]) -> Found:
    """Every fault under one contract."""
    (target,) = target_options.mock_targets(provider)
    found, chosen = Found(), [fault for name, fault in faults().items() if not only or name in only]
    with mock_process.mock() as urls:
        target = replace(target_options.at_address(target, urls[provider]), deadlines=DEADLINES)
        stand = Stand(open_trial(target, loading.load_providers(), load_checks()))
        await stand.faultless()
        async for fault, touched in committed(stand, chosen):
            file = folder / f"{fault.id}.jsonl"
            kept = await written(target, stand, {name: touch.sent for name, touch in touched.items()}, file)
            (back,) = recorded(file).evidence(target.name, stand.cases)
            file.unlink()
            found.faults += 1
            found.exchanges += sum(len(sent) for sent in back.values() if isinstance(sent, tuple))
            found.otherwise += [
                f"{provider} {fault.id}: {name} is read back as something else"
                for name in kept
                if kept[name] != back.get(name)
            ]
            for due, evidence, fresh in stand.judged(touched):
                found.verdicts += 1
                again = stand.judge(due.entry, {**evidence, **back})
                found.otherwise += [f"{provider} {fault.id}: {told}" for told in unlike(fresh, again)]
    return found


def unlike(fresh: Verdict, again: Verdict) -> Iterator[str]:
    """Where two verdicts decide otherwise; their words may quote what one of them had to hide."""
    for name in ("outcome", "level", "clauses", "ignored"):
        then, now = getattr(fresh, name), getattr(again, name)
        if then != now:
            yield f"{fresh.check} on {fresh.case}: {name} {then} when fresh, {now} from the ledger"


def of_provider(provider: str, only: frozenset[str]) -> Found:
    """One contract in a process of its own."""
    gc.disable()
    with TemporaryDirectory() as folder:
        return asyncio.run(differing(provider, Path(folder), only))


def main(only: frozenset[str]) -> int:
    """Compare all that was asked for, and say what came of it."""
    names = tuple(loading.load_providers())
    parts: list[Found] = []
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        for name, part in zip(names, pool.map(of_provider, names, [only] * len(names)), strict=True):
            parts.append(part)
            print(f"{name}: {part.verdicts} verdicts from ledgers, {len(part.otherwise)} otherwise", flush=True)
    told = [sentence for part in parts for sentence in part.otherwise]
    print("".join(f"{sentence}\n" for sentence in told[:SHOWN]), end="")
    exchanges, verdicts = sum(part.exchanges for part in parts), sum(part.verdicts for part in parts)
    print(
        f"{parts[0].faults} faults under {len(names)} contracts, {exchanges} exchanges and {verdicts} verdicts "
        f"from ledgers, {len(told)} otherwise than when fresh"
    )
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main(frozenset(sys.argv[1:])))
