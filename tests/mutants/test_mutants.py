"""The mutants of a module, the skipped ones among them, and the sample."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import WorkDB

from mutation import operators, skipped_code
from mutation.mutants import Mutant, draw_sample, find_mutants, mutated_checks
from wireproof.contract import data_files
from wireproof.judging.suite_loader import load_checks

ASSERTION = data_files.root() / "wireproof" / "judging" / "expect_values.py"
DELTAS = data_files.root() / "suites" / "chat" / "test_deltas.py"
SOURCE = '''
@check("demo.one", any_answer=True)
def test_one(exchange: Exchange | None) -> None:
    """A docstring."""
    found, actual = exchange.json["id"], exchange.text or "nothing"
    expect.condition(found == "x", f"{1 + 2} of them", actual, where="body", at="/id")
    raise Inconclusive("nobody knows")
'''


@pytest.fixture(name="work_db")
def _work_db(tmp_path):
    work_db = WorkDB(tmp_path / "mutants.sqlite", WorkDB.Mode.create)
    yield work_db
    work_db.close()


@pytest.mark.parametrize("operator", operators.OPERATORS.values(), ids=operators.OPERATORS)
def test_an_operator_does_what_its_examples_say(operator):
    for example in operator.examples():
        assert mutate_code(example.pre_mutation_code, operator(), 0) == example.post_mutation_code


def test_words_annotations_and_declarations_are_no_places_for_mutants():
    lines = SOURCE.splitlines()
    skipped_parts = {
        (span.reason, lines[span.start[0] - 1][span.start[1] : span.end[1]])
        for span in skipped_code.find_spans(SOURCE, skipped_code.build_vocabulary([ASSERTION.read_text()]))
    }

    assert (skipped_code.WORDS, '"nobody knows"') in skipped_parts
    assert (skipped_code.WORDS, 'f"{1 + 2} of them"') in skipped_parts
    assert (skipped_code.WORDS, 'exchange.text or "nothing"') in skipped_parts
    assert (skipped_code.ANNOTATION, "Exchange | None") in skipped_parts
    assert (skipped_code.DECLARATION, '"demo.one"') in skipped_parts
    assert not {text for _, text in skipped_parts} & {"True", '"/id"', '"id"', '"x"', 'found == "x"'}


def test_an_argument_that_only_becomes_words_two_calls_further_is_words():
    source = (
        "def outer(value, name):\n    inner(value, name)\n\ndef inner(value, called):\n    raise Violation(called)\n"
    )

    assert skipped_code.build_vocabulary([source]).word_parameters["outer"] == {"name"}


def test_what_cannot_matter_is_skipped_in_the_work_database_with_the_reason(work_db):
    found = find_mutants(work_db, [DELTAS])

    skipped = {job: result.output for job, result in work_db.results}
    assert {one.job for one in found}.isdisjoint(skipped)
    assert {one.job for one in found} | set(skipped) == {item.job_id for item in work_db.work_items}
    assert set(skipped.values()) >= {skipped_code.WORDS, skipped_code.DECLARATION}


def test_mutants_are_those_of_cosmic_ray_with_its_numbers(work_db, tmp_path):
    find_mutants(work_db, [DELTAS])
    theirs = WorkDB(tmp_path / "theirs.sqlite", WorkDB.Mode.create)
    init([DELTAS], theirs, {})

    assert _specs(work_db) == _specs(theirs)
    theirs.close()


def test_each_check_has_a_mutant_of_its_own_in_the_sample(work_db):
    found = draw_sample(find_mutants(work_db, [DELTAS]), 1, 0)

    checks = {
        name: check for name, check in load_checks().items() if check.function.__module__.endswith("chat.test_deltas")
    }
    assert len(found) == len(checks)
    assert mutated_checks(found, checks) == set(checks)


def test_what_changes_elsewhere_leaves_a_mutant_in_the_sample():
    mine = [_mutant(str(at), "test_mine", f"line {at}") for at in range(20)]
    others = [_mutant(str(at), "test_theirs", f"line {at}") for at in range(20, 40)]

    assert set(draw_sample(mine, 7, 0)) < set(draw_sample(mine + others, 7, 0))
    assert draw_sample(mine, 7, 10) == draw_sample(mine[::-1], 7, 10)
    assert len(draw_sample(mine + others, 7, 10)) == 10


def test_a_place_is_mutated_once():
    one = _mutant("1", "helper", "a == b")
    found = draw_sample([one, replace(one, job="2", operator="other"), _mutant("3", "helper", "c == d", (2, 0))], 1, 9)

    assert sorted(mutant.start for mutant in found) == [(1, 0), (2, 0)]


def _specs(work_db: WorkDB) -> set[tuple[object, ...]]:
    return {
        (spec.operator_name, spec.occurrence, spec.start_pos, spec.end_pos)
        for item in work_db.work_items
        for spec in item.mutations
    }


def _mutant(job: str, definition: str, line: str, start: tuple[int, int] | None = None) -> Mutant:
    at = start or (int(job), 0)
    return Mutant(job, DELTAS, "core/AddNot", 0, at, (at[0], at[1] + 1), definition, line)
