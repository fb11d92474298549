"""What two chat answers have in common that differ in their ids, their time and their texts alone.

No rule that rides on the answers of a load run tells such answers apart: an id has to be the same throughout, a time
has to be near, a text has to be there. So one of them is judged, and the others are as it was; a test holds that over
the faults of the bundled server, and the judge tries it on each answer that it judges first.
"""

from __future__ import annotations

import re

ID_MEMBER = re.compile(rb'"id":("[A-Za-z0-9_.-]{8,}")')
CREATED_MEMBER = re.compile(rb'"created":(\d{9,11})(?=[,}])')
# A text of some length; an escape in it is one that JSON knows.
TEXT_MEMBER = re.compile(rb'"(content|obfuscation)":"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])+"')
MASKED_ID, MASKED_TEXT = b'"wireproof"', rb'"\1":"wireproof"'
MAX_CREATED_DISTANCE_S = 200


def without_ids_and_texts(body: bytes) -> bytes | None:
    """The body with another id and other texts, which is judged alike; None where it is no text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    found = ID_MEMBER.search(body)
    return TEXT_MEMBER.sub(MASKED_TEXT, body.replace(found[1], MASKED_ID) if found else body)


def without_time(body: bytes, now: float) -> bytes:
    """The body without its time, where that is about now."""
    found = CREATED_MEMBER.search(body)
    if found is None or abs(int(found[1]) - now) > MAX_CREATED_DISTANCE_S:
        return body
    return body.replace(found[0], b'"created":0')
