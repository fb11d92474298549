"""Derived faults: each edit changes the known bytes of an answer as its class says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.mock.faults.hooks import answer_unchanged
from wireproof.mock.protocol.answers import OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer
from wireproof.proof.unseen.derived_fault import AnswerKind, changed_exchanges, form_of_answer
from wireproof.proof.unseen.derived_outcome import shortest_change
from wireproof.proof.unseen.fault_classes import CLASSES, derive_faults
from wireproof.proof.unseen.fault_sample import ClassSample

RECEIVED = HttpRequest("POST", "/v1/chat/completions", "", (), b"{}", 0.0)


def chunk(id: str, text: str) -> dict:
    return {"id": id, "created": 5, "choices": [{"index": 0, "delta": {"content": text}}]}


def stream(id: str, *texts: str) -> StreamAnswer:
    return StreamAnswer(200, (*(OutgoingEvent(chunk(id, text)) for text in texts), OutgoingEvent("[DONE]")))


def recorded(case: str, answer, request=None) -> RecordedAnswer:
    headers = ((b"Content-Type", b"application/json"), (b"X-Limit", case.encode()), (b"Content-Length", b"2"))
    exchange = Exchange(
        "t", case, "chat", 0, Request("POST", "u"), answer.status, "1.1", headers, (BodyRead(0, b"{}"),)
    )
    return RecordedAnswer(case, AnswerKind("chat", form_of_answer(answer)), answer, exchange, request)


PLAIN = PlainAnswer(
    200, {"id": "p1", "created": 7, "object": "chat", "usage": {"prompt_tokens": 3, "total_tokens": 4}, "data": [1, 2]}
)
OTHER = PlainAnswer(
    200, {"id": "p2", "created": 9, "object": "text", "usage": {"prompt_tokens": 8, "total_tokens": 9}, "data": [5, 6]}
)
POOL = AnswerPool(
    (
        recorded("plain", PLAIN, {"stop": "x", "n": 2}),
        recorded("other", OTHER, {"seed": 7}),
        recorded("stream", stream("s1", "Hel", "lo")),
        recorded("other-stream", stream("s2", "Good ", "bye")),
        recorded("refused", PlainAnswer(404, {"error": {"message": "no", "code": None}})),
    ),
    {"chat": {"n": 1}},
)


def answer_under(family: str, case: str, place: str):
    """The answer of a case under the fault of this class and place."""
    (fault,) = [one for one in derive_faults(family, case, POOL) if one.place == place]
    (own,) = POOL.of_case(case)
    return fault.hooks.on_answer(own.answer, RECEIVED)


def texts_under(family: str, place: str, case: str = "stream") -> list[str]:
    events = answer_under(family, case, place).events
    return [event.data if event.data == "[DONE]" else event.data["choices"][0]["delta"]["content"] for event in events]


@pytest.mark.parametrize(
    ("family", "place", "texts"),
    [
        ("event-swapped", "event 0", ["lo", "Hel", "[DONE]"]),
        ("event-swapped", "event 1", ["Hel", "[DONE]", "lo"]),
        ("event-dropped", "event -1", ["Hel", "lo"]),
        ("event-doubled", "event 0", ["Hel", "Hel", "lo", "[DONE]"]),
        ("stream-cut", "event 0", ["Hel"]),
        ("piece-doubled", "piece -1 /choices/0/delta/content", ["Hel", "lolo", "[DONE]"]),
        ("piece-dropped", "piece 0 /choices/0/delta/content", ["", "lo", "[DONE]"]),
        ("piece-halved", "piece 0 /choices/0/delta/content", ["H", "lo", "[DONE]"]),
        ("piece-with-whole", "piece -1 /choices/0/delta/content", ["Hel", "Hello", "[DONE]"]),
        ("piece-with-whole", "every piece /choices/0/delta/content", ["Hel", "Hello", "[DONE]"]),
        ("piece-of-other-answer", "piece 0 /choices/0/delta/content", ["lo", "lo", "[DONE]"]),
        ("text-doubled", "text 0", ["Hello", "Hello", "[DONE]"]),
        ("text-of-other-answer", "text 0", ["Good", " bye", "[DONE]"]),
    ],
)
def test_an_edit_of_events_changes_the_texts_of_a_stream(family, place, texts):
    assert texts_under(family, place) == texts


@pytest.mark.parametrize(
    ("family", "place", "member", "value"),
    [
        ("member-of-other-answer", "/object", "object", "text"),
        ("member-null", "/id", "id", None),
        ("member-retyped", "/id", "id", 7),
        ("member-retyped", "/created", "created", [7]),
        ("member-retyped", "/data", "data", {"0": 1, "1": 2}),
        ("member-retyped", "/usage", "usage", "[object Object]"),
        ("word-replaced", "/object = text", "object", "text"),
        ("word-replaced", "/object = unknown_word", "object", "unknown_word"),
        ("id-reused", "/id", "id", "p2"),
        ("time-wrong", "/created of another answer", "created", 9),
        ("time-wrong", "/created in milliseconds", "created", 7000),
        ("count-off", "/usage/prompt_tokens -1", "usage", {"prompt_tokens": 2, "total_tokens": 4}),
        ("sum-off", "/usage/prompt_tokens and its total +1", "usage", {"prompt_tokens": 4, "total_tokens": 5}),
        ("list-short", "/data", "data", [1]),
        ("list-long", "/data", "data", [1, 2, 2]),
        ("list-reversed", "/data", "data", [2, 1]),
    ],
)
def test_an_edit_of_a_member_changes_it_alone(family, place, member, value):
    assert answer_under(family, "plain", place).value == {**PLAIN.value, member: value}


def test_a_dropped_member_is_gone():
    assert answer_under("member-dropped", "plain", "/usage/prompt_tokens").value["usage"] == {"total_tokens": 4}


def test_a_member_of_a_neighbour_event_is_that_of_the_next_or_the_previous_one():
    place = "event {} /choices/0/delta/content of the {} event"
    assert texts_under("member-of-neighbour-event", place.format(0, "next")) == ["lo", "lo", "[DONE]"]
    assert texts_under("member-of-neighbour-event", place.format(1, "previous")) == ["Hel", "Hel", "[DONE]"]


def test_an_id_is_reused_in_every_event():
    events = answer_under("id-reused", "other-stream", "every event /id").events
    assert [event.data["id"] for event in events[:-1]] == ["s1", "s1"]


def test_an_id_differs_in_one_event_alone():
    events = answer_under("id-differs", "stream", "event 1 /id").events
    assert [event.data["id"] for event in events[:-1]] == ["s1", "s1x"]


def test_heads_and_bodies_are_exchanged():
    assert answer_under("status-replaced", "plain", "= 500") == replace(PLAIN, status=500)
    assert answer_under("status-replaced", "plain", "= 204").value == b""
    assert answer_under("body-swapped", "plain", "an error").value == {"error": {"message": "no", "code": None}}
    swapped = answer_under("body-swapped", "refused", "a success")
    assert (swapped.status, swapped.value) == (404, PLAIN.value)
    assert (
        answer_under("type-replaced", "plain", "= text/event-stream; charset=utf-8").headers[-1][1].startswith("text/")
    )
    page = answer_under("body-replaced", "stream", "= HTML")
    assert (dict(page.headers)["Content-Type"], page.value[:9]) == ("text/event-stream; charset=utf-8", b"<!DOCTYPE")


@pytest.mark.parametrize(
    ("family", "place", "values"),
    [
        ("header-dropped", "x-limit", []),
        ("header-doubled", "x-limit", ["plain", "plain"]),
        ("header-of-other-answer", "x-limit = other", ["other"]),
    ],
)
def test_a_header_is_changed_in_the_received_head(family, place, values):
    (fault,) = [one for one in derive_faults(family, "plain", POOL) if one.place == place]
    (own,) = POOL.of_case("plain")
    (changed,) = changed_exchanges(fault, (own.exchange,))
    assert list(changed.header_values("x-limit")) == values
    assert shortest_change((own.exchange,), (changed,))[0] != ""


@pytest.mark.parametrize(
    ("family", "place", "body"),
    [
        ("request-lost", "/stop", b'{"n": 2}'),
        ("request-default", "/n = 1", b'{"stop": "x", "n": 1}'),
        ("request-kept", "/seed = 7", b'{"stop": "x", "n": 2, "seed": 7}'),
    ],
)
def test_a_request_is_read_otherwise(family, place, body):
    (fault,) = [one for one in derive_faults(family, "plain", POOL) if one.place == place]
    received = replace(RECEIVED, body=b'{"stop": "x", "n": 2}')
    assert fault.hooks.on_request(received, None).body == body


def test_the_framing_of_a_message_is_left_alone():
    assert {one.place for one in derive_faults("header-dropped", "plain", POOL)} == {"content-type", "x-limit"}


def test_an_answer_of_another_form_or_without_the_place_stays_as_it_is():
    (fault,) = [one for one in derive_faults("member-null", "plain", POOL) if one.place == "/usage"]
    for other in (stream("s1", "a"), PlainAnswer(404, {"usage": 1}), PlainAnswer(200, [1]), PlainAnswer(200, b"text")):
        assert fault.hooks.on_answer(other, RECEIVED) is other


def test_every_class_derives_a_fault_with_an_effect_and_a_place_of_its_own():
    for family in CLASSES:
        faults = [one for case in ("plain", "stream", "refused") for one in derive_faults(family, case, POOL)]
        assert faults, family
        assert len({one.as_fault().id for one in faults}) == len({one.key for one in faults})
        idle = [one.key for one in faults if one.hooks.on_answer is answer_unchanged and one.on_exchange is None]
        assert family.startswith("request-") or idle == []


def test_a_seed_gives_the_same_sample_again_and_another_seed_another_one():
    def draw(seed: str) -> list[tuple[str, str]]:
        sample = ClassSample("member-null", ["plain", "other", "stream"], POOL, seed)
        return [(case, fault.key) for case, fault in sample]

    assert draw("1") == draw("1") != draw("2")
    assert sorted(draw("1")) == sorted(draw("2"))
    assert len(set(draw("1"))) == len(draw("1"))


def test_each_case_has_its_turn_before_any_has_a_second():
    sample = list(ClassSample("member-null", ["plain", "other", "stream"], POOL, "1"))
    assert sorted(case for case, _ in sample[:3]) == ["other", "plain", "stream"]
    assert sorted(case for case, _ in sample[3:6]) == ["other", "plain", "stream"]
