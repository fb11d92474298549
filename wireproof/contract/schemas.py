"""The JSON Schemas of a contract, with two engines that validate by them.

`jsonschema-rs` decides quickly if an instance conforms; `jsonschema` finds the place and the reason if it does not.
tests/contract/test_schemas.py compares the verdicts of both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from wireproof.contract import data_files
from wireproof.contract.data_files import cache_for_suites
from wireproof.contract.finding import Finding, display_text
from wireproof.errors import ConfigError
from wireproof.formats import json_pointer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SCHEMA_ROOT_URI = "https://wireproof.invalid/schemas/"


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema, compiled for both engines."""

    name: str
    uri: str
    _fast: Any = field(repr=False)

    def conforms(self, instance: Any) -> bool:
        """True if the instance conforms; uses the fast engine where possible."""
        try:
            return bool(self._fast.is_valid(instance))
        except ValueError:  # numbers and nesting beyond the fast engine's range
            return bool(_explaining_engine(self.uri).is_valid(instance))

    def findings(self, instance: Any) -> tuple[Finding, ...]:
        """Every way in which the instance breaks the schema, in document order; empty if it conforms."""
        return () if self.conforms(instance) else _findings(_explaining_engine(self.uri), instance)


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """The schemas of one folder by file name without suffix: `chat.response`, `error`."""

    folder: str

    def shape(self, name: str) -> Schema | None:
        """The schema of that name; None if the document describes none."""
        return _find_schema(f"{SCHEMA_ROOT_URI}{self.folder}/{name}.json")


def findings_by(schema: Mapping[str, Any], instance: Any) -> tuple[Finding, ...]:
    """Every way in which an instance breaks a schema of a request, in document order."""
    from jsonschema import Draft202012Validator

    return _findings(Draft202012Validator(schema), instance)


def _findings(engine: Any, instance: Any) -> tuple[Finding, ...]:
    errors = sorted(engine.iter_errors(instance), key=lambda error: [str(step) for step in error.path])
    return tuple(_finding_from_error(leaf) for error in errors for leaf in _leaf_errors(error))


def schema_document(name: str) -> Mapping[str, Any]:
    """One schema as JSON, by its path below schemas/."""
    document: Mapping[str, Any] = _schema_documents()[SCHEMA_ROOT_URI + name]
    return document


# Problems of a user's file for which `{actual} is not {expected}` reads badly.
PROBLEM_TEXTS = {"required": "it is missing", "additionalProperties": "{0.actual} is not a known member"}


def check_format(data: Any, format: str, file: str) -> None:
    """Checks data against schemas/formats/<format>.json; raises ConfigError with file, place, value and remedy."""
    schema = _find_schema(f"{SCHEMA_ROOT_URI}formats/{format}.json")
    assert schema is not None, format
    if schema.conforms(data):
        return
    from jsonschema.exceptions import best_match

    error = best_match(_explaining_engine(schema.uri).iter_errors(data))
    assert error is not None
    finding = _finding_from_error(next(iter(_leaf_errors(error))))
    remedy = error.schema.get("$comment") if isinstance(error.schema, Mapping) else None
    raise ConfigError(
        f"{file}, {finding.where or '/'}",
        PROBLEM_TEXTS.get(error.validator, "{0.actual} is not {0.expected}").format(finding),
        remedy or f"correct it (the format is schemas/formats/{format}.json)",
    )


def _leaf_errors(error: ValidationError) -> Iterator[ValidationError]:
    """Yields the errors that explain an error; inside anyOf and oneOf the nearest one."""
    from jsonschema.exceptions import best_match

    if not error.context:
        yield error
    elif error.validator in ("anyOf", "oneOf"):
        nearest = best_match(iter((error,)))
        yield nearest if nearest is not None else error
    else:
        for inner in error.context:
            yield from _leaf_errors(inner)


def _finding_from_error(error: ValidationError) -> Finding:
    place = json_pointer.join(*error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, Mapping):
        required: Any = error.validator_value
        missing = next(name for name in required if name not in error.instance and repr(name) in error.message)
        place += json_pointer.join(missing)
        return Finding("this member present", "missing", place, place)
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        properties = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        extra = next((key for key in error.instance if key not in properties), "")
        return Finding(
            "no member of this name", repr(extra), place + json_pointer.join(extra), place + json_pointer.join(extra)
        )
    return Finding(_expected_text(error), display_text(error.instance), place, place)


def _expected_text(error: ValidationError) -> str:
    value: Any = error.validator_value
    descriptions: dict[str, Callable[[], str]] = {
        "type": lambda: "a value of type " + (value if isinstance(value, str) else " or ".join(value)),
        "const": lambda: display_text(value),
        "enum": lambda: "one of " + ", ".join(display_text(item) for item in value),
        "minimum": lambda: f"at least {value}",
        "maximum": lambda: f"at most {value}",
        "exclusiveMinimum": lambda: f"more than {value}",
        "minLength": lambda: f"at least {value} characters",
        "minItems": lambda: f"at least {value} elements",
        "maxItems": lambda: f"at most {value} elements",
        "minProperties": lambda: f"at least {value} members",
        "pattern": lambda: f"text that matches {value}",
        "uniqueItems": lambda: "elements that differ",
    }
    describe = descriptions.get(str(error.validator))
    return describe() if describe else f"a value allowed by {error.validator} {display_text(value)}"


@cache_for_suites
def _find_schema(uri: str) -> Schema | None:
    documents = _schema_documents()
    if uri not in documents:
        return None
    name = uri.rpartition("/")[2].removesuffix(".json")
    fast = jsonschema_rs.Draft202012Validator(documents[uri], retriever=documents.__getitem__)
    return Schema(name, uri, fast)


@cache_for_suites
def _explaining_engine(uri: str) -> Any:
    """The engine that explains, for the schema at an address.

    It is imported where something is to be explained: most processes have nothing of the kind.
    """
    import referencing
    from jsonschema import Draft202012Validator
    from referencing.jsonschema import DRAFT202012

    documents = _schema_documents()
    registry: referencing.Registry[Any] = referencing.Registry().with_resources(
        (key, DRAFT202012.create_resource(value)) for key, value in documents.items()
    )
    return Draft202012Validator(documents[uri], registry=registry, format_checker=None)


@cache_for_suites
def _schema_documents() -> Mapping[str, Any]:
    """Every schema file by its URI; raises ConfigError for a file that is not JSON, or that another folder has too."""
    documents: dict[str, Any] = {}
    for folder in data_files.schema_folders():
        for uri, document in _read_schemas(folder):
            if uri in documents:
                name = uri.removeprefix(SCHEMA_ROOT_URI)
                raise ConfigError(str(folder / name), "another suite has this schema", "choose another folder or name")
            documents[uri] = document
    return documents


def _read_schemas(folder: Path) -> Iterator[tuple[str, Any]]:
    for file in sorted(folder.rglob("*.json")):
        try:
            yield SCHEMA_ROOT_URI + file.relative_to(folder).as_posix(), json.loads(file.read_text())
        except ValueError as error:
            raise ConfigError(str(file), f"it is not JSON ({error})", "correct the schema") from None
