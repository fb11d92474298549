"""Hostile text of a server stays plain text in every report of load runs and limit probes."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wireproof.load.pages.load_markdown import load_markdown
from wireproof.load.pages.load_page import load_page
from wireproof.load.results.safe_details import make_detail_redactor

NASTY = ["</script>", "<!--", "]]>", "{{1}}", "{%", "|", "`", "```", "@all", "[x](y)", "<img src=x>", "&amp;", '"', "'"]
STEERING = ["\x1b[31m", "\x00", "\r", "\n", "\u202e", "\u2028", "\x9b2J", "\ud800", "=1+1", "\ufffe"]
SAID = st.lists(st.sampled_from(NASTY + STEERING) | st.text(max_size=5), max_size=6).map("".join)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800-\udfff]")
# The end of a cell in a Markdown table.
BORDER = re.compile(r"(?<!\\)\|")
ELEMENT = re.compile(r"<\s*([a-zA-Z!/][a-zA-Z]*)")


def limits(said: str) -> dict[str, Any]:
    return {
        "target": "iio",
        "headline": "iio: fixed window of 10 requests in 60 s",
        "shown": [{"what": "refusal", "told": said, "found": said, "holds": False}],
        "asked": [{"after_s": 0.1, "status": 429}],
    }


def elements(page: str) -> list[str]:
    plain = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.S)
    return ELEMENT.findall(plain)


@given(SAID)
def test_a_page_has_only_the_elements_of_its_template(said: str) -> None:
    page = load_page(limits=limits(said))
    assert not UNSEEN.search(page.replace("\t", ""))
    assert elements(page) == elements(load_page(limits=limits("t")))
    assert page.count("</script>") == page.count("<script")


@given(SAID)
def test_a_step_summary_has_only_the_lines_of_its_template(said: str) -> None:
    markdown, plain = load_markdown(limits=limits(said)), load_markdown(limits=limits("t"))
    assert not UNSEEN.search(markdown)
    assert len(markdown.splitlines()) == len(plain.splitlines())
    assert len(BORDER.findall(markdown)) == len(BORDER.findall(plain))


@given(SAID)
def test_a_detail_is_one_line_without_control_characters(said: str) -> None:
    detail = make_detail_redactor([])(said)
    assert not UNSEEN.search(detail)
    assert len(detail.splitlines()) <= 1
