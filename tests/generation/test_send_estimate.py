"""Plans: the requests of sequences are estimated by the longest one, and no sequence is longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wireproof.contract import loading, target_options
from wireproof.contract.target import Target
from wireproof.generation.sequence_runner import SequenceRunner
from wireproof.judging.suite_loader import load_checks
from wireproof.session.send_plan import build_plan
from wireproof.session.target_run import open_target_run

SEQUENCES = 15
TOOLS, LIMIT = "generated:chat:stateful:tools", "generated:models:stateful:limit"


def counted(target: Target) -> dict[str, int]:
    """Generated case → number of requests in a plan."""
    plan = build_plan(open_target_run(target, loading.load_providers(), load_checks()), SEQUENCES)
    return {name: len(ceilings) for name, ceilings in plan.cases.items()}


def test_sequences_are_counted_as_the_longest_ones(run_sequences: Callable[..., SequenceRunner]) -> None:
    (target,) = target_options.mock_targets("openai")
    planned = counted(target_options.with_address(target, "http://mock/openai/v1"))
    tools = run_sequences("generated.conversation", TOOLS, None, "openai", SEQUENCES).sequence
    limit = run_sequences("generated.limiter", LIMIT, None, "openai", SEQUENCES).sequence
    assert planned[TOOLS] == SEQUENCES * 6
    assert planned[LIMIT] == SEQUENCES * 8 * 4
    # hypothesis begins more sequences than it counts, so only the mean length is compared.
    assert tools.sent_count / tools.begun_count <= planned[TOOLS] / SEQUENCES
    assert limit.sent_count / limit.begun_count <= planned[LIMIT] / SEQUENCES


def test_the_limit_case_needs_a_clock() -> None:
    (target,) = target_options.mock_targets("openai")
    target = replace(target_options.with_address(target, "http://mock/openai/v1"), means=target.means - {"clock"})
    assert LIMIT not in counted(target)
    assert TOOLS in counted(target)
