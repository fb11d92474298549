"""Cells: deadlines, slots, states, limits, and their control page."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from random import Random
from typing import Any

import pytest

from wireproof.cli import cell_processes
from wireproof.errors import ConfigError
from wireproof.mock.application import Application
from wireproof.mock.cells.answer_cache import AnswerCache, prepare_answer
from wireproof.mock.cells.cell import Cell, SlotHold
from wireproof.mock.cells.latency import Latency, Lognormal, PrefixCache, shows_token, with_deadlines
from wireproof.mock.cells.prefix_cache_usage import with_cached_tokens
from wireproof.mock.protocol.messages import HttpRequest, WireOp

HEAD = WireOp("head", b"HTTP/1.1 200 OK\r\n\r\n")
ROLE = WireOp("chunk", b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n')
TOKEN = WireOp("chunk", b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
END = WireOp("chunk", b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n')
STEADY = Latency(ttft=Lognormal(0.05), gap=Lognormal(0.01))


def due(latency: Latency, *ops: WireOp, factor: float = 1.0, prompt: int = 0) -> list[float]:
    prepared = prepare_answer(ops)
    made = with_deadlines(prepared.ops, prepared.weights, latency, Random(1), factor, prompt)
    return [round(op.due_s, 6) for op in made]


def test_tokens_have_absolute_deadlines_and_other_chunks_follow_without_delay() -> None:
    assert due(STEADY, HEAD, ROLE, TOKEN, TOKEN, TOKEN, END) == [0, 0, 0.05, 0.06, 0.07, 0.07]


def test_a_plain_answer_takes_as_long_as_its_stream() -> None:
    body = WireOp("body", b'{"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}}')
    assert due(STEADY, HEAD, body) == [0.09, 0.09]


def test_slowdown_and_prompt_delay_every_token() -> None:
    slow = Latency(ttft=Lognormal(0.05), gap=Lognormal(0.01), prefill_s=0.001)
    assert due(slow, HEAD, TOKEN, TOKEN, factor=2.0, prompt=40) == [0, 0.12, 0.14]


def test_a_lognormal_has_its_mean_and_its_spread() -> None:
    chance, spread = Random(1), Lognormal(0.05, 0.4)
    drawn = [spread.draw(chance) for _ in range(20_000)]
    mean = sum(drawn) / len(drawn)
    deviation = (sum((one - mean) ** 2 for one in drawn) / len(drawn)) ** 0.5
    assert mean == pytest.approx(0.05, rel=0.02)
    assert deviation / mean == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize(
    ("data", "bears"),
    [
        pytest.param(ROLE.data, False, id="role"),
        pytest.param(TOKEN.data, True, id="content"),
        pytest.param(END.data, False, id="end"),
        pytest.param(b"data: [DONE]\n\n", False, id="done"),
        pytest.param(b'event: response.output_text.delta\ndata: {"delta":"a"}\n\n', True, id="response-delta"),
        pytest.param(b'event: response.created\ndata: {"type":"response.created"}\n\n', False, id="response-created"),
        pytest.param(b'data: {"choices":[{"text":"a"}]}\n\n', True, id="completion"),
        pytest.param(b'data: {"choices":[{"text":""}]}\n\n', False, id="completion-end"),
    ],
)
def test_chunks_with_a_token_are_recognised(data: bytes, bears: bool) -> None:
    assert shows_token(data) == bears


def test_a_cached_prefix_needs_no_prefill() -> None:
    prefixes = PrefixCache(100)
    assert prefixes.count_fresh_bytes(b"a" * 640) == 640
    assert prefixes.count_fresh_bytes(b"a" * 640) == 0
    assert prefixes.count_fresh_bytes(b"a" * 320 + b"b" * 320) == 320
    assert PrefixCache(0).count_fresh_bytes(b"a" * 640) == 640


def received(at: float = 1.0, body: bytes = b"{}") -> HttpRequest:
    return HttpRequest("POST", "/x", "", (), body, at)


def test_a_cached_answer_gets_new_ids() -> None:
    asked: list[None] = []
    first = b"data: chatcmpl-" + b"a1" * 12 + b" req " + b"b2" * 12

    def make() -> tuple[WireOp, ...]:
        asked.append(None)
        return (HEAD, WireOp("chunk", first), WireOp("chunk", b"chatcmpl-" + b"a1" * 12))

    kept = AnswerCache(whole=False)
    answers = [kept.answer(received(), (True, True), make).ops for _ in range(3)]
    ids = {ops[1].data.split()[1] for ops in answers}
    assert (len(asked), len(ids)) == (1, 3)
    assert all(ops[2].data == ops[1].data.split()[1] for ops in answers)
    kept.answer(received(at=2.0), (True, True), make)
    kept.answer(received(at=2.0, body=b"other"), (True, True), make)
    assert len(asked) == 3


async def enter(cell: Cell, number: int) -> tuple[list[int], list[SlotHold]]:
    begun: list[int] = []
    stays = [
        cell.send_in_slot(
            received(), prepare_answer((HEAD, TOKEN)), lambda ops, watch, place=place: begun.append(place)
        )
        for place in range(number)
    ]
    return begun, stays


def test_slots_are_occupied_in_order_and_released() -> None:
    async def go() -> None:
        cell = Cell(Latency(slots=2, queue=2), Application({}))
        begun, stays = await enter(cell, 4)
        assert begun == [0, 1]
        assert cell.refusal() is not None
        stays[2].end()
        assert cell.refusal() is None
        stays[0].end()
        stays[0].end()
        assert begun == [0, 1, 3]
        assert (cell.to_json()["active"], cell.to_json()["waiting"]) == (2, 0)

    asyncio.run(go())


def ask(cell: Any, path: str = "/models") -> tuple[int, Any]:
    return answer_to(urllib.request.Request(cell.url + path, headers={"Authorization": "Bearer iio-dev-mock-pro"}))


def answer_to(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


CHAT = {"model": "llama-3.1-8b", "messages": [{"role": "user", "content": "Say exactly: ok"}]}


def chat(cell: Any) -> tuple[int, Any]:
    _, listed = ask(cell)
    (model, *_) = [row["id"] for row in listed["data"]]
    headers = {"Authorization": "Bearer iio-dev-mock-pro", "Content-Type": "application/json"}
    body = json.dumps({**CHAT, "model": model}).encode()
    return answer_to(urllib.request.Request(cell.url + "/chat/completions", body, headers))


def test_a_cell_goes_down_comes_back_and_slows_down_on_command(serve: Any) -> None:
    with serve("instant", "iio") as cell:
        assert chat(cell)[0] == 200
        assert cell.told(state="down")["state"] == "down"
        status, refusal = chat(cell)
        assert status == 503
        assert "cell_unavailable" in json.dumps(refusal)
        assert ask(cell, "/health")[1]["cells"] == 0
        assert cell.told(state="slow", factor=3)["factor"] == 3.0
        assert chat(cell)[0] == 200
        cell.told(state="up")
        assert chat(cell)[0] == 200
        told = cell.told()
        assert (told["state"], told["factor"]) == ("up", 1.0)
        assert told["counts"]["answers"] == 3


def test_a_cell_rejects_an_unknown_state(serve: Any) -> None:
    with serve("instant", "iio") as cell:
        with pytest.raises(urllib.error.HTTPError) as refused:
            cell.told(state="sideways")
        refused.value.close()
        assert refused.value.code == 400
        assert cell.told()["state"] == "up"


def test_a_script_changes_the_state_of_its_cell_only(serve: Any, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- {at: 0, cell: 0, state: down}\n- {at: 0, cell: 1, state: slow, factor: 9}\n")
    with serve("instant", "iio", "--script", str(script)) as cell:
        assert chat(cell)[0] == 503
        assert cell.told()["factor"] == 1.0


def test_an_invalid_script_is_rejected(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- {at: 0, state: sideways}\n")
    with pytest.raises(ConfigError, match="sideways"):
        cell_processes.read_script(script)


def test_an_unknown_latency_is_rejected() -> None:
    with pytest.raises(ConfigError, match="steady"):
        cell_processes.read_latency("fast")


def test_each_cell_of_several_has_a_port_of_its_own() -> None:
    command = [sys.executable, "-m", "wireproof", "serve", "--cells", "2", "--port", "0", "--json", "--provider", "iio"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        cells = json.loads(process.stdout.readline())["cells"]
        urls = [one["profiles"]["iio"]["base_url"] for one in cells]
        for url in urls:
            with urllib.request.urlopen("/".join(url.split("/")[:3]) + "/_wireproof/cell", timeout=10) as answer:
                assert json.loads(answer.read())["state"] == "up"
        process.terminate()
        assert process.wait() == 0
    assert len({one["port"] for one in cells}) == 2


def test_a_closed_connection_releases_its_slot(serve: Any) -> None:
    import socket
    from urllib.parse import urlsplit

    with serve("steady", "iio") as cell:
        _, listed = ask(cell)
        body = json.dumps({**CHAT, "model": listed["data"][0]["id"], "stream": True}).encode()
        place = urlsplit(cell.url)
        head = f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer iio-dev-mock-pro\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection((place.hostname, place.port), timeout=10) as plug:
            plug.sendall(head.encode() + body)
            assert plug.recv(100).startswith(b"HTTP/1.1 200")
        while cell.told()["active"]:
            pass


def test_usage_has_the_cached_tokens() -> None:
    """The Content-Length of a plain body is adapted; a new prompt has no cached tokens."""
    body = b'{"usage":{"prompt_tokens":40,"prompt_tokens_details":{"cached_tokens":0}}}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    plain = (WireOp("head", head), WireOp("body", body))
    assert with_cached_tokens(plain, b"a" * 640, 640) == plain
    told = with_cached_tokens(plain, b"a" * 640, 160)
    assert b'"cached_tokens":30}' in told[1].data
    assert told[0].data == head.replace(b"%d" % len(body), b"%d" % len(told[1].data))
    chunks = (WireOp("chunk", b'data: {"usage":null}\n\n'), WireOp("chunk", b"data: " + body + b"\n\n"))
    assert [b'"cached_tokens":30' in op.data for op in with_cached_tokens(chunks, b"a" * 640, 160)] == [False, True]
