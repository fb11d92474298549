"""Any bytes as the answer to a streamed case: every check that judges it reaches a verdict, and none breaks.

python fuzz/checks.py -dict=fuzz/streams.dict -max_total_time=60 "$(mktemp -d)" fuzz/streams
"""

from __future__ import annotations

import asyncio
import sys
import zlib
from dataclasses import dataclass, replace

import atheris

with atheris.instrument_imports(
    include=["wireproof.judging.expect", "wireproof.judging.expect_values", "wireproof.formats.json_pointer"]
):
    from wireproof.contract import loading, target_options
from wireproof.client.sender import Sender
from wireproof.evidence.case_result import Evidence
from wireproof.evidence.exchange import BodyRead
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.proof.in_process_line import InProcessPool
from wireproof.session.target_run import TargetRun, open_target_run


@dataclass(frozen=True, slots=True)
class Streamed:
    """One case with a streamed answer, and every planned verdict on it.

    Attributes:
        evidence: the fault-free results of all cases.
    """

    target_run: TargetRun
    case: str
    entries: tuple[PlannedVerdict, ...]
    evidence: Evidence

    def judge(self, body: bytes) -> None:
        """Judges the case with these bytes as the body of its answer."""
        sent = self.evidence[self.case]
        assert isinstance(sent, tuple)
        rewritten = replace(sent[-1], reads=(BodyRead(sent[-1].ended_ns or 0, body),))
        for entry in self.entries:
            verdict = self.target_run.judge_for(entry.provider).judge(
                entry, {**self.evidence, self.case: (*sent[:-1], rewritten)}
            )
            assert verdict.outcome != "error", f"{entry.check} on {self.case}: {verdict.message}"


async def streamed(provider: str) -> list[Streamed]:
    """The streamed cases of a provider, each with its fault-free answer."""
    (target,) = target_options.mock_targets(provider)
    served = f"http://127.0.0.1:1{target.provider.serve_at}"
    checks = {
        name: replace(check, function=atheris.instrument_func(check.function)) for name, check in load_checks().items()
    }
    target_run = open_target_run(target_options.with_address(target, served), loading.load_providers(), checks)
    server, evidence = InProcessPool(target.provider), {}
    # A generated case has no request before it runs.
    for name in sorted({case for entry in target_run.entries for _, case in entry.cases if case in target_run.cases}):
        server.begin_case()
        evidence[name] = await Sender(target_run.target, server).send(target_run.cases[name])
    names = [
        name
        for name, sent in evidence.items()
        if isinstance(sent, tuple) and sent[-1].content_type == "text/event-stream"
    ]
    judged = {name: tuple(e for e in target_run.entries if any(case == name for _, case in e.cases)) for name in names}
    return [Streamed(target_run, name, entries, evidence) for name, entries in judged.items()]


if __name__ == "__main__":
    cases = [case for provider in ("aion", "openai") for case in asyncio.run(streamed(provider))]
    atheris.Setup(sys.argv, lambda body: cases[zlib.crc32(body) % len(cases)].judge(body))
    atheris.Fuzz()
