"""The catalogue of faults refuses an id that stands twice."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from wireproof.errors import ConfigError
from wireproof.mock import faults as package
from wireproof.mock.faults.fault import catalogue_by_id, fault_from_row, read_catalogue_file
from wireproof.mock.faults.hooks import NO_HOOKS


def fault(fault_id):
    return fault_from_row(fault_id, {"says": "The answer is wrong.", "endpoints": "chat"}, NO_HOOKS)


def test_an_id_of_two_faults_is_a_configuration_error():
    with pytest.raises(ConfigError, match="'chat-id-missing' is the id of two faults"):
        catalogue_by_id([fault("chat-id-missing"), fault("chat-id-null"), fault("chat-id-missing")])


def test_the_catalogue_keeps_the_order_of_its_faults():
    assert list(catalogue_by_id([fault("b"), fault("a")])) == ["b", "a"]


def test_every_coded_fault_has_hooks_in_one_module():
    modules = [import_module(f"{package.__name__}.{module.name}") for module in iter_modules(package.__path__)]
    ids = [fault_id for module in modules for fault_id in getattr(module, "HOOKS", ())]
    assert sorted(ids) == sorted(read_catalogue_file("coded_faults.yaml"))
