"""Every body against the schema of its document."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Contract, Exchange, Finding, Inconclusive, Provider, SchemaView, Violation, check


def event_shape(contract: Contract, endpoint: str) -> SchemaView:
    """The schema of an event of a stream: a chunk of completions or a typed event of responses."""
    return contract.shape(f"{endpoint}.event") or expect.shape(contract, f"{endpoint}.chunk")


@check("schema.conforms")
def test_conforms(exchange: Exchange, contract: Contract) -> None:
    """The body of an answer has the shape that the document describes."""
    body = expect.answer(exchange)
    expect.conforms(body, expect.shape(contract, f"{exchange.endpoint}.response"))


@check("schema.chunks")
def test_chunks(exchange: Exchange, contract: Contract) -> None:
    """Every event of a stream has the shape that the document describes."""
    shape = event_shape(contract, exchange.endpoint)
    # A member that is wrong in every chunk is one finding, at the first chunk.
    first: dict[str | None, Finding] = {}
    for place, chunk in expect.chunks(exchange):
        for found in expect.findings_with_place(shape.findings(chunk), place):
            first.setdefault(found.pointer, found)
    if first:
        raise Violation.from_findings(tuple(first.values()))


@check("schema.typed")
def test_typed(exchange: Exchange, contract: Contract) -> None:
    """A described member that is there and not null has its type, and a described word, as typed clients parse it."""
    if expect.is_stream(exchange):
        shape = event_shape(contract, exchange.endpoint)
        bodies = [(place, chunk) for place, chunk in expect.chunks(exchange)]
    else:
        shape = expect.shape(contract, f"{exchange.endpoint}.response")
        bodies = [("", expect.answer(exchange))]
    for place, body in bodies:
        wrong = [found for found in shape.findings(body) if is_of_wrong_type(found)]
        if wrong:
            raise Violation.from_findings(expect.findings_with_place(wrong, place))


# Members that typed clients parse into an enumeration.
CLOSED_WORDS = ("role", "object")


def is_of_wrong_type(finding: Finding) -> bool:
    """True for a value of a wrong type, or a role or kind of object that is not described.

    Typed clients read null like a member that is absent, and a list of parts wherever they read a content.
    """
    member = (finding.pointer or "").rpartition("/")[2]
    if finding.actual in ("null", "missing") or (member == "content" and finding.actual.startswith("[")):
        return False
    return finding.expected.startswith("a value of type ") or member in CLOSED_WORDS


@check("schema.error-param")
def test_error_param(exchange: Exchange, provider: Provider) -> None:
    """The param of an error names a member of the request."""
    expect.client_error(exchange)
    param = expect.member(expect.json_body(exchange), "/error/param")
    fields = provider.requests[exchange.endpoint].fields
    named = isinstance(param, str) and param.partition(".")[0].partition("[")[0] in fields
    expect.condition(named, "the name of a member", param, at="/error/param")


@check("schema.error", any_answer=True, every_request=True)
def test_error(exchange: Exchange, contract: Contract) -> None:
    """The body of a refusal has the shape that the document describes."""
    if exchange.broken is not None or exchange.status is None or exchange.status < 400:
        raise Inconclusive("the request was not refused")
    body = expect.json_body(exchange)
    expect.conforms(body, expect.shape(contract, "error"))
