"""Edits of one JSON value: at a JSON Pointer, by a named operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wireproof.formats import json_pointer

Edit = Callable[[Any], Any]


def edit_at(place: str, change: Edit) -> Edit:
    """Returns an edit of every value that a pointer names; values without the place stay unchanged."""

    def edit_value(value: Any) -> Any:
        for pointer, current in list(json_pointer.find(value, place)):
            value = json_pointer.edit(value, pointer, change(current))
        return value

    return edit_value


def drop_at(place: str) -> Edit:
    """Returns an edit that drops every member a pointer names, from the last to the first."""

    def edit_value(value: Any) -> Any:
        for pointer, _ in reversed(list(json_pointer.find(value, place))):
            value = json_pointer.drop(value, pointer)
        return value

    return edit_value


def set_at(place: str, new: Any) -> Edit:
    """Returns an edit that sets a member, present or not, if its parent is present."""
    parent, _, name = place.rpartition("/")

    def edit_value(value: Any) -> Any:
        for pointer, container in list(json_pointer.find(value, parent)) if parent else [("", value)]:
            if isinstance(container, dict | list):
                value = json_pointer.edit(value, f"{pointer}/{name}", new)
        return value

    return edit_at(place, lambda current: new) if name in ("*", "0") else edit_value


def set_if_missing_at(place: str, new: Any) -> Edit:
    """Returns an edit that sets a member if its parent is present and the member is missing or null."""
    parent, _, name = place.rpartition("/")
    (key,) = json_pointer.parts(f"/{name}")

    def edit_value(value: Any) -> Any:
        for pointer, container in list(json_pointer.find(value, parent)):
            if isinstance(container, dict) and container.get(key) is None and name != "*":
                value = json_pointer.edit(value, f"{pointer}/{name}", new)
        return value

    return edit_value


def rename_at(place: str, name: str) -> Edit:
    """Returns an edit that gives a member another name."""

    def edit_value(value: Any) -> Any:
        for pointer, current in list(json_pointer.find(value, place)):
            value = json_pointer.edit(
                json_pointer.drop(value, pointer), f"{pointer.rpartition('/')[0]}/{name}", current
            )
        return value

    return edit_value


def add_at(place: str, more: int) -> Edit:
    return edit_at(place, lambda current: current + more if isinstance(current, int) else current)


def change_type(value: Any) -> Any:
    """Returns the value as another JSON type: numbers and flags as text, text as a number, lists as objects."""
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return {str: 7, list: {}, dict: [], type(None): "null"}[type(value)]


def other_value(value: Any) -> Any:
    """Returns another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}-other" if isinstance(value, str) else value


def make_negative(value: Any) -> Any:
    return -abs(value) - 1 if isinstance(value, int | float) and not isinstance(value, bool) else value


def make_empty(value: Any) -> Any:
    return type(value)() if isinstance(value, str | list | dict) else value


# A value of a shape that no documented member has.
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
    """Returns one edit that applies all edits in order."""

    def edit_value(value: Any) -> Any:
        for edit in edits:
            value = edit(value)
        return value

    return edit_value
