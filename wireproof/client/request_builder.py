"""Builds the request of a case for a target."""

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

# Prefix of a value that names a file below suites/ → text before the base64 of the file.
FILE_PREFIXES = {"$base64:": "", "$pdf:": "data:application/pdf;base64,"}


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request for display, and the key that replaces `$NAME` when it is sent.

    Attributes:
        shown: the request with the name of the key.
        key: the key; None for no key.
        leave_after: number of stream events after which the client closes the connection; None to read to the end.
        leave_in: seconds after which the client closes the connection; None for no limit.
    """

    shown: Request
    key: Key | None
    leave_after: int | None = None
    leave_in: float | None = None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Header lines with the value of the key; only the HTTP client reads these."""
        if self.key is None or not self.key.name:
            return self.shown.headers
        place = f"${self.key.name}"
        return tuple((name, value.replace(place, self.key.value)) for name, value in self.shown.headers)


def build_request(spec: RequestSpec, target: Target, case: str, saved: Mapping[str, Any]) -> OutgoingRequest:
    """Builds one request; `saved` has the values that earlier responses gave.

    Raises CannotSend if the target lacks the model or the key of the request.
    """
    key = target.key(spec.key, case)
    if key is None and spec.key != "none":
        raise CannotSend(f"this run was given no {spec.key} key")
    placeholders = {**saved, "model": _model_id(spec, target)}
    body = _build_body(spec, target, placeholders)
    headers = _build_headers(spec, target, key, body)
    endpoint = target.provider.endpoints[spec.endpoint]
    path = _fill_path(spec.path if spec.path is not None else endpoint.path, placeholders)
    blanks = max(0, (spec.pad or 0) - len(body))
    shown = Request(spec.method or endpoint.method, target.base_url + path, headers, body, blanks)
    return OutgoingRequest(shown, key, spec.leave_after, spec.leave_in)


def _fill_path(path: str, placeholders: Mapping[str, Any]) -> str:
    """A path with its placeholders filled: `{name}` keeps colons, `{+name}` slashes too, `{=name}` neither."""
    for name, value in placeholders.items():
        for placeholder, safe in (("{" + name + "}", ":"), ("{+" + name + "}", ":/"), ("{=" + name + "}", "")):
            path = path.replace(placeholder, quote(str(value), safe=safe))
    return path


def _model_id(spec: RequestSpec, target: Target) -> str | None:
    model = target.models.get(spec.model)
    path = spec.path or target.provider.endpoints[spec.endpoint].path
    needed = "model}" in path or "$model" in json.dumps([spec.body, spec.form]) or b'"$model"' in (spec.raw or b"")
    if model is None and needed:
        unknown = f"no model is known for {spec.model}; name one with --model {spec.model}=ID"
        raise CannotSend(target.not_shown.get(spec.model, unknown))
    return model


def _build_body(spec: RequestSpec, target: Target, placeholders: Mapping[str, Any]) -> bytes:
    if spec.raw is not None:
        return spec.raw.replace(b'"$model"', json.dumps(placeholders["model"]).encode())
    if spec.form is not None:
        fields = _fill_placeholders(dict(spec.form), placeholders).items()
        return multipart.encode_form(_build_part(name, item) for name, value in fields for item in _field_values(value))
    if spec.body is None:
        return b""
    body = _fill_placeholders(spec.body, placeholders)
    field = target.provider.token_cap(spec.endpoint)
    if spec.cap is not None and field and isinstance(body, dict):
        body = {**body, field: spec.cap}
    return json.dumps(body, ensure_ascii=False).encode()


def _field_values(value: Any) -> Iterable[Any]:
    """Values of a form field, which may be repeated."""
    return value if isinstance(value, list) else (value,)


def _build_part(name: str, value: Any) -> FormPart:
    """One form field; a file is read from below suites/ and sent under its own name."""
    if not multipart.is_file(value):
        return FormPart(name, str(value).encode())
    return FormPart(name, _read_file(value["file"]), PurePath(value["file"]).name, value["type"])


def _read_file(name: str) -> bytes:
    places = [folder / name for folder in (data_files.root() / "suites", *data_files.own_suites())]
    try:
        return next((place for place in places if place.is_file()), places[0]).read_bytes()
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
        raise ConfigError(f"suites/{name}", problem, "name a file below suites/") from None


def _fill_placeholders(value: Any, placeholders: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _fill_placeholders(item, placeholders) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_placeholders(item, placeholders) for item in value]
    if isinstance(value, str) and value.startswith("$") and value[1:] in placeholders:
        return placeholders[value[1:]]
    if isinstance(value, str) and value.startswith(tuple(FILE_PREFIXES)):
        return _encode_file(value)
    return value


def _encode_file(value: str) -> str:
    """Base64 of a file below suites/, after the text of its prefix."""
    prefix, _, name = value.partition(":")
    return FILE_PREFIXES[f"{prefix}:"] + base64.b64encode(_read_file(name)).decode()


def _case_headers(spec: RequestSpec, target: Target) -> Iterator[tuple[str, str]]:
    """Yields the headers of the case; names and values that start with $ come from the provider."""
    names, defaults = target.provider.request_headers, target.provider.header_defaults
    for name, value in spec.headers.items():
        role = name.removeprefix("$")
        if role != name and role not in names:
            raise CannotSend(f"the contract names no request header for {role}")
        # Upper case, so that an echo in lower case is detected.
        resolved = str(uuid4()).upper() if value == "$unique" else defaults.get(value.removeprefix("$"), value)
        yield (name if role == name else names[role], resolved if value.startswith("$") else value)


def _build_headers(spec: RequestSpec, target: Target, key: Key | None, body: bytes) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    # A header of the case may contain the key; the header of the contract is then left out.
    has_own_key = "$key" in spec.headers.values()
    shown = "" if key is None else f"${key.name}" if key.name else key.value
    if key is not None and not has_own_key:
        # With an empty key only the scheme remains: header values end without spaces (RFC 9110 section 5.5).
        value = f"{spec.scheme} {shown}".rstrip() if spec.scheme else shown
        headers.append((target.provider.auth_header, value))
    if body and spec.content_type:
        headers.append(("Content-Type", spec.content_type))
    if spec.framing == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
    headers += [*target.headers.items(), *_case_headers(spec, target)]
    headers = [(name, shown if value == "$key" else value) for name, value in headers]
    for means, setting in ((f"cell-{spec.cell}", spec.cell), ("clock", spec.clock), ("one-slot", spec.slots)):
        if setting and means in target.controls:
            name, template = target.controls[means]
            headers.append((name, template.format(setting)))
    return tuple(headers)
