"""Which model explains what was seen, with which parameters, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.load.experiments.limits.limiter_models import LIMITER_MODELS, LimiterModel, Observation

# The window that contracts speak of.
CONTRACT_WINDOW_S = 60.0
# Windows that people set. One of them that explains as much as any other is taken to be meant.
USUAL_WINDOWS_S = (1.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 86_400.0)
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 0.1, 200_000.0
# A window is so many times as long as any doubt about a moment.
MIN_BLURS_PER_WINDOW = 8
COARSE_STEP, FINE_STEP = 1.05, 1.002
# Requests that may be out of place, of a hundred: many under way at once do not arrive in the order of their sending.
MAX_DISORDER_SHARE = 0.02
# The share that chance may explain, where a promise is held against what explains the most.
NOISE_SHARE = 0.005
# Into how many parts the longest row is cut to guess a limit that is smaller.
LIMIT_GUESS_PARTS = 24
# How many lengths of rows, and pauses within a row, are taken for the limit's.
MAX_ROW_LENGTHS, MAX_PAUSES_PER_ROW = 4, 3
# Models whose windows are of a length that divides the day, and models in which a limit fills bit by bit.
ROUND_WINDOW_MODELS, FILLING_MODELS = frozenset({"fixed window by the clock"}), frozenset({"token bucket"})


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
    observations: tuple[Observation, ...]

    @property
    def request_count(self) -> int:
        """How many requests there were."""
        return len(self.observations)

    @property
    def best(self) -> Explanation:
        """The model that explains the most."""
        return self.explanations[0]

    @property
    def resolved(self) -> bool:
        """Whether it explains all but a few, and no other model as much."""
        rival = self.explanations[1].explained
        return self.best.explained >= self.request_count * (1 - MAX_DISORDER_SHARE) and rival < self.best.explained

    def explains(self, limit: int, window_s: float) -> bool:
        """Whether a limit that was promised explains what was seen as well as the best does, by any model."""
        most = max(model(self.observations, limit, window_s) for model in LIMITER_MODELS.values())
        return most >= self.best.explained - int(self.request_count * NOISE_SHARE)

    @property
    def confidence(self) -> float:
        """The share of requests that it explains."""
        return self.best.explained / self.request_count


def fit_models(seen: Sequence[Observation], likely: Collection[int] = ()) -> Fit | None:
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
    found = [_best_explanation(name, model, ordered, could_be) for name, model in LIMITER_MODELS.items()]
    return Fit(tuple(sorted(found, key=lambda one: -one.explained)), tuple(ordered))


def _best_explanation(
    name: str, model: LimiterModel, seen: Sequence[Observation], likely: Collection[int]
) -> Explanation:
    """The parameters of one model that explain the most."""
    limits = _possible_limits(seen, likely)
    if name in FILLING_MODELS:  # a row may be longer than the limit, which fills while it is emptied
        limits |= {
            round(max(limits) * part / LIMIT_GUESS_PARTS) for part in range(LIMIT_GUESS_PARTS // 2, LIMIT_GUESS_PARTS)
        }
    guesses = [
        (limit, span)
        for limit in limits
        for span in (USUAL_WINDOWS_S if name in ROUND_WINDOW_MODELS else _possible_windows(seen, limit))
    ]
    scores = {guess: model(seen, *guess) for guess in guesses if guess[0] > 0}
    if name in FILLING_MODELS:
        for off, step in ((max(limits) // LIMIT_GUESS_PARTS + 1, COARSE_STEP), (2, FINE_STEP)):
            finer = _guesses_around(max(scores, key=lambda guess: scores[guess]), off, step)
            scores |= {guess: model(seen, *guess) for guess in finer}
    most = max(scores.values())
    # Of equally good ones what was told, then a window that people set, then the largest limit: it was admitted.
    equal = [guess for guess in scores if scores[guess] == most]
    limit, near = max(
        equal,
        key=lambda guess: (guess[0] in likely, guess[1] == CONTRACT_WINDOW_S, guess[1] in USUAL_WINDOWS_S, guess[0]),
    )
    low, high = (
        _last_equal_window(model, seen, limit, near, 1 / FINE_STEP),
        _last_equal_window(model, seen, limit, near, FINE_STEP),
    )
    usual = [span for span in USUAL_WINDOWS_S if low <= span <= high]
    window = min(usual, key=lambda span: abs(math.log(span / near)), default=math.sqrt(low * high))
    return Explanation(name, limit, round(window, 3), round(low, 3), round(high, 3), most)


def _guesses_around(guess: tuple[int, float], off: int, step: float) -> list[tuple[int, float]]:
    """Every limit that is off by so many at most, with windows up to two steps shorter and longer, and usual ones."""
    limit, about = guess
    spans = [about * step ** (part / 5) for part in range(-10, 11)]
    spans += [span for span in USUAL_WINDOWS_S if spans[0] / step <= span <= spans[-1] * step]
    return [(limit, span) for limit in range(max(1, limit - off), limit + off + 1) for span in spans]


def _last_equal_window(model: LimiterModel, seen: Sequence[Observation], limit: int, span: float, step: float) -> float:
    """The last window in one direction that explains as much."""
    most = model(seen, limit, span)
    while _shortest_window(seen) < span * step < LONGEST_WINDOW_S and model(seen, limit, span * step) >= most:
        span *= step
    return span


def _possible_limits(seen: Sequence[Observation], likely: Collection[int]) -> set[int]:
    """Limits that may be: the length of a row of admitted requests, or of its end after a pause, or one off."""
    lengths = set()
    for start, length in _admitted_rows(seen):
        pauses = sorted(range(start + 1, start + length), key=lambda at: seen[at - 1].at - seen[at].at)[
            :MAX_PAUSES_PER_ROW
        ]
        lengths |= {length, *(start + length - at for at in pauses)}
    largest = sorted(lengths)[-MAX_ROW_LENGTHS:]
    return {length + off for length in (*largest, _admitted_rows(seen)[0][1]) for off in (-1, 0, 1)} | set(likely)


def _possible_windows(seen: Sequence[Observation], limit: int) -> list[float]:
    """Windows that may be: those that the moments of admission tell, what people set, and others in between."""
    told = []
    rows = _admitted_rows(seen)
    for index, row in rows[1:]:
        for start in [start for start, _ in rows if start < index]:
            after, before = (seen[at].at - seen[start].at for at in (index, index - 1))
            told += [after, (before + after) / 2]
        # A bucket that was empty at the refusal has as many tokens now as were admitted in a row.
        since = seen[index].at - seen[index - 1].at
        told += [since * limit / row, since * limit / (row + 0.5)]
    elapsed = seen[-1].at - seen[0].at
    low, high = max(min(told, default=elapsed) / 2, _shortest_window(seen)), max(told, default=LONGEST_WINDOW_S / 2) * 2
    between = [span for span in (*USUAL_WINDOWS_S, *told) if low < span < high]
    return [low, *between, *_geometric_steps(low, min(high, LONGEST_WINDOW_S), COARSE_STEP)]


def _shortest_window(seen: Sequence[Observation]) -> float:
    """The shortest window that could be told from one that is over before the next request."""
    return max(SHORTEST_WINDOW_S, MIN_BLURS_PER_WINDOW * max(one.blur for one in seen))


def _admitted_rows(seen: Sequence[Observation]) -> list[tuple[int, int]]:
    """The rows of admitted requests: where each begins, and how long it is."""
    rows: list[tuple[int, int]] = []
    for index, one in enumerate(seen):
        if one.admitted and index and seen[index - 1].admitted and rows:
            rows[-1] = (rows[-1][0], rows[-1][1] + 1)
        elif one.admitted:
            rows.append((index, 1))
    return rows or [(0, 0)]


def _geometric_steps(low: float, high: float, step: float) -> list[float]:
    return [low * step**power for power in range(math.ceil(math.log(max(high / low, 1), step)))]
