"""The page of a run in a real browser: filters, links, keyboard and charts, without a request to the network."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from wireproof.report.finished_run import read_finished_run
from wireproof.report.many_runs_page import matrix_page
from wireproof.report.write_files import write_run_reports

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
# A text of a server that tries to end an element, to run a script or to control a terminal.
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">{{7*7}}\u202e\x1b[31m\ud800<b>bold</b>"


def verdict(check: str, case: str, outcome: str, **more: Any) -> dict[str, Any]:
    provider, level = more.pop("provider", "iio"), more.pop("level", "must")
    clause = {"id": "IIO-ERR-002", "level": level, "authority": "document", "basis": "stated", "outcome": outcome}
    plain = {"target": "iio", "provider": provider, "check": check, "case": case, "area": check.partition(".")[0]}
    said = {"outcome": outcome, "level": level, "requirement": f"{check} is required.", "message": "", "findings": []}
    return {**plain, **said, "clauses": [clause], "ignored": [], **more}


def report() -> dict[str, Any]:
    finding = {"expected": "a status", "actual": HOSTILE, "where": "/error"}
    verdicts = [
        verdict("errors.refused", "chat-without-key", "fail", message=HOSTILE, findings=[finding]),
        verdict("errors.refused", "chat-bad-key", "fail", level="should", message="expected 401, actual 403"),
        verdict("chat.answers", "chat-basic", "pass"),
        verdict("chat.answers", "chat-basic", "fail", provider="openai", message="expected more"),
        *(verdict("wire.http", f"case-{number}", "pass") for number in range(200)),
    ]
    divergence = {"target": "iio", "check": "chat.answers", "case": "chat-basic", "own": "pass", "message": HOSTILE}
    return {
        "format": 1,
        "wireproof": "0.1.0",
        "suite": {"version": "0.1.0", "digest": "0123456789abcdef"},
        "started": "2026-01-02T03:04:05+00:00",
        "complete": True,
        "exit": 1,
        "policy": {"fail_on": "must", "authority": "document"},
        "targets": [
            {"name": "iio", "provider": "iio", "base_url": HOSTILE, "models": {"chat": HOSTILE}, "profile": "core"}
        ],
        "verdicts": verdicts,
        "gating": [0],
        "divergences": [{**divergence, "openai": ["OPENAI-CHAT-001"]}],
        "requests": 3,
        "tokens": {"input": 1, "output": 2},
        "summary": {},
    }


def exchange(case: str, number: int) -> dict[str, Any]:
    request = {
        "method": "POST",
        "url": f"http://h/{HOSTILE}",
        "headers": [["Authorization", "Bearer $KEY"]],
        "body": "{}",
    }
    return {
        "kind": "exchange",
        "target": "iio",
        "case": case,
        "endpoint": "chat",
        "step": 0,
        "request": request,
        "status": 200,
        "http_version": "HTTP/1.1",
        "headers": [["X-Said", HOSTILE.encode("utf-8", "replace").decode("latin-1")]],
        "reads": [
            [2_000_000 * number, "data: " + HOSTILE.replace("\ud800", "") + "\n\n"],
            [3_000_000 * number, "data: [DONE]\n\n"],
        ],
        "sent_at": 0.0,
        "started_ns": 0,
        "headers_ns": 1_000_000 * number,
        "ended_ns": 4_000_000 * number,
        "broken": None,
        "retries": [],
        "truncated": False,
    }


@pytest.fixture(name="written", scope="module")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into: Path = tmp_path_factory.mktemp("reports")
    lines = [exchange(case, number) for number, case in enumerate(("chat-without-key", "chat-basic", "case-7"), 1)]
    (into / "ledger.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_run_reports(into, report())
    return into / "report.html"


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Opened:
    """The page in its own window, with its console messages and its requests."""

    def __init__(self, browser: Any, file: Path, hash: str = "", **window: Any) -> None:
        self.trouble: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_context(**window).new_page()
        self.page.on("console", lambda said: self.trouble.append(said.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri() + hash)
        self.page.wait_for_selector("html[data-ready=yes]")

    def rows(self) -> list[str]:
        """The check and case of each listed verdict."""
        return [" ".join(text.split()) for text in self.page.locator(".verdict .name").all_inner_texts()]

    def close(self) -> None:
        """Closes the window; asserts that there was no error and that only the file was read."""
        title = self.page.title()
        self.page.context.close()
        assert not self.trouble
        assert {address.partition(":")[0] for address in self.asked} <= {"file", "data", "blob"}
        assert len([address for address in self.asked if address.startswith("file:")]) == 1
        assert title.startswith("wireproof:")


@pytest.fixture(name="opened")
def _opened(browser: Any, written: Path) -> Iterator[Any]:
    windows: list[Opened] = []

    def open_it(hash: str = "", **window: Any) -> Opened:
        windows.append(Opened(browser, written, hash, **window))
        return windows[-1]

    yield open_it
    for window in windows:
        window.close()


def test_failures_are_listed_first_and_open_with_their_evidence(opened: Any) -> None:
    window = opened()
    assert window.rows() == ["errors.refused chat-without-key"]
    window.page.click(".verdict summary")
    told = window.page.inner_text(".verdict .detail")
    for said in (
        "errors.refused is required.",
        "IIO-ERR-002",
        "HTTP/1.1 200",
        "Bearer $KEY",
        "curl -sS",
        "data: [DONE]",
    ):
        assert said in told


def test_text_of_a_server_is_never_markup(opened: Any) -> None:
    window = opened()
    window.page.click(".verdict summary")
    assert window.page.title() != "owned"
    assert window.page.locator("img, b:has-text('bold')").count() == 0
    assert "{{7*7}}" in window.page.inner_text(".verdict .detail")
    shown = window.page.inner_text("body") + window.page.content()
    assert "\\u202e\\x1b[31m" in shown
    assert not re.search("[\u202e\x1b\ud800]", shown)


def test_search_and_filters_narrow_the_list_and_are_in_the_address(opened: Any) -> None:
    window = opened()
    window.page.select_option("#show", "all")
    assert len(window.rows()) == 60
    window.page.fill("#q", "case-19 wire")
    assert window.rows() == [f"wire.http case-{n}" for n in (19, *range(190, 200))]
    assert "q=case-19+wire" in window.page.url
    window.page.fill("#q", "iio-err-002 403")
    assert window.rows() == ["errors.refused chat-bad-key"]
    window.page.click("#clear")
    window.page.select_option("#contract", "openai")
    assert window.rows() == ["chat.answers chat-basic"]


def test_a_long_list_is_drawn_in_parts(opened: Any) -> None:
    window = opened("#verdicts?area=wire")
    assert len(window.rows()) == 60
    window.page.click("#more")
    assert len(window.rows()) == 120


def test_a_cell_of_the_matrix_leads_to_its_verdicts(opened: Any) -> None:
    window = opened()
    window.page.click("a.cell.broken[aria-label='iio, errors, conformance to its own document: 1 of 2 broken']")
    assert window.rows() == ["errors.refused chat-without-key"]
    window.page.click("a.cell[aria-label='iio, chat, OpenAI compatibility: 1 of 1 broken']")
    assert window.rows() == ["chat.answers chat-basic"]


def test_the_address_of_a_verdict_opens_it_under_any_filter(opened: Any) -> None:
    window = opened("#verdict/iio/iio/wire.http/case-150")
    row = window.page.locator(".verdict[open]")
    assert row.locator(".name").inner_text().split() == ["wire.http", "case-150"]
    assert window.page.evaluate("document.activeElement.parentElement.open")
    lost = opened("#verdict/iio/iio/wire.http/no-such-case")
    assert "not in this report" in lost.page.inner_text("#found")


def test_a_divergence_leads_to_its_verdict(opened: Any) -> None:
    window = opened()
    window.page.click("#divergences tbody a")
    assert "expected more" in window.page.inner_text(".verdict[open]")


def test_the_page_works_with_the_keyboard_alone(opened: Any) -> None:
    window = opened("#verdicts?area=wire")
    window.page.keyboard.press("/")
    window.page.keyboard.type("case-12")
    assert window.rows()[0] == "wire.http case-12"
    window.page.keyboard.press("Escape")
    assert len(window.rows()) == 60
    for key in ("j", "j", "j", "k", "Enter"):
        window.page.keyboard.press(key)
    assert window.page.locator(".verdict[open] .name").inner_text().split() == ["wire.http", "case-1"]


def test_the_plots_are_drawn(opened: Any) -> None:
    window = opened("#timings")
    painted = """id => { const plot = document.querySelector(id + " canvas");
      return plot.getContext("2d").getImageData(0, 0, plot.width, plot.height).data.some(Boolean) }"""
    for plot in ("#latency", "#size"):
        window.page.wait_for_selector(f"{plot} canvas")
        window.page.wait_for_function(painted, arg=plot)
    window.page.select_option("#moment", "first")
    assert window.page.locator(".u-legend .u-label", has_text="iio").count() == 2


@pytest.mark.parametrize("width", [pytest.param(390, id="phone"), pytest.param(1280, id="desk")])
def test_no_content_overflows_the_window(opened: Any, width: int) -> None:
    window = opened(viewport={"width": width, "height": 800})
    window.page.click(".verdict summary")
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(opened: Any, scheme: str) -> None:
    """The contrast of WCAG 2, level AA: 4.5 to 1."""
    window = opened(color_scheme=scheme)
    style = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    colour = partial(window.page.evaluate, style)
    for ink in ("--ink", "--quiet", "--accent", "--pass", "--broken", "--advice", "--error"):
        for ground in ("--ground", "--raised"):
            assert contrast(colour(ink), colour(ground)) >= 4.5, (ink, ground)


def test_the_theme_is_the_systems_until_the_user_selects_one(opened: Any) -> None:
    window = opened(color_scheme="dark")
    assert window.page.get_attribute("html", "data-theme") == "dark"
    window.page.click("#theme")
    assert window.page.get_attribute("html", "data-theme") == "light"


def test_the_page_can_be_printed_and_captured(opened: Any, tmp_path: Path) -> None:
    window = opened()
    assert window.page.pdf(path=str(tmp_path / "report.pdf"), format="A4").startswith(b"%PDF")
    assert window.page.screenshot(full_page=True).startswith(b"\x89PNG")
    paper = opened(viewport={"width": 794, "height": 1123})  # A4 at 96 dots an inch
    paper.page.emulate_media(media="print")
    assert paper.page.evaluate("document.documentElement.scrollWidth") <= 794
    assert not paper.page.is_visible(".filters")


def test_the_matrix_works_without_javascript(browser: Any, written: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(written.as_uri())
    assert page.locator("a.cell.broken").count() == 4
    assert "need JavaScript" in page.inner_text("noscript")
    page.context.close()


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_page_of_many_runs_links_to_the_verdicts_of_each(browser: Any, written: Path) -> None:
    matrix = written.parent / "matrix.html"
    matrix.write_text(matrix_page([(read_finished_run(written.parent), written.name)]), encoding="utf-8")
    page, trouble = browser.new_context(viewport={"width": 390, "height": 800}).new_page(), []
    page.on("console", lambda said: trouble.append(said.text))
    page.goto(matrix.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("a.cell[aria-label='iio, errors, conformance to its own document: 1 of 2 broken']")
    page.wait_for_selector("html[data-ready=yes]")
    assert page.locator(".verdict .name").all_inner_texts() == [
        "errors.refused\nchat-without-key",
        "errors.refused\nchat-bad-key",
    ]
    assert not trouble
    page.context.close()
