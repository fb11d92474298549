"""Content codings: round trips, incomplete bodies and the header that selects a coding."""

from __future__ import annotations

import gzip
import zlib

import pytest

from wireproof.formats.content_coding import CODINGS, NotCoded, find_coding

TEXT = b'{"object": "list"}' * 9


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_cut_anywhere_decodes_to_the_original(name: str) -> None:
    coding = CODINGS[name]
    whole = coding.compress(TEXT)
    for cut in range(len(whole) + 1):
        found = coding.decode((whole[:cut], whole[cut:]))
        assert (b"".join(found.parts), found.whole) == (TEXT, True)
        assert coding.decode((whole[:cut],)).whole is (cut == len(whole))


@pytest.mark.parametrize("name", CODINGS)
def test_trailing_bytes_make_a_body_incomplete(name: str) -> None:
    coding = CODINGS[name]
    for parts in ([coding.compress(TEXT) + b"x"], [coding.compress(TEXT), b"x"]):
        found = coding.decode(parts)
        assert (b"".join(found.parts), found.whole) == (TEXT, False)


@pytest.mark.parametrize("name", CODINGS)
def test_stored_parts_can_be_decoded_one_by_one(name: str) -> None:
    coding, parts = CODINGS[name], (TEXT, b"", b"end")
    stored = coding.store(parts)
    assert coding.decode(stored[:1]).parts == (TEXT,)
    found = coding.decode(stored)
    assert (found.parts, found.whole) == (parts, True)


@pytest.mark.parametrize("name", CODINGS)
def test_bytes_without_the_coding_raise_not_coded(name: str) -> None:
    with pytest.raises(NotCoded):
        CODINGS[name].decode([TEXT])


def test_gzip_and_zlib_decompress_the_output() -> None:
    assert gzip.decompress(CODINGS["gzip"].compress(TEXT)) == TEXT
    assert zlib.decompress(CODINGS["deflate"].compress(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("header", "name"),
    [(" GZIP ", "gzip"), ("deflate", "deflate"), (None, None), ("", None), ("identity", None), ("br", None)],
)
def test_a_header_names_its_coding(header: str | None, name: str | None) -> None:
    assert find_coding(header) is (CODINGS[name] if name else None)
