"""Refusals: the causes the contract names, and the envelopes that carry them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.profile import Profile, RefusalRow

# Causes that no contract names: the row that stands in, and the status where none does.
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
    """A request that is not served, for a named cause."""

    def __init__(self, cause: str, message: str, *, param: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.cause, self.message, self.param, self.status = cause, message, param, status
        self.headers: tuple[tuple[str, str], ...] = ()


def find_refusal_row(profile: Profile | None, cause: str) -> RefusalRow:
    """The profile's row for a cause, or that of the cause nearest to it."""
    rows = profile.refusals if profile else {}
    found = rows.get(cause) or rows.get(NEAREST_CAUSES.get(cause, ""))
    return found or DEFAULT_REFUSAL_ROWS.get(cause) or RefusalRow(400, None, None)


def openai_envelope(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def typed_envelope(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


ERROR_ENVELOPES: Mapping[str, Callable[[str, str, str | None, str | None], dict[str, Any]]] = {
    "openai": openai_envelope,
    "typed": typed_envelope,
}


def render_refusal(profile: Profile | None, refused: RequestRefused) -> PlainAnswer:
    """The refusal as the profile's error body."""
    row = find_refusal_row(profile, refused.cause)
    status = refused.status or row.status
    kind = row.type or ("server_error" if status >= 500 else "invalid_request_error")
    envelope = ERROR_ENVELOPES[profile.envelope if profile else "openai"]
    return PlainAnswer(status, envelope(refused.message, kind, refused.param, row.code), refused.headers)
