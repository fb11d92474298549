"""A request with holes: the case is rendered once, and its prompt and its cap are put into the bytes each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.errors import ConfigError
from wireproof.formats import json_pointer
from wireproof.load.scenario import prepared_request, prompt_text
from wireproof.load.scenario.early_disconnect import Leave
from wireproof.load.scenario.prepared_request import Shot
from wireproof.load.scenario.token_lengths import Length

# What stands in the rendered bytes where a hole is: a word that no case holds, and a cap that none has.
WORD, CAP = "wireproof-hole ", 918_273_645
# A word of its own for each request, as long as any other, and what a request asks that its answer says.
NONCE = re.compile(r"kestrel-\d{9}")
NONCE_HOLE, SAY = "kestrel-000000000", "Say exactly: "
LENGTH = b"Content-Length: "
# Where the text of a request stands, the first that is there; a prompt is put before it.
PLACES = {
    "chat": ("/messages/{last}/content", "/messages/{last}/content/0/text"),
    "completions": ("/prompt",),
    "embeddings": ("/input", "/input/0"),
    "responses": ("/input", "/input/{last}/content"),
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one request of a trace says: tokens in and out, and the blocks that its prompt is made of."""

    prompt: int
    answer: int
    blocks: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What of a request is drawn anew each time."""

    prompt: Length | None = None
    answer: Length | None = None
    leave: Leave | None = None
    leave_share: float = 0.0
    nonce: bool = False

    @property
    def is_nothing(self) -> bool:
        """Every request is the same."""
        return self.prompt is None and self.answer is None and self.leave is None and not self.nonce


class Mould:
    """What casts the requests of one case; `traced` moulds take their sizes from outside."""

    def __init__(self, case: Case, target: Target, drawn: Drawn, *, traced: bool = False) -> None:
        self._drawn, self._fixed = drawn, drawn.is_nothing and not traced
        has_prompt, has_cap = traced or drawn.prompt is not None, traced or drawn.answer is not None
        holed = _with_holes(_asked_to_say(case) if drawn.nonce else case, has_prompt=has_prompt, has_cap=has_cap)
        self._shot = prepared_request.load(case.name, holed, target)
        # Choices of one request share its cap.
        self._choices = self._shot.token_cap // CAP if has_cap else 0
        head, _, body = self._shot.wire.partition(b"\r\n\r\n")
        self._head = head[: head.rindex(LENGTH) + len(LENGTH)] if LENGTH in head else head
        parts = _parts(body, has_prompt=has_prompt, has_cap=has_cap, name=case.name)
        self._parts = tuple(piece for part in parts for piece in _cut(part, NONCE_HOLE)) if drawn.nonce else parts

    def cast(self, seed: int, number: int, sizes: Sizes | None = None) -> Shot:
        """The request of this number; the same whoever asks it."""
        if self._fixed:
            return self._shot
        chance, drawn = Random(f"{seed} {number}"), self._drawn
        said = cap = None
        if drawn.prompt is not None:
            said = prompt_text.text(drawn.prompt(chance), number)
        if drawn.answer is not None:
            cap = drawn.answer(chance)
        if sizes is not None:
            said = (
                prompt_text.blocks(sizes.blocks, sizes.prompt)
                if sizes.blocks
                else prompt_text.text(sizes.prompt, number)
            )
            cap = sizes.answer
        nonce = f"kestrel-{number % 1_000_000_000:09d}" if drawn.nonce else ""
        leaves = drawn.leave is not None and chance.random() < drawn.leave_share
        return replace(
            self._shot,
            wire=self._wire(said, cap, nonce),
            nonce=nonce,
            token_cap=self._shot.token_cap if cap is None else cap * self._choices,
            leave=drawn.leave if leaves else None,
        )

    def _wire(self, said: str | None, cap: int | None, nonce: str) -> bytes:
        """The bytes with every hole filled."""
        fillings: dict[str | int, bytes] = {
            WORD: b"" if said is None else said.encode() + b" ",
            CAP: str(cap).encode(),
            NONCE_HOLE: nonce.encode(),
        }
        body = b"".join(part if isinstance(part, bytes) else fillings[part] for part in self._parts)
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)


def _asked_to_say(case: Case) -> Case:
    """The case with a text that asks for a word of its own."""
    ask = case.asks[-1]
    body = json_pointer.edit(ask.body, _place(case, ask.body), SAY + NONCE_HOLE)
    return replace(case, asks=(replace(ask, body=body),))


def _with_holes(case: Case, *, has_prompt: bool, has_cap: bool) -> Case:
    ask = case.asks[-1]
    body = ask.body
    if has_prompt:
        place = _place(case, body)
        body = json_pointer.edit(body, place, WORD + json_pointer.get(body, place))
    return replace(case, asks=(replace(ask, body=body, cap=CAP if has_cap else ask.cap),))


def _place(case: Case, body: Any) -> str:
    """Where the text of a request stands; ConfigError where it has none."""
    for template in PLACES.get(case.endpoint, ()):
        parent = template.partition("/{last}")[0]
        try:
            place = template.format(last=len(json_pointer.get(body, parent)) - 1)
            if isinstance(json_pointer.get(body, place), str):
                return place
        except (json_pointer.Missing, TypeError):
            continue
    raise ConfigError(f"load/scenarios.yaml, {case.name}", "it has no text for a `prompt`", "leave `prompt` out")


def _parts(body: bytes, *, has_prompt: bool, has_cap: bool, name: str) -> tuple[bytes | str | int, ...]:
    """The body, cut at its holes."""
    parts: list[bytes | str | int] = [body]
    for hole, wanted in ((WORD, has_prompt), (CAP, has_cap)):
        if wanted:
            parts = [piece for part in parts for piece in _cut(part, hole)]
            if hole not in parts:
                problem = "the provider names no field that caps its answer"
                raise ConfigError(f"load/scenarios.yaml, {name}", problem, "leave `answer` out")
    return tuple(parts)


def _cut(part: bytes | str | int, hole: str | int) -> list[bytes | str | int]:
    if not isinstance(part, bytes) or str(hole).encode() not in part:
        return [part]
    before, _, behind = part.partition(str(hole).encode())
    return [before, hole, behind]
