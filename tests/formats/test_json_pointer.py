"""JSON Pointers: the examples of RFC 6901, the star, and edits that do not change the original."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.formats import json_pointer

# RFC 6901, section 5.
DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~*01-", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param("", DOCUMENT, id="the-whole"),
        pytest.param("/foo", ["bar", "baz"], id="a-member"),
        pytest.param("/foo/0", "bar", id="an-element"),
        pytest.param("/", 0, id="an-empty-name"),
        pytest.param("/a~1b", 1, id="an-escaped-slash"),
        pytest.param("/c%d", 2, id="percent"),
        pytest.param("/e^f", 3, id="caret"),
        pytest.param("/g|h", 4, id="bar"),
        pytest.param("/i\\j", 5, id="backslash"),
        pytest.param('/k"l', 6, id="quote"),
        pytest.param("/ ", 7, id="space"),
        pytest.param("/m~0n", 8, id="an-escaped-tilde"),
    ],
)
def test_the_examples_of_the_rfc_are_resolved(place: str, value: Any) -> None:
    assert json_pointer.get(DOCUMENT, place) == value


def test_an_escaped_tilde_before_a_one_is_no_slash() -> None:
    assert json_pointer.parts("/~01") == ("~1",)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("/nothing", id="no-such-member"),
        pytest.param("/foo/2", id="behind-the-end"),
        pytest.param("/foo/-", id="the-element-after-the-last"),
        pytest.param("/foo/-1", id="counted-from-the-end"),
        pytest.param("/foo/01", id="a-leading-zero"),
        pytest.param("/foo/²", id="a-digit-that-is-no-number"),
        pytest.param("/foo/٠", id="digits-of-another-script"),
        pytest.param("/foo/bar", id="a-name-in-a-list"),
        pytest.param("/foo/0/0", id="inside-a-text"),
    ],
)
def test_a_pointer_without_a_value_raises_missing(place: str) -> None:
    with pytest.raises(json_pointer.Missing):
        json_pointer.get(DOCUMENT, place)
    assert list(json_pointer.find(DOCUMENT, place)) == []


def test_a_star_finds_every_element_and_every_member() -> None:
    document = {"choices": [{"index": 0}, {"other": 1}, {"index": 2}], "by": {"x": {"index": 3}}}
    assert list(json_pointer.find(document, "/choices/*/index")) == [("/choices/0/index", 0), ("/choices/2/index", 2)]
    assert list(json_pointer.find(document, "/by/*/index")) == [("/by/x/index", 3)]
    assert list(json_pointer.find(document, "/choices/0/index/*")) == []


@pytest.mark.parametrize(
    ("place", "found", "covered"),
    [
        pytest.param("/usage", "/usage", True, id="the-same"),
        pytest.param("/usage", "/usage/total_tokens", True, id="below"),
        pytest.param("/usage/total_tokens", "/usage", False, id="above"),
        pytest.param("/usage", "/usage2", False, id="a-longer-name"),
        pytest.param("/choices/*/index", "/choices/7/index", True, id="a-star"),
        pytest.param("/choices/*", "/choices", False, id="a-star-needs-an-element"),
        pytest.param("", "/anything", True, id="the-whole"),
    ],
)
def test_a_pattern_matches_a_place_and_its_descendants(place: str, found: str, covered: bool) -> None:
    assert json_pointer.matches(place, found) is covered


@pytest.mark.parametrize(
    ("place", "value", "result"),
    [
        pytest.param("/a", 2, {"a": 2, "l": [1]}, id="a-member"),
        pytest.param("/b", 2, {"a": 1, "l": [1], "b": 2}, id="a-new-member"),
        pytest.param("/b/c", 2, {"a": 1, "l": [1], "b": {"c": 2}}, id="a-new-object-on-the-way"),
        pytest.param("/l/0", 2, {"a": 1, "l": [2]}, id="an-element"),
        pytest.param("/l/-", 2, {"a": 1, "l": [1, 2]}, id="one-element-more"),
        pytest.param("", 2, 2, id="the-whole"),
    ],
)
def test_an_edit_returns_a_changed_copy(place: str, value: Any, result: Any) -> None:
    assert json_pointer.edit({"a": 1, "l": [1]}, place, value) == result


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("/a/b", id="inside-a-number"),
        pytest.param("/l/1", id="behind-the-end"),
        pytest.param("/l/-1", id="counted-from-the-end"),
        pytest.param("/l/x", id="a-name-in-a-list"),
        pytest.param("/l/-/x", id="inside-an-element-that-is-not-there"),
    ],
)
def test_an_edit_that_does_not_apply_raises_missing(place: str) -> None:
    with pytest.raises(json_pointer.Missing):
        json_pointer.edit({"a": 1, "l": [1]}, place, 2)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("", id="the-whole"),
        pytest.param("/b", id="no-such-member"),
        pytest.param("/b/c", id="inside-nothing"),
        pytest.param("/l/1", id="behind-the-end"),
        pytest.param("/a/b", id="inside-a-number"),
    ],
)
def test_dropping_an_absent_value_raises_missing(place: str) -> None:
    with pytest.raises(json_pointer.Missing):
        json_pointer.drop({"": 0, "a": 1, "l": [1]}, place)


def places(document: Any) -> list[str]:
    """Every pointer into a document."""
    found, depth = [""], [("", document)]
    while depth:
        at, value = depth.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        below = [(at + json_pointer.join(name), inner) for name, inner in members]
        found += [place for place, _ in below]
        depth += below
    return found


@given(documents, st.data())
def test_a_value_that_is_set_can_be_read_and_the_original_is_unchanged(document: Any, data: st.DataObject) -> None:
    place, before = data.draw(st.sampled_from(places(document))), copy.deepcopy(document)
    assert json_pointer.get(json_pointer.edit(document, place, "new"), place) == "new"
    assert document == before


@given(documents, st.data())
def test_a_dropped_value_is_absent_and_the_original_is_unchanged(document: Any, data: st.DataObject) -> None:
    place, before = data.draw(st.sampled_from(places([document])[1:])), copy.deepcopy(document)
    shorter = json_pointer.drop([document], place)
    assert len(places(shorter)) < len(places([document]))
    assert document == before


@given(st.lists(st.text(max_size=5), max_size=4))
def test_parts_reverses_join(tokens: list[str]) -> None:
    assert json_pointer.parts(json_pointer.join(*tokens)) == tuple(tokens)
