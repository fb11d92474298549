"""No answer ends a run in a traceback, takes its memory, or makes a later request differ from its evidence."""

from __future__ import annotations

import json
import zlib

import pytest

from tests.hostile.conftest import Asked, Attack, Check, honest_answer, http_answer, serving

GIB = 1024**3
HONEST_REQUESTS = 4


def gzip_bomb(size: int) -> bytes:
    coder, block = zlib.compressobj(9, wbits=31), b" " * (1 << 20)
    return b"".join((*(coder.compress(block) for _ in range(size >> 20)), coder.flush()))


BOMB = gzip_bomb(64 << 20)


def bomb(asked: Asked) -> bytes:
    return http_answer(BOMB, "Content-Encoding: gzip")


def junk_redirect(asked: Asked) -> bytes:
    return http_answer(b"{}", "Location: ht\x1btp://[::1", status="302 Found")


def long_counts(asked: Asked) -> bytes:
    digits = "9" * 4300
    return honest_answer(asked, f'{{"prompt_tokens": {digits}, "completion_tokens": {digits}, "total_tokens": 6}}')


@pytest.mark.parametrize(("attack", "space"), [(junk_redirect, 4 * GIB), (long_counts, 4 * GIB), (bomb, 3 * GIB // 2)])
def test_attack_is_a_finding(check_against: Check, attack: Attack, space: int) -> None:
    """A run that meets the attack reports a broken contract, with all that was asked."""
    with serving(attack, HONEST_REQUESTS) as server:
        run = check_against(server.url, space=space)
    assert "Traceback" not in run.output
    assert run.code == 1, run.output[-2000:]
    assert run.report["targets"]
    assert len(server.asked) > HONEST_REQUESTS + 10


def test_cut_bomb_is_marked(check_against: Check) -> None:
    """The ledger marks the exchange whose body was not decoded to its end."""
    with serving(bomb, HONEST_REQUESTS) as server:
        run = check_against(server.url)
    lines = [json.loads(line) for line in (run.folder / "ledger.jsonl").read_text().splitlines()]
    coded = [line for line in lines if "gzip" in json.dumps(line.get("headers", ""))]
    assert coded
    assert all(line["truncated"] for line in coded)


def test_cookies_are_not_sent_back(check_against: Check) -> None:
    """No request carries a cookie that an earlier answer set."""

    def set_cookie(asked: Asked) -> bytes:
        return honest_answer(asked).replace(b"\r\n\r\n", b"\r\nSet-Cookie: stick=to-this-backend\r\n\r\n", 1)

    with serving(set_cookie, 0) as server:
        check_against(server.url)
    assert len(server.asked) > 10
    assert not [asked for asked in server.asked if b"cookie:" in asked.head.lower()]


def test_no_ci_command_is_printed(check_against: Check) -> None:
    """Commands to a CI runner in a message of a server are printed so that no runner reads them."""
    commands = "##[set-output name=outcome;]holds ##vso[task.setvariable variable=PATH]/x ::set-output name=a::b"

    def refuse(asked: Asked) -> bytes:
        error = {"message": commands, "type": commands, "param": None, "code": None}
        return http_answer(json.dumps({"error": error}).encode(), status="400 Bad Request")

    with serving(refuse, HONEST_REQUESTS) as server:
        run = check_against(server.url, "-rA", "-v")
    assert "set-output name=outcome" in run.output
    assert not [line for line in run.output.splitlines() if "##[" in line or "##vso[" in line or "::set" in line]
