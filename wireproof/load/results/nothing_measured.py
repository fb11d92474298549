"""Recognizes a run in which no request reached the API, so that its figures say nothing about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.contract import loading
from wireproof.contract.base_url import likely_base_url

# Statuses of a server that has nothing at the path of a request, or nothing for its method.
NOTHING_HERE = ("404 ", "405 ")


def reason_nothing_measured(summary: Mapping[str, Any]) -> str | None:
    """The reason why nothing was measured; None if at least one request reached the API."""
    samples = [row.get("samples", {}) for row in summary["requests"].values()]
    hosts = ", ".join(summary["hosts"])
    outcomes = {outcome for outcome, number in summary["all"]["outcomes"].items() if number}
    if not outcomes and summary["stopped_by_ceiling"]:
        return f"{hosts}: the ceilings let no request pass; see --max-requests, --max-output-tokens and --max-cost"
    if not outcomes:
        return f"{hosts}: no request ended within the run; give it more time with -t"
    if outcomes == {"unreachable"}:
        first = next((texts[0] for row in samples if (texts := row.get("unreachable"))), "no connection")
        return f"{hosts}: no request reached the API: {first}"
    refusals = [text for row in samples for text in row.get("refused", ())]
    if outcomes != {"refused"} or not refusals or not all(text.startswith(NOTHING_HERE) for text in refusals):
        return None
    meant = [likely_base_url(host, loading.endpoint_paths()) for host in summary["hosts"]]
    likely = ",".join(url for url in meant if url)
    doubt = f"did you mean --endpoint {likely}?" if likely else "see if it is the base URL, and serves the model"
    return f"{hosts}: every request was answered with {refusals[0]}; {doubt}"
