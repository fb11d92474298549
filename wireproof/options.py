"""The command-line options, the same under `pytest` and `wireproof check`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof import baseline, config
from wireproof.aim import Aim
from wireproof.case import PROFILES

if TYPE_CHECKING:
    from wireproof.generated.effort import Effort

REPEATED: dict[str, Any] = {"action": "append", "default": []}


def add(group: Any) -> None:
    """Add the options to a pytest option group or an argparse group."""
    option = getattr(group, "addoption", None) or group.add_argument
    option(
        "--provider",
        metavar="NAME",
        help="judge by this contract (repeat for several; default: all on the mock, openai live)",
        **REPEATED,
    )
    option("--endpoint", metavar="URL", help="judge the API at this base URL instead of the bundled mock")
    option(
        "--model",
        metavar="[ROLE=]ID",
        help="the model to ask; ROLE is chat unless given (embeddings=ID, completions=ID)",
        **REPEATED,
    )
    option(
        "--key-env",
        metavar="NAME",
        help="environment variable that holds the API key (default: the provider's)",
    )
    option(
        "--key",
        metavar="TIER=NAME",
        help="environment variable that holds a key of another tier, or TIER-exhausted",
        **REPEATED,
    )
    option("--tier", metavar="NAME", help="the tier of the key, so that documented limits can be compared")
    option("--one-slot", action="store_true", help="the target works on one answer at a time: leaving can be judged")
    option("--header", metavar="'NAME: VALUE'", help="a header for every request", **REPEATED)
    option("--profile", choices=PROFILES, help="how much to ask (default: core live, full on the mock)")
    option("--providers", metavar="FILE", help="a YAML file that adds providers or changes them")
    option("--report-dir", metavar="DIR", help="where reports go (default: reports)")
    option("--keep", action="store_true", help="keep the reports below runs/ there too, for `wireproof history`")
    add_policy(group)
    option("--write-baseline", metavar="FILE", type=Path, help="write every failure and skip of this run to a baseline")
    option("--resume", metavar="LEDGER", type=Path, help="finish the run of a ledger that was cut off")
    option("--resend", action="store_true", help="with --resume: ask again what was asked and has no answer")
    option("--secret-env", metavar="NAME", help="environment variable with another secret to hide", **REPEATED)
    option("--deadline", metavar="NAME=SECONDS", help="connect, first-byte, idle or total", **REPEATED)
    option("--connections", metavar="N", type=int, help="requests in flight at once (default: 4)")
    option("--pace", metavar="N", type=float, help="requests a minute at most (default: the limit of --tier)")
    option(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=0.0,
        help="how long a case may wait for a limit to be over, where no clock can be moved (65 shows a minute's)",
    )
    option("--max-requests", metavar="N", type=int, help="send no more than this, retries and repeats too")
    option("--max-output-tokens", metavar="N", type=int, help="ask for no more tokens than this altogether")
    option("--max-cost", metavar="DOLLARS", type=float, help="send nothing that may make the run cost more than this")
    option(
        "--examples",
        metavar="N",
        type=int,
        help="generated requests of each family (default: none; 10 is fair to a live endpoint, 100 is wide)",
    )
    option("--shrink", action="store_true", help="make a generated request that fails as small as it can be")
    option("--replay", metavar="REQUEST", help="ask one generated request again, as a failure told it")
    option("--price", metavar="IN,OUT", help="dollars for a million tokens of requests and of answers")


def add_policy(group: Any) -> None:
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


def policy_of(options: argparse.Namespace) -> dict[str, Any]:
    """What parsed options say of what fails a run; raises ConfigError for a bad baseline."""
    today = datetime.now(UTC).date()
    known = baseline.read(options.baseline, today) if options.baseline else None
    return {"fail_on": options.fail_on, "authority": options.authority, "baseline": known}


def effort_of(options: argparse.Namespace, kept: Path, environment: Mapping[str, str]) -> Effort:
    """How hard parsed options look for generated requests; raises ConfigError for a request that does not read."""
    # Imported when it is wanted: pytest wants to be first to import hypothesis.
    from wireproof.generated.effort import Effort, in_ci
    from wireproof.generated.replay import Replay

    return Effort.of(
        live=options.endpoint is not None,
        ci=in_ci(environment),
        examples=options.examples,
        shrink=options.shrink,
        kept=kept,
        replay=Replay.from_text(options.replay) if options.replay else None,
    )


def target_names(options: argparse.Namespace) -> tuple[str, ...]:
    """The names that the targets of a run can have; those of the known providers where none were chosen."""
    return tuple(options.provider) or tuple(config.providers_data())


def aim_of(options: argparse.Namespace) -> Aim:
    """The aim that parsed options describe."""
    return Aim(
        providers=tuple(options.provider),
        endpoint=options.endpoint,
        models=tuple(options.model),
        key_env=options.key_env,
        profile=options.profile or (None if options.endpoint else "full"),
        providers_file=Path(options.providers) if options.providers else None,
        deadlines=tuple(options.deadline),
        connections=options.connections,
        pace=options.pace,
        max_requests=options.max_requests,
        max_output_tokens=options.max_output_tokens,
        max_cost=options.max_cost,
        price=options.price,
        means=tuple(options.key),
        tier=options.tier,
        one_slot=options.one_slot,
        patience=options.patience,
        headers=tuple(options.header),
        secrets=tuple(options.secret_env),
    )
