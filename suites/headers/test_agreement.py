"""The documented headers across answers: each once, and the same ones on every kind of answer."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Finding, Inconclusive, Provider, Violation, check

# Headers that only an answer of a model has: its provider, and the mark of an automated decision.
ROLES_OF_MODEL_ANSWERS = frozenset({"provider", "automated_decision"})


def documented_headers(provider: Provider) -> tuple[str, ...]:
    """The headers that the document names, for any kind of answer."""
    rate = provider.rate
    names = (*provider.response_headers.values(), rate.limit, rate.remaining, rate.reset, *rate.tokens.values())
    return tuple(name for name in names if name)


def headers_of_every_answer(provider: Provider) -> tuple[str, ...]:
    """The documented headers without those that only a model's answer has."""
    only = {name for role, name in provider.response_headers.items() if role in ROLES_OF_MODEL_ANSWERS}
    return tuple(name for name in documented_headers(provider) if name not in only)


def second_has_headers_of_first(names: tuple[str, ...], first: Exchange, second: Exchange) -> None:
    """Raises Violation for each of these headers that the first answer has and the second lacks."""
    missing = tuple(
        Finding("this header, as on the plain answer", "missing", f"header {name}")
        for name in names
        if first.header(name) is not None and second.header(name) is None
    )
    if missing:
        raise Violation.from_findings(missing)


@check("headers.once", any_answer=True, every_request=True)
def test_once(exchange: Exchange, provider: Provider) -> None:
    """A documented header stands once in the head of an answer."""
    expect.complete(exchange)
    for name in documented_headers(provider):
        values = exchange.header_values(name)
        expect.condition(len(values) < 2, f"{name} once", values, where=f"header {name}")


@check("headers.stream-as-plain")
def test_stream_as_plain(plain: Exchange, stream: Exchange, provider: Provider) -> None:
    """A stream has the documented headers that the plain answer to the same request has."""
    expect.success(plain)
    expect.success(stream)
    second_has_headers_of_first(documented_headers(provider), plain, stream)


@check("headers.refusal-as-answer", any_answer=True)
def test_refusal_as_answer(plain: Exchange, refused: Exchange, provider: Provider) -> None:
    """A refusal has the documented headers that an answer with the same key has, but for those of a model's answer."""
    if not plain.is_success or refused.status is None or refused.is_success:
        raise Inconclusive("there is no answer, or no refusal beside it")
    second_has_headers_of_first(headers_of_every_answer(provider), plain, refused)
