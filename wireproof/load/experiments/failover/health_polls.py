"""Asks health pages again and again, while something else goes on."""

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

from wireproof.load.experiments.failover.outages import Poll

PAGE_TIMEOUT_S = 2.0


class HealthPolls:
    """The polls of the health pages of some hosts, from the beginning of a context to its end."""

    def __init__(self, pages: Mapping[str, str], headers: Mapping[str, str], every_s: float) -> None:
        self.polls: list[Poll] = []
        self._pages, self._headers, self._every_s = pages, headers, every_s
        self._well: dict[str, Any] = {}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._poll_page, args=(host,), daemon=True) for host in pages]

    def __enter__(self) -> HealthPolls:
        # What each page says now is what it says when all is well.
        self._well = {host: self._read_page(host) for host in self._pages}
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def unwell_hosts(self) -> Sequence[str]:
        """Hosts whose page did not answer before anything had happened."""
        return [host for host, said in self._well.items() if said is None]

    def _poll_page(self, host: str) -> None:
        while not self._over.is_set():
            at, said = time.time(), self._read_page(host)
            self.polls.append(Poll(at, host, _is_as_well(said, self._well[host]), json.dumps(said)[:200]))
            self._over.wait(self._every_s)

    def _read_page(self, host: str) -> Any:
        """The page as JSON; None where it did not answer with one."""
        request = urllib.request.Request(self._pages[host], headers=dict(self._headers))
        try:
            with urllib.request.urlopen(request, timeout=PAGE_TIMEOUT_S) as answer:
                return json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException):
            return None


def _is_as_well(said: Any, well: Any) -> bool:
    """Whether a page says the same status as before, and no fewer cells."""
    if not isinstance(said, dict) or not isinstance(well, dict):
        return False
    cells, before = said.get("cells"), well.get("cells")
    fewer = isinstance(cells, int) and isinstance(before, int) and cells < before
    return said.get("status") == well.get("status") and not fewer
