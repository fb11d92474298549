"""`python -m mutation`: tries mutants of the judging code; exit code 1 if too few are killed or a check has none."""

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
from mutation.evidence import EvidenceStore, record_evidence
from mutation.fault_choice import choose_faults
from mutation.mutant_runs import BROKE, KILLED, SURVIVED, TESTED, MutantResult, find_reach, run_mutants, unit_tests_pass
from mutation.mutants import Mutant, draw_sample, find_mutants, judging_modules, mutated_checks
from wireproof.contract import target_options
from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import faults

REQUIRED_KILL_RATE = 0.9
OUTCOMES = {
    KILLED: TestOutcome.KILLED,
    TESTED: TestOutcome.KILLED,
    BROKE: TestOutcome.INCOMPETENT,
    SURVIVED: TestOutcome.SURVIVED,
}


def main(arguments: Sequence[str]) -> int:
    """Records evidence, mutates the judging code, re-judges the evidence and reports the survivors."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description="Tries mutants of the judging code.")
    parser.add_argument("--seed", type=int, default=1, help="seed for the evidence and the sample; default 1")
    parser.add_argument(
        "--most", type=int, default=600, help="number of mutants, one of each check among them; default 600"
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="number of processes; default one for each CPU"
    )
    parser.add_argument(
        "--work",
        type=Path,
        required=True,
        help="folder for the evidence and cosmic-ray's database; evidence that is there is used again",
    )
    parser.add_argument("--page", type=Path, help="file to write docs/mutation.md to; default none")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    store = _load_evidence(options.work / "evidence.pickle", options.seed)
    work_db = WorkDB(options.work / "mutants.sqlite", WorkDB.Mode.create)
    all_mutants = find_mutants(work_db, judging_modules())
    sampled = draw_sample(all_mutants, options.seed, options.most)
    skipped = Counter(result.output for _, result in work_db.results)
    if not unit_tests_pass({mutant.path for mutant in sampled}):
        parser.exit(2, "the unit tests of the judging modules fail without a mutation\n")
    results = list(run_mutants(sampled, store, find_reach(store, judging_modules()), options.seed, options.workers))
    _write_results(work_db, all_mutants, results)
    checks = {name: check for name, check in load_checks().items() if not check.judges_generated}
    figures = page.Figures(
        command="bash .ci/mutation",
        seed=options.seed,
        population=len(all_mutants),
        skipped=skipped,
        judgements=len(store.records),
        faults=len(faults()),
        providers=len({provider for provider, _ in store.judges}),
        checks=len(checks),
        checks_with_mutant=len(mutated_checks(sampled, checks)),
    )
    return _report(figures, results, options.page)


def _load_evidence(file: Path, seed: int) -> EvidenceStore:
    """Reads the evidence in the work folder; records it if there is none."""
    load_checks()
    if not file.exists():
        names = [target.name for target in target_options.mock_targets()]
        file.write_bytes(pickle.dumps(record_evidence(choose_faults(names, seed), seed)))
    store: EvidenceStore = pickle.loads(file.read_bytes())
    return store


def _write_results(work_db: WorkDB, all_mutants: Sequence[Mutant], results: Sequence[MutantResult]) -> None:
    """Writes the results to the database from which cosmic-ray's own reports read."""
    tried_jobs = {result.mutant.job for result in results}
    work_db.set_multiple_results(
        [mutant.job for mutant in all_mutants if mutant.job not in tried_jobs],
        WorkResult(WorkerOutcome.SKIPPED, output="not sampled"),
    )
    for result in results:
        work_db.set_result(
            result.mutant.job, WorkResult(WorkerOutcome.NORMAL, result.witness, OUTCOMES[result.outcome])
        )


def _report(figures: page.Figures, results: Sequence[MutantResult], file: Path | None) -> int:
    known_reasons = page.read_reasons()
    if file is not None:
        file.write_text(page.page_text(figures, results, known_reasons))
    for result in page.without_reason(results, known_reasons):
        print(*page.reason_key(result), result.mutant.operator, sep="\n    ")
    count, share = Counter(result.outcome for result in results), page.kill_rate(results)
    print(
        f"{len(results)} mutants, {', '.join(f'{number} {outcome}' for outcome, number in count.items())}: {share:.1%}"
    )
    print(f"{figures.checks_with_mutant} of {figures.checks} checks have a mutant of their own")
    return 0 if share >= REQUIRED_KILL_RATE and figures.checks_with_mutant == figures.checks else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
