"""The server as a process or as a thread of a test."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wireproof.mock.accounts.server_state import START_WITH_NOTHING, StartState
from wireproof.mock.application import Application
from wireproof.mock.cells.cell import Cell
from wireproof.mock.cells.latency import Latency
from wireproof.mock.cells.outage_script import Script, schedule_changes
from wireproof.mock.http.http_connection import Connection

# The message with which asyncio reports that a connection cannot be accepted.
NO_DESCRIPTOR = "socket.accept() out of system resource"
Providers = Mapping[str, Mapping[str, Any]]


class Server:
    """An application behind a listening socket.

    Attributes:
        core: the application.
        cell: the cell that delays and limits the answers; None for a server without load model.
        port: the port of the socket; 0 until it listens.
        live: the open connections.

    """

    def __init__(
        self,
        providers: Providers,
        *,
        control: bool = False,
        gap_s: float = 0.0,
        clock: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
        latency: Latency | None = None,
        start: StartState = START_WITH_NOTHING,
    ) -> None:
        self.core = Application(providers, controlled=control, start=start)
        self.cell = None if latency is None else Cell(latency, self.core)
        self.core.state.gap_s = gap_s
        self.host, self.port = "127.0.0.1", 0
        self.live: set[Connection] = set()
        self._clock, self._tls = clock, tls
        self._stopping = asyncio.Event()
        self._drains, self._lacks_descriptors = True, False
        self.loop: asyncio.AbstractEventLoop | None = None

    def root_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    def base_url(self, provider: str) -> str:
        profile = next(profile for profile in self.core.profiles if profile.name == provider)
        return self.root_url() + profile.serve_at

    def key(self, provider: str, tier: str | None = None) -> str:
        """Returns a key of the tier of the suites, or of the named tier."""
        profile = next(profile for profile in self.core.profiles if profile.name == provider)
        return f"{profile.auth.key_prefix}mock-{tier or profile.suite_tier}"

    def stop(self) -> None:
        """Begins to drain; safe from any thread."""
        # A closed loop has stopped already.
        if self.loop is not None and not self.loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._stopping.set)

    def abort(self) -> None:
        """Stops at once and cuts the open connections."""
        self._drains = False
        self.stop()

    async def serve(self, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Listens, reports the port, serves until it is stopped, and finishes the running answers."""
        self.loop = loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._report_problem)
        listener = await loop.create_server(self._new_connection, host, port, backlog=1024, ssl=self._tls)
        self.host, self.port = host, listener.sockets[0].getsockname()[1]
        ready(self.port)
        await self._stopping.wait()
        listener.close()
        await self._drain_connections()

    def _report_problem(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Reports a problem of the loop; a lack of descriptors once, although the loop meets it again and again."""
        if self._lacks_descriptors and self._stopping.is_set():
            return  # asyncio listens again a second after the lack, even if the listener was closed meanwhile
        if not context.get("message", "").startswith(NO_DESCRIPTOR):
            loop.default_exception_handler(context)
        elif not self._lacks_descriptors:
            self._lacks_descriptors = True
            print(
                "wireproof: new connections wait, because no descriptor is left; raise the limit by `ulimit -n`",
                file=sys.stderr,
                flush=True,
            )

    async def _drain_connections(self) -> None:
        for connection in tuple(self.live):
            connection.drain() if self._drains else connection.abort()
        while self.live:
            await asyncio.sleep(0.005)

    def _new_connection(self) -> Connection:
        return Connection(self.core, self.live, self._clock, self.cell)


def new_loop() -> asyncio.AbstractEventLoop:
    """Returns a loop of uvloop if that is installed, else one of asyncio."""
    with contextlib.suppress(ImportError):
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
    return asyncio.new_event_loop()


def run_server(
    providers: Providers,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    control: bool = False,
    announce: Callable[[int], None] = print,
    gap_s: float = 0.0,
    tls: ssl.SSLContext | None = None,
    latency: Latency | None = None,
    script: Script = (),
    until: Callable[[], object] | None = None,
    start: StartState = START_WITH_NOTHING,
) -> None:
    """Serves until SIGINT or SIGTERM, or until `until` returns; running streams are finished first."""
    server = Server(providers, control=control, gap_s=gap_s, tls=tls, latency=latency, start=start)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        loop = runner.get_loop()
        server.loop = loop
        for name in (signal.SIGINT, signal.SIGTERM):
            _stop_on_signal(loop, name, server)
        if until is not None:
            threading.Thread(target=_stop_after, args=(until, server), daemon=True).start()
        if server.cell is not None:
            schedule_changes(script, server.cell, loop)
        runner.run(server.serve(host, port, announce))


def _stop_on_signal(loop: asyncio.AbstractEventLoop, name: signal.Signals, server: Server) -> None:
    try:
        loop.add_signal_handler(name, server.stop)
    except NotImplementedError:  # on Windows, where any signal handler wakes the loop
        signal.signal(name, lambda *_: server.stop())


def _stop_after(until: Callable[[], object], server: Server) -> None:
    until()
    server.stop()


@contextlib.contextmanager
def serve_in_thread(
    providers: Providers,
    *,
    control: bool = False,
    gap_s: float = 0.0,
    host: str = "127.0.0.1",
    clock: Callable[[], float] = time.time,
    tls: ssl.SSLContext | None = None,
    latency: Latency | None = None,
    start: StartState = START_WITH_NOTHING,
) -> Iterator[Server]:
    """Yields a server that runs in a thread, on a free port; aborts it at the end."""
    server = Server(providers, control=control, gap_s=gap_s, clock=clock, tls=tls, latency=latency, start=start)
    ready = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(server.serve(host, 0, lambda port: ready.set()))
        except BaseException as problem:
            failure.append(problem)
            ready.set()

    thread = threading.Thread(target=work, name="wireproof-mock", daemon=True)
    thread.start()
    ready.wait()
    if failure:
        raise failure[0]
    try:
        yield server
    finally:
        server.abort()
        thread.join()
