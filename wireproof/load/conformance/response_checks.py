"""The checks of the suites that judge the responses of a load run.

Such a check holds for every response of its kind and for any request, and needs one exchange alone. A check of several
exchanges gets the one as all of them. Its verdict on a
stream does not change if chunks that differ in their texts alone are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from wireproof.judging.check import Check, registry
from wireproof.judging.suite_loader import load_file

# The files of these checks; a run starts sooner because no others are read.
RESPONSE_CHECK_FILES = (
    "chat/test_framing",
    "chat/test_response",
    "chat/test_stream",
    "chat/test_stream_finish",
    "chat/test_stream_usage",
    "embeddings/test_vectors",
    "errors/test_body",
    "headers/test_agreement",
    "limits/test_clients",
    "limits/test_headers",
    "limits/test_readable",
    "limits/test_waiting",
    "models/test_list",
    "responses/test_agreement",
    "responses/test_events",
    "responses/test_failure",
    "responses/test_response",
    "schema/test_shapes",
    "wire/test_body",
    "wire/test_http",
)
STREAM_FRAME_CHECKS = (
    "stream.utf-8",
    "stream.blank-line",
    "stream.fields",
    "stream.data",
    "stream.json",
    "schema.chunks",
)
STREAM_CHECKS: Mapping[str, tuple[str, ...]] = {
    "chat": (
        "stream.no-error", "stream.done", "stream.nothing-after-done", "stream.one-id", "stream.one-created",
        "stream.one-model", "stream.created", "stream.model", "stream.indexes", "stream.finish",
        "stream.finish-known", "stream.finish-null", "stream.no-text-after-finish", "stream.finish-last",
        "stream.usage-sum",
    ),
    "responses": (
        "responses.opens", "responses.ends", "responses.ends-once", "responses.not-failed", "responses.names",
        "responses.sequence", "responses.order", "responses.deltas", "responses.item-ids", "responses.final-text",
        "responses.one-id", "responses.one-created", "responses.one-model",
    ),
}  # fmt: skip
# Further checks of a chat stream, for requests with token counts and without.
STREAM_USAGE_CHECKS, STREAM_NO_USAGE_CHECKS = (
    ("stream.usage", "stream.usage-last"),
    ("stream.no-usage", "stream.has-choices"),
)
BODY_CHECKS = ("wire.json", "wire.utf-8", "wire.status-body")
ANSWER_CHECKS: Mapping[str, tuple[str, ...]] = {
    "chat": ("chat.answers", "chat.created", "chat.model", "chat.usage-sum"),
    "responses": ("responses.created", "responses.model", "responses.usage-sum"),
    "embeddings": ("embeddings.one-vector-each", "embeddings.indexes", "embeddings.equal-lengths"),
    "models": ("models.lists", "models.unique-ids"),
}
REFUSAL_CHECKS = (
    *BODY_CHECKS, "schema.error", "wire.no-server-error", "errors.no-internals", "headers.once", "limits.readable",
    "limits.limit-header", "limits.remaining-header", "limits.reset-header", "limits.retry-after-ms",
    "limits.wait-is-heeded",
)  # fmt: skip
# Further checks of a refusal for too many requests.
THROTTLED_CHECKS = (
    "limits.retry-after", "limits.retry-after-if-sent", "limits.none-left", "limits.limited-headers-agree",
)  # fmt: skip


def checks_of_stream(endpoint: str, body: Any) -> tuple[Check, ...]:
    """The checks of a streamed response to a request with this body."""
    names = (*STREAM_FRAME_CHECKS, *STREAM_CHECKS.get(endpoint, ()))
    if endpoint == "chat":
        options = body.get("stream_options") if isinstance(body, dict) else None
        names += (
            STREAM_USAGE_CHECKS
            if isinstance(options, dict) and options.get("include_usage")
            else STREAM_NO_USAGE_CHECKS
        )
    return find_checks(names)


def checks_of_answer(endpoint: str) -> tuple[Check, ...]:
    """The checks of a response that is not streamed."""
    return find_checks((*BODY_CHECKS, "schema.conforms", *ANSWER_CHECKS.get(endpoint, ())))


def checks_of_refusal(status: int) -> tuple[Check, ...]:
    """The checks of a refusal with this status."""
    return find_checks((*REFUSAL_CHECKS, *(THROTTLED_CHECKS if status == HTTPStatus.TOO_MANY_REQUESTS else ())))


def find_checks(names: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks of these ids."""
    _load_check_files()
    return tuple(registry[name] for name in names)


@cache
def _load_check_files() -> None:
    for file in RESPONSE_CHECK_FILES:
        load_file(file)
