"""Refusals: their causes, as the contract names them, and their envelopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.protocol.scripted_answers import ScriptedError
from wireproof.mock.provider.profile import Profile, RefusalRow

# Cause that no contract names → the cause whose row is used instead.
NEAREST_CAUSES: Mapping[str, str] = {
    "tier-locked-model": "unknown-model",
    "wrong-content-type": "malformed-json",
    "bad-request": "malformed-json",
    "quota-exhausted": "rate-limited",
    "wrong-model-kind": "unknown-model",
    "unknown-field": "out-of-range",
    "context-exceeded": "out-of-range",
    "unreadable-file": "out-of-range",
    "both-inputs": "out-of-range",
}
DEFAULT_REFUSAL_ROWS: Mapping[str, RefusalRow] = {
    "too-large": RefusalRow(413, "request_too_large", None),
    "headers-too-large": RefusalRow(431, "headers_too_large", None),
    "unknown-path": RefusalRow(404, "not_found", None),
    "unknown-fault": RefusalRow(400, "unknown_fault", None),
    "bad-control": RefusalRow(400, "bad_control", None),
    "unavailable": RefusalRow(503, "service_unavailable", "server_error"),
    "upstream-failed": RefusalRow(502, "upstream_error", "server_error"),
    "misconfigured": RefusalRow(500, "configuration_error", "server_error"),
    "server-failed": RefusalRow(500, "server_error", "server_error"),
    "internal": RefusalRow(500, "internal_error", "server_error"),
}


class RequestRefused(Exception):
    """A request that is not served, with the cause."""

    def __init__(self, cause: str, message: str, *, param: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.cause, self.message, self.param, self.status = cause, message, param, status
        self.headers: tuple[tuple[str, str], ...] = ()
        self.scripted: ScriptedError | None = None
        self.delay_s = 0.0


def scripted_refusal(error: ScriptedError, delay_s: float) -> RequestRefused:
    """Returns the refusal that a script demands; its code and type are those of the script."""
    refusal = RequestRefused("scripted", error.message, status=error.status)
    refusal.headers, refusal.scripted, refusal.delay_s = error.headers, error, delay_s
    return refusal


def find_refusal_row(profile: Profile | None, cause: str) -> RefusalRow:
    """Returns the profile's row for a cause, or for the cause nearest to it, or the default row."""
    rows = profile.refusals if profile else {}
    row = rows.get(cause) or rows.get(NEAREST_CAUSES.get(cause, ""))
    return row or DEFAULT_REFUSAL_ROWS.get(cause) or RefusalRow(400, None, None)


def openai_envelope(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def typed_envelope(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


ERROR_ENVELOPES: Mapping[str, Callable[[str, str, str | None, str | None], dict[str, Any]]] = {
    "openai": openai_envelope,
    "typed": typed_envelope,
}


def render_refusal(profile: Profile | None, refusal: RequestRefused) -> PlainAnswer:
    """Returns the refusal as an error answer of the profile."""
    row = find_refusal_row(profile, refusal.cause)
    status = refusal.status or row.status
    kind = row.type or ("server_error" if status >= 500 else "invalid_request_error")
    code = row.code
    if refusal.scripted is not None:
        kind, code = refusal.scripted.type or kind, refusal.scripted.code
    envelope = ERROR_ENVELOPES[profile.envelope if profile else "openai"]
    body = envelope(refusal.message, kind, refusal.param, code)
    return PlainAnswer(status, body, refusal.headers, delay_s=refusal.delay_s)
