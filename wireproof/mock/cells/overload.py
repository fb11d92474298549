"""What a cell does wrong under pressure alone: answers that are no longer what they should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.cells.answer_cache import PreparedAnswer

# As long as what it stands for, so that a length that was told stays true.
RIGHT_OBJECT, WRONG_OBJECT = b'"object":"chat.completion', b'"object":"chat.complexion'


def with_wrong_object(prepared: PreparedAnswer) -> PreparedAnswer:
    """An answer that names itself something else."""
    return replace(
        prepared, ops=tuple(replace(op, data=op.data.replace(RIGHT_OBJECT, WRONG_OBJECT)) for op in prepared.ops)
    )


def without_second_half(prepared: PreparedAnswer) -> PreparedAnswer:
    """A stream that ends in its middle, as if that were its end; an answer in one piece stays whole."""
    ops, weights = prepared.ops, prepared.weights
    if len(ops) < 4:
        return prepared
    half = len(ops) // 2
    return PreparedAnswer((*ops[:half], ops[-1]), (*weights[:half], weights[-1]))


class AnswerSwap:
    """Answers that go to whoever asked next at the same place."""

    def __init__(self) -> None:
        self._last: dict[str, PreparedAnswer] = {}

    def previous_answer(self, path: str, prepared: PreparedAnswer) -> PreparedAnswer:
        """The answer of the request before; the first has nobody before it."""
        before, self._last[path] = self._last.get(path, prepared), prepared
        return before


CHANGES_BY_FAULT: Mapping[str, Callable[[PreparedAnswer], PreparedAnswer]] = {
    "wrong": with_wrong_object,
    "torn": without_second_half,
}
