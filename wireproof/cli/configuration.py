"""The options that a configuration file and the environment set: each becomes a word of the command line.

The command line takes precedence over the environment, the environment over the file, and in the file the table of a
command over the options of all commands.
"""

from __future__ import annotations

import argparse
import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wireproof.cli.command_parsers import command_parser
from wireproof.contract.option_table import BY_NAME, OPTIONS
from wireproof.contract.target import SENSITIVE_NAME
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean

# The commands that read configuration; `serve` does not, since runs start it with options of their own.
CONFIGURED = ("check", "plan", "limits", "load", "sweep", "failover", "judge", "compare", "explain")
# Commands that pass options on: command → the command that has these options.
PASSED_TO = {"sweep": "load", "failover": "load"}
OWN_FILE, PROJECT_FILE = "wireproof.toml", "pyproject.toml"
PREFIX = "WIREPROOF_"
# Options that take the place of a run.
NEVER_CONFIGURED = frozenset({"help", "version", "list", "pytest_help", "locust_help"})
# Options that hold the name of a variable with a secret.
NAMES_OF_SECRETS = frozenset({"key", "key_env", "secret_env", "other_key_env"})
VARIABLE_NAME = re.compile(r"([A-Za-z0-9-]+=)?[A-Za-z_][A-Za-z0-9_]*")
PATH_METAVARS = frozenset({"FILE", "DIR", "FOLDER", "FILE[,KEY]"})
# WIREPROOF_API_KEY, say, is none of our variables, and no mistyped one either.
TYPO_LIKENESS = 0.9
USER_IN_URL = re.compile(r"//[^/@]*@")

Actions = dict[str, argparse.Action]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of an option and its source.

    Attributes:
        place: the file and field, or the variable.
        folder: the folder to which a path is relative; None for a path of the current folder.
    """

    place: str
    value: Any
    folder: Path | None = None


def configured_words(command: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> list[str]:
    """The words that the configuration adds in front of the arguments of a command; see `settings_in_effect`."""
    if command not in CONFIGURED or {"-h", "--help"} & set(arguments):
        return []
    return [word for _, words in settings_in_effect(command, arguments, environment, folder) for word in words]


def settings_in_effect(
    command: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> list[tuple[Setting, list[str]]]:
    """The settings that apply to a command with these arguments, each with its words of the command line.

    Raises ConfigError for a name that no command has, and for a value that an option does not take.
    """
    table = find_table(folder)
    variables = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    if table is None and not variables:
        return []
    own, shared = options_of(command), _shared_options(command)
    settings = _settings_of_file(*table, command, own, shared) if table else {}
    settings |= _settings_of_environment(variables)
    in_effect = []
    for name, setting in settings.items():
        action = own.get(name) or shared.get(name)
        if action is not None and not _is_given(action, arguments):
            in_effect.append((setting, list(_words(action, name, setting))))
    return in_effect


def find_table(folder: Path) -> tuple[str, Path, dict[str, Any]] | None:
    """The name, the folder and the table of the nearest configuration file; None if there is none.

    Raises ConfigError for a file that cannot be read.
    """
    for parent in (folder, *folder.parents):
        for name in (OWN_FILE, PROJECT_FILE):
            file = parent / name
            if not file.is_file():
                continue
            data = _read_toml(file)
            table: Any = data if name == OWN_FILE else data.get("tool", {}).get("wireproof")
            if table is not None and not isinstance(table, dict):
                raise ConfigError(f"{file}, tool.wireproof", "it is no table", "write [tool.wireproof]")
            if table is not None:
                return (name if parent == folder else str(file)), parent, table
    return None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        if file.name == PROJECT_FILE:
            # It is the file of other tools, which say what is wrong with it.
            return {}
        raise ConfigError(str(file), f"it cannot be read ({error})", "correct the file") from None


def _settings_of_file(
    file: str, folder: Path, table: Mapping[str, Any], command: str, own: Actions, shared: Actions
) -> dict[str, Setting]:
    """Option → its setting for a command; raises ConfigError for an unknown name in any table of the file."""
    general, of_command = {}, {}
    for key, value in table.items():
        if isinstance(value, dict):
            for name, option in value.items():
                _check_known(file, f"{key}.{name}", name, _options_of_table(file, key))
                if key == command:
                    of_command[_attribute(name)] = Setting(f"{file}, {key}.{name}", option, folder)
            continue
        if _attribute(key) not in own | shared:
            _check_known(file, key, key, {name: one for each in CONFIGURED for name, one in options_of(each).items()})
        general[_attribute(key)] = Setting(f"{file}, {key}", value, folder)
    of_all = {name: setting for name, setting in general.items() if name in own or name in shared}
    return of_all | of_command


def _options_of_table(file: str, command: str) -> Actions:
    if command not in CONFIGURED:
        tables = f"write one of {', '.join(CONFIGURED)}"
        raise ConfigError(
            f"{file}, {command}", "no command has such a table", did_you_mean(command, CONFIGURED, tables)
        )
    passed_on = options_of(PASSED_TO[command]) if command in PASSED_TO else {}
    return passed_on | options_of(command)


def _check_known(file: str, field: str, name: str, known: Mapping[str, Any]) -> None:
    if _attribute(name) not in known or name != name.lower():
        names = [one.replace("_", "-") for one in known]
        remedy = did_you_mean(name, names, "see docs/configuration.md")
        raise ConfigError(f"{file}, {field}", "there is no such option", remedy)


def _settings_of_environment(variables: Mapping[str, str]) -> dict[str, Setting]:
    """Option → its setting; raises ConfigError for a variable that is probably a mistyped one.

    Any other variable may hold a key that an option names, and is left alone.
    """
    known = {variable_of(row.name): row for row in OPTIONS}
    settings = {}
    for variable, text in variables.items():
        if variable in known:
            row = known[variable]
            value = text.splitlines() if row.repeated else _is_true(variable, text) if row.switch else text
            settings[row.name] = Setting(variable, value)
        elif near := difflib.get_close_matches(variable, known, n=1, cutoff=TYPO_LIKENESS):
            raise ConfigError(variable, "there is no such variable", f"did you mean {near[0]}?")
    return settings


def variable_of(name: str) -> str:
    """The variable of an option about targets."""
    return PREFIX + name.upper()


def _is_true(variable: str, text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    raise ConfigError(variable, "it is a switch", "set it to 1 or 0")


def options_of(command: str) -> Actions:
    """The options of a command that have a long name, by the attributes of parsed options."""
    actions = command_parser(command)._actions
    named = {_attribute(flag): one for one in actions for flag in one.option_strings if flag.startswith("--")}
    return {name: action for name, action in named.items() if name not in NEVER_CONFIGURED}


def _shared_options(command: str) -> Actions:
    """The options about targets that a command passes on to load runs."""
    if command not in PASSED_TO:
        return {}
    own = options_of(command)
    passed_on = options_of(PASSED_TO[command])
    return {name: one for name, one in passed_on.items() if name in BY_NAME and name not in own}


def _is_given(action: argparse.Action, arguments: Sequence[str]) -> bool:
    long = {flag for flag in action.option_strings if flag.startswith("--")}
    short = tuple(flag for flag in action.option_strings if not flag.startswith("--"))
    return any(word.partition("=")[0] in long or (short and word.startswith(short)) for word in arguments)


def _words(action: argparse.Action, name: str, setting: Setting) -> Iterator[str]:
    """The words that set an option; raises ConfigError for a value that it does not take."""
    flag, value = f"--{name.replace('_', '-')}", setting.value
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ConfigError(setting.place, "it is a switch", "write true or false")
        yield from [flag] if value else []
        return
    repeats = isinstance(action, argparse._AppendAction)
    if isinstance(value, list) and not repeats and len(value) != 1:
        raise ConfigError(setting.place, "it takes one value", "write no list")
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise ConfigError(setting.place, "it takes a text or a number", "write no other value")
        yield f"{flag}={_checked(action, name, str(one), setting)}"


def _checked(action: argparse.Action, name: str, text: str, setting: Setting) -> str:
    """The text of a value, with its path made one of the current folder; raises ConfigError for a wrong one."""
    _check_no_secret(name, text, setting)
    convert: Any = action.type or str
    try:
        convert(text)
    except (ValueError, TypeError, argparse.ArgumentTypeError):
        raise ConfigError(setting.place, f"{text!r} cannot be parsed", f"write {action.metavar}") from None
    if action.choices and text not in action.choices:
        listed = f"write one of {', '.join(action.choices)}"
        raise ConfigError(setting.place, f"{text!r} is no choice", did_you_mean(text, action.choices, listed))
    if setting.folder is None or action.metavar not in PATH_METAVARS or setting.folder == Path.cwd():
        return text
    return ",".join(str(setting.folder / part) for part in text.split(","))


def _check_no_secret(name: str, text: str, setting: Setting) -> None:
    """Raises ConfigError, which does not show it, for a value that is a key where only its name may be."""
    if name in NAMES_OF_SECRETS and not VARIABLE_NAME.fullmatch(text):
        raise ConfigError(setting.place, "it is not the name of a variable", "export the key, and name its variable")
    if setting.folder is None:
        return
    if name == "header" and SENSITIVE_NAME.search(text.partition(":")[0]):
        remedy = "give the header on the command line, or a key with key-env"
        raise ConfigError(setting.place, "a header with a secret may not be in a file", remedy)
    if USER_IN_URL.search(text):
        raise ConfigError(setting.place, "a URL with a password may not be in a file", f"set {variable_of(name)}")


def _attribute(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")
