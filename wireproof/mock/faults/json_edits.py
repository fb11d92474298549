"""Edits of one value: at a JSON Pointer, by a named operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wireproof.formats import json_pointer

Edit = Callable[[Any], Any]


def edit_at(place: str, change: Edit) -> Edit:
    """An edit of every value that a pointer names; a value without the place stays as it is."""

    def edit_value(value: Any) -> Any:
        for found, given in list(json_pointer.find(value, place)):
            value = json_pointer.edit(value, found, change(given))
        return value

    return edit_value


def drop_at(place: str) -> Edit:
    """An edit that leaves out every member a pointer names, the last first."""

    def edit_value(value: Any) -> Any:
        for found, _ in reversed(list(json_pointer.find(value, place))):
            value = json_pointer.drop(value, found)
        return value

    return edit_value


def set_at(place: str, new: Any) -> Edit:
    """An edit that sets a member, there before or not, where its parent stands."""
    parent, _, name = place.rpartition("/")

    def edit_value(value: Any) -> Any:
        for found, given in list(json_pointer.find(value, parent)) if parent else [("", value)]:
            if isinstance(given, dict | list):
                value = json_pointer.edit(value, f"{found}/{name}", new)
        return value

    return edit_at(place, lambda given: new) if name in ("*", "0") else edit_value


def set_if_missing_at(place: str, new: Any) -> Edit:
    """An edit that sets a member where its parent stands without it, or with null."""
    parent, _, name = place.rpartition("/")
    (key,) = json_pointer.parts(f"/{name}")

    def edit_value(value: Any) -> Any:
        for found, given in list(json_pointer.find(value, parent)):
            if isinstance(given, dict) and given.get(key) is None and name != "*":
                value = json_pointer.edit(value, f"{found}/{name}", new)
        return value

    return edit_value


def rename_at(place: str, name: str) -> Edit:
    """An edit that moves a member to another name beside it."""

    def edit_value(value: Any) -> Any:
        for found, given in list(json_pointer.find(value, place)):
            value = json_pointer.edit(json_pointer.drop(value, found), f"{found.rpartition('/')[0]}/{name}", given)
        return value

    return edit_value


def add_at(place: str, more: int) -> Edit:
    return edit_at(place, lambda given: given + more if isinstance(given, int) else given)


def change_type(value: Any) -> Any:
    """The value as another JSON type: numbers and flags as text, text as a number, lists as objects."""
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return {str: 7, list: {}, dict: [], type(None): "null"}[type(value)]


def other_value(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}-other" if isinstance(value, str) else value


def make_negative(value: Any) -> Any:
    return -abs(value) - 1 if isinstance(value, int | float) and not isinstance(value, bool) else value


def make_empty(value: Any) -> Any:
    return type(value)() if isinstance(value, str | list | dict) else value


# A value of a shape that no member has.
LIST_OF_LISTS = [[[["alien"]]]]
EDITS_BY_OPERATION: Mapping[str, Callable[[str], Edit]] = {
    "drop": drop_at,
    "null": lambda place: set_at(place, None),
    "retype": lambda place: edit_at(place, change_type),
    "other": lambda place: edit_at(place, other_value),
    "negative": lambda place: edit_at(place, make_negative),
    "empty": lambda place: edit_at(place, make_empty),
    "alien": lambda place: set_if_missing_at(place, LIST_OF_LISTS),
}


def combine_edits(edits: list[Edit]) -> Edit:
    """All the edits, one after another."""

    def edit_value(value: Any) -> Any:
        for edit in edits:
            value = edit(value)
        return value

    return edit_value
