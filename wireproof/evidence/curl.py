"""The shell command that repeats a request by curl."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from wireproof.evidence.exchange import Request
from wireproof.formats import multipart


def curl_command(request: Request) -> str:
    """The command that repeats a request; the key comes from the environment, a file of a form from its name."""
    # With -X HEAD curl would wait for a body.
    options = ["--head"] if request.method == "HEAD" else ["-i", "-N", "-X", request.method]
    fields = multipart.decode_form(request.body, request.header("Content-Type") or "")
    words = ["curl", "-sS", *options, shlex.quote(request.url), *_header_words(request, with_type=not fields)]
    if fields:
        return " ".join([*words, *(word for field in fields for word in _field_words(field))])
    if request.blanks or not _is_text(request.body):
        return f"{{ {_print_command(request.body, request.blanks)}; }} | {' '.join(words)} --data-binary @-"
    return " ".join([*words, *(["--data-binary", shlex.quote(request.body.decode())] if request.body else [])])


def _header_words(request: Request, *, with_type: bool) -> Iterator[str]:
    """Words for the headers; curl itself writes the type of a form with its own boundary."""
    for name, value in request.headers:
        if with_type or name.lower() != "content-type":
            text = f"{name}: {value}"
            # Double quotes let the shell expand the key; the rest of the value must not expand.
            quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            yield from ("-H", quoted if "$" in value else shlex.quote(text))


def _field_words(field: multipart.FormPart) -> tuple[str, str]:
    """Words for one field of a form; a file appears by name."""
    if field.filename is not None:
        kind = f";type={field.media_type}" if field.media_type else ""
        return "-F", shlex.quote(f"{field.name}=@{field.filename}{kind}")
    text = field.content.decode("utf-8", "replace")
    # -F interprets these characters.
    option = "--form-string" if text[:1] in ("@", "<") or ";" in text else "-F"
    return option, shlex.quote(f"{field.name}={text}")


def _is_text(body: bytes) -> bool:
    """True if a body is UTF-8 and can appear on a command line."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _print_command(body: bytes, blanks: int) -> str:
    """Shell commands that print a body and the blanks after it."""
    octal = "".join(f"\\{byte:03o}" for byte in body)
    print_body = f"printf %s {shlex.quote(body.decode())}" if _is_text(body) else f"printf '{octal}'"
    return f"{print_body}; head -c {blanks} /dev/zero | tr '\\0' ' '" if blanks else print_body
