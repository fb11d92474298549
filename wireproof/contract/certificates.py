"""Certificate authorities that the environment selects."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache

from wireproof.errors import ConfigError

CA_FILE_VARIABLE = "SSL_CERT_FILE"


def check_ca_file(environment: Mapping[str, str]) -> None:
    """Raises ConfigError if the environment names a file of authorities that cannot be read.

    The HTTP client reads the file later, when reports are open already; this check stops the run before that.
    """
    file = environment.get(CA_FILE_VARIABLE)
    if not file:
        return
    try:
        _read_authorities(file)
    except OSError as error:
        problem = f"{file} cannot be read as certificates ({error.strerror or error})"
        raise ConfigError(
            f"the environment variable {CA_FILE_VARIABLE}", problem, "name a PEM file of authorities"
        ) from None


@cache
def _read_authorities(file: str) -> None:
    ssl.create_default_context(cafile=file)


def tls_failure_text(error: ssl.SSLError) -> str:
    """Reason why the TLS connection failed, for the user."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted: {error.verify_message} "
            f"(authorities come from {CA_FILE_VARIABLE}, else certifi)"
        )
    return f"no TLS connection could be made: {error.reason or error}"
