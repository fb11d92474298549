"""The cells behind a provider: the number that is up, and the refusals of a cell that has failed."""

from __future__ import annotations

from collections.abc import Mapping

from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.refusals import RequestRefused

ENDPOINTS_WITHOUT_CELL = frozenset(
    {
        "models", "model", "health",
        "response", "response-delete", "response-cancel", "response-items",
        "chats-stored", "chat-stored", "chat-update", "chat-delete", "chat-messages",
    }
)  # fmt: skip
# State of a cell → the cause for which its requests are refused, and the message.
REFUSALS_BY_CELL_STATE: Mapping[str, tuple[str, str]] = {
    "down": ("unavailable", "No cell is available to serve this request."),
    "failing": ("upstream-failed", "The provider of this model failed on this request."),
    "misconfigured": ("misconfigured", "The provider of this model is not configured."),
    "crashed": ("server-failed", "The server failed on this request."),
}
# The answer of a proxy to an account whose earlier request killed the server.
BAD_GATEWAY_ANSWER = PlainAnswer(502, b"Bad Gateway", (("Content-Type", "text/plain"),))


def cells_up(cells: int, state: str) -> int:
    """Returns the number of these cells that are up, given the state of one."""
    if state == "down":
        return 0
    return cells - 1 if state == "one-down" and cells > 1 else cells


def refuse_by_cell_state(endpoint: str, up: int, state: str) -> None:
    """Raises RequestRefused if the request needs a cell and none is up, or its own has failed."""
    state = state if up else "down"
    if endpoint not in ENDPOINTS_WITHOUT_CELL and state in REFUSALS_BY_CELL_STATE:
        raise RequestRefused(*REFUSALS_BY_CELL_STATE[state])
