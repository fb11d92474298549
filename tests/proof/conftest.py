"""Proofs in the process of the test."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from wireproof.proof import kill_matrix
from wireproof.proof.unseen import unseen_proof


@pytest.fixture(name="in_this_process")
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Proves columns without processes of their own, which would import wireproof anew."""
    for module in (kill_matrix, unseen_proof):
        monkeypatch.setattr(module, "ProcessPoolExecutor", lambda **_: nullcontext(SimpleNamespace(map=map)))
    yield
    # The process of a column switches it off.
    gc.enable()
