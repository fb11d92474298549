"""From a case and a target to the request that goes over the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from wireproof.client.skip_reasons import CannotSend
from wireproof.contract import data_files
from wireproof.contract.case import RequestSpec
from wireproof.contract.target import Key, Target
from wireproof.errors import ConfigError
from wireproof.evidence.exchange import Request
from wireproof.formats import multipart
from wireproof.formats.multipart import FormPart

# A value that begins so is the base64 of the file below suites/ that it names, alone or as a data URL.
FILE_FORMS = {"$base64:": "", "$pdf:": "data:application/pdf;base64,"}


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as it may be shown, and the key that takes the place of `$NAME` on the wire.

    Attributes:
        leave_after: events of the stream after which the client leaves; None where it stays to the end.
        leave_in: seconds after which it leaves; None where it has no such haste.
    """

    shown: Request
    key: Key | None
    leave_after: int | None = None
    leave_in: float | None = None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header lines with the key in them; only the wire reads these."""
        if self.key is None or not self.key.name:
            return self.shown.headers
        place = f"${self.key.name}"
        return tuple((name, value.replace(place, self.key.value)) for name, value in self.shown.headers)


def build_request(ask: RequestSpec, target: Target, case: str, saved: Mapping[str, Any]) -> OutgoingRequest:
    """Fill the holes of one request.

    Raises CannotSend where the target lacks the model or the key that the request needs.
    """
    key = target.key(ask.key, case)
    if key is None and ask.key != "none":
        raise CannotSend(f"this run was given no {ask.key} key")
    holes = {**saved, "model": _model_id(ask, target)}
    body = _build_body(ask, target, holes)
    headers = _build_headers(ask, target, key, body)
    endpoint = target.provider.endpoints[ask.endpoint]
    path = _fill_path(ask.path if ask.path is not None else endpoint.path, holes)
    blanks = max(0, (ask.pad or 0) - len(body))
    shown = Request(ask.method or endpoint.method, target.base_url + path, headers, body, blanks)
    return OutgoingRequest(shown, key, ask.leave_after, ask.leave_in)


def _fill_path(path: str, holes: Mapping[str, Any]) -> str:
    """A path with its holes filled: `{name}` keeps colons, `{+name}` slashes as well, `{=name}` nothing."""
    for name, value in holes.items():
        for hole, kept in (("{" + name + "}", ":"), ("{+" + name + "}", ":/"), ("{=" + name + "}", "")):
            path = path.replace(hole, quote(str(value), safe=kept))
    return path


def _model_id(ask: RequestSpec, target: Target) -> str | None:
    model = target.models.get(ask.model)
    path = ask.path or target.provider.endpoints[ask.endpoint].path
    wanted = "model}" in path or "$model" in json.dumps([ask.body, ask.form]) or b'"$model"' in (ask.raw or b"")
    if model is None and wanted:
        raise CannotSend(f"no model is known for {ask.model}; name one with --model {ask.model}=ID")
    return model


def _build_body(ask: RequestSpec, target: Target, holes: Mapping[str, Any]) -> bytes:
    if ask.raw is not None:
        return ask.raw.replace(b'"$model"', json.dumps(holes["model"]).encode())
    if ask.form is not None:
        fields = _fill_holes(dict(ask.form), holes).items()
        return multipart.encode_form(_build_part(name, one) for name, value in fields for one in _field_values(value))
    if ask.body is None:
        return b""
    body = _fill_holes(ask.body, holes)
    field = target.provider.token_cap(ask.endpoint)
    if ask.cap is not None and field and isinstance(body, dict):
        body = {**body, field: ask.cap}
    return json.dumps(body, ensure_ascii=False).encode()


def _field_values(value: Any) -> Iterable[Any]:
    """What a field of a form holds: one value, or each of several that bear its name."""
    return value if isinstance(value, list) else (value,)


def _build_part(name: str, value: Any) -> FormPart:
    """One field of a form; a file is read from below suites/ and sent under its own name."""
    if not multipart.is_file(value):
        return FormPart(name, str(value).encode())
    return FormPart(name, _read_file(value["file"]), PurePath(value["file"]).name, value["type"])


def _read_file(name: str) -> bytes:
    try:
        return (data_files.root() / "suites" / name).read_bytes()
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
        raise ConfigError(f"suites/{name}", problem, "name a file below suites/") from None


def _fill_holes(value: Any, holes: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _fill_holes(item, holes) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_holes(item, holes) for item in value]
    if isinstance(value, str) and value.startswith("$") and value[1:] in holes:
        return holes[value[1:]]
    if isinstance(value, str) and value.startswith(tuple(FILE_FORMS)):
        return _encode_file(value)
    return value


def _encode_file(value: str) -> str:
    """The base64 of a file below suites/, behind what the form puts before it."""
    form, _, name = value.partition(":")
    return FILE_FORMS[f"{form}:"] + base64.b64encode(_read_file(name)).decode()


def _case_headers(ask: RequestSpec, target: Target) -> Iterator[tuple[str, str]]:
    """The headers of the case; a name or value that starts with $ is filled from the provider's headers by role."""
    names, defaults = target.provider.request_headers, target.provider.header_defaults
    for name, value in ask.headers.items():
        role = name.removeprefix("$")
        if role != name and role not in names:
            raise CannotSend(f"the contract names no request header for {role}")
        # Capitals, so that an echo in lower case shows.
        filled = str(uuid4()).upper() if value == "$unique" else defaults.get(value.removeprefix("$"), value)
        yield (name if role == name else names[role], filled if value.startswith("$") else value)


def _build_headers(ask: RequestSpec, target: Target, key: Key | None, body: bytes) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    # A header of the case may carry the key; the header of the contract then does not.
    carried = "$key" in ask.headers.values()
    shown = "" if key is None else f"${key.name}" if key.name else key.value
    if key is not None and not carried:
        # An empty key leaves the scheme alone: a header value ends in no space (RFC 9110, 5.5).
        value = f"{ask.scheme} {shown}".rstrip() if ask.scheme else shown
        headers.append((target.provider.auth_header, value))
    if body and ask.content_type:
        headers.append(("Content-Type", ask.content_type))
    if ask.framing == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
    headers += [*target.headers.items(), *_case_headers(ask, target)]
    headers = [(name, shown if value == "$key" else value) for name, value in headers]
    for means, setting in ((f"cell-{ask.cell}", ask.cell), ("clock", ask.clock), ("one-slot", ask.slots)):
        if setting and means in target.controls:
            name, template = target.controls[means]
            headers.append((name, template.format(setting)))
    return tuple(headers)
