"""The page of a load run, a sweep and a limit probe: written by the command, rendered by a browser without requests."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import schemas
from wireproof.load.experiments.sweep import sweep_report
from wireproof.load.experiments.sweep.knee import find_knee
from wireproof.load.experiments.sweep.search import SearchBounds, find_highest_load
from wireproof.load.experiments.sweep.step import Step
from wireproof.load.pages.chart_series import distribution_curves, gap_heatmap, timeline_series
from wireproof.load.pages.write_pages import HTML_FILE, MARKDOWN_FILE, write_load_pages

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">{{7*7}}\u202e\x1b[31m"


def swept() -> dict[str, Any]:
    """The result of a sweep of an endpoint that serves twenty starts a second."""
    limits = SearchBounds(1, 128, 0.95, 0.1, 20, whole=False)
    found = find_highest_load(
        lambda load: Step(load, 300, 300 if load <= 20 else 100, min(load, 20), behind=load > 22), limits
    )
    data = sweep_report.sweep_to_json(
        "chat", "rate", limits, found, find_knee([(step.load, step.ok_s) for step in found.steps])
    )
    schemas.check_format(data, "sweep", "a sweep")
    return data


def limited() -> dict[str, Any]:
    """The result of a limit probe with hostile text from the server."""
    shown = [{"what": "refusal", "told": "status 429", "found": HOSTILE, "holds": False}]
    asked = [{"after_s": number / 10, "status": 200 if number < 10 else 429} for number in range(15)]
    data = {
        "wireproof": "0",
        "kind": "limits",
        "headline": "iio, tier free: fixed window of 10 requests in 60 s",
        "target": "iio",
        "tier": "free",
        "requests": 15,
        "resolved": True,
        "confidence": 1.0,
        "explanations": [],
        "shown": shown,
        "ended": "",
        "asked": asked,
    }
    schemas.check_format(data, "limits", "limits")
    return data


def test_a_run_a_sweep_and_a_limit_are_shown_on_one_page(load: Any, tmp_path: Path) -> None:
    options = ["--threshold", "error_rate < 1%", "--threshold", "ttft_p50 < 1ms"]
    run = load("stream", "-u", "6", "-t", "4s", "--latency", "lively", "--seed", "7", *options).summary
    assert run is not None
    files = [tmp_path / f"{name}.json" for name in ("load", "sweep", "limits")]
    for file, data in zip(files, (run, swept(), limited()), strict=True):
        file.write_text(json.dumps(data))
    assert main.main(["report", *map(str, files), "--into", str(tmp_path / "out")]) == 0

    text = (tmp_path / "out" / MARKDOWN_FILE).read_text()
    assert "| ✓ | `error_rate < 1%` | 0% |" in text
    assert re.search(r"\| ✕ \| `ttft_p50 < 1ms` \| [\d.]+ ms \|", text)
    assert "<img" not in text.replace("`</script><img", "")
    _look(tmp_path / "out" / HTML_FILE, charts={"throughput", "tokens", "cdf", "heat", "sweep", "limiter"})


def failed_over(**changes: Any) -> dict[str, Any]:
    """The result of a failover with one outage that the health page showed in time."""
    outage = {
        "began_s": 1.0, "ended_s": 4.0, "failed": 35, "served": 44, "failures": {"refused 503": 35}, "told_to_wait": 0,
        "recovered_s": 0.1, "told_s": 0.2, "cleared_s": 0.2, "truthful": True,
    }  # fmt: skip
    health = {"within_s": 2.0, "false_alarm_s": 0.0}
    data = {
        "wireproof": "0", "kind": "failover", "scenario": "chat", "requests": 79, "health": health,
        "outages": [outage | changes],
    }  # fmt: skip
    schemas.check_format(data, "failover", "a failover")
    return data


@pytest.mark.parametrize(
    ("changes", "headline", "state"),
    [
        ({}, "Passed: all outages ended (1), and the health page showed them in time", "pass"),
        ({"recovered_s": None}, "Failed: 1 of 1 outages did not end, or were not shown in time", "broken"),
    ],
)
def test_a_failover_has_a_page(tmp_path: Path, changes: dict[str, Any], headline: str, state: str) -> None:
    (tmp_path / "failover.json").write_text(json.dumps(failed_over(**changes)))
    assert main.main(["report", str(tmp_path / "failover.json")]) == 0
    assert f'<h1 class="{state}">{headline}</h1>' in (tmp_path / HTML_FILE).read_text()
    assert "44% of requests failed (35 refused 503)" in (tmp_path / MARKDOWN_FILE).read_text()


def test_the_page_of_a_run_without_success_is_red_and_says_why(load: Any, ready: Any, tmp_path: Path) -> None:
    words = ("-u", "2", "--max-requests", "6", "-t", "60s", "--report-dir", str(tmp_path))
    load("Stream", *words, "--header", "X-Wireproof-Fault: body-cut", at=ready("openai"))
    page = (tmp_path / HTML_FILE).read_text()
    assert re.search(r'<h1 class="broken">Failed: none of 6 requests succeeded: 6 cut: \w+', page)
    assert 'id="cdf"' not in page.partition("<script")[0]


def _look(page: Path, charts: set[str]) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    errors: list[str] = []
    addresses: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme, width in (("light", 1280), ("dark", 390)):
            window = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
            window.on("console", lambda message: errors.append(message.text))
            window.on("pageerror", lambda error: errors.append(str(error)))
            window.on("request", lambda request: addresses.append(request.url))
            window.goto(page.as_uri())
            window.wait_for_selector("html[data-ready=yes]")
            assert {chart for chart in charts if window.locator(f"#{chart} canvas").count() == 1} == charts
            assert window.title().startswith("wireproof load:")
            assert window.locator("img").count() == 0
            assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert _themes(window) == [scheme, "light", "dark", scheme]
        browser.close()
    assert not errors
    assert {address.partition(":")[0] for address in addresses} <= {"file", "data"}


def _themes(window: Any) -> list[str]:
    """The theme that is shown at first, and after each of three clicks on the button."""
    button, shown = window.locator("#theme"), [window.evaluate("document.documentElement.dataset.theme")]
    for _ in range(3):
        button.click()
        shown.append(window.evaluate("document.documentElement.dataset.theme"))
    return shown


def timeline() -> dict[str, Any]:
    """Two slices of half a second with four ok requests each, and one refused request."""
    values = {"TTFT ms": [[50.0, 4]], "ITL ms": [[0.0, 8], [10.0, 60], [100.0, 1]]}
    first = {"place": 0, "counts": {"window/a/ok": 4, "tokens": 40, "flying ms": 1000}, "metrics": {"a": values}}
    second = {"place": 1, "counts": {"window/a/ok": 4, "window/b/refused": 1}, "metrics": {"a": values}}
    return {"timeline": {"width_s": 0.5, "slices": [first, second]}}


def test_timeline_rows_are_rates_per_second() -> None:
    rows = timeline_series(timeline())

    assert rows["x"] == [0.25, 0.75]
    assert rows["throughput"] == {"ok": [8.0, 8.0], "under way": [2.0, 0.0]}
    assert rows["tokens"] == {"tokens": [80.0, 0.0]}
    assert rows["failures"] == {"refused": [0.0, 2.0]}


def test_a_distribution_curve_ends_at_100_percent() -> None:
    (ttft, gap) = distribution_curves(timeline())

    assert ttft == {"metric": "TTFT ms", "points": [[50.0, 100.0]]}
    assert [y for _, y in gap["points"]] == sorted(y for _, y in gap["points"])
    assert gap["points"][-1] == [100.0, 100.0]


def test_the_heat_map_contains_every_gap() -> None:
    found = gap_heatmap(timeline())

    assert sum(number for _, _, number in found["cells"]) == 2 * 69
    for _, row, _ in found["cells"]:
        assert 0 <= row < len(found["edges"]) - 1
    assert found["edges"][0] <= 10 < 100 < found["edges"][-1] * 1.3


@pytest.mark.parametrize("text", ["[]", '{"kind": "sweep"}', '{"kind": "load"}'])
def test_a_file_without_result_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    file = tmp_path / "some.json"
    file.write_text(text)

    assert main.main(["report", str(file)]) == 2
    assert "some.json" in capsys.readouterr().err


def test_two_results_of_one_kind_are_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / name for name in ("a.json", "b.json")]
    for file in files:
        file.write_text(json.dumps(limited()))

    assert main.main(["report", *map(str, files)]) == 2
    assert "it is the second limits result" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_a_config_error(tmp_path: Path) -> None:
    from wireproof.errors import ConfigError

    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_load_pages(tmp_path / "file" / "below", limits=limited())
