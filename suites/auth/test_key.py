"""The key: which keys are accepted, and what a refusal reveals of a key."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, NotOffered, Provider, Untestable, check

HASHES = ("md5", "sha1", "sha256", "sha512")
KEY_STATUSES = (401, 403)


@check("auth.accepted")
def test_accepted(exchange: Exchange, provider: Provider) -> None:
    """A request with a valid key is not refused on account of its key."""
    refused = provider.refusals["missing-key"].status + provider.refusals["bad-key"].status
    actual = f"{exchange.status} with {expect.display_text(exchange.text)}"
    expect.condition(exchange.status not in refused, "no refusal of the key", actual, where="status line")


@check("auth.cured")
def test_cured(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that is refused without a key succeeds when asked again with one."""
    without, with_one = exchanges
    expect.status(without, *provider.refusals["missing-key"].status)
    expect.success(with_one)


@check("auth.key-checked")
def test_key_checked(without: Exchange, wrong: Exchange) -> None:
    """A server that refuses a request without a key also refuses one with a key that was given to no client."""
    if without.is_success:
        raise Noted("the server answers without a key")
    actual = f"{wrong.status} with {expect.display_text(wrong.text)}"
    expect.condition(not wrong.is_success, "a refusal of the wrong key", actual, where="status line")


@check("auth.unprefixed-refused")
def test_unprefixed_refused(exchange: Exchange, provider: Provider) -> None:
    """A key without the promised prefix is refused as a bad key."""
    if not provider.key_prefix_promised:
        raise NotOffered("the document promises no prefix of keys")
    expect.refusal(exchange, provider.refusals["bad-key"], provider)


@check("auth.no-leak", any_answer=True, every_request=True)
def test_no_leak(exchange: Exchange, provider: Provider) -> None:
    """A refusal repeats neither the key it was sent, nor more than half of it in one piece, nor a hash of it."""
    sent = (exchange.request.header(provider.auth_header) or "").split(" ")[-1]
    if not sent or sent.startswith("$") or exchange.status is None:
        raise Untestable("this request carried no key that may be shown, or got no answer")
    lines = [value.decode("latin-1") for _, value in exchange.headers]
    for text in (exchange.text, *lines):
        for kind, trace in _key_traces(sent):
            actual = f"{kind} in {expect.display_text(text)}"
            expect.condition(
                trace.lower() not in text.lower(), "an answer without the key in it", actual, where="answer"
            )


def _key_traces(key: str) -> Iterator[tuple[str, str]]:
    """Yields the traces that reveal a key: the key, its pieces of more than half its length, its hashes."""
    size = len(key) // 2 + 1
    yield "the key", key
    yield from (("more than half of the key", key[start : start + size]) for start in range(len(key) - size + 1))
    for name in HASHES:
        digest = hashlib.new(name, key.encode(), usedforsecurity=False).digest()
        yield f"the {name} of the key", digest.hex()
        yield f"the {name} of the key", base64.b64encode(digest).rstrip(b"=").decode()


@check("auth.refused-alike")
def test_refused_alike(known: Exchange, unknown: Exchange, provider: Provider) -> None:
    """A key that is in use, or resembles one that is, is refused in the same words as an unknown key."""
    expect.client_error(unknown)
    expect.client_error(known)
    wanted, found = _refusal_words(unknown, provider), _refusal_words(known, provider)
    expect.condition(wanted == found, f"{wanted}, as for an unknown key", f"{found}", where="answer")


def _refusal_words(exchange: Exchange, provider: Provider) -> tuple[object, ...]:
    """The facts of a refusal: status, challenge, codes, and the words of its body that are not part of the key."""
    words = [word.strip("\"'.,:;()[]{}") for word in exchange.text.split()]
    plain = " ".join(word for word in words if re.fullmatch(r"[A-Za-z]+", word))
    codes = sorted(expect.codes(exchange, provider))
    return exchange.status, exchange.header("WWW-Authenticate"), codes, plain


@check("auth.challenge", any_answer=True, every_request=True)
def test_challenge(exchange: Exchange) -> None:
    """A refusal with status 401 names an accepted scheme in WWW-Authenticate."""
    if exchange.status != 401:
        raise Inconclusive(f"the status is {exchange.status}")
    expect.header(exchange, "WWW-Authenticate")


@check("auth.each-route", any_answer=True)
def test_each_route(chat: Exchange, route: Exchange) -> None:
    """A server that refuses a chat on account of its key refuses any other request with such a key."""
    if chat.status not in KEY_STATUSES:
        raise Inconclusive(f"the chat is answered with {chat.status}, and so tells nothing of keys")
    expect.complete(route)
    if route.status not in KEY_STATUSES and not route.is_success:
        raise Inconclusive(f"the request is refused with {route.status}, for another reason")
    actual = f"{route.status} with {expect.display_text(route.text)}"
    where = f"{route.request.method} {route.request.url.partition('?')[0]}"
    expect.condition(not route.is_success, f"{chat.status}, as at the chat", actual, where=where)
