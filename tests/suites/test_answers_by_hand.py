"""Judgements on answers written by hand: at their bounds, and beside the errors of the reference server."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.judging.check import BodyRead, Exchange, Inconclusive, Request, Undecided, Violation
from wireproof.judging.suite_loader import load_checks

CHECKS = load_checks()
IIO = loading.load_providers()["iio"]
FREE_BURST = loading.load_cases()["limits-free-burst"]
SECOND = 1_000_000_000


def answered(
    body: Any = None, request_body: Any = None, *, status: int = 200, start_s: float = 0, first_s: float = 0, **headers
):
    """An exchange with an answer in JSON, with these headers, each a text or several."""
    lines = [
        (name.replace("_", "-").encode(), value.encode())
        for name, values in {"content_type": "application/json", **headers}.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return Exchange(
        target="hand",
        case="hand",
        endpoint="chat",
        step=0,
        request=Request("POST", "http://localhost/v1", (), json.dumps(request_body).encode()),
        status=status,
        headers=tuple(lines),
        reads=(BodyRead(0, json.dumps(body).encode()),),
        started_ns=int(start_s * SECOND),
        headers_ns=int((start_s + first_s) * SECOND),
    )


def streamed(*, over_s: float, ended_s: float = 1.0, stalled_s: float = 0.0) -> Exchange:
    """A stream of twenty chunks whose last one comes after a second.

    Args:
        over_s: the seconds before it in which the chunks arrive.
        ended_s: the end of the body.
        stalled_s: the longest stall of our own event loop.
    """
    events = [b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'] * 20
    apart_s = over_s / (len(events) - 1)
    reads = [BodyRead(int((1 - over_s + at * apart_s) * SECOND), event) for at, event in enumerate(events)]
    return replace(
        answered(content_type="text/event-stream"),
        reads=tuple(reads),
        ended_ns=int(ended_s * SECOND),
        stalled_ns=int(stalled_s * SECOND),
    )


def calls(*cities: str) -> Exchange:
    tool_calls = [
        {"id": f"call_{at}", "type": "function", "function": {"name": "get_weather", "arguments": f'"{city}"'}}
        for at, city in enumerate(cities)
    ]
    return answered({"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": tool_calls}}]})


def vector(*numbers: float) -> Exchange:
    return answered({"data": [{"index": 0, "embedding": list(numbers)}]})


def heard(text: str) -> Exchange:
    return answered({"text": text})


def counts(*left: int, apart_s: float) -> tuple[Exchange, ...]:
    limit, remaining = IIO.rate.limit.replace("-", "_"), IIO.rate.remaining.replace("-", "_")
    return tuple(
        answered(start_s=at * apart_s, **{limit: "30", remaining: str(count)}) for at, count in enumerate(left, 1)
    )


HOLDS, BROKEN = None, Violation
JUDGED = {
    "a duration at the upper bound": ("transcriptions.duration", {"exchange": answered({"duration": 3.25})}, HOLDS),
    "a duration at the lower bound": ("transcriptions.duration", {"exchange": answered({"duration": 2.25})}, HOLDS),
    "a duration too long": ("transcriptions.duration", {"exchange": answered({"duration": 3.26})}, BROKEN),
    "a duration too short": ("transcriptions.duration", {"exchange": answered({"duration": 2.24})}, BROKEN),
    "a language by its code": ("transcriptions.language", {"exchange": answered({"language": "en"})}, HOLDS),
    "French with its accents": (
        "transcriptions.not-translated",
        {"exchange": heard("Essaye la dictée numéro un.")},
        HOLDS,
    ),
    "French without accents": ("transcriptions.not-translated", {"exchange": heard("la dictee numero 1")}, HOLDS),
    "one word misheard": ("transcriptions.not-translated", {"exchange": heard("si l'addition numéro un la")}, HOLDS),
    "French in English": ("transcriptions.not-translated", {"exchange": heard("This is dictation number 1.")}, BROKEN),
    "an id of the provider": ("chat.id-prefix", {"exchange": answered({"id": "chatcmpl-iio-1"})}, HOLDS),
    "an id of another provider": ("chat.id-prefix", {"exchange": answered({"id": "chatcmpl-1"})}, BROKEN),
    "one call": ("tools.parallel", {"exchange": calls("Paris")}, Undecided),
    "three calls that differ": ("tools.parallel", {"exchange": calls("Paris", "Rome", "Oslo")}, HOLDS),
    "three calls, two alike": ("tools.parallel", {"exchange": calls("Paris", "Rome", "Rome")}, BROKEN),
    "a minute is no month": (
        "limits.month-asks-for-no-short-wait",
        {"exchange": answered(status=429, retry_after="60")},
        BROKEN,
    ),
    "more than a minute": (
        "limits.month-asks-for-no-short-wait",
        {"exchange": answered(status=429, retry_after="61")},
        HOLDS,
    ),
    "a longer vector of the tokens": (
        "embeddings.tokens-agree",
        {"text": vector(1.0, 0.0), "tokens": vector(1.0, 0.0, 0.0)},
        BROKEN,
    ),
    "a shorter vector of the tokens": (
        "embeddings.tokens-agree",
        {"text": vector(1.0, 0.0, 0.0), "tokens": vector(1.0, 0.0)},
        BROKEN,
    ),
    "chunks that come one after the other": ("stream.arrives-in-parts", {"exchange": streamed(over_s=0.9)}, HOLDS),
    "chunks that come at the end": ("stream.arrives-in-parts", {"exchange": streamed(over_s=0)}, BROKEN),
    "chunks that came while we slept": (
        "stream.arrives-in-parts",
        {"exchange": streamed(over_s=0, stalled_s=0.2)},
        Inconclusive,
    ),
    "chunks in spite of a short sleep": (
        "stream.arrives-in-parts",
        {"exchange": streamed(over_s=0, stalled_s=0.1)},
        BROKEN,
    ),
    "an end in time": ("stream.closes", {"exchange": streamed(over_s=0.9, ended_s=3)}, HOLDS),
    "an end too late": ("stream.closes", {"exchange": streamed(over_s=0.9, ended_s=4)}, BROKEN),
    "an end we slept through": (
        "stream.closes",
        {"exchange": streamed(over_s=0.9, ended_s=4, stalled_s=1.5)},
        Inconclusive,
    ),
    "a count that falls once": ("limits.remaining-falls", {"exchanges": counts(9, 8, 29, apart_s=0.1)}, HOLDS),
    "a count that stays": ("limits.remaining-falls", {"exchanges": counts(9, 9, 9, apart_s=0.1)}, BROKEN),
    "a count that was made good": ("limits.remaining-falls", {"exchanges": counts(9, 9, 9, apart_s=2)}, Inconclusive),
    "a count that was made good just now": (
        "limits.remaining-falls",
        {"exchanges": counts(9, 9, 9, apart_s=2.5)},
        Inconclusive,
    ),
    "a count that was made good once": (
        "limits.remaining-falls",
        {"exchanges": (*counts(9, 9, apart_s=2), *counts(9, apart_s=4.1))},
        BROKEN,
    ),
    "a count that begins anew once": (
        "limits.exactly-the-limit-is-admitted",
        {"exchanges": counts(9, 8, 7, 6, 5, 9, 8, 7, 6, 5, 4, apart_s=0.1), "case": FREE_BURST},
        Inconclusive,
    ),
    "two counts by turns": (
        "limits.exactly-the-limit-is-admitted",
        {"exchanges": counts(9, 8, 9, 7, 6, 8, 5, 4, 7, 3, 2, apart_s=0.1), "case": FREE_BURST},
        BROKEN,
    ),
    "a count that is slowly made good": (
        "limits.exactly-the-limit-is-admitted",
        {"exchanges": (*counts(9, 8, 9, apart_s=6), *counts(*[9, 8] * 4, apart_s=0.1)), "case": FREE_BURST},
        Inconclusive,
    ),
}


@pytest.mark.parametrize(("check", "arguments", "outcome"), JUDGED.values(), ids=JUDGED)
def test_an_answer_is_judged(assert_judged, check, arguments, outcome):
    arguments = {**arguments, "provider": IIO} if "provider" in CHECKS[check].arguments else arguments
    assert_judged(check, arguments, outcome)


def test_the_first_answer_in_json_mode_that_is_no_object_is_named():
    answers = [
        answered(
            {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
        )
        for text in ("{}", "[]", "no")
    ]
    structured = sys.modules["wireproof_suites.chat.test_structured"]
    with pytest.raises(Violation) as raised:
        structured.test_every_time(tuple(answers))
    assert [finding.where for finding in raised.value.findings] == ["answer 2"]


def test_milliseconds_are_thousandths():
    clients = sys.modules["wireproof_suites.limits.test_clients"]
    assert clients.retry_after_ms_in_s(answered(**{clients.RETRY_AFTER_MS.replace("-", "_"): "60000"})) == 60.0


def test_a_list_in_a_header_may_stand_in_several_lines():
    methods = sys.modules["wireproof_suites.transport.test_methods"]
    assert methods.listed_values(answered(allow=["GET, post", "DELETE"]), "Allow") == {"get", "post", "delete"}


@pytest.mark.parametrize(
    ("waited_s", "stalled_s", "outcome"),
    [
        ((0.9, 0.9), 0, HOLDS),
        ((1.0, 1.0), 0, BROKEN),
        ((1.1, 1.3), 0, BROKEN),
        ((1.1, 1.1), 0.2, Inconclusive),
        ((1.1, 1.1), 0.1, BROKEN),
        ((1.1, 0.9), 0, Inconclusive),
        ((0.9, 1.1), 0, Inconclusive),
    ],
)
def test_half_the_rest_is_too_long_a_wait_where_it_is_waited_every_time(waited_s, stalled_s, outcome):
    leaving = sys.modules["wireproof_suites.transport.test_leaving"]
    late_answers = [replace(answered({}, first_s=first_s), stalled_ns=int(stalled_s * SECOND)) for first_s in waited_s]
    probes = [(probe, 2.0 * SECOND) for probe in late_answers]
    if outcome is HOLDS:
        leaving.is_served_soon(probes, "stream")
    else:
        with pytest.raises(outcome):
            leaving.is_served_soon(probes, "stream")
