"""A plan counts the requests of the longest talks, and no talk is longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wireproof.contract import loading, target_options
from wireproof.contract.target import Target
from wireproof.generation.sequence_runner import SequenceRunner
from wireproof.judging.suite_loader import load_checks
from wireproof.session.send_plan import build_plan
from wireproof.session.target_run import open_target_run

TALKS = 15
TOOLS, LIMIT = "generated:chat:stateful:tools", "generated:models:stateful:limit"


def counted(target: Target) -> dict[str, int]:
    """Generated case → the requests that a plan foresees."""
    made = build_plan(open_target_run(target, loading.load_providers(), load_checks()), TALKS)
    return {name: len(ceilings) for name, ceilings in made.cases.items()}


def test_talks_are_counted_as_if_each_were_the_longest(exercised: Callable[..., SequenceRunner]) -> None:
    (target,) = target_options.mock_targets("openai")
    foreseen = counted(target_options.with_address(target, "http://mock/openai/v1"))
    talked = exercised("generated.conversation", TOOLS, None, "openai", TALKS)
    rushed = exercised("generated.limiter", LIMIT, None, "openai", TALKS)
    assert foreseen[TOOLS] == TALKS * 6
    assert foreseen[LIMIT] == TALKS * 8 * 4
    # What hypothesis begins and discards is no talk; each that counts is within what was foreseen.
    assert talked.sequence.sent_count / talked.sequence.begun_count <= foreseen[TOOLS] / TALKS
    assert rushed.sequence.sent_count / rushed.sequence.begun_count <= foreseen[LIMIT] / TALKS


def test_a_limit_is_not_met_without_a_clock() -> None:
    (target,) = target_options.mock_targets("openai")
    target = replace(target_options.with_address(target, "http://mock/openai/v1"), means=target.means - {"clock"})
    assert LIMIT not in counted(target)
    assert TOOLS in counted(target)
