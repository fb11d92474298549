"""The reports of a load run in one folder: JSON, CSV, Markdown and HTML with the same figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from wireproof.contract import schemas


def test_all_reports_of_a_run_have_the_same_figures(load: Any, tmp_path: Path) -> None:
    run = ("-u", "8", "--max-requests", "30", "--jitter", "0", "-t", "60s", "--latency", "limited")
    summary = load("chat", *run, "--threshold", "error_rate < 90%", "--report-dir", str(tmp_path / "out")).summary

    files = {file.name: file.read_text() for file in (tmp_path / "out").iterdir()}
    assert files.keys() == {"load.html", "load.md", "load.json", "load.csv"}
    found = json.loads(files["load.json"])
    schemas.check_format(found, "load", "load.json")
    assert found == summary
    held_off = found["limiter"]["held_off"]
    assert held_off > 0
    rows = {(row["name"], row["metric"]): row for row in csv.DictReader(files["load.csv"].splitlines())}
    assert int(rows["limiter", "Retry-After s"]["n"]) == held_off
    assert float(rows["chat-basic", "e2e ms"]["mean"]) == found["requests"]["chat-basic"]["metrics"]["e2e ms"]["mean"]
    for name in ("load.html", "load.md"):
        assert f"{held_off} requests were held off" in files[name]
        assert "Error bar: not measured" in files[name]
        assert "error_rate &lt; 90%" in files[name] or "error_rate < 90%" in files[name]
    assert found["definitions"].splitlines()[0][:40] in files["load.html"]
