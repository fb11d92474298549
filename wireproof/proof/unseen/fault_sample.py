"""The sample of derived faults of one contract: by class, then by case, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from wireproof.proof.unseen.answer_pool import AnswerPool
from wireproof.proof.unseen.derived_fault import DerivedFault
from wireproof.proof.unseen.fault_classes import CLASSES, derive_faults


class ClassSample:
    """Draws the faults of one class: from each case in turn, the cases in an order of chance."""

    def __init__(self, family: str, cases: Sequence[str], pool: AnswerPool, seed: str) -> None:
        self._family, self._pool, self._random = family, pool, Random(f"{seed}/{family}")
        self._cases = self._random.sample(list(cases), len(cases))

    def __iter__(self) -> Iterator[tuple[str, DerivedFault]]:
        """Yields each fault of the class once, with its case."""
        left: dict[str, list[DerivedFault]] = {}
        waiting = list(self._cases)
        while waiting:
            for case in list(waiting):
                if case not in left:
                    found = derive_faults(self._family, case, self._pool)
                    left[case] = self._random.sample(found, len(found))
                if left[case]:
                    yield case, left[case].pop()
                else:
                    waiting.remove(case)


def class_samples(cases: Sequence[str], pool: AnswerPool, seed: str) -> dict[str, Iterator[tuple[str, DerivedFault]]]:
    """Class → its faults in the order in which they are drawn."""
    return {family: iter(ClassSample(family, cases, pool, seed)) for family in CLASSES}
