"""Loads the project's YAML files, checks them against schemas/formats/ and caches them as frozen values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from wireproof.contract import data_files, feature_pairs, schemas
from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.contract.clause import Clause
from wireproof.contract.data_files import cache_for_suites
from wireproof.contract.provider import BASELINE_PROVIDER as BASELINE_PROVIDER
from wireproof.contract.provider import Provider
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean
from wireproof.formats.yaml_file import read_yaml


def read_providers_data(extra: Path | None = None) -> dict[str, Any]:
    """The entries of providers.yaml, merged with those of the own suites and of another file.

    An entry of another file either extends a known one by `extends:` or changes the known one of the same name.
    Raises ConfigError with file, path, value and remedy.
    """
    entries: dict[str, Any] = dict(_read_checked_providers(data_files.root() / "providers.yaml"))
    own = (folder / "providers.yaml" for folder in data_files.own_suites())
    for file in (*filter(Path.is_file, own), *([] if extra is None else [extra])):
        entries.update(_overlay_providers(entries, file))
        schemas.check_format({"providers": entries}, "providers", str(file))
    baseline = entries[BASELINE_PROVIDER]["requests"]
    complete = {name: _complete_request_tables(name, entry["requests"], baseline) for name, entry in entries.items()}
    return {name: {**entry, "requests": complete[name]} for name, entry in entries.items()}


def load_providers(extra: Path | None = None) -> dict[str, Provider]:
    """Every provider by name."""
    data = read_providers_data(extra)
    _check_values(data, str(extra or "providers.yaml"))
    return {name: Provider.from_data(name, entry) for name, entry in data.items()}


def find_provider(providers: Mapping[str, Provider], name: str) -> Provider:
    """The provider of that name; raises ConfigError with the known names."""
    if name not in providers:
        names = f"choose one of {', '.join(sorted(providers))}, or add one with --providers FILE"
        near = did_you_mean(name, providers)
        raise ConfigError(f"--provider {name}", "unknown provider", f"{near} {names}" if near else names)
    return providers[name]


def endpoint_paths() -> list[str]:
    """The paths of OpenAI's endpoints below a base URL, by which a base URL that includes one is recognized."""
    return [endpoint.path for endpoint in load_providers()[BASELINE_PROVIDER].endpoints.values()]


@cache_for_suites
def load_clauses(folder: str) -> tuple[Clause, ...]:
    """The clauses of schemas/<folder>/clauses.yaml in order, each pair selector replaced by the cases it selects.

    Raises ConfigError for a duplicate id.
    """
    files = [place / folder / "clauses.yaml" for place in data_files.schema_folders()]
    file = next((file for file in files if file.is_file()), files[0])
    return _read_clauses(file, f"schemas/{folder}/clauses.yaml", folder)


def clauses_of(provider: Provider) -> tuple[Clause, ...]:
    """The clauses of a provider's document, and those that own suites add for the providers of their providers.yaml.

    Raises ConfigError for a duplicate id.
    """
    of_document, own = load_clauses(provider.schemas), _own_clauses(provider.name)
    if own:
        _check_ids_differ((*of_document, *own), provider.name)
    return (*of_document, *own)


@cache_for_suites
def _own_clauses(provider: str) -> tuple[Clause, ...]:
    files = [folder / "clauses.yaml" for folder in data_files.own_suites()]
    return tuple(
        clause
        for file in filter(Path.is_file, files)
        if provider in _providers_of_suite(file.parent)
        for clause in _read_clauses(file, str(file), provider)
    )


def _providers_of_suite(folder: Path) -> Collection[str]:
    """The names of the providers whose clauses a suite has."""
    file = folder / "providers.yaml"
    if not file.is_file():
        raise ConfigError(str(folder / "clauses.yaml"), "the suite has no providers.yaml", "name the provider there")
    data = read_yaml(file)
    return data["providers"] if isinstance(data, dict) and isinstance(data.get("providers"), dict) else ()


def _check_ids_differ(clauses: Iterable[Clause], where: str) -> None:
    seen: set[str] = set()
    for clause in clauses:
        if clause.id in seen:
            raise ConfigError(f"{where}, {clause.id}", "the id is used twice", "give each clause its own id")
        seen.add(clause.id)


def _read_clauses(file: Path, display_name: str, folder: str) -> tuple[Clause, ...]:
    data = read_yaml(file, display_name)
    schemas.check_format(data, "clauses", display_name)
    provider = load_providers().get(folder)
    clauses = tuple(Clause.from_data(_with_selected_cases(entry, provider, display_name)) for entry in data)
    _check_ids_differ(clauses, display_name)
    return clauses


def _with_selected_cases(entry: dict[str, Any], provider: Provider | None, file: str) -> dict[str, Any]:
    """The entry of a clause, with one judgement for each case that a pair selector selects for a provider.

    A check judges a case once although several features of the case may select it, at the level of the first selector.
    """
    judged: list[dict[str, Any]] = []
    for judgement in entry.get("judged", ()):
        case = judgement["case"]
        if not isinstance(case, str) or not feature_pairs.is_pair_selector(case):
            judged.append(judgement)
            continue
        selected = _selected_cases(case, provider, f"{file}, {entry['id']}")
        taken = {(one["check"], str(one["case"]), one.get("at")) for one in judged}
        free = [name for name in selected if (judgement["check"], name, judgement.get("at")) not in taken]
        judged += [{**judgement, "case": name} for name in free]
    return {**entry, "judged": judged}


def _selected_cases(selector: str, provider: Provider | None, where: str) -> list[str]:
    selected = feature_pairs.selected_cases(selector, provider, where) if provider else []
    if not selected:
        raise ConfigError(where, f"{selector} selects no case", "name a feature that the provider offers")
    return selected


@cache_for_suites
def case_files() -> Mapping[Path, Mapping[str, Any]]:
    """The entries of every cases.yaml, and those of the covering array of features, by file."""
    bundled = sorted((data_files.root() / "suites").glob("*/cases.yaml"))
    of_users = (folder / "cases.yaml" for folder in data_files.own_suites())
    files = {file: _read_cases_data(file) for file in (*bundled, *filter(Path.is_file, of_users))}
    return files | {data_files.root() / feature_pairs.ARRAY_FILE: feature_pairs.entries_of_array()}


@cache_for_suites
def case_entries() -> Mapping[str, Any]:
    """The entries of all case files by name; raises ConfigError for a duplicate name."""
    entries: dict[str, Any] = {}
    for file, entries_of_file in case_files().items():
        for name in entries_of_file:
            if name in entries:
                raise ConfigError(f"{_display_name(file)}, {name}", "the name is used twice", "rename it")
        entries.update(entries_of_file)
    return entries


@cache_for_suites
def load_cases() -> Mapping[str, Case]:
    """Every case by name."""
    cases = [
        case
        for file, entries in case_files().items()
        for case in read_cases(file.parent.name, entries, _display_name(file), case_entries())
    ]
    return {case.name: case for case in cases}


def _display_name(file: Path) -> str:
    return str(file) if file.parent in data_files.own_suites() else f"suites/{file.parent.name}/{file.name}"


def _read_cases_data(file: Path) -> Mapping[str, Any]:
    display_name = _display_name(file)
    data: Mapping[str, Any] = read_yaml(file, display_name)
    schemas.check_format(data, "cases", display_name)
    return data


def _complete_request_tables(provider: str, requests: Mapping[str, Any], baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the members that a document leaves out to its request tables, as the baseline describes them."""
    return {
        endpoint: {**table, "fields": {**table["fields"], **_undocumented_fields(provider, endpoint, table, baseline)}}
        for endpoint, table in requests.items()
    }


def _undocumented_fields(
    provider: str, endpoint: str, table: Mapping[str, Any], baseline: Mapping[str, Any]
) -> dict[str, Any]:
    described = baseline.get(endpoint, {}).get("fields", {})
    for name in table.get("undocumented", ()):
        if name not in described:
            where = f"providers.yaml, /providers/{provider}/requests/{endpoint}/undocumented"
            raise ConfigError(where, f"{name!r} is not a member of OpenAI's request", "describe it among `fields:`")
    return {name: {**described[name], "documented": False} for name in table.get("undocumented", ())}


@cache
def _read_checked_providers(file: Path) -> Mapping[str, Any]:
    data = read_yaml(file, file.name)
    schemas.check_format(data, "providers", file.name)
    entries: Mapping[str, Any] = data["providers"]
    return entries


def _overlay_providers(entries: Mapping[str, Any], file: Path) -> dict[str, Any]:
    data = read_yaml(file)
    if not isinstance(data, dict) or not isinstance(data.get("providers"), dict):
        raise ConfigError(str(file), "it has no mapping `providers`", "write `providers:` with one entry a provider")
    return {name: _extend_provider(entries, name, entry, str(file)) for name, entry in data["providers"].items()}


def _extend_provider(entries: Mapping[str, Any], name: str, entry: Any, file: str) -> dict[str, Any]:
    where = f"{file}, /providers/{name}"
    if not isinstance(entry, dict):
        raise ConfigError(where, f"{entry!r} is not a mapping", "write the entry's fields below its name")
    changes = {key: value for key, value in entry.items() if key != "extends"}
    parent = entry.get("extends", name)
    if parent not in entries:
        if "extends" not in entry:
            return changes
        raise ConfigError(
            f"{where}/extends", f"{parent!r} is not a provider", f"extend one of {', '.join(sorted(entries))}"
        )
    inherited = {**entries[parent], "schemas": entries[parent].get("schemas", parent)}
    if parent != name:
        inherited["serve_at"] = f"/{name}/v1"
    merged = _merge(inherited, changes)
    # An endpoint that is null is one that the provider does not have.
    if isinstance(merged.get("endpoints"), dict):
        merged["endpoints"] = {key: value for key, value in merged["endpoints"].items() if value is not None}
    return merged


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _check_values(data: Mapping[str, Any], file: str) -> None:
    """Checks what a schema cannot express: names that refer to other values of the entry."""
    for name, entry in data.items():
        where = f"{file}, /providers/{name}"
        ids = {model["id"] for model in entry["models"]["catalogue"]}
        for role, model in entry["models"].items():
            if role != "catalogue" and model not in ids:
                raise ConfigError(f"{where}/models/{role}", f"{model!r} is not in the catalogue", "add it there")
        tier = entry["rate"]["suite_tier"]
        if tier not in entry["rate"]["tiers"]:
            raise ConfigError(
                f"{where}/rate/suite_tier", f"{tier!r} is not a tier of the provider", "name one of its tiers"
            )
        folder = entry.get("schemas", name)
        if not any((place / folder).is_dir() for place in data_files.schema_folders()):
            raise ConfigError(
                f"{where}/schemas", f"there is no folder schemas/{folder}", "name the folder of its document"
            )
