"""Files below suites/ inside a body: as base64, alone or in a data URL."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from wireproof.client.request_builder import build_request
from wireproof.contract import data_files, loading, target_options
from wireproof.errors import ConfigError

TARGET = next(target for target in target_options.mock_targets() if target.name == "openai")
CASE = loading.load_cases()["chat-file"]


def sent(value: str) -> str:
    ask = replace(CASE.asks[0], body={"model": "$model", "file": value})
    body: dict[str, str] = json.loads(build_request(ask, TARGET, "a", {}).shown.body)
    return body["file"]


@pytest.mark.parametrize(("form", "before"), [("base64", ""), ("pdf", "data:application/pdf;base64,")])
def test_a_file_is_sent_as_base64(form: str, before: str) -> None:
    content = (data_files.root() / "suites" / "chat" / "number.pdf").read_bytes()
    assert sent(f"${form}:chat/number.pdf") == before + base64.b64encode(content).decode()


def test_a_missing_file_raises_an_error_with_its_name() -> None:
    with pytest.raises(ConfigError, match=r"suites/chat/none\.pdf"):
        sent("$base64:chat/none.pdf")
