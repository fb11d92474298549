"""Polls health pages in background threads."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from wireproof.client.http_client import tls_context
from wireproof.contract.target import Network
from wireproof.load.experiments.failover.outages import Poll

PAGE_TIMEOUT_S = 2.0


class HealthPolls:
    """Context manager that polls a health page for each host.

    Attributes:
        polls: the results in order of arrival.
    """

    def __init__(
        self,
        pages: Mapping[str, str],
        headers: Mapping[str, str],
        every_s: float,
        network: Network = Network(),  # noqa: B008  (it is frozen)
    ) -> None:
        self.polls: list[Poll] = []
        self._pages, self._headers, self._every_s = pages, headers, every_s
        self._reference: dict[str, Any] = {}
        self._opener = _direct_opener(network)
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._poll_page, args=(host,), daemon=True) for host in pages]

    def __enter__(self) -> HealthPolls:
        # The pages before the run are the reference for a healthy state.
        self._reference = {host: self._read_page(host) for host in self._pages}
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    @property
    def unwell_hosts(self) -> Sequence[str]:
        """Hosts whose page did not answer at the start."""
        return [host for host, page in self._reference.items() if page is None]

    def _poll_page(self, host: str) -> None:
        while not self._stopped.is_set():
            at, page = time.time(), self._read_page(host)
            self.polls.append(Poll(at, host, _is_as_healthy(page, self._reference[host]), json.dumps(page)[:200]))
            self._stopped.wait(self._every_s)

    def _read_page(self, host: str) -> Any:
        """Returns the page's JSON, empty for a page that is none; None without an answer of success."""
        request = urllib.request.Request(self._pages[host], headers=dict(self._headers))
        try:
            with self._opener.open(request, timeout=PAGE_TIMEOUT_S) as answer:
                return _json_object(answer.read())
        except (OSError, http.client.HTTPException):
            return None


def find_health_page(
    urls: Sequence[str],
    headers: Mapping[str, str],
    network: Network = Network(),  # noqa: B008  (it is frozen)
) -> tuple[str | None, list[str]]:
    """The first of these pages that answers with success, if any; and what each of those before it answered."""
    opener, tried = _direct_opener(network), list[str]()
    for url in urls:
        try:
            with opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=PAGE_TIMEOUT_S):
                return url, tried
        except urllib.error.HTTPError as answer:
            answer.close()
            tried.append(f"{url} answered with {answer.code}")
        except (OSError, http.client.HTTPException) as error:
            tried.append(f"{url} did not answer ({getattr(error, 'reason', error)})")
    return None, tried


def _direct_opener(network: Network) -> urllib.request.OpenerDirector:
    # Directly, as the load goes: the variables of the environment about proxies do not count.
    secure = urllib.request.HTTPSHandler(context=tls_context(network))
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), secure)


def _json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; empty if it holds none, as the health pages of many servers do."""
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _is_as_healthy(page: Any, reference: Any) -> bool:
    """True if a page shows the status of the reference and at least as many cells."""
    if not isinstance(page, dict) or not isinstance(reference, dict):
        return False
    cells, before = page.get("cells"), reference.get("cells")
    fewer = isinstance(cells, int) and isinstance(before, int) and cells < before
    return page.get("status") == reference.get("status") and not fewer
