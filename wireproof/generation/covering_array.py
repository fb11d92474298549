"""The covering array: few combinations of features in which every pair shows, chosen greedily.

The usual tools (allpairspy, ACTS) count a pair wherever both features stand. Here a third feature may hide one of the
two, as a tool call hides a stop text, so a pair counts only where it shows. Of the 255 pairs of OpenAI's chat, an array
of allpairspy with the same conflicts showed 130. A pair counts for each contract that offers the combination, since a
contract is not asked for what it does not offer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from itertools import combinations
from operator import or_

from wireproof.contract.feature_pairs import CASE_PREFIX, FEATURES_FILE, EndpointFeatures, Pair
from wireproof.contract.provider import Provider
from wireproof.errors import ConfigError

Combination = frozenset[str]
ARRAY_HEAD = """\
# The combinations of features that are sent, one a case. They are chosen by `wireproof cases --write-array`, which
# writes this file.
"""


def choose_array(
    described_by_endpoint: Mapping[str, EndpointFeatures], providers: Collection[Provider]
) -> dict[str, list[str]]:
    """Case name → combination, with a case for each pair that a contract offers and that may stand in one request."""
    return {
        f"{CASE_PREFIX}{endpoint}-{number:02}": [name for name in described.features if name in combination]
        for endpoint, described in described_by_endpoint.items()
        for number, combination in enumerate(_Search(described, providers).combinations(), 1)
    }


def array_text(array: Mapping[str, Sequence[str]]) -> str:
    """The text of array.yaml."""
    return "".join([ARRAY_HEAD, *(f"{name}: [{', '.join(combination)}]\n" for name, combination in array.items())])


def _pairs_to_cover(described: EndpointFeatures, provider: Provider) -> frozenset[Pair]:
    """The pairs that a contract offers and that may stand in one request."""
    offered = described.offered_features(provider)
    return frozenset(pair for pair in described.pairs if pair <= offered and not described.reason_without_case(pair))


class _Search:
    """The search for the combinations of one endpoint.

    A goal is a pair that a contract needs; a set of goals is a number with one bit for each of them.
    """

    def __init__(self, described: EndpointFeatures, providers: Iterable[Provider]) -> None:
        self._described = described
        self._offered = {provider.name: described.offered_features(provider) for provider in providers}
        needed = {provider.name: _pairs_to_cover(described, provider) for provider in providers}
        self._pairs = [(name, pair) for name, pairs in needed.items() for pair in sorted(pairs, key=sorted)]
        self._bits = {goal: 1 << place for place, goal in enumerate(self._pairs)}
        self._goals = cache(self._goals_of)
        self._reason = cache(described.reason_without_case)

    def combinations(self) -> list[Combination]:
        """Combinations that cover every pair of every contract."""
        return self._merge(self._choose())

    def _choose(self) -> list[Combination]:
        """Combinations that cover every goal, each time the one that covers the most of those left."""
        left = (1 << len(self._pairs)) - 1
        chosen: list[Combination] = []
        while left:
            firsts = list(dict.fromkeys(pair for _, pair in self._pairs_of(left)))
            best = max((self._grow(first, left) for first in firsts), key=lambda grown: self._gain(grown, left))
            if not self._gain(best, left):
                problem = f"no request shows the pair {' and '.join(sorted(firsts[0]))}"
                raise ConfigError(FEATURES_FILE, problem, "add a conflict with its reason, or change what hides one")
            chosen.append(best)
            left &= ~self._goals(best)
        return chosen

    def _merge(self, chosen: list[Combination]) -> list[Combination]:
        """The same goals in fewer combinations: two whose needed pairs may stand in one request become one."""
        for one, other in combinations(chosen, 2):
            rest = [each for each in chosen if each not in (one, other)]
            required = (self._goals(one) | self._goals(other)) & ~self._goals_of_all(rest)
            needed = frozenset[str]().union(*(pair for _, pair in self._pairs_of(required)))
            for merged in self._complete(needed):
                if not required & ~self._goals(merged):
                    return self._merge([*rest, merged] if needed else rest)
        return chosen

    def _goals_of_all(self, chosen: Iterable[Combination]) -> int:
        return reduce(or_, map(self._goals, chosen), 0)

    def _goals_of(self, combination: Combination) -> int:
        """The goals that a combination covers."""
        covered = self._described.covered_pairs(combination)
        names = [name for name, offered in self._offered.items() if combination <= offered]
        return sum(self._bits.get((name, pair), 0) for name in names for pair in covered)

    def _pairs_of(self, goals: int) -> list[tuple[str, Pair]]:
        return [goal for goal, bit in self._bits.items() if goals & bit]

    def _gain(self, combination: Combination, left: int) -> int:
        return (self._goals(combination) & left).bit_count()

    def _grow(self, first: Pair, left: int) -> Combination:
        """The combination of a pair with each further feature that covers the most of what is left."""
        best: Combination = frozenset()
        wider = list(self._complete(first))
        while wider:
            widest = max(wider, key=lambda grown: self._gain(grown, left))
            if self._gain(widest, left) <= self._gain(best, left):
                break
            best = widest
            others = [name for name in self._described.features if name not in best]
            wider = [grown for name in others for grown in self._complete(best | {name})]
        return best

    def _complete(self, combination: Combination) -> Iterator[Combination]:
        """Yields a combination with what its features need, in each way in which it may stand in one request."""
        if any(self._reason(frozenset(pair)) for pair in combinations(combination, 2)):
            return
        factors = {self._described.features[name].factor for name in combination}
        needs = {need for name in combination for need in self._described.features[name].needs}
        unmet = sorted(needs - combination - factors)
        if not unmet:
            yield combination
            return
        for name, feature in self._described.features.items():
            if unmet[0] in (name, feature.factor):
                yield from self._complete(combination | {name})
