"""The certificate authorities that a run trusts, as the environment names them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache

from wireproof.errors import ConfigError

CA_FILE_VARIABLE = "SSL_CERT_FILE"


def check_ca_file(environment: Mapping[str, str]) -> None:
    """Raise ConfigError where the environment names a file of authorities that cannot be read.

    The client reads the file by itself, after the first line of a report is written; here it is not too late.
    """
    file = environment.get(CA_FILE_VARIABLE)
    if not file:
        return
    try:
        _read_authorities(file)
    except OSError as error:
        problem = f"{file} holds no certificates that can be read ({error.strerror or error})"
        raise ConfigError(
            f"the environment variable {CA_FILE_VARIABLE}", problem, "name a PEM file of authorities"
        ) from None


@cache
def _read_authorities(file: str) -> None:
    ssl.create_default_context(cafile=file)


def tls_failure_text(error: ssl.SSLError) -> str:
    """Why no connection was made, for the person who must act."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message} (authorities come from {CA_FILE_VARIABLE}, else certifi)"
    return f"no TLS connection could be made: {error.reason or error}"
