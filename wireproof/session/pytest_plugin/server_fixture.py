"""The fixture `wireproof_server`, for tests of clients: the reference server, its faults, scripts and journal."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from wireproof.session.mock_process import start_server

DEFAULT_PROVIDER = "openai"
STARTED_KEY = pytest.StashKey[dict[str, "ReferenceServer"]]()


class ReferenceServer:
    """A running reference server, with one provider at `/v1` and without limits.

    Attributes:
        base_url: the base URL for a client.
        key: an accepted key; `KEY.anything` is another account.
    """

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url, self.key = base_url, key

    def fault(self, *faults: str, times: int | None = None, after: int = 0) -> None:
        """Commits faults from now on, for all requests or for a number of them; without a fault it commits none."""
        counted = {"after": after} if times is None else {"times": times, "after": after}
        self._control("POST", "control", {"fault": ", ".join(faults) or None, **(counted if faults else {})})

    def script(self, turns: Sequence[Mapping[str, Any]]) -> None:
        """Answers by this script from now on (schemas/formats/scripted-answers.json)."""
        self._control("POST", "control", {"script": list(turns)})

    def requests(self) -> list[dict[str, Any]]:
        """The requests since the test began, the oldest first."""
        received: list[dict[str, Any]] = self._control("GET", "requests")["requests"]
        return received

    def reset(self) -> None:
        """Ends faults and scripts, and empties the journal and all accounts."""
        self._control("POST", "reset")

    def _control(self, method: str, name: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)
        try:
            connection.request(method, f"/_wireproof/{name}", None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer["error"]["message"])
        return answer


@pytest.fixture
def wireproof_server(request: pytest.FixtureRequest) -> ReferenceServer:
    """The reference server; it starts with the first test that asks for it, and each test finds it as at the start.

    An indirect parameter names another provider.
    """
    server = _started(request.config, getattr(request, "param", DEFAULT_PROVIDER))
    server.reset()
    return server


def _started(config: pytest.Config, provider: str) -> ReferenceServer:
    """The server of this session for a provider."""
    started = config.stash.setdefault(STARTED_KEY, {})
    if provider not in started:
        cleanup = ExitStack()
        config.add_cleanup(cleanup.close)
        process = start_server("--provider", provider, "--at", "/v1", "--no-limits", "--control")
        profile = cleanup.enter_context(process)()[provider]
        started[provider] = ReferenceServer(profile["base_url"], profile["key"])
    return started[provider]
