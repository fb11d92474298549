"""A stream says what the plain answer to the same request says, at every endpoint that generates text."""

from __future__ import annotations

import re

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, NotJson, Undecided, check

ORDER = re.compile(r"^\s*Say exactly:\s*", re.I)
PLAIN, STREAM = "the plain answer", "the stream"
COUNTS = {"prompt": expect.PROMPT_COUNTS, "completion": expect.ANSWER_COUNTS}
# Servers count an end mark or a part of the template or not; a count beyond this is another answer's.
MOST_TOKENS_APART, SHARE_APART = 8, 10
# Shorter reasoning may be left out by chance.
FEWEST_WORDS = 4
# A model may greet in one answer and not in the other; its reasoning or a second answer is longer.
MOST_WORDS_BESIDE = 8


def ordered_text(exchange: Exchange) -> str:
    """The text that the request orders the model to say exactly. Raises Inconclusive if it orders none."""
    body = expect.request_body(exchange)
    messages = body.get("messages")
    prompt = messages[-1].get("content") if messages else body.get("input", body.get("prompt"))
    match = ORDER.match(prompt) if isinstance(prompt, str) else None
    if match is None:
        raise Inconclusive("the request orders no text")
    return str(prompt)[match.end() :].strip()


def first_text(exchange: Exchange) -> str:
    """The text of the first choice."""
    texts = expect.given_answer(exchange).texts
    return texts[0] if texts else ""


@check("parity.text")
def test_text(plain: Exchange, stream: Exchange) -> None:
    """A text that one of the plain answer and the stream says as ordered is not broken in the other."""
    for exchange in (plain, stream):
        expect.success(exchange)
    texts = {PLAIN: first_text(plain), STREAM: first_text(stream)}
    wanted = next((part for part in _ordered_parts(plain) if any(part in text for text in texts.values())), None)
    if wanted is None:
        raise Undecided("the model says something else, plain and streamed")
    for name, exchange in {PLAIN: plain, STREAM: stream}.items():
        text = texts[name]
        form = _broken_form(text, wanted, is_line=wanted != ordered_text(plain))
        if form and expect.given_answer(exchange).is_cut and len(text) < len(wanted):
            raise Undecided(f"the token cap ended {name}")
        expect.condition(form is None, expect.display_text(wanted), f"{form}: {expect.display_text(text)}", where=name)
    _require_nothing_beside(texts, wanted)
    for name, text in texts.items():
        if wanted not in text:
            raise Undecided(f"the model says something else in {name}: {expect.display_text(text)}")


def _require_nothing_beside(texts: dict[str, str], wanted: str) -> None:
    """Requires that one text has no long talk beside the ordered one if the other text has nothing beside it."""
    if not any(text.strip() == wanted for text in texts.values()):
        return
    for name, text in texts.items():
        words = len(text.replace(wanted, " ", 1).split()) if wanted in text else 0
        shown = f"{words} words beside it: {expect.display_text(text)}"
        expect.condition(words < MOST_WORDS_BESIDE, expect.display_text(wanted), shown, where=name)


def _broken_form(text: str, wanted: str, *, is_line: bool) -> str | None:
    """The way in which a text, or a line of it, is the wanted one broken; None if it is not."""
    if not is_line:
        return expect.broken_form(text, wanted)
    forms = (expect.broken_form(line, wanted) for line in text.splitlines())
    return None if wanted in text else next(filter(None, forms), None)


def _ordered_parts(exchange: Exchange) -> list[str]:
    """The ordered text, then its lines, of which a small model may say some exactly."""
    whole = ordered_text(exchange)
    lines = [line.strip() for line in whole.splitlines() if len(line.strip()) > 20]
    return [whole, *lines]


@check("parity.calls")
def test_calls(plain: Exchange, stream: Exchange) -> None:
    """An argument that the plain answer and the stream both give has no piece lost, doubled or moved in one of them."""
    before, after = expect.given_answer(plain), expect.given_answer(stream)
    if not before.calls or not after.calls:
        raise Undecided("one of the two answers calls no function")
    if before.names != after.names:
        raise Undecided("the two answers call other functions")
    for at, (one, other) in enumerate(zip(before.calls, after.calls, strict=True)):
        wanted, found = expect.parsed_arguments(one.arguments), expect.parsed_arguments(other.arguments)
        for name, value in expect.object_in(wanted).items():
            streamed = expect.object_in(found).get(name)
            if isinstance(value, str) and isinstance(streamed, str) and value and streamed:
                is_broken = value != streamed and (streamed in value or expect.broken_form(streamed, value) is not None)
                where = f"call {at} of the stream"
                expect.condition(not is_broken, f"{name} as in the plain answer: {value}", streamed, where=where)


def _says_same(plain: Exchange, stream: Exchange) -> None:
    """Raises Inconclusive unless two answers have the same text and call the same functions."""
    for exchange in (plain, stream):
        expect.success(exchange)
    before, after = expect.given_answer(plain), expect.given_answer(stream)
    if (before.text, before.calls and before.names) != (after.text, after.calls and after.names):
        raise Inconclusive("the two answers say something else")


@check("parity.end")
def test_end(plain: Exchange, stream: Exchange) -> None:
    """Two answers that say the same, one of them streamed, end for the same reason."""
    _says_same(plain, stream)
    before, after = _ends(plain), _ends(stream)
    expect.condition(
        before == after, f"{' and '.join(before)}, as in the plain answer", " and ".join(after), where=STREAM
    )


def _ends(exchange: Exchange) -> tuple[str, ...]:
    """The ends of an answer in the words of a chat, as which a response may be streamed."""
    return tuple("stop" if end == "completed" else end for end in expect.given_answer(exchange).ends)


@check("parity.counts")
def test_counts(plain: Exchange, stream: Exchange) -> None:
    """Two answers that say the same, one of them streamed, count the same tokens, give or take a tenth."""
    _says_same(plain, stream)
    before, after = expect.given_answer(plain).usage or {}, expect.given_answer(stream).usage or {}
    compared = 0
    for side, names in COUNTS.items():
        one, other = expect.stated_count(before, names), expect.stated_count(after, names)
        if one is None or other is None:
            continue
        compared += 1
        most = max(MOST_TOKENS_APART if side == "prompt" else 2, one // SHARE_APART)
        wanted = f"{one} {side} tokens, as in the plain answer, within {most}"
        expect.condition(abs(one - other) <= most, wanted, other, where=STREAM)
    if not compared:
        raise Inconclusive("one of the two answers counts no tokens")


@check("parity.reasoning")
def test_reasoning(plain: Exchange, stream: Exchange) -> None:
    """Reasoning that the plain answer shows apart from its text is apart from the text of the stream as well."""
    for exchange in (plain, stream):
        expect.success(exchange)
    pairs = {STREAM: (plain, stream), PLAIN: (stream, plain)}
    for name, (one, other) in pairs.items():
        reasoning, shown = expect.given_answer(one).reasoning.strip(), expect.given_answer(other)
        if len(reasoning.split()) < FEWEST_WORDS or shown.reasoning.strip():
            continue
        is_in_text = reasoning[:40] in shown.text
        expect.condition(not is_in_text, "the reasoning apart from the text", shown.text, where=name)


@check("parity.refusal")
def test_refusal(plain: Exchange, stream: Exchange) -> None:
    """A request that is refused without a stream is refused with a stream, with the same status."""
    expect.complete(plain)
    expect.complete(stream)
    if not 400 <= (plain.status or 0) < 500:
        raise Inconclusive("the plain request was not refused")
    expect.require_no_rate_limit(stream, None)
    actual = f"{stream.status} with {expect.display_text(stream.text)}"
    expect.condition(stream.status == plain.status, f"status {plain.status}, as without a stream", actual, where=STREAM)


@check("parity.own-ids")
def test_own_ids(first: Exchange, second: Exchange, third: Exchange) -> None:
    """Answers to different requests have different ids."""
    ids = []
    for exchange in (first, second, third):
        expect.success(exchange)
        try:
            is_stream = expect.is_stream(exchange)
            values = [chunk.value for chunk in exchange.stream.chunks] if is_stream else [exchange.json]
        except NotJson:
            raise Inconclusive("an answer is no JSON") from None
        found = [
            value.get("id") or expect.object_in(value.get("response")).get("id") for value in expect.objects_in(values)
        ]
        ids.append(next((id for id in found if isinstance(id, str) and id), None))
    known = [id for id in ids if id is not None]
    if len(known) < 2:
        raise Inconclusive("fewer than two answers have an id")
    expect.condition(len(set(known)) == len(known), "an id of its own for each answer", known, where="/id")
