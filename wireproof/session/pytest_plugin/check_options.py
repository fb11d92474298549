"""The command-line options, the same under `pytest` and `wireproof check`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.contract import loading
from wireproof.contract.option_table import OPTIONS
from wireproof.judging import baseline

if TYPE_CHECKING:
    from wireproof.generation.hypothesis_settings import GenerationSettings


def add_options(group: Any) -> None:
    """Add the options to a pytest option group or an argparse group."""
    option = getattr(group, "addoption", None) or group.add_argument
    for row in OPTIONS:
        option(row.flag, **row.keywords)
    option("--report-dir", metavar="DIR", help="where reports go (default: reports)")
    option("--keep", action="store_true", help="keep the reports below runs/ there too, for `wireproof history`")
    add_gate_options(group)
    option("--write-baseline", metavar="FILE", type=Path, help="write every failure and skip of this run to a baseline")
    option("--resume", metavar="LEDGER", type=Path, help="finish the run of a ledger that was cut off")
    option("--resend", action="store_true", help="with --resume: ask again what was asked and has no answer")
    option(
        "--examples",
        metavar="N",
        type=int,
        help="generated requests of each family (default: none; 10 is fair to a live endpoint, 100 is wide)",
    )
    option("--shrink", action="store_true", help="make a generated request that fails as small as it can be")
    option("--replay", metavar="REQUEST", help="ask one generated request again, as a failure told it")


def add_gate_options(group: Any) -> None:
    """Add the options that say what fails a run."""
    option = getattr(group, "addoption", None) or group.add_argument
    option(
        "--fail-on",
        choices=("must", "should"),
        default="must",
        help="the level at which a broken promise fails the run",
    )
    option(
        "--authority",
        choices=("document", "openai", "all"),
        default="document",
        help="which column fails the run: the provider's document, OpenAI's, or both",
    )
    option(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="failures and skips that are known; all else, and stale ones, fail",
    )


def gate_settings_from_options(options: argparse.Namespace) -> dict[str, Any]:
    """What parsed options say of what fails a run; raises ConfigError for a bad baseline."""
    today = datetime.now(UTC).date()
    known = baseline.read_baseline(options.baseline, today) if options.baseline else None
    return {"fail_on": options.fail_on, "authority": options.authority, "baseline": known}


def generation_settings_from_options(
    options: argparse.Namespace, kept: Path, environment: Mapping[str, str]
) -> GenerationSettings:
    """How hard parsed options look for generated requests; raises ConfigError for a request that does not read."""
    # Imported when it is wanted: pytest wants to be first to import hypothesis.
    from wireproof.generation.hypothesis_settings import GenerationSettings, is_ci
    from wireproof.generation.replay_line import Replay

    return GenerationSettings.from_options(
        live=options.endpoint is not None,
        ci=is_ci(environment),
        examples=options.examples,
        shrink=options.shrink,
        kept=kept,
        replay=Replay.from_text(options.replay) if options.replay else None,
    )


def target_names(options: argparse.Namespace) -> tuple[str, ...]:
    """The names that the targets of a run can have; those of the known providers where none were chosen."""
    return tuple(options.provider) or tuple(loading.read_providers_data())
