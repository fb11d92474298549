"""What two chat answers have in common that differ in their ids, their time and their texts alone.

No rule that rides on the answers of a load run tells such answers apart: an id has to be the same throughout, a time
has to be near, a text has to be there. So one of them is judged, and the others are as it was; a test holds that over
the faults of the bundled server, and the judge tries it on each answer that it judges first.
"""

from __future__ import annotations

import re

ID = re.compile(rb'"id":("[A-Za-z0-9_.-]{8,}")')
CREATED = re.compile(rb'"created":(\d{9,11})(?=[,}])')
# A text of some length; an escape in it is one that JSON knows.
TEXT = re.compile(rb'"(content|obfuscation)":"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])+"')
SAME_ID, SAME_TEXT = b'"wireproof"', rb'"\1":"wireproof"'
NEAR_S = 200


def masked(body: bytes) -> bytes | None:
    """The body with another id and other texts, which is judged alike; None where it is no text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    found = ID.search(body)
    return TEXT.sub(SAME_TEXT, body.replace(found[1], SAME_ID) if found else body)


def timeless(body: bytes, now: float) -> bytes:
    """The body without its time, where that is about now."""
    found = CREATED.search(body)
    if found is None or abs(int(found[1]) - now) > NEAR_S:
        return body
    return body.replace(found[0], b'"created":0')
