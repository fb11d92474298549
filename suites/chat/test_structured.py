"""JSON mode and answers that follow a schema, plain and streamed."""

from __future__ import annotations

from typing import Any

from wireproof import expect
from wireproof.check import Exchange, NotJson, Undecided, Violation, check, parse_json

CONTENT = "/choices/0/message/content"
# The share of answers that may be cut off while the others show that each is an object.
MOST_CUT = 0.1


def answer_text(exchange: Exchange) -> str:
    """The text of the first choice. Raises Undecided if the answer is cut off or declined."""
    if expect.is_stream(exchange):
        choice = expect.event_stream(exchange).choice(0)
        expect.condition(choice is not None, "a choice", "none", at="/choices")
        assert choice is not None
        text, refusal = choice.content, choice.refusal
    else:
        message = expect.member(expect.answer(exchange), "/choices/0/message", dict)
        text, refusal = message.get("content"), message.get("refusal")
    if refusal:
        raise Undecided("the model declined")
    expect.undecided_if_cut(exchange, begins=expect.OBJECT_MARKS)
    expect.condition(isinstance(text, str), "text", text, at=CONTENT)
    return str(text)


def answer_value(exchange: Exchange) -> Any:
    """The JSON value of the answer's text. Raises Violation if the text is not JSON."""
    text = answer_text(exchange)
    try:
        return parse_json(text)
    except NotJson as error:
        # A text that begins as an object shows that the format had an effect.
        begins = text.lstrip().startswith(expect.OBJECT_MARKS)
        actual = f"{expect.display_text(text)} ({error})"
        raise Violation("a JSON text", actual, at=CONTENT, shows_ignored=not begins) from None


@check("structured.object", proves_obeyed=("response_format",))
def test_object(exchange: Exchange) -> None:
    """In JSON mode the text of an answer is one JSON object and nothing else."""
    found = answer_value(exchange)
    expect.condition(isinstance(found, dict), "a JSON object", found, at=CONTENT)


@check("structured.every-time", proves_obeyed=("response_format",))
def test_every_time(exchanges: tuple[Exchange, ...]) -> None:
    """Asked several times in JSON mode, every answer is one JSON object; if some are none, their share is reported."""
    wrong, cut = dict[int, str](), 0
    for number, exchange in enumerate(exchanges, 1):
        try:
            test_object(exchange)
        except Undecided:
            cut += 1
        except Violation as violation:
            wrong[number] = violation.findings[0].actual
    if wrong:
        first, actual = next(iter(wrong.items()))
        actual_share = f"{len(wrong)} of {len(exchanges)} are none, the first {actual}"
        raise Violation("a JSON object in every answer", actual_share, where=f"answer {first}")
    if cut > len(exchanges) * MOST_CUT:
        raise Undecided(f"{cut} of {len(exchanges)} answers are cut off or declined")


@check("structured.keys")
def test_keys(exchange: Exchange) -> None:
    """The object has the keys that the prompt names."""
    found = answer_value(exchange)
    for key in ("city", "country"):
        expect.condition(isinstance(found, dict) and key in found, f"the key {key}", found, at=CONTENT)


@check("structured.fits", proves_obeyed=("response_format",))
def test_fits(exchange: Exchange) -> None:
    """The text of an answer by a strict schema is a JSON value that fits the schema."""
    request = expect.request_body(exchange)
    expect.follows_schema(answer_value(exchange), request["response_format"]["json_schema"]["schema"], at=CONTENT)
