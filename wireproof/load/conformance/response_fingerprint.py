"""The fingerprint of a response, without ids; that of a chat is also without time and texts.

No check of a load run distinguishes responses with the same fingerprint: an id must be the same throughout, a time
must be near, a text must be present. So one of them is judged, and the others get its judgement. A test proves this
for the faults of the bundled server, and the judge proves it for each response that it judges first.
"""

from __future__ import annotations

import re

from wireproof.load.request_record import ResponseBody

ID_MEMBER = re.compile(rb'"id":("[A-Za-z0-9_.-]{8,}")')
CREATED_MEMBER = re.compile(rb'"created":(\d{9,11})(?=[,}])')
# A text that is not empty; its escapes are those of JSON.
TEXT_MEMBER = re.compile(rb'"(content|obfuscation)":"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])+"')
MASKED_ID, MASKED_TEXT = b'"wireproof"', rb'"\1":"wireproof"'
MAX_CREATED_DISTANCE_S = 200


def without_ids_and_texts(body: bytes) -> bytes | None:
    """The body with its id and texts masked, which has the same judgement; None if it is not UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    match = ID_MEMBER.search(body)
    return TEXT_MEMBER.sub(MASKED_TEXT, body.replace(match[1], MASKED_ID) if match else body)


def without_time(body: bytes, now: float) -> bytes:
    """The body with its time masked if that is near `now`."""
    match = CREATED_MEMBER.search(body)
    if match is None or abs(int(match[1]) - now) > MAX_CREATED_DISTANCE_S:
        return body
    return body.replace(match[0], b'"created":0')


def refusal_without_id(answer: ResponseBody) -> bytes:
    """The status, the headers and the body of a refusal, with the value of each header of an id masked."""
    ids = [value for name, value in answer.headers if name.lower().endswith(b"id")]
    headers = b"\n".join(name + b": " + (b"" if value in ids else value) for name, value in answer.headers)
    body = answer.body
    for value in ids:
        body = body.replace(value, MASKED_ID) if value else body
    return b"%d\n%s\n\n%s" % (answer.status, headers, body)
