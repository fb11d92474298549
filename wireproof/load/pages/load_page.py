"""load.html: a load run, a sweep and a limit probe on one page without external resources."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from markupsafe import Markup, escape

from wireproof import __version__
from wireproof.load.pages import chart_series
from wireproof.load.results import error_bar, throttling
from wireproof.load.results.sweep_words import answer_sentence, knee_sentence, resolution_sentence
from wireproof.load.scenario.thresholds import FAULTLESS_OUTCOMES, measured_text
from wireproof.report.html_page import inline_file, jinja_environment

LOAD_PAGE_SCRIPTS = ("uplot.min.js", "text.js", "charts.js", "load.js")
METRIC_COLUMNS = ("n", "mean", "p50", "p90", "p95", "p99", "p99.9", "max")
THRESHOLD_SIGNS = {
    True: ("pass", "✓", "holds"),
    False: ("broken", "✕", "broken"),
    None: ("none", "–", "undecided (too few samples)"),
}
# Sections by id, in the order of the page.
SECTION_TITLES = {
    "thresholds": "Thresholds",
    "over-time": "Over time",
    "latencies": "Latencies",
    "conformance": "Conformance",
    "sweep-title": "Sweep",
    "limits-title": "Limiter",
    "validity": "Validity",
}

SWEEP_SENTENCES = (answer_sentence, resolution_sentence, knee_sentence)

ResultData = Mapping[str, Any]


def load_page(run: ResultData | None = None, sweep: ResultData | None = None, limits: ResultData | None = None) -> str:
    """Returns the page of the results that are given."""
    charts: dict[str, Any] = {"time": {"x": []}, "cdf": [], "heat": {"cells": []}, "sweep": None, "limiter": None}
    if run is not None:
        charts |= {
            "time": chart_series.timeline_series(run),
            "cdf": chart_series.distribution_curves(run),
            "heat": chart_series.gap_heatmap(run),
        }
    if sweep is not None:
        charts["sweep"] = chart_series.sweep_series(sweep)
    if limits is not None:
        charts["limiter"] = chart_series.limit_series(limits)
    script = Markup("\n").join(inline_file(name) for name in LOAD_PAGE_SCRIPTS)
    state, headline = state_and_headline(run, sweep, limits)
    return (
        jinja_environment()
        .get_template("load.html")
        .render(
            version=__version__,
            state=state,
            headline=headline,
            title=page_title(run, sweep, limits),
            about=_load_sentence(run) if run else "",
            doubts=run["doubts"] if run else [],
            cards=list(_figure_cards(run)) if run else [],
            run=run,
            requests=_request_sections(run) if run else [],
            series=charts["time"],
            heat=charts["heat"]["cells"],
            outside=_left_out_text(run) if run else "",
            bar=error_bar.error_bar_sentence(run.get("error_bar")) if run else "",
            limiter=throttling.throttling_sentence(run["limiter"]) if run else "",
            definitions=escape(run["definitions"]) if run else "",
            sweep=[sentence(sweep) for sentence in SWEEP_SENTENCES] if sweep else [],
            limits=limits and {"headline": limits["headline"], "shown": limits["shown"]},
            signs=THRESHOLD_SIGNS,
            measured=measured_text,
            columns=METRIC_COLUMNS,
            parts=[
                (part, name) for part, name in SECTION_TITLES.items() if part in _sections_present(run, sweep, limits)
            ],
            script=script,
            script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
            # Escaped, so that no text can close the script element.
            data=Markup(json.dumps(charts, separators=(",", ":")).replace("<", "\\u003c")),
        )
    )


def state_and_headline(run: ResultData | None, sweep: ResultData | None, limits: ResultData | None) -> tuple[str, str]:
    """The CSS class and the text of the headline."""
    if run is not None and not run["valid"]:
        return "error", "Invalid figures"
    results = [row["holds"] for row in (run or {}).get("thresholds", ())]
    results += [row["holds"] for row in (limits or {}).get("shown", ()) if row["holds"] is not None]
    if sweep is not None:
        results.append(sweep["resolved"] or None)
    if False in results:
        return "broken", f"{results.count(False)} of {len(results)} broken"
    if None in results:
        return "error", "Undecided"
    return ("pass", f"All {len(results)} hold") if results else ("none", "Measured")


def requests_sentence(figures: ResultData) -> str:
    """The outcomes and rates of the requests of one name, in one line."""
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in figures["outcomes"].items())
    rates = (
        f"{figures['requests_s']:.4g} requests/s, goodput {figures['goodput_s']:.4g}/s, "
        f"{figures['tokens_s']:.4g} tokens/s"
    )
    return f"{outcomes}; {rates}."


def page_title(run: ResultData | None, sweep: ResultData | None, limits: ResultData | None) -> str:
    """The scenarios, the provider and the target of the results."""
    names = []
    if run is not None:
        scenarios = " ".join(scenario["name"] for scenario in run["scenarios"])
        names.append(", ".join(filter(None, [scenarios, run.get("name"), run["provider"]])))
    if sweep is not None:
        names.append(" at ".join(filter(None, [f"sweep of {sweep['scenario']}", sweep.get("name")])))
    if limits is not None:
        names.append(f"limit of {limits['target']}")
    return "; ".join(names)


def _request_sections(run: ResultData) -> list[tuple[str, dict[str, Any]]]:
    return [(name, figures | {"words": requests_sentence(figures)}) for name, figures in run["requests"].items()]


def _load_sentence(run: ResultData) -> str:
    load = run["load"]
    loop = {"closed": "closed loop", "open": f"open loop, {load['arrivals']}", "trace": f"trace {load['trace']}"}
    starts = (
        f"; {run['schedule']['due']:,} starts scheduled, {run['schedule']['missed']:,} missed"
        if load["kind"] != "closed"
        else ""
    )
    where = f"{run['window_s']:.4g} s against {', '.join(run['hosts'])}"
    return f"{loop[load['kind']]}, {run['users']} users, {where}{starts}; seed {run['seed']}."


def _figure_cards(run: ResultData) -> Iterator[dict[str, str]]:
    whole = run["all"]
    yield {"figure": f"{whole['ok_s']:.4g}/s", "words": "ok requests"}
    for metric in ("TTFT ms", "e2e ms"):
        row = whole["metrics"].get(metric)
        # Without ok requests the row has no figures.
        if row and row.get("p50") is not None:
            tail = "" if row["p95"] is None else f", p95 {row['p95']:.4g} ms"
            yield {"figure": f"{row['p50']:.4g} ms", "words": f"{metric.removesuffix(' ms')} p50{tail}"}
    yield {"figure": f"{whole['tokens_s']:.4g}/s", "words": "tokens of answers"}
    requests = sum(whole["outcomes"].values())
    errors = requests - sum(whole["outcomes"].get(name, 0) for name in FAULTLESS_OUTCOMES)
    yield {"figure": f"{errors:,}", "words": f"of {requests:,} requests were not ok"}
    judged = run.get("conformance")
    if judged and judged["judged"]:
        yield {"figure": f"{judged['share']:.2%}", "words": f"of {judged['judged']:,} answers are conformant"}


def _left_out_text(run: ResultData) -> str:
    numbers = {part: sum(outcomes.values()) for part, outcomes in run["outside"].items()}
    return ", ".join(f"{number:,} of the {part}" for part, number in numbers.items() if number)


def _sections_present(run: ResultData | None, sweep: ResultData | None, limits: ResultData | None) -> set[str]:
    parts: set[str] = set()
    if run is not None:
        parts |= {"over-time", "latencies", "validity"}
        parts |= {name for name in ("thresholds", "conformance") if run.get(name)}
    return parts | ({"sweep-title"} if sweep else set()) | ({"limits-title"} if limits else set())
