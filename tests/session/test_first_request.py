"""The first request for a model is a chat, or the first kind that a server without chats serves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.contract.target import Key, Target
from wireproof.judging.suite_loader import load_checks
from wireproof.session.target_run import TargetRun, open_target_run

pytestmark = pytest.mark.asyncio
WANTED = ("chat-basic", "embeddings-one")
NO_CHAT = """
providers:
  mine:
    extends: openai
    endpoints: {chat: null, completions: null, responses: null}
"""


@contextmanager
def embeddings_only() -> Iterator[tuple[str, list[str]]]:
    """A server of embeddings that knows no other path."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(self.path)
            answers: dict[str, Any] = {
                "/v1/models": {"object": "list", "data": [{"id": "tiny-bert", "object": "model"}]},
                "/v1/embeddings": {"object": "list", "data": [{"index": 0, "embedding": [1.0]}], "model": "tiny-bert"},
            }
            body = json.dumps(answers.get(self.path, {"detail": "Not Found"})).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", asked
        finally:
            server.shutdown()
            thread.join()


def run_of(url: str, providers: Path | None = None, name: str = "openai", **models: str) -> TargetRun:
    known = loading.load_providers(providers)
    target = Target(name, known[name], url, {"good": Key("K", "k")}, models, profile="core")
    return open_target_run(target, known, load_checks())


def outcome(run: TargetRun, check: str, case: str) -> str:
    planned = next(one for one in run.entries if (one.check, one.case) == (check, case))
    return run.judge(planned).outcome


async def test_a_model_of_embeddings_alone_is_asked_for_embeddings_first() -> None:
    with embeddings_only() as (url, asked):
        run = run_of(url, embeddings="tiny-bert")
        await run.send_cases(WANTED)
    assert asked == ["/v1/models", "/v1/embeddings"]
    assert run.smoke_failure is None
    assert outcome(run, "embeddings.one-vector-each", "embeddings-one") == "pass"
    assert outcome(run, "smoke.model-present", "chat-basic") == "untestable"


async def test_a_document_without_chats_is_judged(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(NO_CHAT, encoding="utf-8")
    with embeddings_only() as (url, asked):
        run = run_of(url, tmp_path / "mine.yaml", "mine", embeddings="tiny-bert")
        await run.send_cases(WANTED)
    assert asked == ["/v1/models", "/v1/embeddings"]
    assert run.smoke_failure is None
    assert outcome(run, "smoke.model-present", "chat-basic") == "not-offered"


async def test_a_selection_without_chats_sends_none() -> None:
    with embeddings_only() as (url, asked):
        run = run_of(url, chat="any-chat", embeddings="tiny-bert")
        await run.send_cases(["embeddings-one"])
    assert asked == ["/v1/models", "/v1/embeddings"]
    assert run.smoke_failure is None


async def test_a_selection_whose_model_is_not_known_asks_no_other_model() -> None:
    with embeddings_only() as (url, asked):
        run = run_of(url)
        await run.send_cases(["embeddings-one"])
    assert asked == ["/v1/models"]
    assert run.smoke_failure is None
    assert outcome(run, "embeddings.one-vector-each", "embeddings-one") == "untestable"


async def test_the_first_request_for_another_model_fails_the_run_like_a_chat() -> None:
    with embeddings_only() as (url, _):
        run = run_of(f"{url}/nowhere", embeddings="tiny-bert")
        await run.send_cases(WANTED)
    assert run.smoke_failure is not None
    assert "no refusal of the embeddings model tiny-bert" in run.smoke_failure


async def test_the_evidence_tells_which_request_was_first() -> None:
    with embeddings_only() as (url, _):
        run = run_of(f"{url}/nowhere", embeddings="tiny-bert")
        sent = await run.send_cases(WANTED)
    again = run_of(f"{url}/nowhere", embeddings="tiny-bert")
    again.take_evidence([dict(sent.evidence)])
    assert again.smoke_failure == run.smoke_failure
    assert again.target == run.target
