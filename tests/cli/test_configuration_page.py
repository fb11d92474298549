"""docs/configuration.md has every option, and `wireproof config` shows those in effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from wireproof.cli.configuration import CONFIGURED
from wireproof.cli.configuration_page import with_tables
from wireproof.contract.option_table import OPTIONS

Wireproof = Callable[..., CompletedProcess[str]]
PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_tables_of_the_page_are_those_of_the_parsers() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "write it anew with `wireproof config --write docs/configuration.md`"
    assert [row.flag for row in OPTIONS if f"| `{row.flag}" not in page] == []
    assert [name for name in CONFIGURED if f"`{name}`" not in page] == []
    assert "SUPPRESS" not in page


def test_the_options_in_effect_are_shown_with_their_places(wireproof: Wireproof, tmp_path: Path) -> None:
    (tmp_path / "wireproof.toml").write_text('provider = "iio"\nprofile = "core"\n[load]\nusers = 3\n')
    rows = json.loads(wireproof("config", "--json", WIREPROOF_PROFILE="full").stdout)
    of_check = {row["option"]: row["source"] for row in rows if row["command"] == "check"}
    assert of_check == {"--provider=iio": "wireproof.toml, provider", "--profile=full": "WIREPROOF_PROFILE"}
    assert {"command": "load", "option": "--users=3", "source": "wireproof.toml, load.users"} in rows
    assert "wireproof.toml, provider" in wireproof("config", "check").stdout
    (tmp_path / "wireproof.toml").unlink()
    assert wireproof("config").stdout == "no configuration file and no variable sets an option\n"
