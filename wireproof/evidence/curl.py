"""A request as a shell command that sends it again by curl."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from wireproof.evidence.exchange import Request
from wireproof.formats import multipart


def curl_command(request: Request) -> str:
    """The command that sends a request again; the key is taken from the environment, a file of a form by its name."""
    # With -X HEAD curl would wait for a body that never comes.
    asks = ["--head"] if request.method == "HEAD" else ["-i", "-N", "-X", request.method]
    fields = multipart.decode_form(request.body, request.header("Content-Type") or "")
    words = ["curl", "-sS", *asks, shlex.quote(request.url), *_header_words(request, with_type=not fields)]
    if fields:
        return " ".join([*words, *(word for field in fields for word in _field_words(field))])
    if request.blanks or not _is_text(request.body):
        return f"{{ {_print_command(request.body, request.blanks)}; }} | {' '.join(words)} --data-binary @-"
    return " ".join([*words, *(["--data-binary", shlex.quote(request.body.decode())] if request.body else [])])


def _header_words(request: Request, *, with_type: bool) -> Iterator[str]:
    """The words for the headers; curl writes the type of a form itself, with the boundary that it chooses."""
    for name, value in request.headers:
        if with_type or name.lower() != "content-type":
            text = f"{name}: {value}"
            # Double quotes let the shell put the key in; nothing else in the value may expand.
            quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            yield from ("-H", quoted if "$" in value else shlex.quote(text))


def _field_words(field: multipart.FormPart) -> tuple[str, str]:
    """The words for one field of a form; a file is named and not shown."""
    if field.filename is not None:
        kind = f";type={field.media_type}" if field.media_type else ""
        return "-F", shlex.quote(f"{field.name}=@{field.filename}{kind}")
    text = field.content.decode("utf-8", "replace")
    # -F gives these signs a meaning of their own.
    option = "--form-string" if text[:1] in ("@", "<") or ";" in text else "-F"
    return option, shlex.quote(f"{field.name}={text}")


def _is_text(body: bytes) -> bool:
    """A body is UTF-8, and can stand on a command line as it is."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _print_command(body: bytes, blanks: int) -> str:
    """The shell commands that print a body and the blanks behind it."""
    octal = "".join(f"\\{byte:03o}" for byte in body)
    first = f"printf %s {shlex.quote(body.decode())}" if _is_text(body) else f"printf '{octal}'"
    return f"{first}; head -c {blanks} /dev/zero | tr '\\0' ' '" if blanks else first
