"""What a cell does wrong under pressure alone: answers that are no longer what they should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.cells.answer_cache import Prepared

# As long as what it stands for, so that a length that was told stays true.
RIGHT, WRONG = b'"object":"chat.completion', b'"object":"chat.complexion'


def wrong(prepared: Prepared) -> Prepared:
    """An answer that names itself something else."""
    return replace(prepared, ops=tuple(replace(op, data=op.data.replace(RIGHT, WRONG)) for op in prepared.ops))


def torn(prepared: Prepared) -> Prepared:
    """A stream that ends in its middle, as if that were its end; an answer in one piece stays whole."""
    ops, weights = prepared.ops, prepared.weights
    if len(ops) < 4:
        return prepared
    half = len(ops) // 2
    return Prepared((*ops[:half], ops[-1]), (*weights[:half], weights[-1]))


class Swap:
    """Answers that go to whoever asked next at the same place."""

    def __init__(self) -> None:
        self._last: dict[str, Prepared] = {}

    def given(self, path: str, prepared: Prepared) -> Prepared:
        """The answer of the request before; the first has nobody before it."""
        before, self._last[path] = self._last.get(path, prepared), prepared
        return before


CHANGES: Mapping[str, Callable[[Prepared], Prepared]] = {"wrong": wrong, "torn": torn}
