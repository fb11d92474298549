"""Sends what a run needs of one target: first the smoke cases, then, if the target is there, the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wireproof import pointer
from wireproof.case import Case
from wireproof.courier import Courier
from wireproof.evidence import Evidence, Sent
from wireproof.exchange import Exchange
from wireproof.json_text import NotJson
from wireproof.recorder import NullRecorder, Recorder
from wireproof.target import Target
from wireproof.wire import Wire

# A model may choose otherwise once or twice; what it never does in three answers is told as inconclusive.
ANSWERS = 3
SMOKE_CASES = ("models-list", "chat-basic")
# Ids that tell of another use than chat, for picking a model nobody named.
NOT_CHAT = (
    "embed", "whisper", "tts", "audio", "image", "dall-e", "moderation", "rerank", "transcribe", "realtime", "instruct",
    "davinci", "babbage", "bge-", "sora",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came of one target.

    Attributes:
        target: the target with the models that were picked for it.
        smoke: why the smoke cases failed; None where the target is there.
        again: round after round, the cases that were asked again because their answers decided nothing.
        courier: who asked, with what is left of the budget; None where the evidence is of another time.
    """

    target: Target
    evidence: Evidence
    smoke: str | None
    requests: int
    again: tuple[Evidence, ...] = ()
    courier: Courier | None = None


async def gather(
    target: Target,
    cases: Iterable[Case],
    known: Mapping[str, Case],
    smoke: Callable[[Target, Evidence], str | None],
    undecided: Callable[[Evidence], Iterable[str]],
    record: Recorder | None = None,
) -> Gathered:
    """Send the smoke cases, judge them, and send the other cases if they passed.

    Args:
        known: every case by name.
        smoke: says why the smoke evidence fails, None where it passes.
        undecided: names the cases for which another answer of the model may decide.
    """
    async with Wire(target.connections, target.deadlines) as wire:
        courier = Courier(target, wire, record or NullRecorder())
        first, *others = [known[name] for name in SMOKE_CASES if name in known]
        listed = await courier.send(first)
        courier.target = target = with_models(target, listed)
        reachable = not isinstance(listed, tuple) or listed[-1].broken is None
        if reachable:
            await courier.send_all(others)
        again: tuple[Evidence, ...] = ()
        failure = smoke(target, courier.evidence)
        if failure is None and reachable:
            await courier.send_all(cases)
            again = await _again(courier, known, undecided)
        return Gathered(target, courier.evidence, failure, courier.requests, again, courier)


async def _again(
    courier: Courier, known: Mapping[str, Case], undecided: Callable[[Evidence], Iterable[str]]
) -> tuple[Evidence, ...]:
    """Ask undecided cases again, each at most ANSWERS times in all; every answer is counted and kept."""
    rounds: list[Evidence] = []
    latest: dict[str, Sent] = dict(courier.evidence)
    while len(rounds) + 1 < ANSWERS and (names := sorted(undecided(latest))):
        rounds.append(await courier.ask_again(known[name] for name in names))
        latest |= rounds[-1]
    return tuple(rounds)


def with_models(target: Target, listed: Sent | None) -> Target:
    """The target with a model for each role that nobody named, out of its own list."""
    if not isinstance(listed, tuple):
        return target
    return replace(target, models={**pick(target, listed[-1]), **target.models})


def pick(target: Target, listed: Exchange) -> dict[str, str]:
    """A model for each role, out of the list: the documented one where it is listed, else the first that fits."""
    ids = listed_ids(target, listed)
    chat = [name for name in ids if not any(word in name.lower() for word in NOT_CHAT)]
    found = {"chat": chat[:1], "embeddings": [name for name in ids if "embed" in name.lower()][:1]}
    found["completions"] = [name for name in ids if "instruct" in name.lower()][:1]
    documented = {role: model for role, model in target.provider.models.items() if model in ids}
    return {**{role: names[0] for role, names in found.items() if names}, **documented}


def listed_ids(target: Target, listed: Exchange) -> Sequence[str]:
    """The model ids of a list answer, in order; empty where it is no list."""
    try:
        items = pointer.get(listed.json, target.provider.list_items)
        ids = [pointer.get(item, target.provider.list_id) for item in items]
    except (NotJson, pointer.Missing, TypeError):
        return ()
    return [name for name in ids if isinstance(name, str)]
