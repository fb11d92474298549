"""Clauses, checks and cases cite one another, and none is left without a citation."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from wireproof.contract import loading, schemas
from wireproof.contract.case import PLAIN_KEYS, Case, is_generated
from wireproof.contract.clause import Clause, Judgement
from wireproof.contract.provider import Provider
from wireproof.contract.target_columns import FLOOR_FOLDER
from wireproof.generation.families import strategies_by_case
from wireproof.generation.state_machines import stateful_cases
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import is_selector, selector_matches
from wireproof.session.send_target import SMOKE_CASES

PROVIDERS = loading.load_providers()
FOLDERS = sorted({provider.schemas for provider in PROVIDERS.values()} | {FLOOR_FOLDER})
INDEX: dict[str, tuple[Clause, ...]] = {folder: loading.load_clauses(folder) for folder in FOLDERS}
CASES = loading.load_cases()
CHECKS = load_checks()
CLAUSES = [clause for clauses in INDEX.values() for clause in clauses]
JUDGED = [(clause, judgement) for clause in CLAUSES for judgement in clause.judged]


def named_cases(judgement: Judgement) -> set[str]:
    return {name for name in judgement.case.values() if not is_selector(name) and not is_generated(name)}


def test_every_check_is_cited_by_a_clause() -> None:
    assert set(CHECKS) - {judgement.check for _, judgement in JUDGED} == set()


def test_every_judgement_cites_a_check_and_cases_that_exist() -> None:
    wrong = [
        (clause.id, judgement.check, dict(judgement.case))
        for clause, judgement in JUDGED
        if judgement.check not in CHECKS or named_cases(judgement) - set(CASES)
    ]
    assert wrong == []


def test_every_judgement_gives_its_check_the_arguments_it_asks_for() -> None:
    every = {"exchange", "exchanges", "attempt", "case", "provider", "contract", "target"}
    wrong = [
        (clause.id, judgement.check, asked - set(judgement.case))
        for clause, judgement in JUDGED
        if (asked := set(CHECKS[judgement.check].arguments) - every) - set(judgement.case)
        or set(judgement.case) - asked - {"exchange"}
    ]
    assert wrong == []


def test_every_case_is_cited() -> None:
    uncited = set(CASES) - {name for _, judgement in JUDGED for name in named_cases(judgement)} - set(SMOKE_CASES)
    # Combinations of members that OpenAI's description lacks are judged by no contract yet.
    assert {name for name in uncited if not name.startswith("pairs-")} == set()


def test_the_smoke_cases_exist() -> None:
    assert set(SMOKE_CASES) <= set(CASES)


def test_every_clause_is_judged_excluded_or_pending() -> None:
    states = [
        (clause.id, bool(clause.judged), bool(clause.excluded), clause.pending)
        for clause in CLAUSES
        if bool(clause.judged) + bool(clause.excluded) + clause.pending != 1
    ]
    assert states == []


def test_no_judgement_stands_twice_in_a_clause() -> None:
    twice = [
        (clause.id, found)
        for clause in CLAUSES
        for found, times in Counter((j.check, tuple(j.case.items()), j.at) for j in clause.judged).items()
        if times > 1
    ]
    assert twice == []


def test_every_selector_selects_a_case_of_its_index() -> None:
    for folder, clauses in INDEX.items():
        if folder == FLOOR_FOLDER:  # its selectors match the cases of every index
            continue
        cited_cases = [
            CASES[name] for clause in clauses for judgement in clause.judged for name in named_cases(judgement)
        ]
        empty = {
            name
            for clause in clauses
            for judgement in clause.judged
            for name in judgement.case.values()
            if is_selector(name) and not any(selector_matches(name, case) for case in cited_cases)
        }
        assert (folder, empty) == (folder, set())


def test_clauses_bear_the_prefix_of_their_document_and_each_id_stands_once() -> None:
    for provider in PROVIDERS.values():
        ids = [clause.id for clause in INDEX[provider.schemas]]
        assert len(ids) == len(set(ids))
        assert [id for id in ids if not re.fullmatch(rf"{provider.clause_prefix}-[A-Z]+-\d{{3}}", id)] == []


# Every testable statement of the five documents, numbered when the documents were read line by line.
STATEMENTS = {"iio": 144, "io-intelligence": 151, "iotex": 93, "aion": 169, "aiorouter": 122}


@pytest.mark.parametrize("folder", STATEMENTS)
def test_every_statement_of_a_document_has_its_clause(folder: str) -> None:
    wanted = (Path(__file__).parents[1] / "data" / f"{folder}-ids.txt").read_text().split()
    assert len(wanted) == STATEMENTS[folder]
    assert [clause.id for clause in INDEX[folder]] == wanted


def test_every_rule_of_the_wire_is_a_must_with_its_own_authority() -> None:
    rules = INDEX[FLOOR_FOLDER]
    assert 40 <= len(rules) <= 90
    assert {rule.authority for rule in rules} == {"wire", "client", "security"}
    assert {judgement.level for rule in rules for judgement in rule.judged} == {"must"}
    assert [rule.id for rule in rules if not re.fullmatch(r"FLOOR-[A-Z]+-\d{3}", rule.id)] == []


def test_no_document_repeats_a_judgement_of_the_wire_that_it_does_not_state() -> None:
    """A rule of HTTP is told as HTTP's, and one cause is one red line."""
    ruled = {(one.check, tuple(one.case.items())) for rule in INDEX[FLOOR_FOLDER] for one in rule.judged}
    repeated = [
        clause.id
        for clause, one in JUDGED
        if clause.basis == "claim"
        and not clause.id.startswith("FLOOR-")
        and (one.check, tuple(one.case.items())) in ruled
    ]
    assert repeated == []


def test_the_index_of_openai_has_150_clauses_and_more() -> None:
    assert len(INDEX["openai"]) >= 150
    assert sum(clause.state == "judged" for clause in INDEX["openai"]) >= 150


def test_every_check_is_named_area_and_kebab_case() -> None:
    assert [id for id in CHECKS if not re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*", id)] == []


def test_every_check_says_what_it_requires_in_one_sentence() -> None:
    requirements = {id: check.requirement for id, check in CHECKS.items()}
    odd = r"\bshould\b|This function|Test that|[Cc]hecks? (that|if|whether)"
    assert [id for id, text in requirements.items() if text[0].isalpha() and not text[0].isupper()] == []
    assert [id for id, text in requirements.items() if not text.endswith(".") or re.search(odd, text)] == []


def test_the_area_of_a_check_is_the_folder_it_stands_in_or_a_concern_of_it() -> None:
    areas = {id.partition(".")[0] for id in CHECKS}
    assert areas >= {"smoke", "models", "chat", "stream", "auth", "errors", "schema", "wire"}


def test_every_case_is_named_in_kebab_case() -> None:
    assert [name for name in CASES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_every_case_asks_for_keys_that_some_provider_has() -> None:
    tiers = {tier for provider in PROVIDERS.values() for tier in provider.rate.tiers}
    asked = {name: {ask.tier for ask in case.asks if ask.key not in PLAIN_KEYS} for name, case in CASES.items()}
    assert {name: keys - tiers for name, keys in asked.items() if keys - tiers} == {}


def cited_cases(folder: str, *checks: str) -> dict[str, Case]:
    """The cases that an index cites, by any check or by these."""
    found = (judgement for clause in INDEX[folder] for judgement in clause.judged)
    return {
        name: CASES[name] for one in found if not checks or one.check in checks for name in sorted(named_cases(one))
    }


each_provider = pytest.mark.parametrize(
    "provider", [pytest.param(one, id=name) for name, one in sorted(PROVIDERS.items())]
)


@each_provider
def test_an_index_cites_only_cases_that_its_provider_can_be_asked(provider: Provider) -> None:
    """A case that can never be sent would look like coverage and add none."""
    wrong = [
        name
        for name, case in cited_cases(provider.schemas).items()
        if not provider.offers(*case.features)
        or any(ask.endpoint not in provider.endpoints for ask in case.asks)
        or {ask.tier for ask in case.asks} - PLAIN_KEYS - set(provider.rate.tiers)
    ]
    assert wrong == []


@each_provider
def test_every_generated_case_is_cited_and_every_citation_finds_one(provider: Provider) -> None:
    """No clause names the generated conversations and returned texts that its document does not promise."""
    drawn = {*strategies_by_case(provider), *stateful_cases(provider)}
    required = {name for name in drawn if name.split(":")[2] in ("valid", "invalid", "odd")}
    cases = [case for clause in INDEX[provider.schemas] for one in clause.judged for case in one.case.values()]
    patterns = [case for case in cases if is_generated(case)]
    assert {name for name in required if not any(fnmatchcase(name, pattern) for pattern in patterns)} == set()
    assert [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in drawn)] == []


@each_provider
def test_a_refusal_that_is_judged_by_its_cause_has_one_that_the_provider_tells(provider: Provider) -> None:
    judged = cited_cases(provider.schemas, "errors.refused")
    assert [name for name, case in judged.items() if case.refused not in provider.refusals] == []


def test_every_place_of_a_judgement_is_a_json_pointer() -> None:
    places = {judgement.at for _, judgement in JUDGED if judgement.at is not None}
    assert [place for place in places if place and not place.startswith("/")] == []


def test_the_formats_take_our_own_files() -> None:
    """The files match their formats, as loading shows, and so does a verdict."""
    verdict = Verdict("t", "p", "a.b", "c", "a", "pass", "must", (), "It holds.")
    schemas.check_format(verdict.as_data(), "verdict", "a verdict")
