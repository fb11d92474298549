"""Replaces the code of a loaded module by mutated source in the running process.

Other modules hold functions of the module by name, and evidence holds instances of its classes. Functions and classes
therefore stay the same objects and take over the mutated code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any


def transplant(module: ModuleType, source: str) -> None:
    """Makes a loaded module, and everything that uses it, run another source of it."""
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
            _replace_code(vars(old), vars(value))
        return
    if _is_function(old) and _is_function(value):
        _replace_code({name: old}, {name: value})
        return
    if value is not old and not _are_equal(old, value):
        for user in _users(name, old):
            user[name] = value


def _replace_code(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Gives functions of a namespace the code of those with the same name in another."""
    for name, value in new.items():
        for before, after in zip(_functions(old.get(name)), _functions(value), strict=False):
            if before.__code__ != after.__code__ or before.__defaults__ != after.__defaults__:
                before.__code__, before.__defaults__, before.__kwdefaults__ = (
                    after.__code__,
                    after.__defaults__,
                    after.__kwdefaults__,
                )


def _functions(value: Any) -> Iterator[FunctionType]:
    """Yields the functions behind a member of a module or a class."""
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, property):
        yield from _functions(value.fget)
    elif hasattr(value, "__wrapped__"):  # a class method or a cached function
        yield from _functions(value.__wrapped__)
    if hasattr(value, "cache_clear"):
        value.cache_clear()


def _is_function(value: Any) -> bool:
    return isinstance(value, FunctionType) or hasattr(value, "__wrapped__")


def _are_equal(old: Any, new: Any) -> bool:
    return type(old) is type(new) and not isinstance(old, CodeType) and bool(old == new)


def _users(name: str, value: Any) -> Iterator[dict[str, Any]]:
    """Yields the loaded namespaces of wireproof that hold this very value under this name."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("wireproof") and vars(module).get(name) is value:
            yield vars(module)
