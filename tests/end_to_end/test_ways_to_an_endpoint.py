"""Runs against an endpoint inside a network: plain HTTP, a proxy, a private authority, a client certificate, a wait.

Everything is on loopback: a proxy of the tests takes the name `gateway.internal` for the reference server.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from wireproof.contract import loading
from wireproof.mock.http import tls
from wireproof.mock.server import serve_in_thread

pytestmark = pytest.mark.slow

NAME = "gateway.internal"
PROXY_PASSWORD = "proxy~pass:word-91"
FEW = ("-q", "-p", "no:cacheprovider", "--provider", "iio", "-k", "models-list")
Wireproof = Callable[..., subprocess.CompletedProcess[str]]


class LoopbackProxy(ThreadingHTTPServer):
    """A proxy that sends every request to one address, whatever host it names.

    Attributes:
        seen: method and target of each request line.
        credentials: the Proxy-Authorization of each request.
    """

    daemon_threads = True

    def __init__(self, to: int, status_first: tuple[int, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.to, self.seen, self.credentials = to, list[tuple[str, str]](), list[str | None]()
        self.keys = list[str | None]()
        self.status_first = list(status_first)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LoopbackProxy

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.forward
        raise AttributeError(name)

    def forward(self) -> None:
        """Sends the request on, and the answer back."""
        self.note()
        if self.server.status_first:
            self.send_response(self.server.status_first.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.to)) as behind:
            behind.request(self.command, parts.path, body or None, headers)
            answer = behind.getresponse()
            content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if self.command != "HEAD" else b"")

    def do_CONNECT(self) -> None:
        self.note()
        with socket.create_connection(("127.0.0.1", self.server.to)) as behind:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.connection: behind, behind: self.connection}
            while ends:
                for readable in select.select(list(ends), [], [])[0]:
                    data = readable.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[readable].sendall(data)

    def note(self) -> None:
        self.server.seen.append((self.command, self.path))
        self.server.credentials.append(self.headers.get("Proxy-Authorization"))
        self.server.keys.append(self.headers.get("Authorization"))

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def proxy_to(port: int, **options: Any) -> Iterator[LoopbackProxy]:
    with LoopbackProxy(port, **options) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()


@pytest.fixture(name="plain", scope="module")
def _plain() -> Iterator[str]:
    """The base URL of a server over plain HTTP."""
    with serve_in_thread(loading.read_providers_data(), control=True) as server:
        yield server.base_url("iio")


@pytest.fixture(name="authority", scope="module")
def _authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(name="files", scope="module")
def _files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of authority.pem, client.pem (with its key), cert.pem and key.pem."""
    folder = tmp_path_factory.mktemp("tls")
    client = authority.issue_cert("client@gateway.internal")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    client.private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    client.private_key_pem.write_to_path(str(folder / "key.pem"))
    client.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    return folder


@pytest.fixture(name="mutual", scope="module")
def _mutual(authority: trustme.CA, files: Path) -> Iterator[str]:
    """The base URL of a server over https that asks for a client certificate."""
    file = files / "server.pem"
    authority.issue_cert("127.0.0.1", NAME).private_key_and_cert_chain_pem.write_to_path(str(file))
    context = tls.make_context(file, None)
    assert context is not None
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with serve_in_thread(loading.read_providers_data(), control=True, tls=context) as server:
        yield server.base_url("iio")


@pytest.fixture(name="wireproof")
def _wireproof(tmp_path: Path) -> Wireproof:
    def wireproof(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        key = {"IIO_API_KEY": "iio-dev-mock-pro", "COLUMNS": "400"}
        command = [sys.executable, "-m", "wireproof", *words]
        environment = {**own, **key, **variables}
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300)

    return wireproof


def assert_ends_with(ended: subprocess.CompletedProcess[str], code: int, *sentences: str) -> None:
    text = " ".join((ended.stdout + ended.stderr).split())
    missing = [sentence for sentence in sentences if sentence not in text]
    assert (ended.returncode, missing, "Traceback" in text) == (code, [], False), text[-3000:]


def inside(url: str, scheme: str = "http") -> str:
    """The URL of a server by the name that only the proxy of the tests knows."""
    return f"{scheme}://{NAME}{urlsplit(url).path}"


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


# --- plain HTTP


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--provider", "iio", "--endpoint"),
        ("limits", "--provider", "iio", "--model", "m", "--endpoint"),
        ("load", "chat", "--provider", "iio", "--model", "m", "--i-may-load-this-host", "--host"),
        ("failover", "chat", "--provider", "iio", "--i-may-load-this-host", "--host"),
    ],
)
def test_a_key_goes_over_plain_http_beyond_this_machine_by_a_named_word_alone(
    wireproof: Wireproof, words: tuple[str, ...]
) -> None:
    sentence = f"http://{NAME}/v1: a key would be sent unencrypted; use https, or add --allow-http"
    assert_ends_with(wireproof(*words, f"http://{NAME}/v1"), 2, sentence)


def test_a_key_goes_to_a_remote_proxy_over_plain_http_by_a_named_word_alone(wireproof: Wireproof, plain: str) -> None:
    ended = wireproof("check", *FEW, "--endpoint", plain, "--proxy", f"http://{NAME}:3128")
    assert_ends_with(ended, 2, "--proxy: a key would be sent to it unencrypted", "add --allow-http")


def test_an_endpoint_over_plain_http_is_judged_where_that_is_allowed(wireproof: Wireproof, plain: str) -> None:
    with proxy_to(port_of(plain)) as proxy:
        named = ("--endpoint", inside(plain), "--proxy", proxy.url, "--allow-http")
        ended = wireproof("check", *FEW, *named)
    assert_ends_with(ended, 0, f"iio: every request went through the proxy {proxy.url}")
    assert ("GET", inside(plain) + "/models") in proxy.seen


def test_a_server_without_keys_needs_none_where_plain_http_is_allowed(wireproof: Wireproof, plain: str) -> None:
    with proxy_to(port_of(plain)) as proxy:
        named = ("--endpoint", inside(plain), "--proxy", proxy.url, "--allow-http")
        wireproof("check", *FEW, *named, IIO_API_KEY="")
    assert "Bearer wireproof-no-key" in proxy.keys


# --- proxies


def test_requests_go_through_a_proxy_by_the_option_alone(wireproof: Wireproof, plain: str) -> None:
    with proxy_to(port_of(plain)) as proxy:
        variables = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "ALL_PROXY": proxy.url}
        assert_ends_with(wireproof("check", *FEW, "--endpoint", plain, **variables), 0)
        assert proxy.seen == []
        ended = wireproof("check", *FEW, "--endpoint", plain, "--proxy", "env", **variables)
        assert_ends_with(ended, 0, f"every request went through the proxy {proxy.url}")
        assert len(proxy.seen) > 0
        before = len(proxy.seen)
        without_scheme = {"HTTP_PROXY": proxy.url.removeprefix("http://")}
        assert_ends_with(wireproof("check", *FEW, "--endpoint", plain, "--proxy", "env", **without_scheme), 0)
        assert len(proxy.seen) > before
        before = len(proxy.seen)
        excepted = wireproof("check", *FEW, "--endpoint", plain, "--proxy", "env", NO_PROXY="127.0.0.1", **variables)
        assert_ends_with(excepted, 0)
        assert len(proxy.seen) == before


def test_a_tunnel_carries_https_with_credentials_that_nothing_shows(
    wireproof: Wireproof, mutual: str, files: Path, tmp_path: Path
) -> None:
    with proxy_to(port_of(mutual)) as proxy:
        address = proxy.url.replace("//", f"//user:{PROXY_PASSWORD}@")
        trust = ("--ca-file", str(files / "authority.pem"), "--client-cert", str(files / "client.pem"))
        ended = wireproof("check", *FEW, "--endpoint", inside(mutual, "https"), "--proxy", address, *trust)
    assert_ends_with(ended, 0, f"every request went through the proxy {proxy.url}")
    assert set(proxy.seen) == {("CONNECT", f"{NAME}:443")}
    assert set(proxy.credentials) == {"Basic " + base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode()}
    # The proxy sees no key inside a tunnel.
    assert set(proxy.keys) == {None}
    (target,) = json.loads((tmp_path / "reports/report.json").read_text(encoding="utf-8"))["targets"]
    assert target["proxy"] == proxy.url
    written = [file.read_bytes() for file in (tmp_path / "reports").iterdir() if file.is_file()]
    assert not any(PROXY_PASSWORD.encode() in content for content in [*written, ended.stdout.encode()])


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("socks5://127.0.0.1:1080", "--proxy: it is not the URL of an HTTP proxy; write it as http://host:port"),
        ("env", "neither HTTP_PROXY nor ALL_PROXY names a proxy"),
        ("http://127.0.0.1:9", "could not ask"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(wireproof: Wireproof, plain: str, proxy: str, sentence: str) -> None:
    assert_ends_with(wireproof("check", *FEW, "--endpoint", plain, "--proxy", proxy), 2, sentence)


def test_a_proxy_that_opens_no_connection_is_told(wireproof: Wireproof, plain: str, mutual: str) -> None:
    # The reference server is no proxy: it refuses CONNECT.
    address = f"http://127.0.0.1:{port_of(plain)}"
    ended = wireproof("check", *FEW, "--endpoint", mutual, "--proxy", address)
    assert_ends_with(ended, 2, "could not ask: the proxy opens no connection")


# --- certificates


@pytest.mark.parametrize("certificate", [["client.pem"], ["cert.pem", "key.pem"]])
def test_a_private_authority_and_a_client_certificate_are_options(
    wireproof: Wireproof, mutual: str, files: Path, certificate: list[str]
) -> None:
    client = ",".join(str(files / name) for name in certificate)
    trust = ("--ca-file", str(files / "authority.pem"), "--client-cert", client)
    assert_ends_with(wireproof("check", *FEW, "--endpoint", mutual, *trust), 0)


def test_an_authority_that_is_not_trusted_is_told_with_the_option(wireproof: Wireproof, mutual: str) -> None:
    untrusted = wireproof("check", *FEW, "--endpoint", mutual)
    assert_ends_with(untrusted, 2, "its certificate is not trusted", "--ca-file")


@pytest.mark.parametrize(
    ("option", "name", "sentence"),
    [
        ("--ca-file", "none.pem", "it cannot be read as certificates"),
        ("--ca-file", "key.pem", "it cannot be read as certificates"),
        ("--client-cert", "none.pem", "it cannot be used as a certificate"),
        ("--client-cert", "cert.pem", "it cannot be used as a certificate"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_run(
    wireproof: Wireproof, mutual: str, files: Path, option: str, name: str, sentence: str
) -> None:
    assert_ends_with(wireproof("check", *FEW, "--endpoint", mutual, option, str(files / name)), 2, option, sentence)


def test_load_takes_the_certificates_too(wireproof: Wireproof, mutual: str, files: Path) -> None:
    trust = ("--ca-file", str(files / "authority.pem"), "--client-cert", str(files / "client.pem"))
    at = ("--provider", "iio", "--model", "qwen2.5:7b", *trust)
    four = ("-u", "2", "-t", "60s", "--max-requests", "4", "--threshold", "errors <= 0")
    assert_ends_with(wireproof("load", "chat", "--host", mutual, *at, *four), 0, "threshold errors <= 0: holds")
    assert_ends_with(wireproof("load", "chat", "--host", mutual, *at[:-4], *four), 2, "no request reached the API")


# --- a wait


def test_a_run_waits_until_the_endpoint_is_up_and_sends_no_key_meanwhile(wireproof: Wireproof, plain: str) -> None:
    with proxy_to(port_of(plain), status_first=(503, 502)) as behind:
        address = behind.url + urlsplit(plain).path
        assert_ends_with(wireproof("check", *FEW, "--endpoint", address, "--wait", "60s"), 0)
    assert behind.keys[:3] == [None, None, None]
    assert behind.keys[3] is not None
    with proxy_to(port_of(plain), status_first=(503,)) as behind:
        address = behind.url + urlsplit(plain).path
        at = ("--host", address, "--provider", "iio", "--model", "qwen2.5:7b", "--wait", "1m")
        ended = wireproof("load", "chat", *at, "-u", "1", "-t", "60s", "--max-requests", "2", "--no-judge")
        assert_ends_with(ended, 0)
    assert behind.keys[:2] == [None, None]


@pytest.mark.parametrize("command", [("check", *FEW, "--endpoint"), ("load", "chat", "--model", "m", "--host")])
def test_an_endpoint_that_does_not_come_up_is_exit_code_2(wireproof: Wireproof, command: tuple[str, ...]) -> None:
    ended = wireproof(*command, "http://127.0.0.1:9/v1", "--wait", "1s")
    assert_ends_with(ended, 2, "http://127.0.0.1:9/v1: it was not up within 1 s", "allow more time with --wait")


def test_a_wait_that_is_no_time_is_refused(wireproof: Wireproof, plain: str) -> None:
    ended = wireproof("check", *FEW, "--endpoint", plain, "--wait", "soon")
    assert_ends_with(ended, 2, "--wait soon: it is not a time; write it as 60s or 2m")


# --- a name


def test_the_name_of_an_endpoint_is_in_every_report_and_tells_rows_of_the_matrix_apart(
    wireproof: Wireproof, plain: str, tmp_path: Path
) -> None:
    for name in ("acme staging", "acme-prod"):
        ended = wireproof("check", *FEW, "--endpoint", plain, "--name", name, "--report-dir", name)
        assert_ends_with(ended, 0, f"{name}: ")
        files = [file for file in (tmp_path / name).iterdir() if file.is_file() and file.suffix != ".lock"]
        assert len(files) == 8
        # A green run has nothing to annotate.
        unnamed = [file.name for file in files if name not in file.read_text(encoding="utf-8")]
        assert unnamed == ["annotations.txt"]
    assert_ends_with(wireproof("matrix", "acme staging", "acme-prod"), 0)
    page = (tmp_path / "matrix.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("acme staging", "acme-prod"))


def test_the_name_of_an_endpoint_is_in_the_results_of_load_runs(
    wireproof: Wireproof, plain: str, tmp_path: Path
) -> None:
    at = ("chat", "--host", plain, "--provider", "iio", "--model", "qwen2.5:7b", "--name", "acme-prod", "--no-judge")
    ceiling = ("-u", "1", "-t", "60s", "--max-requests", "2", "--report-dir", "load")
    assert_ends_with(wireproof("load", *at, *ceiling), 0, "wireproof load chat: acme-prod, iio contract")
    assert json.loads((tmp_path / "load/load.json").read_text(encoding="utf-8"))["name"] == "acme-prod"
    assert "chat, acme-prod, iio" in (tmp_path / "load/load.md").read_text(encoding="utf-8")
    assert "chat, acme-prod, iio" in (tmp_path / "load/load.html").read_text(encoding="utf-8")
    step = ("--by", "users", "--steps", "1", "-t", "60", "--max-requests", "2", "--slo", "e2e=60000")
    assert "sweep of chat at acme-prod\n" in wireproof("sweep", *at, *step).stdout


@pytest.mark.parametrize("name", ["", "[x]", "a" * 61, "-x", "a::b"])
def test_what_cannot_be_a_name_is_refused(wireproof: Wireproof, plain: str, name: str) -> None:
    ended = wireproof("check", *FEW, "--endpoint", plain, f"--name={name}")
    assert_ends_with(ended, 2, "it cannot be the name of an endpoint")


def test_the_reference_server_has_its_own_names(wireproof: Wireproof) -> None:
    assert_ends_with(wireproof("check", "-q", "--name", "mine"), 2, "name its address with --endpoint")
