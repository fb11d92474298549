"""Fits the limiter models to the observed requests and compares them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.load.experiments.limits.limiter_models import LIMITER_MODELS, LimiterModel, Observation

# The window of the limits in providers.yaml.
CONTRACT_WINDOW_S = 60.0
# Windows that are usual in practice. Among equally good windows one of them is chosen.
USUAL_WINDOWS_S = (1.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 86_400.0)
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 0.1, 200_000.0
# The shortest window that is considered, in multiples of the largest blur.
MIN_BLURS_PER_WINDOW = 8
COARSE_STEP, FINE_STEP = 1.05, 1.002
# Share of requests that a resolved model may fail to explain: concurrent requests arrive in another order.
MAX_DISORDER_SHARE = 0.02
# Share of requests by which a promised limit may explain less than the best model, as noise.
NOISE_SHARE = 0.005
# Number of limits tried below the longest row of admitted requests.
LIMIT_GUESS_PARTS = 24
# Numbers of row lengths, and of pauses within a row, from which limits are guessed.
MAX_ROW_LENGTHS, MAX_PAUSES_PER_ROW = 4, 3
# Models with usual windows only, and models whose limit refills gradually.
ROUND_WINDOW_MODELS, REFILLING_MODELS = frozenset({"fixed window by the clock"}), frozenset({"token bucket"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """One model with its best parameters.

    Attributes:
        model: a name of `LIMITER_MODELS`.
        limit: requests per window.
        window_s: seconds; for a token bucket, the time to refill it.
        low_s, high_s: every window between them explains as many requests.
        explained: number of requests that the model explains.
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
    """The fits of all models.

    Attributes:
        explanations: one for each model, the best first.
        observations: the requests that they are fitted to, in order.
    """

    explanations: tuple[Explanation, ...]
    observations: tuple[Observation, ...]

    @property
    def request_count(self) -> int:
        """The number of observed requests."""
        return len(self.observations)

    @property
    def best(self) -> Explanation:
        """The model that explains the most requests."""
        return self.explanations[0]

    @property
    def resolved(self) -> bool:
        """True if the best model explains nearly all requests, and no other model explains as many."""
        rival = self.explanations[1].explained
        return self.best.explained >= self.request_count * (1 - MAX_DISORDER_SHARE) and rival < self.best.explained

    def explains(self, limit: int, window_s: float) -> bool:
        """True if some model with these parameters explains as many requests as the best one, up to noise."""
        least = self.best.explained - int(self.request_count * NOISE_SHARE)
        return any(model(self.observations, limit, window_s, least) >= least for model in LIMITER_MODELS.values())

    @property
    def confidence(self) -> float:
        """The share of requests that the best model explains."""
        return self.best.explained / self.request_count


def fit_models(seen: Sequence[Observation], likely: Collection[int] = ()) -> Fit | None:
    """Fits every model; returns None if no request was refused.

    Args:
        likely: announced limits, which are preferred among equally good ones.
    """
    if all(request.admitted for request in seen):
        return None
    ordered = sorted(seen, key=lambda request: request.at)
    # A limit above the number of admitted requests cannot have caused a refusal.
    admitted = sum(request.admitted for request in ordered)
    possible = {limit for limit in likely if limit <= admitted}
    fits = [_best_explanation(name, model, ordered, possible) for name, model in LIMITER_MODELS.items()]
    return Fit(tuple(sorted(fits, key=lambda fit: -fit.explained)), tuple(ordered))


def _best_explanation(
    name: str, model: LimiterModel, seen: Sequence[Observation], likely: Collection[int]
) -> Explanation:
    """Finds the parameters of one model that explain the most requests."""
    limits = _possible_limits(seen, likely)
    if name in REFILLING_MODELS:  # refills during a row of requests, so the row may be longer than the limit
        limits |= {
            round(max(limits) * part / LIMIT_GUESS_PARTS) for part in range(LIMIT_GUESS_PARTS // 2, LIMIT_GUESS_PARTS)
        }
    guesses = [
        (limit, window)
        for limit in limits
        for window in (USUAL_WINDOWS_S if name in ROUND_WINDOW_MODELS else _possible_windows(seen, limit))
    ]
    scores: dict[tuple[int, float], int] = {}
    _score_guesses(model, seen, [guess for guess in guesses if guess[0] > 0], scores)
    if name in REFILLING_MODELS:
        for spread, step in ((max(limits) // LIMIT_GUESS_PARTS + 1, COARSE_STEP), (2, FINE_STEP)):
            finer = _guesses_around(max(scores, key=lambda guess: scores[guess]), spread, step)
            _score_guesses(model, seen, finer, scores)
    most = max(scores.values())
    # Among equally good guesses: an announced limit, then a usual window, then the largest limit.
    equal = [guess for guess in scores if scores[guess] == most]
    limit, best_window = max(
        equal,
        key=lambda guess: (guess[0] in likely, guess[1] == CONTRACT_WINDOW_S, guess[1] in USUAL_WINDOWS_S, guess[0]),
    )
    low, high = (
        _last_equal_window(model, seen, limit, best_window, 1 / FINE_STEP),
        _last_equal_window(model, seen, limit, best_window, FINE_STEP),
    )
    usual = [window for window in USUAL_WINDOWS_S if low <= window <= high]
    window = min(usual, key=lambda window: abs(math.log(window / best_window)), default=math.sqrt(low * high))
    return Explanation(name, limit, round(window, 3), round(low, 3), round(high, 3), most)


def _score_guesses(
    model: LimiterModel,
    seen: Sequence[Observation],
    guesses: Sequence[tuple[int, float]],
    scores: dict[tuple[int, float], int],
) -> None:
    """Adds the number of requests that each guess explains; of a guess worse than another, any smaller number."""
    most = max(scores.values(), default=0)
    for guess in guesses:
        if guess not in scores:
            scores[guess] = model(seen, *guess, most)
            most = max(most, scores[guess])


def _guesses_around(guess: tuple[int, float], spread: int, step: float) -> list[tuple[int, float]]:
    """Limits up to `spread` away from a guess, with windows up to two steps away and the usual ones among them."""
    limit, center = guess
    windows = [center * step ** (part / 5) for part in range(-10, 11)]
    windows += [window for window in USUAL_WINDOWS_S if windows[0] / step <= window <= windows[-1] * step]
    return [(limit, window) for limit in range(max(1, limit - spread), limit + spread + 1) for window in windows]


def _last_equal_window(
    model: LimiterModel, seen: Sequence[Observation], limit: int, window: float, step: float
) -> float:
    """The last window in one direction that explains as many requests."""
    shortest, most = _shortest_window(seen), model(seen, limit, window, 0)
    while shortest < window * step < LONGEST_WINDOW_S and model(seen, limit, window * step, most) >= most:
        window *= step
    return window


def _possible_limits(seen: Sequence[Observation], likely: Collection[int]) -> set[int]:
    """Candidates: the lengths of rows of admitted requests and of their ends after a pause, plus and minus one."""
    lengths = set()
    for start, length in _admitted_rows(seen):
        pauses = sorted(range(start + 1, start + length), key=lambda at: seen[at - 1].at - seen[at].at)[
            :MAX_PAUSES_PER_ROW
        ]
        lengths |= {length, *(start + length - at for at in pauses)}
    largest = sorted(lengths)[-MAX_ROW_LENGTHS:]
    return {length + diff for length in (*largest, _admitted_rows(seen)[0][1]) for diff in (-1, 0, 1)} | set(likely)


def _possible_windows(seen: Sequence[Observation], limit: int) -> list[float]:
    """Candidates: windows computed from the times of admissions, usual windows, and steps in between."""
    measured = []
    rows = _admitted_rows(seen)
    for index, row in rows[1:]:
        for start in [start for start, _ in rows if start < index]:
            after, before = (seen[at].at - seen[start].at for at in (index, index - 1))
            measured += [after, (before + after) / 2]
        # A token bucket was empty at the refusal; since then it received the tokens of this row.
        since = seen[index].at - seen[index - 1].at
        measured += [since * limit / row, since * limit / (row + 0.5)]
    elapsed = seen[-1].at - seen[0].at
    low = max(min(measured, default=elapsed) / 2, _shortest_window(seen))
    high = max(measured, default=LONGEST_WINDOW_S / 2) * 2
    between = [window for window in (*USUAL_WINDOWS_S, *measured) if low < window < high]
    return [low, *between, *_geometric_steps(low, min(high, LONGEST_WINDOW_S), COARSE_STEP)]


def _shortest_window(seen: Sequence[Observation]) -> float:
    """The shortest window that the blur of the observations allows to measure."""
    return max(SHORTEST_WINDOW_S, MIN_BLURS_PER_WINDOW * max(request.blur for request in seen))


def _admitted_rows(seen: Sequence[Observation]) -> list[tuple[int, int]]:
    """The rows of successive admitted requests as (index of the first, length)."""
    rows: list[tuple[int, int]] = []
    for index, request in enumerate(seen):
        if request.admitted and index and seen[index - 1].admitted and rows:
            rows[-1] = (rows[-1][0], rows[-1][1] + 1)
        elif request.admitted:
            rows.append((index, 1))
    return rows or [(0, 0)]


def _geometric_steps(low: float, high: float, step: float) -> list[float]:
    return [low * step**power for power in range(math.ceil(math.log(max(high / low, 1), step)))]
