"""The command-line options of a run, the same under `pytest` and `wireproof check`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.contract import loading
from wireproof.contract.option_table import OPTIONS
from wireproof.contract.option_values import read_share
from wireproof.errors import ConfigError
from wireproof.judging import baseline
from wireproof.judging.gate import AUTHORITIES

if TYPE_CHECKING:
    from wireproof.generation.hypothesis_settings import GenerationSettings

SHARE_FLAG = "--require-decided"


def add_options(group: Any) -> None:
    """Adds all options to a pytest option group or an argparse group."""
    option = getattr(group, "addoption", None) or group.add_argument
    for row in OPTIONS:
        option(row.flag, **row.keywords)
    option("--report-dir", metavar="DIR", help="folder of the reports (default: reports)")
    option(
        "--keep",
        action="store_true",
        help="copy the reports to a new folder below DIR/runs/ too, which `wireproof history` reads",
    )
    add_gate_options(group)
    add_share_option(group)
    option("--write-baseline", metavar="FILE", type=Path, help="write what fails this run to a new baseline")
    option(
        "--update-baseline",
        action="store_true",
        help="write to the file of --baseline what fails this run, and remove entries that no longer hold; it passes",
    )
    option(
        "--prune-baseline",
        action="store_true",
        help="remove entries that no longer hold from the file of --baseline, and add none",
    )
    option("--resume", metavar="LEDGER", type=Path, help="finish the interrupted run of this ledger.jsonl")
    option("--resend", action="store_true", help="with --resume, send requests again that have no recorded response")
    option(
        "--examples",
        metavar="N",
        type=int,
        help="number of generated requests of each family (default: 0; 10 suits a live endpoint, 100 a thorough run)",
    )
    option("--shrink", action="store_true", help="reduce a generated request that fails to the smallest one that fails")
    option("--replay", metavar="REQUEST", help="send one generated request again, given as a failure prints it")


def add_gate_options(group: Any) -> None:
    """Adds the options that decide what fails a run."""
    option = getattr(group, "addoption", None) or group.add_argument
    option(
        "--fail-on",
        choices=("must", "should"),
        default="must",
        help="lowest level of a failed judgement that fails the run (default: must)",
    )
    option(
        "--authority",
        choices=AUTHORITIES,
        default="document",
        help="contract whose failures fail the run beside the wire's: the provider's document, OpenAI's, all, or wire "
        "for no other (default: document)",
    )
    option(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="YAML file of known failures; others fail the run, and so do entries that no longer hold",
    )
    option(
        "--baseline-skips",
        action="store_true",
        help="hold skips in the baseline too: write them to it, and fail for one that it does not have",
    )


def add_share_option(group: Any) -> None:
    """Adds the option that requires a share of decided promises."""
    option = getattr(group, "addoption", None) or group.add_argument
    option(
        SHARE_FLAG,
        metavar="SHARE",
        help="end with exit code 2 if less than this share of the document's promises is decided, such as 60%% or 0.6",
    )


def gate_settings_from_options(options: argparse.Namespace) -> dict[str, Any]:
    """The settings of `Gate` from parsed options; raises ConfigError for an invalid baseline or share."""
    today = datetime.now(UTC).date()
    known_failures = baseline.read_baseline(options.baseline, today) if options.baseline else None
    changes = [name for name in ("update_baseline", "prune_baseline") if getattr(options, name, False)]
    if changes and known_failures is None:
        raise ConfigError(f"--{changes[0].replace('_', '-')}", "no baseline is named", "name one with --baseline FILE")
    settings = {
        "fail_on": options.fail_on,
        "authority": options.authority,
        "baseline": known_failures,
        "baseline_skips": options.baseline_skips,
    }
    share = getattr(options, "require_decided", None)
    return settings if share is None else settings | {"require_decided": read_share(SHARE_FLAG, share)}


def generation_settings_from_options(
    options: argparse.Namespace, examples_folder: Path, environment: Mapping[str, str]
) -> GenerationSettings:
    """The settings of generated requests from parsed options; raises ConfigError if `--replay` cannot be parsed."""
    # Imported late, because pytest has to be the first to import hypothesis.
    from wireproof.generation.hypothesis_settings import GenerationSettings, is_ci
    from wireproof.generation.replay_line import Replay

    return GenerationSettings.from_options(
        live=options.endpoint is not None,
        ci=is_ci(environment),
        examples=options.examples,
        shrink=options.shrink,
        kept=examples_folder,
        replay=Replay.from_text(options.replay) if options.replay else None,
    )


def target_names(options: argparse.Namespace) -> tuple[str, ...]:
    """The possible names of targets: that of the endpoint, the chosen providers, or all if none was chosen."""
    return ((options.name,) if options.name else tuple(options.provider)) or tuple(loading.read_providers_data())
