"""Answers of today's official SDK conform to the schemas of OpenAI, and their mutations do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wireproof.contract.schemas import Schema, SchemaSet
from wireproof.formats import json_pointer

ANSWERS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parents[1] / "data/sdk-answers.yaml").read_text())


def schema(name: str) -> Schema:
    found = SchemaSet("openai").shape(name)
    assert found is not None
    return found


def mutations() -> Iterator[Any]:
    for name, answer in ANSWERS.items():
        for edit in answer["wrong"]:
            yield pytest.param(answer, edit, id="-".join([name, *map(str, edit.values())]))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_the_sdk_conforms(name: str) -> None:
    answer = ANSWERS[name]
    assert schema(answer["shape"]).findings(answer["instance"]) == ()


@pytest.mark.parametrize(("answer", "edit"), [*mutations()])
def test_a_mutated_answer_does_not_conform(answer: dict[str, Any], edit: dict[str, Any]) -> None:
    instance = answer["instance"]
    mutant = (
        json_pointer.drop(instance, edit["drop"])
        if "drop" in edit
        else json_pointer.edit(instance, edit["set"], edit["to"])
    )
    assert not schema(answer["shape"]).conforms(mutant)
