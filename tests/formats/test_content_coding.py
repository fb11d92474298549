"""Bodies in a content coding are written and read by one table."""

from __future__ import annotations

import gzip
import zlib

import pytest

from wireproof.formats.content_coding import CODINGS, NotCoded, find_coding

TEXT = b'{"object": "list"}' * 9


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_is_read_as_it_was_written_however_it_is_cut(name: str) -> None:
    coding = CODINGS[name]
    whole = coding.compress(TEXT)
    for cut in range(len(whole) + 1):
        found = coding.decode((whole[:cut], whole[cut:]))
        assert (b"".join(found.parts), found.whole) == (TEXT, True)
        assert coding.decode((whole[:cut],)).whole is (cut == len(whole))


@pytest.mark.parametrize("name", CODINGS)
def test_what_stands_behind_a_body_makes_it_no_whole_one(name: str) -> None:
    coding = CODINGS[name]
    for parts in ([coding.compress(TEXT) + b"x"], [coding.compress(TEXT), b"x"]):
        found = coding.decode(parts)
        assert (b"".join(found.parts), found.whole) == (TEXT, False)


@pytest.mark.parametrize("name", CODINGS)
def test_parts_that_are_stored_can_each_be_read_when_they_have_come(name: str) -> None:
    coding, parts = CODINGS[name], (TEXT, b"", b"end")
    stored = coding.store(parts)
    assert coding.decode(stored[:1]).parts == (TEXT,)
    found = coding.decode(stored)
    assert (found.parts, found.whole) == (parts, True)


@pytest.mark.parametrize("name", CODINGS)
def test_bytes_in_no_coding_are_refused(name: str) -> None:
    with pytest.raises(NotCoded):
        CODINGS[name].decode([TEXT])


def test_gzip_and_deflate_are_what_others_take_them_for() -> None:
    assert gzip.decompress(CODINGS["gzip"].compress(TEXT)) == TEXT
    assert zlib.decompress(CODINGS["deflate"].compress(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("header", "name"),
    [(" GZIP ", "gzip"), ("deflate", "deflate"), (None, None), ("", None), ("identity", None), ("br", None)],
)
def test_a_header_names_its_coding(header: str | None, name: str | None) -> None:
    assert find_coding(header) is (CODINGS[name] if name else None)
