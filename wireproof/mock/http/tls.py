"""The certificate that the server presents over https."""

from __future__ import annotations

import ssl
from pathlib import Path

from wireproof.errors import ConfigError


def make_context(certfile: Path | None, keyfile: Path | None) -> ssl.SSLContext | None:
    """Returns the TLS context of a server with this certificate and key; None without a certificate.

    Raises ConfigError if a file cannot be read or the key does not belong to the certificate.
    """
    if certfile is None:
        if keyfile is not None:
            raise ConfigError(
                f"--keyfile {keyfile}", "there is a key but no certificate", "add --certfile with its certificate"
            )
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for option, file in (("--certfile", certfile), ("--keyfile", keyfile)):
        if file is not None and not file.is_file():
            raise ConfigError(f"{option} {file}", "there is no such file", "name a PEM file")
    try:
        # An encrypted key is refused; without a password the library would ask for one at the terminal.
        context.load_cert_chain(certfile, keyfile, password="")
    except OSError as error:
        problem = f"the certificate and its key cannot be used ({error.strerror or error})"
        remedy = "give the chain and its unencrypted key as PEM"
        raise ConfigError(f"--certfile {certfile}", problem, remedy) from None
    return context
