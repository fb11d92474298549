"""Columns: the contracts by which one target is judged, each with the clauses of its index.

A target has the column of its own document, the column of the wire, and the column of the baseline if that is another
document. The wire's rules are those on which any client relies, whatever a document says; its checks read the values
of the target's own provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wireproof.contract import loading
from wireproof.contract.clause import WIRE, Clause, Judgement
from wireproof.contract.provider import Provider
from wireproof.errors import ConfigError

# The folder of the index of the wire below schemas/, and the title and the source that pages show.
FLOOR_FOLDER = "floor"
WIRE_TITLE = "The wire"
WIRE_URL = "https://www.rfc-editor.org/rfc/rfc9110"
WIRE_SOURCE = "HTTP, JSON and event streams; the official clients; the rules of security that `place` names"


@dataclass(frozen=True, slots=True)
class Column:
    """One contract by which a target is judged.

    Attributes:
        name: the name of the provider whose document it is, or `wire`.
        provider: the values that the checks read.
        folder: the folder of the clause index below schemas/.
        clauses: the clauses of the index, without those from which the provider is exempt.
    """

    name: str
    provider: Provider
    folder: str
    clauses: tuple[Clause, ...]

    @property
    def judgements(self) -> list[tuple[Clause, Judgement]]:
        """Every judgement of these clauses, with its clause."""
        return [(clause, judgement) for clause in self.clauses for judgement in clause.judged]


def document_column(provider: Provider) -> Column:
    """The column of a provider's document."""
    return Column(provider.name, provider, provider.schemas, loading.clauses_of(provider))


def wire_column(provider: Provider) -> Column:
    """The column of the wire for a target of this provider: the rules about what it offers.

    Raises ConfigError if the provider is exempt from a rule that does not exist.
    """
    rules = loading.load_clauses(FLOOR_FOLDER)
    for exempt in provider.floor_exemptions:
        if exempt not in {rule.id for rule in rules}:
            where = f"providers.yaml, /providers/{provider.name}/floor_exemptions/{exempt}"
            raise ConfigError(where, "there is no such rule", f"name a rule of schemas/{FLOOR_FOLDER}/clauses.yaml")
    offered = [(rule, tuple(one for one in rule.judged if _is_offered(one, provider))) for rule in rules]
    kept = (replace(rule, judged=judged) for rule, judged in offered if rule.id not in provider.floor_exemptions)
    return Column(WIRE, provider, FLOOR_FOLDER, tuple(rule for rule in kept if rule.judged))


def _is_offered(judgement: Judgement, provider: Provider) -> bool:
    """True if the provider offers the endpoints and the features of the cases that a judgement names."""
    cases = loading.load_cases()
    for name in judgement.case.values():
        if name in cases:
            if cases[name].endpoint not in provider.endpoints or not provider.offers(*cases[name].features):
                return False
        elif name.partition(":")[0] not in ("*", *provider.endpoints):
            return False
    return True


def columns_for(provider: Provider, providers: Mapping[str, Provider]) -> tuple[Column, ...]:
    """The columns of a target of this provider: its own document, the wire and, if it is another one, the baseline."""
    columns = (document_column(provider), wire_column(provider))
    if provider.name == loading.BASELINE_PROVIDER:
        return columns
    return (*columns, document_column(providers[loading.BASELINE_PROVIDER]))


def folder_of_column(name: str, providers: Mapping[str, Provider]) -> str | None:
    """The folder of the clause index of a column; None for a column that is not known."""
    if name == WIRE:
        return FLOOR_FOLDER
    return providers[name].schemas if name in providers else None


def clauses_of_column(name: str, providers: Mapping[str, Provider]) -> tuple[Clause, ...]:
    """The clauses of a column, without exemptions; none for a column that is not known."""
    if name == WIRE:
        return loading.load_clauses(FLOOR_FOLDER)
    return loading.clauses_of(providers[name]) if name in providers else ()


def source_of_column(name: str, providers: Mapping[str, Provider]) -> str:
    """The document of a column, or the standards of the wire."""
    return WIRE_SOURCE if name == WIRE else providers[name].document


def url_of_column(name: str, providers: Mapping[str, Provider]) -> str:
    """The address of the document of a column; empty for a provider that this suite does not know."""
    if name == WIRE:
        return WIRE_URL
    return providers[name].document_url if name in providers else ""
