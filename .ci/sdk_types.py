"""Judges answers built from the types of the installed official SDK by the schemas of OpenAI.

Each alternative of each type is in at least one answer: each literal, each member of a union, each optional member.
An answer that a schema refuses is a difference between the SDK and the schemas. Those that are meant are in EXPECTED,
each with its reason; every other one is printed, and the exit code is 1. An entry of EXPECTED that no answer needs
fails as well. Then the plainest answer of each type loses each required member and each literal in turn; the mutants
that a schema accepts are counted, and listed by --mutants.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import openai
from openai.types import (
    Completion,
    CreateEmbeddingResponse,
    ImagesResponse,
    Model,
    audio,
    chat,
    responses,
    shared,
)
from pydantic import BaseModel, TypeAdapter

from wireproof.contract.schemas import Schema, SchemaSet
from wireproof.formats import json_pointer

TYPES: Mapping[str, tuple[Any, ...]] = {
    "chat.response": (chat.ChatCompletion,),
    "chat.chunk": (chat.ChatCompletionChunk,),
    "chat-delete.response": (chat.ChatCompletionDeleted,),
    "completions.response": (Completion,),
    "completions.chunk": (Completion,),
    "responses.response": (responses.Response,),
    "responses.event": (responses.ResponseStreamEvent,),
    "response-items.response": (responses.ResponseItemList,),
    "response-compact.response": (responses.CompactedResponse,),
    "embeddings.response": (CreateEmbeddingResponse,),
    "images.response": (ImagesResponse,),
    "transcriptions.response": (audio.Transcription, audio.TranscriptionVerbose, audio.TranscriptionDiarized),
    "model.response": (Model,),
    "models.response": (Model,),
    "chats-stored.response": (chat.ChatCompletion,),
    "chat-messages.response": (chat.ChatCompletionStoreMessage,),
    "error": (shared.ErrorObject,),
}
# Members whose text has a form that the types do not tell.
TEXTS = {"size": "1024x1024"}
# The answer around a value, where the type is not that of the whole answer.
AROUND: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "error": lambda value: {"error": value},
    "models.response": lambda value: {"object": "list", "data": [value]},
    "chats-stored.response": lambda value: page(value),
    "chat-messages.response": lambda value: page(value),
}
# (shape, pattern of "pointer: expected") → the reason why the schema is right.
EXPECTED: Mapping[tuple[str, str], str] = {
    ("images.response", r"^/data: this member present"): "an answer without a picture is none (E031)",
    ("images.response", r"^/data/0: .*anyOf"): "an answer without a picture is none (E031)",
    ("responses.event", r"/logprobs/0/top_logprobs/0/(token|logprob): "): "a listed token is there (E025)",
    ("transcriptions.response", r"^/logprobs/0/(token|logprob): "): "a listed token is there (E025)",
}
UNHEARD_OF = "unheard-of"


def page(value: Any) -> dict[str, Any]:
    return {"object": "list", "data": [value], "first_id": "x", "last_id": "x", "has_more": False}


def variants(kind: Any, name: str = "", above: tuple[Any, ...] = ()) -> list[Any]:
    """Values of a type that show each of its alternatives; the first is the plainest."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return variants(arguments[0], name, above)
    if origin in (Union, UnionType):
        return [value for part in arguments for value in variants(part, name, above)]
    if origin is Literal:
        return [*arguments]
    if origin is list:
        return [[value] for value in variants(arguments[0], name, above)] or [[]]
    if origin is dict:
        return [{"key": value} for value in variants(arguments[1], name, above)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        found = [] if kind in above else [*objects(kind, (*above, kind))]
        # A response inside an event obeys the schema of one by itself, which every variant is judged by.
        return found[:2] if kind is responses.Response and above else found
    plain: dict[Any, Any] = {str: TEXTS.get(name, "x"), int: 1, float: 1, bool: True, NoneType: None}
    return [plain.get(kind, {})]


def objects(model: type[BaseModel], above: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """Objects of a model: the required members alone, all of them, and each value of each."""
    model.model_rebuild()
    values, required = {}, {}
    for key, field in model.model_fields.items():
        name = field.alias or key
        found = variants(field.annotation, name, above)
        if not field.is_required():
            found = [value for value in found if value is not None]
        if not found:
            continue
        values[name] = found
        if field.is_required():
            required[name] = found[0]
    yield required
    yield {name: found[0] for name, found in values.items()}
    for name, found in values.items():
        yield from ({**required, name: value} for value in found[name in required :])


def mutants(kind: Any, answer: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each answer without one required member, and with an unheard-of word in place of each literal, at its top."""
    for name, field in kind.model_fields.items():
        if field.is_required() and name in answer:
            yield f"{name} missing", {key: value for key, value in answer.items() if key != name}
        if get_origin(field.annotation) is Literal and name in answer:
            yield f"{name} {UNHEARD_OF}", {**answer, name: UNHEARD_OF}


def alternatives(kind: Any) -> list[type[BaseModel]]:
    if get_origin(kind) is Annotated:
        return alternatives(get_args(kind)[0])
    return [*get_args(kind)] if get_origin(kind) in (Union, UnionType) else [kind]


def findings(schema: Schema, answer: dict[str, Any]) -> set[str]:
    """The findings on an answer, with null in place of each absent member that may be null.

    The types of the SDK do not tell a member that may be absent from one that may be null.
    """
    found = schema.findings(answer)
    while absent := [one.pointer for one in found if one.pointer and one.expected == "this member present"]:
        wrong = {one.pointer for one in schema.findings(with_nulls(answer, absent))}
        nullable = [pointer for pointer in absent if pointer not in wrong]
        if not nullable:
            break
        answer = with_nulls(answer, nullable)
        found = schema.findings(answer)
    return {f"{one.pointer}: {one.expected}, not {one.actual}" for one in found}


def with_nulls(answer: dict[str, Any], pointers: Sequence[str]) -> dict[str, Any]:
    for pointer in pointers:
        answer = json_pointer.edit(answer, pointer, None)
    return answer


def main() -> int:
    red, used, quiet = Counter[str](), set[tuple[str, str]](), list[str]()
    judged = refused = mutated = 0
    pairs = [(shape, kind) for shape, kinds in TYPES.items() for part in kinds for kind in alternatives(part)]
    for shape, kind in pairs:
        schema = SchemaSet("openai").shape(shape)
        assert schema is not None, shape
        around = AROUND.get(shape, lambda value: value)
        adapter, answers = TypeAdapter(kind), variants(kind)
        for answer in answers:
            adapter.validate_python(answer)
            judged += 1
            found = findings(schema, around(answer))
            meant = {key: {text for text in found if key[0] == shape and re.search(key[1], text)} for key in EXPECTED}
            used |= {key for key, texts in meant.items() if texts}
            left = found.difference(*meant.values())
            refused += bool(left)
            red.update(f"{shape} {kind.__name__} {text[:200]}" for text in left)
        for says, mutant in mutants(kind, answers[0]):
            mutated += 1
            if not findings(schema, around(mutant)):
                quiet.append(f"{shape} {kind.__name__}: {says}")
    for text, count in sorted(red.items()):
        print(f"{count:5} {text}")
    unneeded = EXPECTED.keys() - used
    for shape, pattern in sorted(unneeded):
        print(f"no answer needs the expected difference {shape} {pattern}")
    if "--mutants" in sys.argv:
        print(*(f"accepted: {text}" for text in quiet), sep="\n")
    print(f"openai {openai.__version__}: {judged} answers, {refused} red; {mutated} mutants, {len(quiet)} accepted")
    return 1 if red or unneeded else 0


if __name__ == "__main__":
    sys.exit(main())
