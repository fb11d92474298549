"""Regions: each answer names the region that served it."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check

REGIONS = ("eu-west", "us-east")


@check("acme.region")
def test_region(exchange: Exchange) -> None:
    """A chat answer names one of the regions in its member region."""
    region = expect.member(expect.answer(exchange), "/region", str)
    expect.condition(region in REGIONS, f"one of {', '.join(REGIONS)}", region, at="/region")
