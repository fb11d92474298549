"""The options of a load run in the form of locust's web UI."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.errors import ConfigError

# Options without a default arrive as texts, empty for none. Locust cannot read options of several values from its form.
FORM_OPTIONS: Mapping[str, Callable[[str], Any]] = {
    "rate": float,
    "arrivals": str,
    "warm_up": float,
    "cool_down": float,
    "jitter": float,
    "seed": int,
}


def show_in_form(parser: ArgumentParser) -> None:
    """Marks the options as those that the form shows; options of a group are not marked by themselves."""
    for action in parser._actions:
        if action.dest in FORM_OPTIONS:
            marks = {"include_in_web_ui": True, "is_secret": False, "is_required": False, "is_multiple": False}
            for mark, value in marks.items():
                setattr(action, mark, value)


def read_form(options: Namespace) -> None:
    """Converts what the form sent to the values of options; raises ConfigError for a text that is none."""
    for name, convert in FORM_OPTIONS.items():
        value = getattr(options, name)
        if isinstance(value, str):
            try:
                setattr(options, name, convert(value) if value.strip() else None)
            except ValueError:
                flag = f"--{name.replace('_', '-')}"
                raise ConfigError(f"{flag} {value}", "it is not a number", "correct it in the form") from None
