"""Which model explains what was seen, with which parameters, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.limiter.models import MODELS, Model, Seen

# The window that contracts speak of.
MINUTE_S = 60.0
# Windows that people set. One of them that explains as much as any other is taken to be meant.
USUAL_S = (1.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 86_400.0)
SHORTEST_S, LONGEST_S = 0.1, 200_000.0
# A window is so many times as long as any doubt about a moment.
BLURS = 8
COARSE, FINE = 1.05, 1.002
# Requests that may be out of place, of a hundred: many under way at once do not arrive in the order of their sending.
DISORDER = 0.02
# The share that chance may explain, where a promise is held against what explains the most.
NOISE = 0.005
# Into how many parts the longest row is cut to guess a limit that is smaller.
PARTS = 24
# How many lengths of rows, and pauses within a row, are taken for the limit's.
LENGTHS, PAUSES = 4, 3
# Models whose windows are of a length that divides the day, and models in which a limit fills bit by bit.
ROUND, FILLING = frozenset({"fixed window by the clock"}), frozenset({"token bucket"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """One model with the parameters that explain the most.

    Attributes:
        window_s: seconds; of a bucket, those in which it fills.
        low_s, high_s: every window between them explains as much.
        explained: requests that went as the model says.
    """

    model: str
    limit: int
    window_s: float
    low_s: float
    high_s: float
    explained: int

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Fit:
    """Every model, the best first.

    Attributes:
        asked: what it is fitted to, in order.
    """

    explanations: tuple[Explanation, ...]
    asked: tuple[Seen, ...]

    @property
    def seen(self) -> int:
        """How many requests there were."""
        return len(self.asked)

    @property
    def best(self) -> Explanation:
        """The model that explains the most."""
        return self.explanations[0]

    @property
    def resolved(self) -> bool:
        """Whether it explains all but a few, and no other model as much."""
        rival = self.explanations[1].explained
        return self.best.explained >= self.seen * (1 - DISORDER) and rival < self.best.explained

    def explains(self, limit: int, window_s: float) -> bool:
        """Whether a limit that was promised explains what was seen as well as the best does, by any model."""
        most = max(model(self.asked, limit, window_s) for model in MODELS.values())
        return most >= self.best.explained - int(self.seen * NOISE)

    @property
    def confidence(self) -> float:
        """The share of requests that it explains."""
        return self.best.explained / self.seen


def fit(seen: Sequence[Seen], likely: Collection[int] = ()) -> Fit | None:
    """Explain what was seen; None where nothing was refused.

    Args:
        likely: limits that were told; of several that explain as much, one of them is taken.
    """
    if all(one.admitted for one in seen):
        return None
    ordered = sorted(seen, key=lambda one: one.at)
    # Whatever a header tells: who was refused had not been admitted more often than this.
    admitted = sum(one.admitted for one in ordered)
    could_be = {limit for limit in likely if limit <= admitted}
    found = [_best(name, model, ordered, could_be) for name, model in MODELS.items()]
    return Fit(tuple(sorted(found, key=lambda one: -one.explained)), tuple(ordered))


def _best(name: str, model: Model, seen: Sequence[Seen], likely: Collection[int]) -> Explanation:
    """The parameters of one model that explain the most."""
    limits = _limits(seen, likely)
    if name in FILLING:  # a row may be longer than the limit, which fills while it is emptied
        limits |= {round(max(limits) * part / PARTS) for part in range(PARTS // 2, PARTS)}
    guesses = [(limit, span) for limit in limits for span in (USUAL_S if name in ROUND else _spans(seen, limit))]
    scores = {guess: model(seen, *guess) for guess in guesses if guess[0] > 0}
    if name in FILLING:
        for off, step in ((max(limits) // PARTS + 1, COARSE), (2, FINE)):
            finer = _around(max(scores, key=lambda guess: scores[guess]), off, step)
            scores |= {guess: model(seen, *guess) for guess in finer}
    most = max(scores.values())
    # Of equally good ones what was told, then a window that people set, then the largest limit: it was admitted.
    equal = [guess for guess in scores if scores[guess] == most]
    limit, near = max(
        equal, key=lambda guess: (guess[0] in likely, guess[1] == MINUTE_S, guess[1] in USUAL_S, guess[0])
    )
    low, high = _edge(model, seen, limit, near, 1 / FINE), _edge(model, seen, limit, near, FINE)
    usual = [span for span in USUAL_S if low <= span <= high]
    window = min(usual, key=lambda span: abs(math.log(span / near)), default=math.sqrt(low * high))
    return Explanation(name, limit, round(window, 3), round(low, 3), round(high, 3), most)


def _around(guess: tuple[int, float], off: int, step: float) -> list[tuple[int, float]]:
    """Every limit that is off by so many at most, with windows up to two steps shorter and longer, and usual ones."""
    limit, about = guess
    spans = [about * step ** (part / 5) for part in range(-10, 11)]
    spans += [span for span in USUAL_S if spans[0] / step <= span <= spans[-1] * step]
    return [(limit, span) for limit in range(max(1, limit - off), limit + off + 1) for span in spans]


def _edge(model: Model, seen: Sequence[Seen], limit: int, span: float, step: float) -> float:
    """The last window in one direction that explains as much."""
    most, shortest = model(seen, limit, span), _shortest(seen)
    while shortest < span * step < LONGEST_S and model(seen, limit, span * step) >= most:
        span *= step
    return span


def _limits(seen: Sequence[Seen], likely: Collection[int]) -> set[int]:
    """Limits that may be: the length of a row of admitted requests, or of its end after a pause, or one off."""
    lengths = set()
    for start, length in _rows(seen):
        pauses = sorted(range(start + 1, start + length), key=lambda at: seen[at - 1].at - seen[at].at)[:PAUSES]
        lengths |= {length, *(start + length - at for at in pauses)}
    largest = sorted(lengths)[-LENGTHS:]
    return {length + off for length in (*largest, _rows(seen)[0][1]) for off in (-1, 0, 1)} | set(likely)


def _spans(seen: Sequence[Seen], limit: int) -> list[float]:
    """Windows that may be: those that the moments of admission tell, what people set, and others in between."""
    told = []
    rows = _rows(seen)
    for index, row in rows[1:]:
        for start in [start for start, _ in rows if start < index]:
            after, before = (seen[at].at - seen[start].at for at in (index, index - 1))
            told += [after, (before + after) / 2]
        # A bucket that was empty at the refusal has as many tokens now as were admitted in a row.
        since = seen[index].at - seen[index - 1].at
        told += [since * limit / row, since * limit / (row + 0.5)]
    elapsed = seen[-1].at - seen[0].at
    low, high = max(min(told, default=elapsed) / 2, _shortest(seen)), max(told, default=LONGEST_S / 2) * 2
    between = [span for span in (*USUAL_S, *told) if low < span < high]
    return [low, *between, *_geometric(low, min(high, LONGEST_S), COARSE)]


def _shortest(seen: Sequence[Seen]) -> float:
    """The shortest window that could be told from one that is over before the next request."""
    return max(SHORTEST_S, BLURS * max(one.blur for one in seen))


def _rows(seen: Sequence[Seen]) -> list[tuple[int, int]]:
    """The rows of admitted requests: where each begins, and how long it is."""
    rows: list[tuple[int, int]] = []
    for index, one in enumerate(seen):
        if one.admitted and index and seen[index - 1].admitted and rows:
            rows[-1] = (rows[-1][0], rows[-1][1] + 1)
        elif one.admitted:
            rows.append((index, 1))
    return rows or [(0, 0)]


def _geometric(low: float, high: float, step: float) -> list[float]:
    return [low * step**power for power in range(math.ceil(math.log(max(high / low, 1), step)))]
