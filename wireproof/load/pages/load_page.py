"""load.html: a load run, a sweep, a limit probe and a failover on one page without external resources."""

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
from wireproof.load.results.failover_words import failover_holds, failover_sentence, outage_rows
from wireproof.load.results.metric_definitions import metric_place
from wireproof.load.results.number_text import number_text
from wireproof.load.results.run_verdict import FAILED, PASSED, reason_nothing_succeeded, run_verdict
from wireproof.load.results.summary_text import loop_text
from wireproof.load.results.sweep_words import answer_sentence, knee_sentence, resolution_sentence
from wireproof.load.scenario.thresholds import FAULTLESS_OUTCOMES, measured_text
from wireproof.report.html_page import inline_file, jinja_environment

LOAD_PAGE_SCRIPTS = ("uplot.min.js", "text.js", "charts.js", "theme.js", "load.js")
# States of results, and the rates of requests with their units.
VERDICTS = {"broken": "Failed", "error": "Undecided", "none": "Measured", "pass": "Passed"}
WORST_FIRST = tuple(VERDICTS)
RATES = (("requests_s", "requests/s"), ("goodput_s", "good requests/s"), ("tokens_s", "tokens/s"))
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
    "failover-title": "Failover",
    "validity": "Validity",
}

SWEEP_SENTENCES = (answer_sentence, resolution_sentence, knee_sentence)

ResultData = Mapping[str, Any]


def load_page(
    run: ResultData | None = None,
    sweep: ResultData | None = None,
    limits: ResultData | None = None,
    failover: ResultData | None = None,
) -> str:
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
    state, headline = state_and_headline(run, sweep, limits, failover)
    return (
        jinja_environment()
        .get_template("load.html")
        .render(
            version=__version__,
            state=state,
            headline=headline,
            title=page_title(run, sweep, limits, failover),
            about=_load_sentence(run) if run else "",
            doubts=run["doubts"] if run else [],
            cards=list(_figure_cards(run)) if run else [],
            run=run,
            requests=_request_sections(run) if run else [],
            series=charts["time"],
            heat=charts["heat"]["cells"],
            has_tokens=any(charts["time"].get("tokens", {}).get("tokens", ())),
            has_curves=bool(charts["cdf"]),
            outside=_left_out_text(run) if run else "",
            bar=error_bar.error_bar_sentence(run.get("error_bar")) if run else "",
            limiter=throttling.throttling_sentence(run["limiter"]) if run else "",
            definitions=escape(run["definitions"]) if run else "",
            sweep=[sentence(sweep) for sentence in SWEEP_SENTENCES] if sweep else [],
            limits=limits and {"headline": limits["headline"], "shown": limits["shown"]},
            failover=failover and _failover_section(failover),
            number=number_text,
            signs=THRESHOLD_SIGNS,
            measured=measured_text,
            columns=METRIC_COLUMNS,
            parts=[
                (part, name)
                for part, name in SECTION_TITLES.items()
                if part in _sections_present(run, sweep, limits, failover)
            ],
            script=script,
            script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
            # Escaped, so that no text can close the script element.
            data=Markup(json.dumps(charts, separators=(",", ":")).replace("<", "\\u003c")),
        )
    )


def state_and_headline(
    run: ResultData | None, sweep: ResultData | None, limits: ResultData | None, failover: ResultData | None
) -> tuple[str, str]:
    """The CSS class of the worst result, and a sentence about each."""
    found = [
        make(result)
        for make, result in (
            (_run_headline, run),
            (_sweep_headline, sweep),
            (_limits_headline, limits),
            (_failover_headline, failover),
        )
        if result is not None
    ]
    worst = min((state for state, _ in found), key=WORST_FIRST.index)
    return worst, f"{VERDICTS[worst]}: {'; '.join(sentence for _, sentence in found)}"


def _run_headline(run: ResultData) -> tuple[str, str]:
    verdict, reasons = run_verdict(run)
    if reason := reason_nothing_succeeded(run):
        return "broken", reason
    if verdict != FAILED and not run["valid"]:
        return "error", "the figures are invalid"
    return {PASSED: "pass", FAILED: "broken"}.get(verdict, "error"), reasons


def _sweep_headline(sweep: ResultData) -> tuple[str, str]:
    return ("pass" if sweep["resolved"] else "error"), answer_sentence(sweep)


def _limits_headline(limits: ResultData) -> tuple[str, str]:
    decided = [row["holds"] for row in limits["shown"] if row["holds"] is not None]
    if False in decided:
        return "broken", f"{decided.count(False)} of {len(decided)} promises about the limit are broken"
    return ("pass", f"{len(decided)} promises about the limit hold") if decided else ("none", "limit measured")


def _failover_headline(failover: ResultData) -> tuple[str, str]:
    return ("pass" if failover_holds(failover) else "broken"), failover_sentence(failover).partition(": ")[2]


def _failover_section(failover: ResultData) -> dict[str, Any]:
    return {"rows": outage_rows(failover), "requests": failover["requests"], "sentence": failover_sentence(failover)}


def requests_sentence(figures: ResultData) -> str:
    """The outcomes and rates of the requests of one name, in one line."""
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in figures["outcomes"].items())
    rates = ", ".join(f"{number_text(figures[name])} {unit}" for name, unit in RATES if figures.get(name))
    return f"{outcomes}; {rates or 'nothing a second'}."


def page_title(
    run: ResultData | None, sweep: ResultData | None, limits: ResultData | None, failover: ResultData | None
) -> str:
    """The scenarios, the provider and the target of the results."""
    names = []
    if run is not None:
        scenarios = " ".join(scenario["name"] for scenario in run["scenarios"])
        names.append(", ".join(filter(None, [scenarios, run.get("name"), run["provider"]])))
    if sweep is not None:
        names.append(" at ".join(filter(None, [f"sweep of {sweep['scenario']}", sweep.get("name")])))
    if limits is not None:
        names.append(f"limit of {limits['target']}")
    if failover is not None:
        names.append(" at ".join(filter(None, [f"failover of {failover['scenario']}", failover.get("name")])))
    return "; ".join(names)


def _request_sections(run: ResultData) -> list[tuple[str, dict[str, Any]]]:
    """The kinds of requests, each with its metrics in their order and its examples of what went wrong."""
    return [
        (
            name,
            {
                "words": requests_sentence(figures),
                "metrics": dict(sorted(figures["metrics"].items(), key=lambda item: metric_place(item[0]))),
                "samples": [(what, texts[0]) for what, texts in figures.get("samples", {}).items() if texts],
            },
        )
        for name, figures in run["requests"].items()
    ]


def _load_sentence(run: ResultData) -> str:
    starts = (
        f"; {run['schedule']['due']:,} starts scheduled, {run['schedule']['missed']:,} missed"
        if run["load"]["kind"] != "closed"
        else ""
    )
    loop, where = loop_text(run), f"{number_text(run['window_s'])} s against {', '.join(run['hosts'])}"
    return f"{loop[0].upper()}{loop[1:]}, {run['users']} users, {where}{starts}; seed {run['seed']}."


def _figure_cards(run: ResultData) -> Iterator[dict[str, str]]:
    whole = run["all"]
    yield {"figure": f"{number_text(whole['ok_s'])}/s", "words": "ok requests"}
    for metric in ("TTFT ms", "ITL ms", "e2e ms"):
        row = whole["metrics"].get(metric)
        # Without ok requests the row has no figures.
        if row and row.get("p50") is not None:
            tail = "" if row["p95"] is None else f", p95 {number_text(row['p95'])} ms"
            yield {"figure": f"{number_text(row['p50'])} ms", "words": f"{metric.removesuffix(' ms')} p50{tail}"}
    yield {"figure": f"{number_text(whole['tokens_s'])}/s", "words": "tokens of answers"}
    requests = sum(whole["outcomes"].values())
    errors = requests - sum(whole["outcomes"].get(name, 0) for name in FAULTLESS_OUTCOMES)
    yield {"figure": f"{errors:,}", "words": f"of {requests:,} requests were not ok"}
    judged = run.get("conformance")
    if judged and judged["judged"]:
        yield {"figure": f"{judged['share']:.2%}", "words": f"of {judged['judged']:,} answers are conformant"}


def _left_out_text(run: ResultData) -> str:
    numbers = {part: sum(outcomes.values()) for part, outcomes in run["outside"].items()}
    return ", ".join(f"{number:,} of the {part}" for part, number in numbers.items() if number)


def _sections_present(
    run: ResultData | None, sweep: ResultData | None, limits: ResultData | None, failover: ResultData | None
) -> set[str]:
    parts: set[str] = set()
    if run is not None:
        parts |= {"over-time", "latencies", "validity"}
        parts |= {name for name in ("thresholds", "conformance") if run.get(name)}
    others = {"sweep-title": sweep, "limits-title": limits, "failover-title": failover}
    return parts | {part for part, result in others.items() if result}
