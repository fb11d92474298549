"""The permissions and the form of the ids in the list of models."""

from __future__ import annotations

import re

from wireproof import expect
from wireproof.check import Exchange, NotOffered, Provider, check, json_pointer

PERMISSION = re.compile(r"modelperm-[0-9a-f]{32}")
OWNER_AND_NAME = re.compile(r"[^/\s]+/\S+")


@check("models.permission-id")
def test_permission_id(exchange: Exchange, provider: Provider) -> None:
    """The id of a permission is modelperm- and 32 hexadecimal digits."""
    place = f"{provider.list_items}/*/permission/*/id"
    for at, id in json_pointer.find(expect.answer(exchange), place):
        # An id of another type is judged by schema.conforms.
        fits = not isinstance(id, str) or PERMISSION.fullmatch(id) is not None
        expect.condition(fits, "modelperm- and 32 hexadecimal digits", id, at=at)


@check("models.owner-in-id")
def test_owner_in_id(exchange: Exchange, provider: Provider) -> None:
    """Each id of the list is an owner, a slash and a name, if all documented ids have that form."""
    if not all(OWNER_AND_NAME.fullmatch(id) for id in provider.documented_models):
        raise NotOffered("the ids of the document have another form")
    for at, id in json_pointer.find(expect.answer(exchange), f"{provider.list_items}/*{provider.list_id}"):
        expect.condition(
            isinstance(id, str) and bool(OWNER_AND_NAME.fullmatch(id)), "an owner, a slash and a name", id, at=at
        )
