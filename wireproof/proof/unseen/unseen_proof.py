"""Measures the share of derived faults that the checks catch; one process for each contract."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from wireproof.contract import loading, target_options
from wireproof.judging.suite_loader import load_checks
from wireproof.proof.in_process_line import dry_address
from wireproof.proof.unseen.derived_column import DerivedColumn
from wireproof.proof.unseen.derived_outcome import DerivedOutcome
from wireproof.proof.unseen.legal_reasons import read_legal_reasons
from wireproof.proof.unseen.unseen_result import UnseenProof
from wireproof.session.target_run import open_target_run


def prove_unseen(providers: Sequence[str], count: int, seed: int) -> UnseenProof:
    """Draws so many derived faults over all contracts, and judges each as an ordinary run would.

    Raises ConfigError for a provider that does not exist.
    """
    names = [target.name for target in target_options.mock_targets(*providers)]
    shares = [count * (at + 1) // len(names) - count * at // len(names) for at in range(len(names))]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(judge_contract, names, shares, [seed] * len(names)))
    return UnseenProof(seed, tuple(outcome for part in parts for outcome in part))


def judge_contract(name: str, count: int, seed: int) -> list[DerivedOutcome]:
    """The outcomes of so many derived faults of one contract."""
    # Looking for cycles takes a tenth of the time of the process, so it is done now and then only.
    gc.disable()
    return asyncio.run(_judge_contract(name, count, seed))


async def open_derived_column(name: str) -> DerivedColumn:
    """The column of one contract, with its fault-free answers."""
    (target,) = target_options.mock_targets(name)
    target = target_options.with_address(target, dry_address(target.provider))
    column = DerivedColumn(open_target_run(target, loading.load_providers(), load_checks()))
    await column.record()
    return column


async def _judge_contract(name: str, count: int, seed: int) -> list[DerivedOutcome]:
    column = await open_derived_column(name)
    gc.freeze()  # the evidence of the fault-free server lives until the end
    return await column.judge_sample(count, str(seed), read_legal_reasons())
