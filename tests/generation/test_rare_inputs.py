"""Faults of rare inputs: generated requests find them and report the smallest request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import pytest

from wireproof.generation.hypothesis_settings import WIDE_EXAMPLES
from wireproof.generation.request_runner import RequestRunner
from wireproof.mock.faults import faults

PROPER = {
    "model": "$model",
    "messages": [{"role": "user", "content": "Say exactly: ok"}],
    "max_completion_tokens": 1,
}
TEXT, RANGE = "generated:chat:valid:text", "generated:chat:invalid:out-of-range"
LETTERS, TYPES = "generated:chat:kept:letters", "generated:chat:invalid:wrong-type"


def asking(content: str, **members: Any) -> dict[str, Any]:
    return {**PROPER, "messages": [{"role": "user", "content": content}], **members}


def nested(deep: int) -> Any:
    return [] if deep == 1 else [nested(deep - 1)]


FOUND = [
    pytest.param(
        "astral-crashes", "accepted", TEXT, asking("\U00020000"), "status below 500", id="one-astral-character"
    ),
    pytest.param("n-zero-hangs", "withstood", RANGE, {**PROPER, "n": 0}, "", id="no-choices"),
    pytest.param(
        "temperature-a-tenth-over", "refused", RANGE, {**PROPER, "temperature": 2.1}, "status 400", id="a-tenth-over"
    ),
    pytest.param(
        "deep-nesting-kills",
        "withstood",
        "generated:embeddings:invalid:deep-nesting",
        # The family draws squares: this is the smallest beyond 128.
        {"model": "$model", "input": nested(144)},
        "a proper request served right after it",
        id="deep-nesting",
    ),
    pytest.param(
        "lone-emoji-tool-crashes",
        "withstood",
        "generated:chat:odd:tool-name",
        {
            **PROPER,
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "\U0001f300", "parameters": {"type": "object", "properties": {}}},
                }
            ],
        },
        "status below 500",
        id="a-lone-emoji",
    ),
    pytest.param(
        "highest-temperature-refused",
        "accepted",
        "generated:chat:valid:numbers",
        {**PROPER, "temperature": 2.0},
        "a status of success",
        id="a-legal-boundary",
    ),
]


@pytest.mark.parametrize(("fault", "check", "case", "smallest", "told"), FOUND)
def test_a_fault_is_reported_with_its_smallest_request(
    fault: str, check: str, case: str, smallest: Any, told: str, run_family: Callable[..., RequestRunner]
) -> None:
    request_runner = run_family(f"generated.{check}", case, fault)
    assert request_runner.failing is not None
    assert json.loads(request_runner.failing.request.body_bytes) == smallest
    verdict = request_runner.verdict()
    assert verdict.outcome == "fail"
    assert told in verdict.message


def test_a_folded_letter_is_reported_alone(run_family: Callable[..., RequestRunner]) -> None:
    request_runner = run_family("generated.text-is-kept", LETTERS, "unicode-folded")
    assert request_runner.failing is not None
    sent = json.loads(request_runner.failing.request.body_bytes)
    letter = sent["messages"][0]["content"].removeprefix("Say exactly: ")
    assert sent == asking(f"Say exactly: {letter}", max_completion_tokens=40)
    assert len(letter) == 1
    assert normalize("NFKC", letter) != letter
    assert normalize("NFKC", letter) in request_runner.verdict().message


def test_a_leaked_path_is_reported_with_one_empty_object(run_family: Callable[..., RequestRunner]) -> None:
    request_runner = run_family("generated.withstood", TYPES, "path-leaked")
    assert request_runner.failing is not None
    sent = json.loads(request_runner.failing.request.body_bytes)
    assert [value for name, value in sent.items() if value != PROPER.get(name)] == [{}]
    assert "errors.no-internals: a body without a path of the server" in request_runner.verdict().message


@pytest.mark.parametrize(
    ("check", "case"),
    [*{(one.values[1], one.values[2]): None for one in FOUND}, ("text-is-kept", LETTERS), ("withstood", TYPES)],
)
def test_the_same_requests_pass_without_a_fault(
    check: str, case: str, run_family: Callable[..., RequestRunner]
) -> None:
    request_runner = run_family(f"generated.{check}", case, None)
    assert request_runner.verdict().outcome == "pass"
    assert 0 < request_runner.judged_count <= WIDE_EXAMPLES


def test_the_eight_faults_of_rare_inputs_are_marked_as_generated() -> None:
    eight = {one.values[0] for one in FOUND} | {"path-leaked", "unicode-folded"}
    assert len(eight) == 8
    assert all(faults()[fault].generated for fault in eight)
