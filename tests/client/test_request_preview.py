"""Request preview: the requests of a case without keys, and the display of long values."""

from __future__ import annotations

from typing import Any

import pytest

from wireproof.client.request_preview import UNIQUE, preview
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract import loading
from wireproof.contract.case import Case, RequestSpec
from wireproof.report.docs.request_text import numbered, pretty, request_lines, settings

CASES = loading.load_cases()
OPENAI, IIO, AION, AIOROUTER = (loading.load_providers()[name] for name in ("openai", "iio", "aion", "aiorouter"))


def of(**ask: Any) -> dict[str, Any]:
    """The preview of a chat request."""
    (facts,) = preview(Case("c", "a", "says", (RequestSpec("chat", "chat", **ask),)), OPENAI)
    return facts


def test_a_preview_has_method_path_headers_and_body_with_the_name_of_the_key() -> None:
    facts = of(body={"model": "$model", "n": 2}, cap=16)
    assert (facts["method"], facts["path"]) == ("POST", "/chat/completions")
    assert facts["headers"] == [["Authorization", "Bearer $OPENAI_API_KEY"], ["Content-Type", "application/json"]]
    assert facts["json"] == {"model": OPENAI.models["chat"], "n": 2, "max_completion_tokens": 16}
    assert request_lines(facts)[:4] == [
        "POST /chat/completions",
        "Authorization: Bearer $OPENAI_API_KEY",
        "Content-Type: application/json",
        "",
    ]


def test_another_key_has_its_own_name_and_none_has_no_header() -> None:
    facts = of(body={}, key="small-exhausted")
    assert facts["headers"][0] == ["Authorization", "Bearer $OPENAI_API_KEY_SMALL_EXHAUSTED"]
    assert settings(facts) == ["key: small-exhausted"]
    assert of(body={}, key="none")["headers"] == [["Content-Type", "application/json"]]


def test_a_value_of_an_earlier_response_appears_as_its_place() -> None:
    first, second = preview(CASES["chat-tools-round-trip"], OPENAI)
    assert settings(first) == ["save: message = /choices/0/message", "save: call = /choices/0/message/tool_calls/0/id"]
    assert second["json"]["messages"][1] == "{/choices/0/message of answer 1}"
    assert preview(CASES["responses-deleted"], OPENAI)[1]["path"] == "/responses/{/id of answer 1}"


def test_a_unique_header_has_a_constant_text() -> None:
    (facts,) = preview(CASES["headers-request-id"], AIOROUTER)
    assert ["X-Request-Id", UNIQUE] in facts["headers"]


def test_a_form_appears_as_its_parts() -> None:
    (facts,) = preview(CASES["transcriptions-basic"], OPENAI)
    assert request_lines(facts)[-2:] == [
        "file (audio/wav, 44,044 bytes): speech.wav",
        "model (text, 9 bytes): whisper-1",
    ]


def test_a_literal_body_appears_escaped_for_the_terminal() -> None:
    facts = of(raw=b'{"a"\n\x1b\xff', pad=20)
    assert (facts["bytes"], facts["blanks"]) == (20, 13)
    assert request_lines(facts)[-3:] == ['{"a"', "\\x1b\\xff", "(followed by 13 blanks)"]


def test_long_texts_and_lists_are_cut_and_their_size_is_stated() -> None:
    lines = request_lines(of(body={"text": "x" * 5000, "list": list(range(100))}))
    assert f'  "text": "{"x" * 80}… 5,000 characters",' in lines
    assert '  "list": [0, 1, 2, 3, 4, 5, "… 100 items"]' in lines
    assert len(request_lines(of(raw=b"[" * 1_000_000))[-1]) < 120


def test_json_is_wrapped_only_beyond_the_width() -> None:
    assert pretty({"a": [1, {"b": None}]}, 30) == '{"a": [1, {"b": null}]}'
    assert pretty({"a": [1, {"b": None}], "c": "\u2028"}, 23) == '{\n  "a": [1, {"b": null}],\n  "c": "\\u2028"\n}'
    assert pretty({"name": [1, 2]}, 13) == '{\n  "name": [\n    1,\n    2\n  ]\n}'


def test_equal_consecutive_requests_are_shown_once() -> None:
    chains: list[list[dict[str, str]]] = [[], [], []]
    sends = [{"json": 1}, {"json": 1}, {"json": True}]
    assert [heading for heading, _, _ in numbered(chains, sends)] == ["requests 1 to 2 of 3", "request 3 of 3"]
    assert [heading for heading, _, _ in numbered(chains[:1], sends[:1])] == ["request"]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("responses-stored", "the aion document describes no response endpoint"),
        ("limits-free-window", "this run was given no free key"),
    ],
)
def test_a_case_that_the_provider_lacks_has_no_preview(case: str, reason: str) -> None:
    with pytest.raises(CannotSend, match=reason):
        preview(CASES[case], AION)


@pytest.mark.parametrize("case", CASES)
def test_a_preview_is_the_same_each_time(case: str) -> None:
    for provider in (OPENAI, IIO):
        try:
            assert preview(CASES[case], provider) == preview(CASES[case], provider)
        except CannotSend:
            continue
