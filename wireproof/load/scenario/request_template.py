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
from wireproof.load.scenario.early_disconnect import EarlyDisconnect
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.load.scenario.token_lengths import LengthSampler

# What stands in the rendered bytes where a hole is: a word that no case holds, and a cap that none has.
PROMPT_HOLE, CAP_HOLE = "wireproof-hole ", 918_273_645
# A word of its own for each request, as long as any other, and what a request asks that its answer says.
NONCE_PATTERN = re.compile(r"kestrel-\d{9}")
NONCE_HOLE, ECHO_INSTRUCTION = "kestrel-000000000", "Say exactly: "
CONTENT_LENGTH_START = b"Content-Length: "
# Where the text of a request stands, the first that is there; a prompt is put before it.
TEXT_PLACES = {
    "chat": ("/messages/{last}/content", "/messages/{last}/content/0/text"),
    "completions": ("/prompt",),
    "embeddings": ("/input", "/input/0"),
    "responses": ("/input", "/input/{last}/content"),
}


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """What one request of a trace says: tokens in and out, and the blocks that its prompt is made of."""

    prompt: int
    answer: int
    blocks: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Variation:
    """What of a request is drawn anew each time."""

    prompt: LengthSampler | None = None
    answer: LengthSampler | None = None
    leave: EarlyDisconnect | None = None
    leave_share: float = 0.0
    nonce: bool = False

    @property
    def is_constant(self) -> bool:
        """Every request is the same."""
        return self.prompt is None and self.answer is None and self.leave is None and not self.nonce


class RequestTemplate:
    """What casts the requests of one case; `traced` moulds take their sizes from outside."""

    def __init__(self, case: Case, target: Target, drawn: Variation, *, traced: bool = False) -> None:
        self._drawn, self._fixed = drawn, drawn.is_constant and not traced
        has_prompt, has_cap = traced or drawn.prompt is not None, traced or drawn.answer is not None
        holed = _with_holes(
            _with_echo_instruction(case) if drawn.nonce else case, has_prompt=has_prompt, has_cap=has_cap
        )
        self._shot = prepared_request.prepare(case.name, holed, target)
        # Choices of one request share its cap.
        self._choices = self._shot.token_cap // CAP_HOLE if has_cap else 0
        head, _, body = self._shot.wire.partition(b"\r\n\r\n")
        self._head = (
            head[: head.rindex(CONTENT_LENGTH_START) + len(CONTENT_LENGTH_START)]
            if CONTENT_LENGTH_START in head
            else head
        )
        parts = _parts_between_holes(body, has_prompt=has_prompt, has_cap=has_cap, name=case.name)
        self._parts = (
            tuple(piece for part in parts for piece in _cut_at_hole(part, NONCE_HOLE)) if drawn.nonce else parts
        )

    def render(self, seed: int, number: int, sizes: TokenCounts | None = None) -> PreparedRequest:
        """The request of this number; the same whoever asks it."""
        if self._fixed:
            return self._shot
        chance, drawn = Random(f"{seed} {number}"), self._drawn
        said = cap = None
        if drawn.prompt is not None:
            said = prompt_text.make_prompt(drawn.prompt(chance), number)
        if drawn.answer is not None:
            cap = drawn.answer(chance)
        if sizes is not None:
            said = (
                prompt_text.make_prompt_from_blocks(sizes.blocks, sizes.prompt)
                if sizes.blocks
                else prompt_text.make_prompt(sizes.prompt, number)
            )
            cap = sizes.answer
        nonce = f"kestrel-{number % 1_000_000_000:09d}" if drawn.nonce else ""
        leaves = drawn.leave is not None and chance.random() < drawn.leave_share
        return replace(
            self._shot,
            wire=self._fill_holes(said, cap, nonce),
            nonce=nonce,
            token_cap=self._shot.token_cap if cap is None else cap * self._choices,
            leave=drawn.leave if leaves else None,
        )

    def _fill_holes(self, said: str | None, cap: int | None, nonce: str) -> bytes:
        """The bytes with every hole filled."""
        fillings: dict[str | int, bytes] = {
            PROMPT_HOLE: b"" if said is None else said.encode() + b" ",
            CAP_HOLE: str(cap).encode(),
            NONCE_HOLE: nonce.encode(),
        }
        body = b"".join(part if isinstance(part, bytes) else fillings[part] for part in self._parts)
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)


def _with_echo_instruction(case: Case) -> Case:
    """The case with a text that asks for a word of its own."""
    ask = case.asks[-1]
    body = json_pointer.edit(ask.body, _find_text_place(case, ask.body), ECHO_INSTRUCTION + NONCE_HOLE)
    return replace(case, asks=(replace(ask, body=body),))


def _with_holes(case: Case, *, has_prompt: bool, has_cap: bool) -> Case:
    ask = case.asks[-1]
    body = ask.body
    if has_prompt:
        place = _find_text_place(case, body)
        body = json_pointer.edit(body, place, PROMPT_HOLE + json_pointer.get(body, place))
    return replace(case, asks=(replace(ask, body=body, cap=CAP_HOLE if has_cap else ask.cap),))


def _find_text_place(case: Case, body: Any) -> str:
    """Where the text of a request stands; ConfigError where it has none."""
    for template in TEXT_PLACES.get(case.endpoint, ()):
        parent = template.partition("/{last}")[0]
        try:
            place = template.format(last=len(json_pointer.get(body, parent)) - 1)
            if isinstance(json_pointer.get(body, place), str):
                return place
        except (json_pointer.Missing, TypeError):
            continue
    raise ConfigError(f"load/scenarios.yaml, {case.name}", "it has no text for a `prompt`", "leave `prompt` out")


def _parts_between_holes(body: bytes, *, has_prompt: bool, has_cap: bool, name: str) -> tuple[bytes | str | int, ...]:
    """The body, cut at its holes."""
    parts: list[bytes | str | int] = [body]
    for hole, wanted in ((PROMPT_HOLE, has_prompt), (CAP_HOLE, has_cap)):
        if wanted:
            parts = [piece for part in parts for piece in _cut_at_hole(part, hole)]
            if hole not in parts:
                problem = "the provider names no field that caps its answer"
                raise ConfigError(f"load/scenarios.yaml, {name}", problem, "leave `answer` out")
    return tuple(parts)


def _cut_at_hole(part: bytes | str | int, hole: str | int) -> list[bytes | str | int]:
    if not isinstance(part, bytes) or str(hole).encode() not in part:
        return [part]
    before, _, behind = part.partition(str(hole).encode())
    return [before, hole, behind]
