"""Causes: which verdicts are one finding, and in which order findings are told."""

from __future__ import annotations

from typing import Any

from wireproof.contract.finding import Finding
from wireproof.judging.verdict import ClauseVerdict, Verdict
from wireproof.report.finding_groups import FindingGroup, group_findings

OWN = {"gateway": "openai"}


def verdict(check: str, case: str, where: str = "/id", actual: str = "none", **values: Any) -> Verdict:
    clause = ClauseVerdict("X-1", values.get("level", "must"), "document", "stated", "fail")
    usual = {"provider": "openai", "outcome": "fail", "level": "must", "expected": "a value"} | values
    finding = Finding(usual.pop("expected"), actual, where)
    area = check.partition(".")[0]
    return Verdict(
        target="gateway", check=check, case=case, area=area, clauses=(clause,), requirement="It is so.",
        message=f"{actual} at {where}", findings=(finding,), **usual,
    )  # fmt: skip


def groups_of(*verdicts: Verdict) -> tuple[FindingGroup, ...]:
    return group_findings(verdicts, [at for at, one in enumerate(verdicts) if one.level == "must"], OWN)


def test_one_check_at_one_place_is_one_finding_whatever_the_ids_and_positions() -> None:
    (group,) = groups_of(
        verdict("chat.usage-sum", "chat-basic", "event 3 (byte 700) /choices/0/delta/x", "chatcmpl-00000001"),
        verdict("chat.usage-sum", "chat-n", "event 12 (byte 9) /choices/1/message/x", "chatcmpl-00000002"),
    )
    assert (group.cases, group.positions) == (("chat-basic", "chat-n"), (0, 1))


def test_one_check_at_two_places_is_two_findings() -> None:
    assert len(groups_of(verdict("schema.conforms", "a", "/id"), verdict("schema.conforms", "b", "/object"))) == 2


def test_two_checks_that_see_one_value_of_one_response_are_one_finding() -> None:
    (group,) = groups_of(
        verdict("chat.finish-known", "chat-basic", "/choices/0/finish_reason", "eos"),
        verdict("schema.chunks", "chat-basic", "event 4 (byte 80) /choices/0/finish_reason", "eos"),
        verdict("schema.chunks", "chat-n", "event 5 (byte 90) /choices/0/finish_reason", "eos"),
    )
    assert group.checks == ("schema.chunks", "chat.finish-known")
    assert len(group.positions) == 3


def test_the_same_value_of_another_response_is_another_finding() -> None:
    seen = [verdict("a.one", "chat-basic", "/id", "eos"), verdict("b.two", "chat-n", "/id", "eos")]
    assert len(groups_of(*seen)) == 2


def test_a_long_value_is_recognised_where_a_check_names_its_place_in_words() -> None:
    broken = {"actual": '{"city": "Par (Unterminated string)', "expected": "a JSON text"}
    (group,) = groups_of(
        verdict("calls.arguments", "chat-tools", "the arguments of call 0", provider="wire", **broken),
        verdict("tools.arguments", "chat-tools", "/choices/0/message/tool_calls/0/function/arguments", **broken),
    )
    assert group.contracts == ("wire", "openai")


def test_a_word_that_many_members_share_joins_nothing() -> None:
    assert len(groups_of(verdict("a.one", "c", "/id", "missing"), verdict("b.two", "c", "/object", "missing"))) == 2


def test_what_breaks_clients_first_is_told_first_and_advice_last() -> None:
    ranked = groups_of(
        verdict("stream.finish-stop", "z", "/z", "z", level="should"),
        verdict("errors.refused", "a", "status line", "500"),
        verdict("chat.n", "b", "/choices", "1"),
        verdict("schema.conforms", "c", "/model", "null"),
        verdict("stream.usage", "d", "/usage", "none"),
        verdict("wire.framing", "e", "body", "cut", provider="wire"),
    )
    assert [group.checks[0] for group in ranked] == [
        "wire.framing", "stream.usage", "schema.conforms", "chat.n", "errors.refused", "stream.finish-stop",
    ]  # fmt: skip
    assert [group.kind for group in ranked][-2:] == ["fails", "advice"]


def test_a_divergence_is_no_finding() -> None:
    other = verdict("chat.n", "chat-n", provider="aion")
    assert group_findings([other], [], OWN) == ()


def test_every_failure_is_in_exactly_one_finding() -> None:
    seen = [verdict(f"a.{n % 3}", f"case-{n % 5}", f"/x/{n % 2}/y", str(n % 4)) for n in range(60)]
    positions = [at for group in groups_of(*seen) for at in group.positions]
    assert sorted(positions) == list(range(60))
