"""Answers of real servers that a check once misjudged, and the right verdict on each."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.evidence.exchange import BodyRead, Exchange, Request
from wireproof.judging.check import Inconclusive, NotOffered, Undecided, Violation
from wireproof.judging.suite_loader import load_checks

CASES = loading.load_cases()
STREAMED = ((b"content-type", b"text/event-stream"),)
STORED = {"id": "resp_a", "object": "response", "output": [{"content": [{"text": "ok"}]}]}


def exchange(status: int, body: Any, *, method: str = "POST", request_body: Any = None) -> Exchange:
    request = Request(method, "http://h/v1/x", (), b"" if request_body is None else json.dumps(request_body).encode())
    read = BodyRead(1, body.encode() if isinstance(body, str) else json.dumps(body).encode())
    return Exchange(
        "t", "c", "chat", 0, request, status, headers=((b"content-type", b"application/json"),), reads=(read,)
    )


REFUSED, SERVED = exchange(400, {"error": {"message": "No."}}), exchange(200, {"choices": []})
DOWN = exchange(403, {"error": {"message": "Go away."}})


def still_serves(*exchanges: Exchange) -> None:
    case = CASES["errors-abused-then-good"]
    load_checks()["errors.still-serves-next"]({"exchanges": exchanges, "case": case})


def test_a_broken_request_that_is_answered_is_no_service_that_is_gone() -> None:
    """A proxy that reads eleven megabytes and answers them still serves."""
    still_serves(REFUSED, SERVED, SERVED, SERVED)


def test_a_service_that_refuses_the_next_request_is_told_whichever_it_is() -> None:
    with pytest.raises(Violation):
        still_serves(REFUSED, SERVED, REFUSED, DOWN)


def test_where_nothing_is_refused_nothing_follows_a_refusal() -> None:
    with pytest.raises(Inconclusive):
        still_serves(*[SERVED] * 4)


def test_a_response_that_is_had_under_another_id_was_stored_all_the_same() -> None:
    """A gateway that encodes its upstream's id anew for each answer still stores the response."""
    retrieved = exchange(200, {**STORED, "id": "resp_b"}, method="GET")
    arguments = {"exchanges": (exchange(200, STORED), retrieved)}
    load_checks()["responses.stored"](arguments)
    with pytest.raises(Violation, match="resp_a"):
        load_checks()["responses.stored-id"](arguments)


def test_a_response_that_goes_on_from_another_knew_it_under_whichever_id() -> None:
    request = {"previous_response_id": "resp_a"}
    later = {"id": "resp_c", "previous_response_id": "resp_upstream", "output": [{"content": [{"text": "7341"}]}]}
    arguments = {"exchanges": (exchange(200, STORED), exchange(200, later, request_body=request))}
    load_checks()["responses.continued"](arguments)
    with pytest.raises(Violation, match="resp_upstream"):
        load_checks()["responses.stored-id"](arguments)


def chat(text: str, finish: str, tokens: int | None = None, **request_body: Any) -> Exchange:
    """A chat answer with one choice."""
    usage = {} if tokens is None else {"usage": {"completion_tokens": tokens}}
    message = {"role": "assistant", "content": text}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": finish}], **usage}
    return exchange(200, body, request_body={"messages": [], **request_body})


def stream(*deltas: dict[str, Any], finish: str = "stop", **request_body: Any) -> Exchange:
    """A chat answer in chunks with these deltas."""
    choices = [{"index": 0, "delta": delta} for delta in deltas]
    choices[-1] |= {"finish_reason": finish}
    events = "".join(f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices)
    answer = exchange(200, events + "data: [DONE]\n\n", request_body={"messages": [], **request_body})
    return replace(answer, headers=((b"content-type", b"text/event-stream"),))


def test_blank_lines_are_text() -> None:
    """A model that answers with line ends alone has answered."""
    load_checks()["stream.content"]({"exchange": stream({"content": "\n\n\n"}, finish="stop")})
    with pytest.raises(Violation):
        load_checks()["stream.content"]({"exchange": stream({"role": "assistant"}, finish="stop")})


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        pytest.param(chat("Hello there.", "stop", 3, max_tokens=5), Undecided, id="it-ended-by-itself"),
        pytest.param(chat("Hello there.", "stop", 0, max_tokens=5), Undecided, id="its-count-is-none"),
        pytest.param(chat("Hello there.", "stop", max_tokens=5), Inconclusive, id="it-counts-nothing"),
        pytest.param(chat("1, 2, 3, 4, 5, 6", "stop", 16, max_tokens=5), Inconclusive, id="the-cap-was-ignored"),
        pytest.param(chat("1, 2,", "stop", 5, max_tokens=5), Violation, id="it-was-cut-off"),
        pytest.param(chat("1, 2,", "length", 5, max_tokens=5), None, id="it-says-so"),
        pytest.param(stream({"content": "Hello."}, max_tokens=5), Undecided, id="a-stream-that-ended-by-itself"),
        pytest.param(stream(*[{"content": "1"}] * 5, max_tokens=5), Violation, id="a-stream-that-was-cut-off"),
    ],
)
def test_only_an_answer_that_the_cap_cuts_off_has_to_say_so(answer: Exchange, raised: type[Exception] | None) -> None:
    with pytest.raises(raised) if raised else nullcontext():
        load_checks()["chat.cap-length"]({"exchange": answer, "provider": loading.load_providers()["openai"]})


def test_a_request_that_is_refused_over_a_new_connection_may_be_refused_over_a_kept_one() -> None:
    none = replace(exchange(404, {"detail": "Not Found"}, method="GET"), connection=1)
    load_checks()["transport.next-served"]({"exchanges": (none, none)})
    served = replace(exchange(200, {}, method="GET"), connection=1)
    with pytest.raises(Violation):
        load_checks()["transport.next-served"]({"exchanges": (served, none)})


@pytest.mark.parametrize(
    ("text", "shows_ignored"),
    [
        pytest.param("1, 2, 3, 4, 5, 6", False, id="left-in"),
        pytest.param("1, 2, 3, 4, 5, 6, 7", True, id="ignored"),
    ],
)
def test_a_stop_that_is_left_in_was_not_ignored(text: str, shows_ignored: bool) -> None:
    with pytest.raises(Violation) as raised:
        load_checks()["chat.stop"]({"exchange": chat(text, "stop", stop="5, 6")})
    assert raised.value.shows_ignored is shows_ignored


def test_a_cap_that_was_reached_was_not_ignored() -> None:
    """Only the status of the response is wrong."""
    body = {"status": "completed", "output": [], "usage": {"output_tokens": 16}}
    with pytest.raises(Violation) as raised:
        load_checks()["responses.incomplete"]({"exchange": exchange(200, body, request_body={"max_output_tokens": 16})})
    assert not raised.value.shows_ignored


def test_a_model_that_does_not_follow_is_no_server_that_ignores() -> None:
    request_body = {"messages": [{"role": "user", "content": "Say exactly: tulip"}]}
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "A rose."}, "finish_reason": "stop"}]}
    with pytest.raises(Violation) as raised:
        load_checks()["chat.obeys"]({"exchange": exchange(200, body, request_body=request_body)})
    assert not raised.value.shows_ignored


def test_a_plain_refusal_that_is_labelled_as_a_stream_is_told_by_its_label() -> None:
    refused = replace(REFUSED, headers=((b"content-type", b"text/event-stream"),))
    with pytest.raises(Violation) as raised:
        load_checks()["wire.status-body"]({"exchange": refused, "case": CASES["chat-basic"]})
    assert raised.value.findings[0].where == "header Content-Type"


def test_requests_that_all_fail_alike_say_nothing_about_concurrency() -> None:
    case = {"case": CASES["chat-together"]}
    failed, served = exchange(500, {}), exchange(200, {"choices": []})
    with pytest.raises(Inconclusive):
        load_checks()["transport.all-served"]({"exchanges": (failed,) * 4, **case})
    with pytest.raises(Violation, match="request 1 of 2"):
        load_checks()["transport.all-served"]({"exchanges": (failed, replace(served, step=1)), **case})


def test_a_refused_form_is_named() -> None:
    accepted = exchange(200, {}, request_body={"messages": [{"role": "user", "content": "hi"}]})
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None}]
    refused = replace(REFUSED, request=exchange(200, {}, request_body={"messages": history}).request)
    with pytest.raises(Violation, match="/messages/1"):
        load_checks()["chat.also-accepted"]({"accepted": accepted, "other": refused})


def test_an_object_inside_the_own_error_of_a_server_is_none_of_another_server() -> None:
    own = exchange(
        400, {"error": {"message": "1 error: {'type': 'json_invalid', 'ctx': {'error': 'Expecting value'}}"}}
    )
    load_checks()["errors.no-printed-error"]({"exchange": own})
    with pytest.raises(Violation):
        load_checks()["errors.no-printed-error"]({"exchange": exchange(500, {"error": {"message": "{'error': 'no'}"}})})


def events(*values: dict[str, Any]) -> Exchange:
    text = "".join(f"event: {value['type']}\ndata: {json.dumps(value)}\n\n" for value in values)
    return replace(exchange(200, text), headers=((b"content-type", b"text/event-stream"),))


def test_an_index_that_is_missing_is_told_as_missing() -> None:
    added = events({"type": "response.output_item.added", "item": {}})
    with pytest.raises(Violation) as raised:
        load_checks()["responses.indexes"]({"exchange": added})
    assert raised.value.findings[0].actual == "missing"
    assert raised.value.findings[0].pointer == "/output_index"
    done = events(
        {"type": "response.output_item.done", "item": {}},
        {"type": "response.completed", "response": {"output": [{}]}},
    )
    with pytest.raises(Violation) as raised:
        load_checks()["responses.items"]({"exchange": done})
    assert raised.value.findings[0].pointer == "/output_index"


def test_a_time_that_one_event_lacks_is_told_as_missing_there() -> None:
    told = events(
        {"type": "response.created", "response": {}},
        {"type": "response.completed", "response": {"created_at": 1796050560}},
    )
    with pytest.raises(Violation) as raised:
        load_checks()["responses.one-created"]({"exchange": told})
    (finding,) = raised.value.findings
    assert (finding.actual, finding.where.startswith("event 0")) == ("missing", True)
    assert "1796050560" in finding.expected


def violation_of(check: str, **arguments: Any) -> Violation:
    """The violation that a check raises for an answer."""
    with pytest.raises(Violation) as raised:
        load_checks()[check](arguments)
    return raised.value


@pytest.mark.parametrize("check", ["wire.json", "wire.content-type"])
def test_a_server_error_in_plain_text_is_told_once(check: str) -> None:
    """The proxy answers a request without a key with 500 and two words of text."""
    failed = replace(exchange(500, "Internal Server Error"), headers=((b"content-type", b"text/plain"),))
    assert violation_of(check, exchange=failed, case=CASES["chat-without-key"]).judged_by == "wire.no-server-error"
    refused = replace(failed, status=401)
    assert violation_of(check, exchange=refused, case=CASES["chat-without-key"]).judged_by != "wire.no-server-error"


def test_an_answer_beyond_its_cap_shows_nothing_about_a_cut() -> None:
    beyond = chat("ok", "stop", 20, max_tokens=6)
    for check in ("tools.cut-said", "chat.whole-characters"):
        with pytest.raises(Inconclusive, match=r"chat\.cap"):
            load_checks()[check]({"exchange": beyond})


def test_vectors_that_are_missing_are_told_as_missing() -> None:
    one = exchange(200, {"data": [{"embedding": [0.6, 0.8], "index": 0}]}, request_body={"input": "a"})
    two = replace(one, request=exchange(200, {}, request_body={"input": ["a", "b"]}).request)
    raised = violation_of("embeddings.batch-equals-single", single=one, batch=two)
    assert raised.judged_by == "embeddings.one-vector-each"


def test_a_refusal_without_an_error_object_is_told_by_its_shape() -> None:
    """FastAPI states its reasons in a list at /detail."""
    refused = exchange(422, {"detail": [{"type": "missing", "loc": ["body", "file"], "msg": "Field required"}]})
    assert violation_of("errors.says-why", exchange=refused).judged_by == "schema.error"
    assert violation_of("errors.says-why", exchange=exchange(400, {"error": {"message": ""}})).judged_by is None


def test_subtitles_inside_json_are_told_by_their_label() -> None:
    case = CASES["transcriptions-vtt"]
    wrapped = exchange(200, {"text": "WEBVTT\n\n00:00:00.000 --> 00:00:02.750\nAsk."})
    raised = violation_of("transcriptions.subtitle-form", exchange=wrapped, case=case)
    assert raised.judged_by == "transcriptions.subtitles"


def test_a_name_that_an_event_lacks_is_told_as_missing() -> None:
    nameless = replace(exchange(200, 'data: {"type": "response.created", "response": {}}\n\n'), headers=STREAMED)
    assert violation_of("responses.names", exchange=nameless).findings[0].actual == "missing"


@pytest.mark.parametrize(
    ("usage", "pointer"),
    [
        pytest.param({}, "/usage", id="absent-is-read-as-absent"),
        pytest.param({"usage": {"total_tokens": 3}}, None, id="counts-may-be-added-up"),
    ],
)
def test_a_usage_that_is_absent_is_another_place_than_one_that_is_too_much(usage: Any, pointer: str | None) -> None:
    """The level of the clause follows the place."""
    chunks = ({"choices": [], **usage}, {"choices": [], "usage": {"total_tokens": 3}})
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    told = replace(exchange(200, text), headers=STREAMED)
    assert violation_of("stream.usage-null", exchange=told).findings[0].pointer == pointer


def test_an_error_that_is_printed_into_a_message_is_no_inside_of_a_server() -> None:
    """The first is the proxy's own error, the second that of the server behind it; neither shows code or storage."""
    for message in (
        "400: {'error': '/image/generations: Invalid model name passed in model=x.'}",
        "litellm.BadRequestError: OpenAIException - Error code: 400 - {'error': {'message': 'No.'}}",
    ):
        refused = exchange(400, {"error": {"message": message}})
        load_checks()["errors.no-internals"]({"exchange": refused})
        assert violation_of("errors.no-printed-error", exchange=refused)


def test_a_refusal_with_another_type_is_told_at_its_type() -> None:
    refused = exchange(400, {"error": {"message": "No.", "type": None, "param": None, "code": "400"}})
    sent = {"exchanges": (refused,), "case": CASES["errors-bounds-completions"]}
    raised = violation_of("errors.each-refused", **sent, provider=loading.load_providers()["openai"])
    assert raised.findings[0].pointer == "/error/type"


def test_a_sequence_number_that_is_missing_is_told_by_the_form_of_its_event() -> None:
    raised = violation_of("responses.sequence", exchange=events({"type": "response.created", "response": {}}))
    assert (raised.findings[0].actual, raised.judged_by) == ("missing", "schema.chunks")
    numbered = ({"type": kind, "sequence_number": 0} for kind in ("response.created", "response.in_progress"))
    assert violation_of("responses.sequence", exchange=events(*numbered)).judged_by is None


def test_log_probabilities_in_the_form_of_a_chat_were_not_ignored() -> None:
    """llama-server answers /completions with the list of a chat."""
    token = {"token": "z", "logprob": -3.3, "top_logprobs": []}
    body = {"choices": [{"index": 0, "text": "z", "logprobs": {"content": [token]}, "finish_reason": "length"}]}
    raised = violation_of("completions.logprobs", exchange=exchange(200, body, request_body={"logprobs": 2}))
    assert not raised.shows_ignored
    assert raised.findings[0].actual == '["content"]'


def each_refused(*statuses: int) -> Violation:
    """The violation of several wrong requests that are answered with these statuses."""
    sent = tuple(exchange(status, {"error": {"message": "No."}}) for status in statuses)
    openai = loading.load_providers()["openai"]
    return violation_of("errors.each-refused", exchanges=sent, case=CASES["errors-types-responses"], provider=openai)


def test_a_server_error_among_wrong_requests_is_told_once() -> None:
    """The proxy answers `"input": 7` with 500, and `"text": "plain"` with 200."""
    mixed, failed = each_refused(500, 200), each_refused(500)
    assert [finding.where for finding in mixed.findings] == ["answer 2, status line"]
    assert mixed.judged_by is None
    assert failed.judged_by == "wire.no-server-error"


def test_a_wrong_request_that_is_answered_is_told_once() -> None:
    """A text in place of the temperature: one rule demands a refusal, another one the status of the refusal."""
    openai = {"case": CASES["errors-temperature-word"], "provider": loading.load_providers()["openai"]}
    answered = violation_of("errors.refused", exchange=exchange(200, {"choices": []}), **openai)
    assert answered.judged_by == "errors.refused-somehow"
    assert violation_of("errors.refused", exchange=exchange(404, {"error": {}}), **openai).judged_by is None


@pytest.mark.parametrize(
    ("total", "judged_by"),
    [
        pytest.param(0, "usage.plausible", id="less-than-a-part"),
        pytest.param(11, None, id="more-than-the-parts"),
    ],
)
def test_a_total_below_its_own_part_is_told_once(total: int, judged_by: str | None) -> None:
    """The mock answer of the proxy counts ten tokens of the prompt and none in total."""
    counts = {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": total}
    embedded = exchange(200, {"data": [], "usage": counts}, request_body={"input": "a"})
    assert violation_of("embeddings.usage", exchange=embedded).judged_by == judged_by
    if judged_by is not None:
        assert violation_of(judged_by, exchange=embedded)
        assert violation_of("usage.total-covers", exchange=embedded).judged_by == judged_by


def test_a_total_below_the_sum_of_its_parts_is_told_by_the_sum() -> None:
    """No other rule tells it where the total is as large as each part."""
    counted = exchange(200, {"usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 15}})
    assert violation_of("usage.total-covers", exchange=counted).judged_by is None


def test_an_unknown_model_that_is_streamed_is_told_once() -> None:
    """llama-server answers for any model; the form of a refusal that did not come is not judged."""
    streamed = replace(exchange(200, "data: {}\n\ndata: [DONE]\n\n"), headers=STREAMED)
    assert violation_of("errors.stream-refused-plainly", exchange=streamed).judged_by == "errors.refused"
    refused = replace(streamed, status=404)
    assert violation_of("errors.stream-refused-plainly", exchange=refused).judged_by is None


@pytest.mark.parametrize(
    ("method", "status", "judged_by"),
    [
        pytest.param("DELETE", 404, "responses.deleted", id="a-deletion"),
        pytest.param("GET", 404, "responses.stored", id="a-retrieval"),
        pytest.param("GET", 500, "wire.no-server-error", id="an-error-of-the-server"),
    ],
)
def test_a_stored_response_that_is_not_served_has_no_id(method: str, status: int, judged_by: str) -> None:
    """llama-server has no such path."""
    missing = exchange(status, {"error": {"message": "File Not Found"}}, method=method)
    assert violation_of("responses.stored-id", exchanges=(exchange(200, STORED), missing)).judged_by == judged_by


@pytest.mark.parametrize(
    ("tokens", "status", "shows_ignored"),
    [
        pytest.param(64, "incomplete", False, id="cut-off"),
        pytest.param(64, "completed", False, id="cut-off-and-called-complete"),
        pytest.param(9, "completed", True, id="ended-by-itself"),
    ],
)
def test_words_before_a_call_do_not_show_that_the_tools_were_ignored(
    tokens: int, status: str, shows_ignored: bool
) -> None:
    """llama-server keeps the model from ending before its call, but not from talking up to the cap."""
    offered = {"tools": [], "tool_choice": "required"}
    said = chat("-#SQF)W", "stop" if shows_ignored else "length", tokens, max_tokens=64, **offered)
    output = [{"type": "message", "content": [{"type": "output_text", "text": "-#SQF)W"}]}]
    body = {"status": status, "output": output, "usage": {"output_tokens": tokens}}
    responded = exchange(200, body, request_body={"max_output_tokens": 64, **offered})
    for check, answer in (("tools.called", said), ("responses.called", responded)):
        assert violation_of(check, exchange=answer).shows_ignored is shows_ignored


def two_texts(said: str, in_parts: str) -> dict[str, Exchange]:
    """Two orders, of which the second is in parts, and what a model says to each."""
    order = [{"type": "text", "text": "Say exactly:"}, {"type": "text", "text": "papaya"}]
    return {
        "text": chat(said, "stop", messages=[{"role": "user", "content": "Say exactly: ok"}]),
        "parts": chat(in_parts, "stop", messages=[{"role": "user", "content": order}]),
    }


def test_a_model_that_says_one_thing_to_every_order_does_not_show_that_a_part_is_lost() -> None:
    """The mock answer of the proxy is always the same word."""
    with pytest.raises(Undecided):
        load_checks()["chat.parts-arrive"](two_texts("ok", "ok"))
    assert violation_of("chat.parts-arrive", **two_texts("ok", "What shall I say?"))


@pytest.mark.parametrize(
    ("store", "said", "raised"),
    [
        pytest.param({}, {}, NotOffered, id="nobody-speaks-of-storing"),
        pytest.param({}, {"store": False}, NotOffered, id="not-stored-by-its-own-word"),
        pytest.param({"store": True}, {}, Violation, id="asked-to-store"),
        pytest.param({}, {"store": True}, Violation, id="stored-by-its-own-word"),
    ],
)
def test_an_answer_that_nobody_called_stored_need_not_be_found(
    store: dict[str, Any], said: dict[str, Any], raised: type[Exception]
) -> None:
    """llama-server answers, stores nothing and says nothing of it."""
    made = exchange(200, {**STORED, **said}, request_body={"input": "a", **store})
    missing = exchange(404, {"error": {"message": "File Not Found"}}, method="GET")
    with pytest.raises(raised):
        load_checks()["state.made-usable"](
            {"exchanges": (made, replace(missing, step=1)), "case": CASES["responses-stored-default"]}
        )
