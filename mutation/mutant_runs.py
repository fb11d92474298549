"""Runs mutants on recorded verdicts: which functions each verdict calls, and whether a mutant changes it."""

from __future__ import annotations

import importlib
import multiprocessing
import random
import resource
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.mutating import mutate_code

from mutation.evidence import EvidenceStore, RecordedVerdict, clear_memos, judged_facts
from mutation.mutants import MODULE_LEVEL, Mutant
from mutation.transplant import transplant
from mutation.unit_tests import tests_fail, tests_of, tests_of_all
from wireproof.contract import data_files
from wireproof.judging.check import registry
from wireproof.judging.judge import Judge

# Limits for a mutant that never ends, and for one that allocates without end.
CPU_S, MEMORY = 120, 8 * 2**30
# The largest number of verdicts that are re-judged with one mutant.
MAX_JUDGEMENTS = 2000

Function = tuple[str, str]
Reach = Mapping[Function, Sequence[int]]

KILLED, BROKE, TESTED = "another verdict", "the judge breaks", "a unit test fails"
SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class MutantResult:
    """The result of one mutant.

    Attributes:
        outcome: KILLED, BROKE, TESTED or SURVIVED.
        witness: the first verdict or unit test that revealed it; empty for a survivor.
        mutated: the mutated line.
    """

    mutant: Mutant
    outcome: str
    witness: str = ""
    mutated: str = ""


def find_reach(store: EvidenceStore, paths: Iterable[Path]) -> Reach:
    """Maps (file, function) to the records whose judgement calls it.

    Raises RuntimeError if a record is judged differently than before.
    """
    files, found = {str(path) for path in paths}, dict[Function, list[int]]()
    judges = {key: store.judge_for(*key) for key in store.judges}
    for at, record in enumerate(store.records):
        clear_memos(record.evidence.values())
        for function in _called_functions(files, judges[record.provider, record.entry.provider], record):
            found.setdefault(function, []).append(at)
    return found


def run_mutants(
    chosen: Sequence[Mutant], store: EvidenceStore, reach: Reach, seed: int, workers: int
) -> Iterator[MutantResult]:
    """Runs each mutant in a process of its own, forked with everything loaded."""
    context = multiprocessing.get_context("fork")
    pipes = []
    for start in range(workers):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_run_share, args=(chosen[start::workers], store, reach, seed, sender))
        process.start()
        sender.close()
        pipes.append((receiver, process))
    waiting = {receiver for receiver, _ in pipes}
    while waiting:
        for ready in multiprocessing.connection.wait(list(waiting)):
            assert isinstance(ready, Connection)
            try:
                yield ready.recv()
            except EOFError:
                waiting.discard(ready)
    for _, process in pipes:
        process.join()


def unit_tests_pass(paths: Iterable[Path]) -> bool:
    """True if the unit tests pass without a mutation."""
    process = multiprocessing.get_context("fork").Process(target=_exit_with_tests, args=(tests_of_all(paths),))
    process.start()
    process.join()
    return process.exitcode == 0


def _exit_with_tests(files: Sequence[str]) -> None:
    sys.exit(tests_fail(files))


def _run_share(chosen: Sequence[Mutant], store: EvidenceStore, reach: Reach, seed: int, results: Connection) -> None:
    context = multiprocessing.get_context("fork")
    for mutant in chosen:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_run_limited, args=(mutant, store, reach, seed, sender))
        process.start()
        sender.close()
        try:
            results.send(receiver.recv())
        except EOFError:
            results.send(MutantResult(mutant, BROKE, "it never ends, or ends the process"))
        process.join()


def _run_limited(mutant: Mutant, store: EvidenceStore, reach: Reach, seed: int, result: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    result.send(run_mutant(mutant, store, reach, seed))


def run_mutant(mutant: Mutant, store: EvidenceStore, reach: Reach, seed: int) -> MutantResult:
    """Re-judges with one mutant the records that reach it. The process is not usable afterwards."""
    mutated = mutate_code(
        mutant.path.read_text(), cosmic_ray.plugins.get_operator(mutant.operator)(), mutant.occurrence
    )
    mutated_line = mutated.splitlines()[mutant.start[0] - 1].strip()
    try:
        _load(mutant.path, mutated)
    except Exception as error:  # a module that cannot be loaded judges nothing
        return MutantResult(mutant, BROKE, f"it does not load: {error!r}", mutated_line)
    judges = {key: replace(store.judge_for(*key), checks=dict(registry)) for key in store.judges}
    for record in _reaching_records(mutant, store, reach, seed):
        clear_memos(record.evidence.values())
        try:
            verdict = judged_facts(judges[record.provider, record.entry.provider], record.entry, record.evidence)
        except Exception as error:
            return MutantResult(mutant, BROKE, f"{error!r} while judging {record.entry.check}", mutated_line)
        if verdict != record.facts:
            entry = record.entry
            witness = f"{entry.check} on {entry.case} of {record.provider} under {record.fault or 'no fault'}"
            words = f"{witness}: {record.facts.outcome}, now {verdict.outcome}"
            return MutantResult(mutant, BROKE if verdict.outcome == "error" else KILLED, words, mutated_line)
    files = tests_of(mutant.path)
    if files and tests_fail(files):
        return MutantResult(mutant, TESTED, ", ".join(Path(file).name for file in files), mutated_line)
    return MutantResult(mutant, SURVIVED, "", mutated_line)


def _reaching_records(mutant: Mutant, store: EvidenceStore, reach: Reach, seed: int) -> list[RecordedVerdict]:
    """The records that reach the mutant: at most MAX_JUDGEMENTS, with each fault in turn."""
    file = str(mutant.path)
    if mutant.definition == MODULE_LEVEL:
        reaching = sorted({index for (path, _), indexes in reach.items() if path == file for index in indexes})
    else:
        reaching = list(reach.get((file, mutant.definition), ()))
    random.Random(seed).shuffle(reaching)
    count_by_fault = Counter[str]()
    ranked = []
    for index in reaching:
        fault = store.records[index].fault
        ranked.append((count_by_fault[fault], index))
        count_by_fault[fault] += 1
    ranked.sort(key=lambda pair: pair[0])
    return [store.records[index] for _, index in ranked[:MAX_JUDGEMENTS]]


def _load(path: Path, source: str) -> None:
    """Makes the process judge with a mutated module."""
    if path.parent.parent.name == "suites":
        # No module imports a suite; executed again, it registers its checks again.
        module = sys.modules[f"wireproof_suites.{path.parent.name}.{path.stem}"]
        exec(compile(source, str(path), "exec"), vars(module))
    else:
        relative = path.relative_to(data_files.root()).with_suffix("")
        transplant(importlib.import_module(".".join(relative.parts)), source)


def _called_functions(files: set[str], judge: Judge, record: RecordedVerdict) -> set[Function]:
    """The functions of certain files that judging one record calls."""
    found: set[Function] = set()

    def note_call(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename in files:
            found.add((code.co_filename, code.co_qualname.partition(".<locals>")[0]))

    sys.setprofile(note_call)
    try:
        verdict = judged_facts(judge, record.entry, record.evidence)
    finally:
        sys.setprofile(None)
    if verdict != record.facts:
        raise RuntimeError(f"{record.entry.check} on {record.entry.case} has another verdict each time")
    return found
