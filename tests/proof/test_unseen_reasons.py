"""Derived faults under a contract: caught ones, survivors, and the reasons of legal ones."""

from __future__ import annotations

import asyncio
import json
from random import Random

import pytest

from wireproof.cli import main
from wireproof.contract import loading
from wireproof.errors import ConfigError
from wireproof.proof.unseen import unseen_proof
from wireproof.proof.unseen.derived_outcome import DerivedOutcome
from wireproof.proof.unseen.fault_classes import CLASSES, derive_faults
from wireproof.proof.unseen.legal_reasons import LegalReason, legal_reasons_from_data, read_legal_reasons
from wireproof.proof.unseen.unseen_result import UnseenProof

pytestmark = pytest.mark.slow

# Faults that one reason is tried on before it counts as unused.
TRIALS = 24


def outcome(word: str, **members) -> DerivedOutcome:
    given = {
        "provider": "openai", "family": "list-short", "kind": "chat:answer", "place": "/data", "case": "chat-basic",
        "word": word, "once": word == "red", "always": None, "check": "", "before": "[1,2", "after": "[1",
    } | members  # fmt: skip
    return DerivedOutcome(**given)


@pytest.fixture(name="column", scope="module")
def _column():
    """The contract with the fewest clauses."""
    return asyncio.run(unseen_proof.open_derived_column("iotex"))


def find_fault(column, family: str, case: str, place: str):
    (fault,) = [one for one in derive_faults(family, case, column.pool) if one.place == place]
    return fault


def judge(column, family: str, case: str, place: str, reasons=()) -> DerivedOutcome:
    return asyncio.run(column.judge(case, find_fault(column, family, case, place), reasons))


def test_a_fault_that_breaks_a_promise_at_must_is_red(column):
    judged = judge(column, "member-null", "chat-basic", "/choices")
    assert (judged.word, judged.once) == ("red", True)
    assert '"choices":' in judged.before
    assert "null" in judged.after


def test_a_blind_check_leaves_a_survivor(column, monkeypatch):
    monkeypatch.setattr(column.column, "watched", {})
    judged = judge(column, "member-null", "chat-basic", "/model")
    assert (judged.word, judged.once, judged.always) == ("silent", False, False)
    assert UnseenProof(1, (judged,)).survivors == (judged,)


def test_a_reason_explains_a_survivor_and_hides_no_red_one(column):
    every = LegalReason("Anything goes.", ("*",), ("*",), ("*",))
    assert judge(column, "header-dropped", "chat-basic", "server").word == "silent"
    assert judge(column, "header-dropped", "chat-basic", "server", [every]).reason == "Anything goes."
    assert judge(column, "member-null", "chat-basic", "/choices", [every]).word == "red"


def test_an_edit_without_effect_is_no_fault(column):
    fault = find_fault(column, "member-null", "chat-basic", "/choices")
    assert asyncio.run(column.judge("models-list", fault, ())) is None


def test_the_command_prints_the_table_and_writes_the_page(in_this_process, capsys, tmp_path):
    page = tmp_path / "unseen.md"
    words = ["prove", "--unseen", "--provider", "iotex", "--count", "36", "--seed", "5"]
    code = main.main([*words, "--json", "--write", str(page)])
    data = json.loads(capsys.readouterr().out)
    assert (data["seed"], data["derived"], set(data["classes"])) == (5, 36, set(CLASSES))
    assert code == (0 if data["share"] >= 0.97 else 1)
    assert {one["word"] for one in data["survivors"]} <= {"advice", "silent"}
    text = page.read_text()
    assert "36 derived faults (seed 5)" in text
    assert all(f"| {family} |" in text for family in CLASSES)


@pytest.mark.parametrize(
    "words", [["--count", "5"], ["--unseen", "--count", "0"], ["--unseen", "--fault", "key-refused"]]
)
def test_options_that_do_not_fit_are_refused(words, capsys):
    assert main.main(["prove", *words]) == 2
    assert "--" in capsys.readouterr().err


def test_the_share_counts_red_and_legal_faults_and_shows_the_smallest_survivor_first():
    words = [outcome("red"), outcome("legal", reason="It is."), outcome("silent", before="longer"), outcome("advice")]
    proof = UnseenProof(1, tuple(words))
    assert proof.share == 0.5
    assert [one.word for one in proof.survivors] == ["advice", "silent"]
    assert proof.rows()[-1][1:] == ["4", "1", "0", "1", "1", "1", "50.0%"]
    assert UnseenProof(1, ()).share == 1


def test_a_reason_of_another_form_is_refused():
    with pytest.raises(ConfigError, match=r"legal\.yaml"):
        legal_reasons_from_data([{"classes": ["list-short"], "reason": "It is as it is, they say."}])


def test_reasons_name_classes_that_exist():
    assert {family for one in read_legal_reasons() for family in one.classes} <= {*CLASSES, "*"}


async def is_used(reason: LegalReason, column) -> bool:
    """True if the reason explains one of its faults under a contract."""
    provider = column.column.name
    fitting = [
        (case, fault)
        for family in (CLASSES if "*" in reason.classes else reason.classes)
        for case in column.column.cases
        for fault in derive_faults(family, case, column.pool)
        if reason.covers(provider, case, fault, refused=True)
    ]
    for case, fault in Random(1).sample(fitting, min(len(fitting), TRIALS)):
        judged = await column.judge(case, fault, [reason])
        if judged is not None and judged.word == "legal":
            return True
    return False


@pytest.mark.whole
def test_each_reason_explains_a_fault_that_is_not_red():
    unused = list(read_legal_reasons())
    for name in loading.load_providers():
        if unused:
            column = asyncio.run(unseen_proof.open_derived_column(name))
            unused = [reason for reason in unused if not asyncio.run(is_used(reason, column))]
    assert [reason.reason for reason in unused] == []
