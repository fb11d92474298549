"""The progress of each account through the scripted answers."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.protocol.scripted_answers import ScriptedAnswer, ScriptedTurn


class ScriptProgress:
    """A script, and the turns of it that each account has had."""

    def __init__(self, turns: tuple[ScriptedTurn, ...] = ()) -> None:
        self.turns = turns
        self._requests = Counter[str]()
        self._used = Counter[tuple[str, int]]()
        self._lock = threading.Lock()

    def start(self, turns: tuple[ScriptedTurn, ...]) -> None:
        """Begins another script, for every account."""
        with self._lock:
            self.turns = turns
            self._requests.clear()
            self._used.clear()

    def next_answer(self, account: str, endpoint: str, message: str) -> ScriptedAnswer | None:
        """Returns the answer of the first turn that matches and is not used up; None if the model is to answer."""
        if not self.turns:
            return None
        with self._lock:
            self._requests[account] += 1
            for index, turn in enumerate(self.turns):
                is_left = turn.times is None or self._used[account, index] < turn.times
                if is_left and turn.matches(endpoint, message, self._requests[account]):
                    self._used[account, index] += 1
                    return turn.answer
        return None


@dataclass(frozen=True, slots=True)
class AccountScript:
    """The script as one request sees it."""

    progress: ScriptProgress
    request: HttpRequest

    def next_answer(self, endpoint: str, message: str) -> ScriptedAnswer | None:
        """Returns the scripted answer to a request with this last message; None if the model is to answer."""
        return self.progress.next_answer(self.request.header("authorization") or "", endpoint, message)
