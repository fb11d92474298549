"""The padding that gives all events of a stream the same length."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check


@check("stream.no-padding", proves_obeyed=("stream_options.include_obfuscation",))
def test_no_padding(exchange: Exchange) -> None:
    """No event of a stream has padding where the request switches it off."""
    for place, value in expect.chunks(exchange):
        expect.condition(
            "obfuscation" not in value, "no padding", value.get("obfuscation"), where=place, at="/obfuscation"
        )
