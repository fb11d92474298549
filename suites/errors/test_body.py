"""The body of a refusal: what it must contain, and what it must not reveal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Case, Exchange, Inconclusive, NotJson, Provider, Untestable, Violation, check

MACHINE_WORD = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
ERROR_MEMBERS = ("message", "type", "param", "code")
# Each of these reveals code, storage or structure of the server rather than the client's mistake. Each takes time
# in proportion to the text: no run of characters that it repeats can hold another start of it.
INTERNALS: Mapping[str, str] = {
    "an HTML page": r"<!doctype html|<html[\s>]|<body[\s>]",
    "a Python stack trace": r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+",
    "an error of the server's code": r"\b[A-Z]\w*(?:Error|Exception)\(",
    "a stack trace": r"^[^\S\n]+at [\w.$<>]+ ?\(.*:\d+(:\d+)?\)|goroutine \d+ \[|panic: runtime error",
    "a path of the server": (
        r"(?<![\w/.:-])/(?:usr|home|opt|srv|app|var|root|etc)/[\w./-]+"
        r"\.(?:py|js|ts|go|rs|rb|java|so|conf|ya?ml)\b|\b[A-Z]:\\\\?(?:\w+\\\\?)+\.(?:py|js|cs|dll)\b"
    ),
    "a database error": r"\bSQLSTATE\b|\bpsycopg\d?\.|\bsqlite3\.\w+Error|syntax error at or near|\bORA-\d{5}\b",
    "a table of a database": (
        r"\brelation \"?[\w.]+\"? does not exist|no such table|\btable '[\w.]+' doesn't exist"
        r"|\b\w[^\W_]*+_\w*+(?<=Table)|violates \w+ constraint|constraint failed: \w+\.\w+"
    ),
    "a statement of a database": r"(?-i:\bSELECT .{1,200} FROM |\bINSERT INTO |\bUPDATE \S+ SET |\bDELETE FROM )",
    "an address of a service behind it": (
        r"\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqp)://|\.svc\.cluster\.local\b"
        r"|\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}:\d{2,5}\b"
    ),
    "a key of the server": (
        r"\bAKIA[0-9A-Z]{16}\b|(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.|-----BEGIN [A-Z ]*PRIVATE KEY-----"
        r"|\bsk-(?:proj-|ant-)?[A-Za-z0-9]{24,}"
    ),
    "a hash of a secret": r"\$2[aby]\$\d\d\$|\$argon2(?:id?|d)\$|\bsha(?:1|256|512)[:$=][0-9a-f]{32,}",
}
# An object that a server prints inside another one, such as `'ctx': {'error': …}`, belongs to its details.
PRINTED_ERROR = re.compile(
    r"(?<!': )\{'(?:error|detail|message|object|id)': |\{\"error\": ?[{\"]|Error code: \d{3} - ", re.IGNORECASE
)
PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
    "array": (list,),
    "object": (dict,),
}


def refusal_body(exchange: Exchange) -> Any:
    """The JSON body of a refusal. Raises Inconclusive if the request was not refused."""
    if exchange.status is None or not 400 <= exchange.status < 500:
        raise Inconclusive("the request was not refused")
    return expect.json_body(exchange)


@check("errors.message-is-text")
def test_message_is_text(exchange: Exchange) -> None:
    """The message of an error, where it has one, is a text."""
    body = refusal_body(exchange)
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or error.get("message") is None:
        raise Inconclusive("the refusal has no object of an error with a message")
    expect.condition(isinstance(error["message"], str), "a text", error["message"], at="/error/message")


@check("errors.openai-envelope", every_request=True)
def test_openai_envelope(exchange: Exchange) -> None:
    """A refusal has an error object with the members message, type, param and code."""
    body = refusal_body(exchange)
    for name in ERROR_MEMBERS:
        expect.member(body, f"/error/{name}")


@check("errors.says-why", every_request=True)
def test_says_why(exchange: Exchange) -> None:
    """A refusal carries a message for a person, at /error/message, /message or /detail."""
    body = refusal_body(exchange)
    if not any(text.strip() for text in _error_messages(body)):
        has_error = isinstance(body, dict) and "error" in body
        actual, judged_by = expect.display_text(body), None if has_error else "schema.error"
        raise Violation("a message with at least one character", actual, where="body", judged_by=judged_by)


def _error_messages(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    inner = body.get("error")
    places = [inner, body.get("message"), body.get("detail")]
    if isinstance(inner, dict):
        places.append(inner.get("message"))
    yield from (place for place in places if isinstance(place, str))


@check("errors.names-the-field")
def test_names_the_field(exchange: Exchange, case: Case, provider: Provider) -> None:
    """A refusal of a missing or wrong member names that member."""
    refusal_body(exchange)
    wrong = tuple(_wrong_members(case.asks[-1].body, provider, case.endpoint))
    if not wrong:
        raise Untestable("the contract does not say which member is wrong")
    if not any(name in exchange.text for name in wrong):
        raise Violation(f"the name {' or '.join(wrong)}", expect.display_text(exchange.text), where="body")


def _wrong_members(body: Any, provider: Provider, endpoint: str) -> Iterator[str]:
    """Yields the members of a request that break the contract's rules."""
    fields = provider.fields(endpoint) if isinstance(body, dict) else {}
    for name, field in fields.items():
        if name not in body:
            if field.get("required"):
                yield name
        elif not _fits_field(body[name], field):
            yield name


def _fits_field(value: Any, field: Mapping[str, Any]) -> bool:
    named = field["type"] if isinstance(field["type"], list) else [field["type"]]
    kinds = tuple(kind for name in named for kind in PYTHON_TYPES[name])
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return False
    if isinstance(value, list):
        return bool(len(value) >= field.get("min_items", 0))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(field.get("minimum", value) <= value <= field.get("maximum", value))
    return True


@check("errors.machine-type", any_answer=True, every_request=True)
def test_machine_type(exchange: Exchange) -> None:
    """The type of an error is a word for a machine, without a blank in it."""
    if exchange.status is None or exchange.status < 400:
        raise Inconclusive("the request was not refused")
    found = expect.member(expect.json_body(exchange), "/error/type", str)
    expect.condition(
        MACHINE_WORD.fullmatch(found) is not None, "a word such as invalid_request_error", found, at="/error/type"
    )


@check("errors.no-internals", any_answer=True, every_request=True)
def test_no_internals(exchange: Exchange) -> None:
    """A refusal shows no HTML page, trace, path, code, table, address, key or hash of the server."""
    if exchange.status is None:
        raise Inconclusive("no answer came")
    text = "\n".join(_body_texts(exchange))
    # A refusal may repeat the request; auth.no-leak judges whether it repeats the key.
    sent = exchange.request.url + "".join(value for _, value in exchange.request.headers)
    for kind, pattern in INTERNALS.items():
        shown = re.finditer(pattern, text, re.IGNORECASE | re.MULTILINE)
        found = next((match[0].strip() for match in shown if match[0] not in sent), None)
        expect.condition(found is None, f"a body without {kind}", found, where="body")


@check("errors.no-printed-error", any_answer=True, every_request=True)
def test_no_printed_error(exchange: Exchange) -> None:
    """The message of a refusal is a sentence, not the printed error object of a library or of another server."""
    if exchange.status is None:
        raise Inconclusive("no answer came")
    found = PRINTED_ERROR.search("\n".join(_body_texts(exchange)))
    expect.condition(found is None, "a message without a printed error", found and found[0], where="body")


def _body_texts(exchange: Exchange) -> Iterator[str]:
    """Yields the decoded texts of a JSON body, or the body as text if it is not JSON."""
    try:
        pending = [exchange.json]
    except NotJson:
        yield exchange.text
        return
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            pending += [*value, *value.values()] if isinstance(value, dict) else value
