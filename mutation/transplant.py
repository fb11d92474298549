"""Mutated source put into the running process, in the place of what was loaded.

Others hold functions of the module by name, and evidence holds values of its classes, so that objects stay what
they are and take over the mutated code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any


def transplant(module: ModuleType, source: str) -> None:
    """Make a loaded module and everything that uses it run another source of it."""
    file = module.__file__ or module.__name__
    fresh = {"__name__": module.__name__, "__file__": file, "__spec__": module.__spec__}
    exec(compile(source, file, "exec"), fresh)
    for name, value in fresh.items():
        if not name.startswith("__"):
            _replace(module, name, value)


def _replace(module: ModuleType, name: str, value: Any) -> None:
    old = vars(module).get(name)
    if isinstance(value, type) and isinstance(old, type):
        if value.__module__ == module.__name__:
            _take_over(vars(old), vars(value))
        return
    if _function(old) and _function(value):
        _take_over({name: old}, {name: value})
        return
    if value is not old and not _same(old, value):
        for user in _users(name, old):
            user[name] = value


def _take_over(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Functions of a namespace take the code of those that have the same name in another."""
    for name, value in new.items():
        for was, now in zip(_functions(old.get(name)), _functions(value), strict=False):
            if was.__code__ != now.__code__ or was.__defaults__ != now.__defaults__:
                was.__code__, was.__defaults__, was.__kwdefaults__ = now.__code__, now.__defaults__, now.__kwdefaults__


def _functions(value: Any) -> Iterator[FunctionType]:
    """The functions that a member of a module or a class is made of."""
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, property):
        yield from _functions(value.fget)
    elif hasattr(value, "__wrapped__"):  # a method of the class, or what remembers its results
        yield from _functions(value.__wrapped__)
    if hasattr(value, "cache_clear"):
        value.cache_clear()


def _function(value: Any) -> bool:
    return isinstance(value, FunctionType) or hasattr(value, "__wrapped__")


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and not isinstance(old, CodeType) and bool(old == new)


def _users(name: str, value: Any) -> Iterator[dict[str, Any]]:
    """The namespaces of what is loaded of wireproof that hold this very value under this name."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("wireproof") and vars(module).get(name) is value:
            yield vars(module)
