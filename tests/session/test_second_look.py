"""A second look: a case that was cut off is sent once more, alone and with more time, before the server is blamed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.contract.clause import Clause
from wireproof.contract.target import Deadlines, Key, Target
from wireproof.contract.target_columns import Column
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict_plan import plan_verdicts
from wireproof.session.send_target import MAX_VAIN_LOOKS, TargetEvidence
from wireproof.session.target_run import TargetRun

pytestmark = pytest.mark.asyncio
IIO = loading.load_providers()["iio"]
NAMES = ("one", "two", "three", "four", "five")
ENTRIES: dict[str, Any] = {
    "models-list": {"says": "l", "endpoint": "models"},
    "chat-basic": {"says": "c", "endpoint": "chat", "body": {"marker": "chat-basic"}},
    "twice": {"says": "t", "endpoint": "chat", "body": {"marker": "twice"}, "repeat": 2},
    "together": {"says": "t", "endpoint": "chat", "body": {"marker": "together"}, "together": True, "repeat": 2},
    **{name: {"says": name, "endpoint": "chat", "body": {"marker": name}} for name in NAMES},
}
CASES: dict[str, Case] = {case.name: case for case in read_cases("a", ENTRIES, "cases.yaml", ENTRIES)}
CHECKS = ("wire.complete", "wire.no-server-error", "transport.whole-together", "chat.answers")
CLAUSE = Clause.from_data(
    {
        "id": "C-1",
        "place": "p",
        "says": "s",
        "authority": "document",
        "basis": "stated",
        "judged": [{"check": check, "case": name, "level": "must"} for check in CHECKS for name in ENTRIES]
        + [{"check": "smoke.reachable", "case": "chat-basic", "level": "must"}],
    }
)
COLUMN = Column("iio", IIO, "iio", (CLAUSE,))
WHOLE = (200, {"choices": []})
SILENT, CUT = "silent", "cut"
SHORT = Deadlines(first_byte=0.2, idle=0.2, total=1)
# The number of the request with this marker → its answer.
Script = Callable[[str, int], Any]


@dataclass
class Server:
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Server]:
    server, over = Server(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(n[15:]) for n in head.lower().split(b"\r\n") if n.startswith(b"content-length:")), 0)
                body = json.loads(await reader.readexactly(length) or b"{}")
                marker = body.get("marker", "models")
                server.asked[marker] += 1
                answer = script(marker, server.asked[marker])
                if answer == SILENT:
                    await over.wait()
                    break
                if answer == CUT:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
                    break
                status, value = answer
                data = json.dumps(value).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                    % (status, len(data), data)
                )
                await writer.drain()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        over.set()
        listener.close()


def script(**answers: list[Any]) -> Script:
    """Answers by marker; the last one is repeated, and what is not scripted is whole."""

    def answer(marker: str, number: int) -> Any:
        if marker == "models":
            return 200, {"data": [{"id": "m"}]}
        given = answers.get(marker.replace("-", "_"), [WHOLE])
        return given[min(number, len(given)) - 1]

    return answer


@dataclass
class Result:
    run: TargetRun
    server: Server

    def verdict(self, check: str, case: str) -> tuple[str, str]:
        planned = next(one for one in self.run.entries if (one.check, one.case) == (check, case))
        verdict = self.run.judge(planned)
        return verdict.outcome, verdict.message


async def ask(answers: Script, *names: str) -> Result:
    async with serving(answers) as server:
        keys = {"good": Key("IIO_API_KEY", "iio-dev-1")}
        target = Target("iio", IIO, server.url, keys, {"chat": "m"}, deadlines=SHORT)
        run = TargetRun(target, (COLUMN,), CASES, load_checks(), plan_verdicts(target, COLUMN, CASES))
        await run.send_cases(names)
        return Result(run, server)


async def test_a_case_that_was_late_once_is_forgiven() -> None:
    found = await ask(script(one=[SILENT, WHOLE]), "one")
    assert found.server.asked["one"] == 2
    assert found.verdict("wire.complete", "one") == ("pass", "")
    assert found.verdict("transport.whole-together", "one") == ("pass", "")


async def test_a_case_that_is_late_alone_too_has_timed_out() -> None:
    found = await ask(script(one=[SILENT]), "one")
    outcome, message = found.verdict("wire.complete", "one")
    assert outcome == "timed-out"
    assert message == (
        "our deadline passed: no answer within 0.8 s, after 0 bytes of the body; "
        "allow more time with --deadline first-byte=SECONDS"
    )
    assert found.verdict("chat.answers", "one")[0] == "untestable"


async def test_no_more_cases_are_sent_alone_if_the_first_ones_are_no_better() -> None:
    found = await ask(script(**{name: [SILENT] for name in NAMES}), *NAMES)
    asked = sum(found.server.asked[name] for name in NAMES)
    assert asked == len(NAMES) + MAX_VAIN_LOOKS
    assert {found.verdict("wire.complete", name)[0] for name in NAMES} == {"timed-out"}


async def test_an_answer_that_is_whole_alone_was_cut_by_the_other_requests() -> None:
    found = await ask(script(one=[CUT, WHOLE]), "one")
    assert found.verdict("wire.complete", "one")[0] == "pass"
    outcome, message = found.verdict("transport.whole-together", "one")
    assert outcome == "fail"
    assert "served whole when asked alone: the server cuts an answer when other requests come" in message


async def test_an_answer_that_is_cut_alone_too_is_incomplete() -> None:
    found = await ask(script(one=[CUT]), "one")
    assert found.verdict("wire.complete", "one")[0] == "fail"
    assert found.verdict("transport.whole-together", "one")[0] == "pass"


async def test_a_case_of_concurrent_requests_gets_no_second_look_for_a_cut() -> None:
    found = await ask(script(together=[CUT, WHOLE]), "together")
    assert found.server.asked["together"] == 2
    assert found.verdict("transport.whole-together", "together")[0] == "fail"


async def test_the_other_responses_of_a_replaced_result_are_judged_as_well() -> None:
    found = await ask(script(twice=[(500, {}), SILENT, WHOLE]), "twice")
    outcome, message = found.verdict("wire.no-server-error", "twice")
    assert outcome == "fail"
    assert message.endswith("at request 1 of 2, status line (the answer beside other requests)")


async def test_the_first_chat_may_take_long_while_the_server_loads_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireproof.session.send_target.MODEL_LOADING_S", 0.1)
    # The first chat has more time only if the deadlines are those of the table.
    monkeypatch.setattr("wireproof.session.send_target.Deadlines", lambda: SHORT)
    found = await ask(script(chat_basic=[SILENT]), "one")
    assert found.run.smoke_failure is not None
    assert "no answer within 0.3 s" in found.run.smoke_failure
    assert "--deadline first-byte=SECONDS" in found.run.smoke_failure
    assert found.server.asked["one"] == 0


async def test_deadlines_that_the_user_set_are_kept_for_the_first_chat() -> None:
    found = await ask(script(chat_basic=[SILENT]), "one")
    assert found.run.smoke_failure is not None
    assert "no answer within 0.2 s" in found.run.smoke_failure


async def test_stored_evidence_gives_the_same_verdicts() -> None:
    found = await ask(
        script(one=[CUT, WHOLE], two=[SILENT, WHOLE], three=[CUT], twice=[(500, {}), SILENT, WHOLE]),
        "one",
        "two",
        "three",
        "twice",
    )
    results = found.run.results
    assert isinstance(results, TargetEvidence)
    first = {**results.evidence, **results.replaced}
    second = {name: results.evidence[name] for name in results.replaced}
    target = found.run.target
    again = TargetRun(target, (COLUMN,), CASES, load_checks(), plan_verdicts(target, COLUMN, CASES))
    again.take_evidence([first, second])
    for planned in found.run.entries:
        assert again.judge(planned) == found.run.judge(planned), planned.id
