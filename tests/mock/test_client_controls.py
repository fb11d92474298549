"""Faults for some requests only, the journal, another path and no limits, over sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from wireproof.cli.cell_processes import without_limits
from wireproof.cli.start_state import build_start_state
from wireproof.contract import loading
from wireproof.mock.accounts import journal
from wireproof.mock.control import parse_faults
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.server import Server, serve_in_thread

OPENAI = loading.read_providers_data()["openai"]
MODEL = OPENAI["models"]["chat"]
HELLO: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
Ask = Callable[..., httpx.Response]


def started(**options: Any) -> Any:
    served = {"openai": without_limits(OPENAI)}
    given = {"at": "/v1", "ordered": "", "script": None, "control": True, **options}
    return serve_in_thread(served, control=given["control"], start=build_start_state(served, **given))


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    with started() as server:
        yield server


@pytest.fixture(autouse=True)
def _at_the_start(server: Server) -> None:
    httpx.post(f"{server.root_url()}/_wireproof/reset").raise_for_status()


@pytest.fixture(name="ask")
def _ask(server: Server) -> Ask:
    """Sends one chat request with these headers, with the key of an account."""

    def ask(account: str = "a", *, root: str | None = None, body: Any = HELLO, **headers: str) -> httpx.Response:
        url = f"{root or server.root_url()}/v1/chat/completions"
        key = {"Authorization": f"Bearer sk-mock-standard.{account}"}
        return httpx.post(url, headers={**key, **headers}, json=body, timeout=20)

    return ask


@pytest.fixture(name="control")
def _control(server: Server) -> Callable[..., httpx.Response]:
    def control(**members: Any) -> httpx.Response:
        return httpx.post(f"{server.root_url()}/_wireproof/control", json=members)

    return control


def journal_of(server: Server) -> list[dict[str, Any]]:
    received: list[dict[str, Any]] = httpx.get(f"{server.root_url()}/_wireproof/requests").json()["requests"]
    return received


@pytest.mark.parametrize(
    ("parameters", "statuses"),
    [
        ("", [500, 500, 500, 500]),
        ("; times=1", [500, 200, 200, 200]),
        ("; after=1", [200, 500, 500, 500]),
        (";times=2;after=1", [200, 500, 500, 200]),
        ('; times="1"', [500, 200, 200, 200]),
    ],
)
def test_a_header_limits_its_fault_to_some_requests(ask: Ask, parameters: str, statuses: list[int]) -> None:
    header = {"X-Wireproof-Fault": f"answer-500{parameters}"}
    assert [ask(**header).status_code for _ in statuses] == statuses


def test_the_control_endpoint_limits_a_fault_to_some_requests(ask: Ask, control: Ask) -> None:
    told = control(fault="answer-500", times=1, after=1).json()
    assert told["fault"] == "answer-500; times=1; after=1"
    assert [ask().status_code for _ in range(4)] == [200, 500, 200, 200]
    control(fault="answer-500", times=1)
    assert [ask().status_code for _ in range(2)] == [500, 200]


def test_each_key_has_a_count_of_its_own(ask: Ask, control: Ask) -> None:
    control(fault="answer-500", times=1)
    assert [ask(account).status_code for account in "abab"] == [500, 500, 200, 200]


def test_only_requests_that_the_fault_concerns_count(server: Server, ask: Ask, control: Ask) -> None:
    control(fault="chat-choices-empty", times=1)
    models = httpx.get(f"{server.root_url()}/v1/models", headers={"Authorization": "Bearer sk-mock-standard.a"})
    assert models.status_code == 200
    assert [len(ask().json()["choices"]) for _ in range(2)] == [0, 1]


def test_several_faults_are_committed_at_once(ask: Ask) -> None:
    answer = ask(**{"X-Wireproof-Fault": "chat-choices-empty, chat-usage-missing"}).json()
    assert answer["choices"] == []
    assert "usage" not in answer


def test_a_counted_fault_of_leaving_clients_holds_until_its_answer_ends(server: Server) -> None:
    counts, (order,) = server.core.state.fault_counts, parse_faults("answer-500; times=1")
    first, second = (HttpRequest("GET", "/v1/models", "", (), b"", 0.0) for _ in range(2))
    assert (counts.count(first, order), counts.number(first, order), counts.number(second, order)) == (0, 0, 1)
    counts.forget(first)
    assert counts.number(first, order) == 1


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("answer-50", "did you mean answer-500"),
        ("answer-500; time=1", "times"),
        ("answer-500; times=0", "times"),
        ("answer-500; times=soon", "times"),
        ("answer-500; after=-1", "after"),
    ],
)
def test_a_wrong_header_is_refused_with_the_reason(ask: Ask, header: str, words: str) -> None:
    answer = ask(**{"X-Wireproof-Fault": header})
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "members", [{"times": 1}, {"fault": "answer-500", "times": "x"}, {"fault": "answer-50"}, {"script": [{}]}]
)
def test_a_wrong_control_body_changes_nothing(control: Ask, members: dict[str, Any]) -> None:
    control(fault="done-missing")
    assert control(**members).status_code == 400
    assert control().json()["fault"] == "done-missing"


def test_the_journal_tells_each_request_with_its_verdict(server: Server, ask: Ask) -> None:
    ask(**{"X-Wireproof-Fault": "answer-500; times=1"})
    ask(body={**HELLO, "temperature": "warm"})
    ask(body={**HELLO, "metadata": {"key": "sk-mock-standard.a"}})
    first, second, third = journal_of(server)
    assert (first["method"], first["path"], first["endpoint"]) == ("POST", "/v1/chat/completions", "chat")
    assert (first["status"], first["faults"], first["valid"], first["body"]) == (500, ["answer-500"], True, HELLO)
    assert (second["status"], second["faults"], second["valid"]) == (400, [], False)
    assert [finding["where"] for finding in second["findings"]] == ["/temperature"]
    assert "sk-mock" not in json.dumps([first, second, third])
    assert first["headers"]["authorization"].startswith("Bearer •")
    assert first["at"] <= second["at"] <= third["at"]


def test_the_journal_has_what_no_endpoint_took(server: Server, ask: Ask) -> None:
    httpx.get(f"{server.root_url()}/v2/models")
    httpx.post(f"{server.root_url()}/v1/chat/completions", content=b"{not json")
    lost, broken = journal_of(server)
    assert (lost["status"], lost["endpoint"], lost["valid"]) == (404, None, None)
    assert (broken["body"], broken["valid"]) == ("{not json", False)


def test_the_journal_is_emptied(server: Server, ask: Ask) -> None:
    ask()
    assert httpx.delete(f"{server.root_url()}/_wireproof/requests").status_code == 204
    assert journal_of(server) == []


def test_the_journal_is_bounded_in_number_and_in_bytes(
    server: Server, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setattr(journal, "MAX_JOURNAL_ENTRIES", 3)
    for account in "abcd":
        ask(account)
    assert len(journal_of(server)) == 3
    monkeypatch.setattr(journal, "MAX_JOURNAL_BYTES", 1000)
    ask(body={**HELLO, "user": "x" * 900})
    told = httpx.get(f"{server.root_url()}/_wireproof/requests").json()
    assert [len(one["body"]["user"]) for one in told["requests"]] == [900]
    assert told["dropped"] == 4


def test_a_long_body_is_shown_by_its_beginning(server: Server, ask: Ask) -> None:
    ask(body={**HELLO, "user": "x" * 100_000})
    (entry,) = journal_of(server)
    assert len(entry["body"]) == 64 * 1024
    assert entry["valid"] is True


def test_without_control_there_is_no_journal_but_the_faults_of_the_start() -> None:
    with started(control=False, ordered="answer-500; times=1") as server:
        url, key = f"{server.root_url()}/v1/models", {"Authorization": "Bearer sk-mock-standard"}
        assert [httpx.get(url, headers=key).status_code for _ in range(2)] == [500, 200]
        assert httpx.get(f"{server.root_url()}/_wireproof/requests").status_code == 404


def test_a_reset_returns_to_the_faults_of_the_start() -> None:
    with started(ordered="answer-500") as server:
        root = f"{server.root_url()}/_wireproof"
        assert httpx.post(f"{root}/control", json={"fault": None}).json()["fault"] is None
        assert httpx.post(f"{root}/reset").json()["fault"] == "answer-500"


def test_the_profile_is_at_its_own_path_too(server: Server, ask: Ask) -> None:
    assert ask(root=f"{server.root_url()}/openai").status_code == ask().status_code == 200


def test_without_limits_no_request_is_one_too_many(server: Server, ask: Ask) -> None:
    small = {"Authorization": "Bearer sk-mock-small.limits"}
    assert {ask(**small).status_code for _ in range(12)} == {200}
