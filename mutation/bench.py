"""Judging the exhibits: what each of them reaches, and what a mutant makes of those that reach it."""

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

from mutation.evidence import Exhibit, Store, forget, told
from mutation.mutants import WHOLE, Mutant
from mutation.transplant import transplant
from mutation.units import every_test, fail, tests_of
from wireproof.contract import data_files
from wireproof.judging.check import registry
from wireproof.judging.judge import Judge

# A mutant that never ends, and one that takes all the memory there is.
CPU_S, MEMORY = 120, 8 * 2**30
# How many judgements a mutant meets at most.
MOST = 2000

Function = tuple[str, str]
Reach = Mapping[Function, Sequence[int]]

KILLED, BROKE, TESTED = "another verdict", "the judge breaks", "a unit test fails"
SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant, and where it was noticed first."""

    mutant: Mutant
    outcome: str
    witness: str = ""
    mutated: str = ""


def reached(store: Store, files: Iterable[Path]) -> Reach:
    """(file, function) → the exhibits whose judgement calls it; every verdict is the one that was recorded."""
    mine, found = {str(file) for file in files}, dict[Function, list[int]]()
    benches = {name: store.bench(name) for name in store.benches}
    for at, exhibit in enumerate(store.exhibits):
        forget(exhibit.evidence.values())
        for function in _called(mine, benches[exhibit.provider], exhibit):
            found.setdefault(function, []).append(at)
    return found


def fates(chosen: Sequence[Mutant], store: Store, reach: Reach, seed: int, workers: int) -> Iterator[Fate]:
    """Try each mutant in a process of its own, forked with everything loaded."""
    context = multiprocessing.get_context("fork")
    pipes = []
    for start in range(workers):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_share, args=(chosen[start::workers], store, reach, seed, theirs))
        process.start()
        theirs.close()
        pipes.append((ours, process))
    waiting = {ours for ours, _ in pipes}
    while waiting:
        for ready in multiprocessing.connection.wait(list(waiting)):
            assert isinstance(ready, Connection)
            try:
                yield ready.recv()
            except EOFError:
                waiting.discard(ready)
    for _, process in pipes:
        process.join()


def sound(paths: Iterable[Path]) -> bool:
    """Whether the unit tests pass as long as nothing is mutated."""
    process = multiprocessing.get_context("fork").Process(target=_pass, args=(every_test(paths),))
    process.start()
    process.join()
    return process.exitcode == 0


def _pass(files: Sequence[str]) -> None:
    sys.exit(fail(files))


def _share(chosen: Sequence[Mutant], store: Store, reach: Reach, seed: int, results: Connection) -> None:
    context = multiprocessing.get_context("fork")
    for mutant in chosen:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_alone, args=(mutant, store, reach, seed, theirs))
        process.start()
        theirs.close()
        try:
            results.send(ours.recv())
        except EOFError:
            results.send(Fate(mutant, BROKE, "it never ends, or ends the process"))
        process.join()


def _alone(mutant: Mutant, store: Store, reach: Reach, seed: int, result: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    result.send(fate(mutant, store, reach, seed))


def fate(mutant: Mutant, store: Store, reach: Reach, seed: int) -> Fate:
    """Judge again, by the mutant, what reaches it; this process is never the same again."""
    mutated = mutate_code(
        mutant.path.read_text(), cosmic_ray.plugins.get_operator(mutant.operator)(), mutant.occurrence
    )
    changed = mutated.splitlines()[mutant.start[0] - 1].strip()
    try:
        _load(mutant.path, mutated)
    except Exception as error:  # a judge that does not load judges nothing
        return Fate(mutant, BROKE, f"it does not load: {error!r}", changed)
    benches = {name: replace(store.bench(name), checks=dict(registry)) for name in store.benches}
    for exhibit in _exhibits(mutant, store, reach, seed):
        forget(exhibit.evidence.values())
        try:
            verdict = told(benches[exhibit.provider], exhibit.entry, exhibit.evidence)
        except Exception as error:
            return Fate(mutant, BROKE, f"{error!r} while judging {exhibit.entry.check}", changed)
        if verdict != exhibit.told:
            entry = exhibit.entry
            witness = f"{entry.check} on {entry.case} of {exhibit.provider} under {exhibit.fault or 'no fault'}"
            words = f"{witness}: {exhibit.told.outcome}, now {verdict.outcome}"
            return Fate(mutant, BROKE if verdict.outcome == "error" else KILLED, words, changed)
    files = tests_of(mutant.path)
    if files and fail(files):
        return Fate(mutant, TESTED, ", ".join(Path(file).name for file in files), changed)
    return Fate(mutant, SURVIVED, "", changed)


def _exhibits(mutant: Mutant, store: Store, reach: Reach, seed: int) -> list[Exhibit]:
    """What reaches the mutant, every fault in its turn, as much as a process can judge in its time."""
    file = str(mutant.path)
    if mutant.definition == WHOLE:
        at = sorted({one for (path, _), every in reach.items() if path == file for one in every})
    else:
        at = list(reach.get((file, mutant.definition), ()))
    random.Random(seed).shuffle(at)
    turns = Counter[str]()
    ranked = []
    for one in at:
        fault = store.exhibits[one].fault
        ranked.append((turns[fault], one))
        turns[fault] += 1
    ranked.sort(key=lambda pair: pair[0])
    return [store.exhibits[one] for _, one in ranked[:MOST]]


def _load(path: Path, source: str) -> None:
    """Make the process judge by a mutated module."""
    if path.parent.parent.name == "suites":
        # Nothing imports a suite; run again, it registers its checks again.
        module = sys.modules[f"wireproof_suites.{path.parent.name}.{path.stem}"]
        exec(compile(source, str(path), "exec"), vars(module))
    else:
        relative = path.relative_to(data_files.root()).with_suffix("")
        transplant(importlib.import_module(".".join(relative.parts)), source)


def _called(mine: set[str], bench: Judge, exhibit: Exhibit) -> set[Function]:
    """The functions of certain files that judging one exhibit calls."""
    found: set[Function] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename in mine:
            found.add((code.co_filename, code.co_qualname.partition(".<locals>")[0]))

    sys.setprofile(note)
    try:
        verdict = told(bench, exhibit.entry, exhibit.evidence)
    finally:
        sys.setprofile(None)
    if verdict != exhibit.told:
        raise RuntimeError(f"{exhibit.entry.check} on {exhibit.entry.case} says something else each time")
    return found
