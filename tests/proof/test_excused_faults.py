"""Faults that become an excuse and nothing else."""

from __future__ import annotations

from wireproof.contract import data_files
from wireproof.contract.clause import Clause
from wireproof.contract.finding import Finding
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.faults import faults
from wireproof.proof.excused_faults import EXCUSED_FILE, find_excused, unexplained


def judged(check: str, outcome: str, level: str = "must", case: str = "plain", cited: str | None = None):
    judgement = {"check": check, "case": cited or case, "level": level}
    data = {"id": "C-1", "place": "p", "says": "s", "authority": "document", "basis": "stated", "judged": [judgement]}
    clause = Clause.from_data(data)
    planned = PlannedVerdict("it", "openai", check, (("exchange", case),), ((clause, clause.judged[0]),))
    findings = (Finding("a", "b"),) if outcome == "fail" else ()
    return planned, Verdict("it", "openai", check, case, "a", outcome, level, (), "It holds.", "", findings)


def excused(*pairs, options: tuple[str, ...] = ()):
    return find_excused(pairs, {(planned.check, planned.case) for planned, _ in pairs}, options)


def test_an_excuse_alone_is_found():
    for outcome in ("inconclusive", "not-offered", "untestable"):
        assert excused(judged("a.it", outcome), judged("a.other", "pass")) == (("a.it", "plain"),)


def test_a_failure_of_the_same_case_at_the_same_level_reports_the_fault():
    assert excused(judged("a.it", "inconclusive"), judged("a.other", "fail")) == ()
    assert excused(judged("a.it", "inconclusive", "should"), judged("a.other", "fail", "must")) == ()


def test_a_failure_at_a_lower_level_or_of_another_case_does_not():
    assert excused(judged("a.it", "inconclusive"), judged("a.other", "fail", "should")) == (("a.it", "plain"),)
    assert excused(judged("a.it", "inconclusive"), judged("a.other", "fail", case="other")) == (("a.it", "plain"),)


def test_any_failure_of_the_case_is_enough_for_a_rule_about_every_form():
    rule = judged("a.it", "inconclusive", cited="*")
    assert excused(rule, judged("a.other", "fail", "may")) == ()
    assert excused(rule) == (("a.it", "plain"),)


def test_an_honest_refusal_of_an_option_excuses_its_case():
    refused = judged("a.it", "not-offered"), judged("a.form", "inconclusive")
    assert excused(*refused, options=("plain",)) == ()
    assert excused(judged("a.form", "inconclusive"), options=("plain",)) == (("a.form", "plain"),)


def test_a_verdict_that_did_not_pass_before_is_not_found():
    assert find_excused([judged("a.it", "inconclusive")], set(), ()) == ()


def test_a_written_reason_explains_an_excuse():
    reasons = read_yaml(data_files.PACKAGE_FOLDER / "proof" / EXCUSED_FILE)
    by_fault, by_check = next(iter(reasons["faults"])), next(iter(reasons["checks"]))
    assert unexplained([(by_fault, "openai", "a.it", "plain"), ("a-fault", "openai", by_check, "plain")]) == ()
    assert unexplained([("a-fault", "openai", "a.it", "plain")]) == ("a-fault openai a.it plain",)


def test_each_reason_is_about_a_check_and_a_fault_that_exist():
    reasons = read_yaml(data_files.PACKAGE_FOLDER / "proof" / EXCUSED_FILE)
    assert set(reasons["faults"]) <= set(faults())
    assert set(reasons["checks"]) <= set(load_checks())
    assert {fault for by in reasons["checks"].values() for fault in by} <= {*faults(), "*"}
