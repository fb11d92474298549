"""Faults that a cell shows only under load: wrong, torn or swapped answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from wireproof.mock.cells.answer_cache import PreparedAnswer

# Of the same length, so that a Content-Length stays correct.
RIGHT_OBJECT, WRONG_OBJECT = b'"object":"chat.completion', b'"object":"chat.complexion'


def with_wrong_object(prepared: PreparedAnswer) -> PreparedAnswer:
    """Returns an answer with a wrong value of `object`."""
    return replace(
        prepared, ops=tuple(replace(op, data=op.data.replace(RIGHT_OBJECT, WRONG_OBJECT)) for op in prepared.ops)
    )


def without_second_half(prepared: PreparedAnswer) -> PreparedAnswer:
    """Returns a stream that ends after its first half as if it were complete; a plain answer stays whole."""
    ops, weights = prepared.ops, prepared.weights
    if len(ops) < 4:
        return prepared
    half = len(ops) // 2
    return PreparedAnswer((*ops[:half], ops[-1]), (*weights[:half], weights[-1]))


class AnswerSwap:
    """Gives each request the answer to the request before it on the same path."""

    def __init__(self) -> None:
        self._last: dict[str, PreparedAnswer] = {}

    def previous_answer(self, path: str, prepared: PreparedAnswer) -> PreparedAnswer:
        """Returns the answer to the previous request; the first request gets its own."""
        previous, self._last[path] = self._last.get(path, prepared), prepared
        return previous


CHANGES_BY_FAULT: Mapping[str, Callable[[PreparedAnswer], PreparedAnswer]] = {
    "wrong": with_wrong_object,
    "torn": without_second_half,
}
