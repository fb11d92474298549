"""The server over https: judged by the client of wireproof, and refused without trust."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import trustme

from wireproof.errors import ConfigError
from wireproof.mock.http import tls
from wireproof.mock.server import serve_in_thread

ROOT = Path(__file__).parents[2]
KEY = {"IIO_API_KEY": "iio-dev-mock-pro"}


@pytest.fixture(name="authority", scope="module")
def _authority():
    return trustme.CA()


@pytest.fixture(name="secure", scope="module")
def _secure(authority, providers, tmp_path_factory):
    """A server with a certificate for its address."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
    with serve_in_thread(providers, control=True, tls=tls.make_context(file, None)) as server:
        yield server


@pytest.fixture(name="trusted")
def _trusted(authority, tmp_path):
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def run_check(url: str, environment: dict[str, str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Runs `wireproof check` on the models of the server."""
    options = ["--provider", "iio", "--endpoint", url, "--report-dir", str(tmp_path / "reports"), "-k", "models"]
    command = [sys.executable, "-m", "wireproof", "check", "-q", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)


def test_answers_and_streams_are_complete_over_https(secure, authority):
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    key = {"Authorization": f"Bearer {secure.key('iio')}"}
    with httpx.Client(base_url=secure.base_url("iio"), headers=key, verify=trust) as opened:
        assert opened.get("/models").status_code == 200
        body = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "Count from 1 to 30"}], "stream": True}
        assert opened.post("/chat/completions", json=body).text.endswith("data: [DONE]\n\n")


def test_a_fault_can_reset_a_connection_over_https(secure, authority):
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    key = {"Authorization": f"Bearer {secure.key('iio')}", "X-Wireproof-Fault": "stream-reset"}
    body = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "Count from 1 to 30"}], "stream": True}
    with httpx.Client(verify=trust) as opened, pytest.raises(httpx.TransportError):
        opened.post(secure.base_url("iio") + "/chat/completions", json=body, headers=key)


def test_check_trusts_the_configured_authority(secure, trusted, tmp_path):
    run = run_check(secure.base_url("iio"), {**KEY, "SSL_CERT_FILE": str(trusted)}, tmp_path)
    assert run.returncode == 0, run.stdout[-2000:]


def test_check_reports_an_untrusted_certificate_in_one_sentence(secure, tmp_path):
    run = run_check(secure.base_url("iio"), KEY, tmp_path)
    assert run.returncode == 2
    assert "could not ask: its certificate is not trusted: " in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_an_unreadable_file_of_authorities_stops_check_before_sending(secure, tmp_path):
    run = run_check(secure.base_url("iio"), {**KEY, "SSL_CERT_FILE": str(tmp_path / "none.pem")}, tmp_path)
    assert run.returncode == 2
    assert "SSL_CERT_FILE" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("certfile", "keyfile", "problem"),
    [
        pytest.param("none.pem", None, "there is no such file", id="no-file"),
        pytest.param("text.pem", None, "cannot be used", id="no-certificate"),
        pytest.param("alone.pem", None, "cannot be used", id="no-key"),
        pytest.param("alone.pem", "other.pem", "cannot be used", id="key-of-another"),
        pytest.param(None, "other.pem", "a key but no certificate", id="no-certificate-for-the-key"),
    ],
)
def test_an_unusable_certificate_raises_config_error(authority, tmp_path, certfile, keyfile, problem):
    (tmp_path / "text.pem").write_text("no certificate")
    authority.cert_pem.write_to_path(str(tmp_path / "alone.pem"))
    authority.issue_cert("localhost").private_key_pem.write_to_path(str(tmp_path / "other.pem"))
    files = [None if name is None else tmp_path / name for name in (certfile, keyfile)]
    with pytest.raises(ConfigError, match=problem):
        tls.make_context(*files)


def test_serve_exits_with_2_without_its_certificate(tmp_path):
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", "--certfile", str(tmp_path / "none.pem")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)


def test_serve_prints_https_addresses(authority, tmp_path):
    file = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
    options = ["--port", "0", "--json", "--provider", "iio", "--certfile", str(file)]
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with subprocess.Popen([sys.executable, "-m", "wireproof", "serve", *options], stdout=subprocess.PIPE) as process:
        try:
            profile = json.loads(process.stdout.readline())["profiles"]["iio"]
            key = {"Authorization": f"Bearer {profile['key']}"}
            assert profile["base_url"].startswith("https://127.0.0.1:")
            assert httpx.get(profile["base_url"] + "/models", headers=key, verify=trust).status_code == 200
        finally:
            process.terminate()
    assert process.returncode == 0
