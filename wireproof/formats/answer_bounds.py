"""The bounds on what one answer may cost, each with its reason; what they cut off is marked as cut."""

from __future__ import annotations

# Enough for every response that the suites request, on the wire and decoded; the rest is not read.
MAX_BODY_BYTES = 16 * 1024 * 1024
# A few kilobytes of gzip hold megabytes. Long JSON and event streams shrink to a twentieth at most; a short body may
# shrink to any share, since it stays short.
MAX_DECODED_RATIO = 20
ALWAYS_DECODED_BYTES = 1024 * 1024
# A double has 309 digits before its point at most. Longer numbers cannot become floats, and Python prints no
# number of more than 4,300 digits, so that a sum of two read numbers may have no text.
MAX_NUMBER_DIGITS = 300
# Every client and database reads whole numbers up to this one exactly (RFC 8259 section 6); no answer has more tokens.
MAX_TOKEN_COUNT = 2**53 - 1


def max_decoded_bytes(coded: int) -> int:
    """The number of bytes that a coded body of this size is decoded to at most."""
    return min(MAX_BODY_BYTES, max(ALWAYS_DECODED_BYTES, coded * MAX_DECODED_RATIO))
