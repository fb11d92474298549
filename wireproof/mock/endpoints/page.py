"""A page of a list, as the query of its request asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.protocol.answers import PlainAnswer
from wireproof.mock.provider.body_validation import JsonObject, out_of_range

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 20, 100


def query_of(context: RequestContext) -> Mapping[str, str]:
    """The parameters in the query of a request; the last value of each counts."""
    return dict(parse_qsl(context.request.query, keep_blank_values=True))


def page_of(context: RequestContext, entries: Sequence[JsonObject], default_order: str) -> PlainAnswer:
    """Returns a page of the entries: at most `limit`, those after the id `after`, in `order`."""
    query = query_of(context)
    order = choice_in_query(query, "order", ("asc", "desc"), default_order)
    rest = list(entries if order == "asc" else reversed(entries))
    if "after" in query:
        ids = [entry["id"] for entry in rest]
        if query["after"] not in ids:
            raise out_of_range("after", f"Invalid 'after': the list has nothing of the id '{query['after']}'.")
        rest = rest[ids.index(query["after"]) + 1 :]
    limit = query.get("limit", str(DEFAULT_PAGE_SIZE))
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_PAGE_SIZE:
        raise out_of_range("limit", f"Invalid 'limit': expected a number from 1 to {MAX_PAGE_SIZE}.")
    page = rest[: int(limit)]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return PlainAnswer(200, {"object": "list", "data": page, **ends, "has_more": len(page) < len(rest)})


def choice_in_query(query: Mapping[str, str], name: str, choices: Sequence[str], default: str) -> str:
    """One of the choices for a parameter of the query; raises RequestRefused for another value."""
    value = query.get(name, default)
    if value not in choices:
        raise out_of_range(name, f"Invalid '{name}': expected one of {list(choices)}.")
    return value
