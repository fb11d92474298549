"""A response and its items agree: status, ids, and the end of the last item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check

END_EVENTS = ("response.completed", "response.incomplete", "response.failed")
# Items that the token cap can cut.
GENERATED_ITEMS = ("message", "function_call")


def finished_response(exchange: Exchange) -> Mapping[str, Any]:
    """The finished response, of a stream that of its last event. Raises Inconclusive if there is none."""
    expect.success(exchange)
    if not expect.is_stream(exchange):
        found: Any = expect.answer(exchange)
    else:
        values = [value for _, kind, value in expect.events(exchange) if kind in END_EVENTS]
        found = values[-1].get("response") if values else None
    if not isinstance(found, dict) or not isinstance(found.get("output"), list):
        raise Inconclusive("there is no whole response")
    return found


def items_with_place(response: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The items of the output with their places."""
    return [(f"/output/{at}", item) for at, item in enumerate(response["output"]) if isinstance(item, dict)]


@check("responses.items-agree", every_request=True)
def test_items_agree(exchange: Exchange) -> None:
    """The items of a completed response are completed, and the item in which the token cap ended a response is not."""
    response = finished_response(exchange)
    items, status = items_with_place(response), response.get("status")
    if status == "completed":
        for at, item in items:
            found = item.get("status") or status
            expect.condition(found == status, "completed, as the response", found, where=f"{at}/status")
        return
    reason = expect.object_in(response.get("incomplete_details")).get("reason")
    if status != "incomplete" or reason != "max_output_tokens" or not items:
        return
    at, last = items[-1]
    is_told = last.get("type") not in GENERATED_ITEMS or last.get("status") != "completed"
    expect.condition(is_told, "incomplete, as the response", last.get("status"), where=f"{at}/status")


@check("responses.own-item-ids", every_request=True)
def test_own_item_ids(exchange: Exchange) -> None:
    """The items of a response have ids of their own, and so have its calls."""
    items = items_with_place(finished_response(exchange))
    for name in ("id", "call_id"):
        ids = [item[name] for _, item in items if isinstance(item.get(name), str)]
        expect.condition(
            len(set(ids)) == len(ids), f"an {name} of its own for each item", ids, where=f"/output/*/{name}"
        )
