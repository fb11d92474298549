"""Waits until an endpoint is up, before the first request that is judged or measured."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

from wireproof import __version__
from wireproof.client.http_client import tls_context
from wireproof.contract.target import Network, Target
from wireproof.errors import WireproofError

# Statuses of a gateway without a server behind it, and of a server that still loads its model.
NOT_UP_STATUSES = frozenset({502, 503, 504})
POLL_INTERVAL_S = 0.5
POLL_TIMEOUT_S = 10.0


async def wait_until_up(target: Target) -> None:
    """Waits without blocking the event loop; see `polls_until_up`."""
    polls = polls_until_up(target)
    while (pause_s := await asyncio.to_thread(next, polls, None)) is not None:
        await asyncio.sleep(pause_s)


def polls_until_up(target: Target, clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
    """Requests the list of models until the target answers; yields the seconds to the next request.

    Neither a key nor a header of the run is sent. Raises WireproofError if the target is not up within the time that
    the options allow.
    """
    if not target.wait:
        return
    endpoint, network = target.provider.endpoints.get("models"), target.network
    url, until = target.base_url + (endpoint.path if endpoint else ""), clock() + target.wait
    opener = make_opener(network)
    while reason := _reason_not_up(opener, url):
        if clock() + POLL_INTERVAL_S > until:
            problem = f"it was not up within {target.wait:g} s ({reason})"
            raise WireproofError(f"{target.base_url}: {problem}; allow more time with --wait")
        yield POLL_INTERVAL_S


def make_opener(network: Network) -> urllib.request.OpenerDirector:
    """A client of the standard library for single requests: through the proxy of the target, and without redirects."""
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": network.proxy, "https": network.proxy} if network.proxy else {}),
        urllib.request.HTTPSHandler(context=tls_context(network)),
        _NoRedirect(),
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        """Follows no redirect: it is an answer."""


def _reason_not_up(opener: urllib.request.OpenerDirector, url: str) -> str | None:
    request = urllib.request.Request(url, headers={"User-Agent": f"wireproof/{__version__}"})
    try:
        with opener.open(request, timeout=POLL_TIMEOUT_S):
            return None
    except urllib.error.HTTPError as answer:
        answer.close()
        return f"status {answer.code}" if answer.code in NOT_UP_STATUSES else None
    except (OSError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", error)
        # Waiting mends no certificate; the run tells what is wrong with it.
        return None if isinstance(cause, ssl.SSLError) else str(cause) or type(cause).__name__
