"""Certificates: the authorities that an option or the environment selects, and that of the client."""

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


def check_files(ca_file: str | None, client_cert: str | None, client_key: str | None) -> None:
    """Raises ConfigError if a file of authorities, or of the client's certificate, cannot be used."""
    if ca_file is not None:
        try:
            _read_authorities(ca_file)
        except OSError as error:
            problem = f"it cannot be read as certificates ({error.strerror or error})"
            raise ConfigError(f"--ca-file {ca_file}", problem, "name a PEM file of authorities") from None
    if client_cert is not None:
        load_client_cert(ssl.create_default_context(), client_cert, client_key)


def load_client_cert(context: ssl.SSLContext, client_cert: str, client_key: str | None) -> None:
    """Gives a TLS context the certificate of the client; raises ConfigError if that fails."""
    try:
        # Without a password OpenSSL would ask for that of an encrypted key on the terminal.
        context.load_cert_chain(client_cert, client_key, password="")
    except (OSError, ValueError) as error:
        where = ",".join(filter(None, ["--client-cert " + client_cert, client_key]))
        remedy = "name a PEM file of the certificate and its unencrypted key, or CERTIFICATE,KEY"
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(where, f"it cannot be used as a certificate ({reason})", remedy) from None


@cache
def _read_authorities(file: str) -> None:
    ssl.create_default_context(cafile=file)


def tls_failure_text(error: ssl.SSLError) -> str:
    """Reason why the TLS connection failed, for the user."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted: {error.verify_message} "
            f"(authorities come from --ca-file, else {CA_FILE_VARIABLE}, else certifi)"
        )
    return f"no TLS connection could be made: {error.reason or error}"
