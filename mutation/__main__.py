"""`python -m mutation`: mutants of the judges, judged on recorded evidence; exit code 1 below the rate that is due."""

from __future__ import annotations

import argparse
import os
import pickle
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

from mutation import page
from mutation.bench import BROKE, KILLED, SURVIVED, TESTED, Fate, fates, reached, sound
from mutation.choice import choices
from mutation.evidence import Store, record
from mutation.mutants import Mutant, checks_of, modules, mutants, sample
from wireproof.contract import target_options
from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import faults

DUE = 0.9
OUTCOMES = {
    KILLED: TestOutcome.KILLED,
    TESTED: TestOutcome.KILLED,
    BROKE: TestOutcome.INCOMPETENT,
    SURVIVED: TestOutcome.SURVIVED,
}


def main(arguments: Sequence[str]) -> int:
    """Record, mutate, judge again, and tell what survived."""
    parser = argparse.ArgumentParser(prog="python -m mutation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=600, help="mutants in all, one of each check among them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, required=True, help="folder for the evidence and cosmic-ray's database")
    parser.add_argument("--page", type=Path, help="write the page here")
    asked = parser.parse_args(arguments)
    asked.work.mkdir(parents=True, exist_ok=True)
    store = _store(asked.work / "evidence.pickle", asked.seed)
    work_db = WorkDB(asked.work / "mutants.sqlite", WorkDB.Mode.create)
    every = mutants(work_db, modules())
    chosen = sample(every, asked.seed, asked.most)
    skipped = Counter(result.output for _, result in work_db.results)
    if not sound({one.path for one in chosen}):
        parser.exit(2, "the unit tests of the judging modules fail without a mutation\n")
    found = list(fates(chosen, store, reached(store, modules()), asked.seed, asked.workers))
    _file(work_db, every, found)
    checks = {name: check for name, check in load_checks().items() if not check.judges_generated}
    figures = page.Figures(
        "bash .ci/mutation", asked.seed, len(every), skipped, len(store.exhibits), len(faults()), len(store.benches),
        len(checks), len(checks_of(chosen, checks)),
    )  # fmt: skip
    return _told(figures, found, asked.page)


def _store(file: Path, seed: int) -> Store:
    """The evidence of this folder, recorded where there is none."""
    load_checks()
    if not file.exists():
        names = [target.name for target in target_options.mock_targets()]
        file.write_bytes(pickle.dumps(record(choices(names, seed), seed)))
    store: Store = pickle.loads(file.read_bytes())
    return store


def _file(work_db: WorkDB, every: Sequence[Mutant], found: Sequence[Fate]) -> None:
    """Put the results where cosmic-ray's own reports read them."""
    tried = {fate.mutant.job for fate in found}
    work_db.set_multiple_results(
        [one.job for one in every if one.job not in tried], WorkResult(WorkerOutcome.SKIPPED, output="not drawn")
    )
    for fate in found:
        work_db.set_result(fate.mutant.job, WorkResult(WorkerOutcome.NORMAL, fate.witness, OUTCOMES[fate.outcome]))


def _told(figures: page.Figures, found: Sequence[Fate], file: Path | None) -> int:
    known = page.reasons()
    if file is not None:
        file.write_text(page.page(figures, found, known))
    for fate in page.unexplained(found, known):
        print(*page.key(fate), fate.mutant.operator, sep="\n    ")
    count, share = Counter(fate.outcome for fate in found), page.rate(found)
    print(f"{len(found)} mutants, {', '.join(f'{number} {outcome}' for outcome, number in count.items())}: {share:.1%}")
    print(f"{figures.hit} of {figures.checks} checks have a mutant of their own")
    return 0 if share >= DUE and figures.hit == figures.checks else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
