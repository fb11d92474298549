"""A request with holes: the case is rendered once; each request fills its prompt and its cap into the bytes."""

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

# The markers of holes in the rendered bytes: a word that no case holds, and a cap that no case has.
PROMPT_HOLE, CAP_HOLE = "wireproof-hole ", 918_273_645
# A unique word for each request, always of the same length, and the instruction to repeat it.
NONCE_PATTERN = re.compile(r"kestrel-\d{9}")
NONCE_HOLE, ECHO_INSTRUCTION = "kestrel-000000000", "Say exactly: "
CONTENT_LENGTH_START = b"Content-Length: "
# The JSON pointers of the text of a request; a prompt is put before the first of them that exists.
TEXT_POINTERS = {
    "chat": ("/messages/{last}/content", "/messages/{last}/content/0/text"),
    "completions": ("/prompt",),
    "embeddings": ("/input", "/input/0"),
    "responses": ("/input", "/input/{last}/content"),
}


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """The size of one request of a trace: its tokens in and out, and the ids of the blocks of its prompt."""

    prompt: int
    answer: int
    blocks: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Variation:
    """The parts of a request that are drawn anew each time.

    Attributes:
        prompt, answer: samplers of tokens put before the text, and of the cap.
        leave, leave_share: the moment at which a client leaves, and the share of clients that leave.
        nonce: each request asks for a unique word.
    """

    prompt: LengthSampler | None = None
    answer: LengthSampler | None = None
    leave: EarlyDisconnect | None = None
    leave_share: float = 0.0
    nonce: bool = False

    @property
    def is_constant(self) -> bool:
        """True if every request is the same."""
        return self.prompt is None and self.answer is None and self.leave is None and not self.nonce


class RequestTemplate:
    """The template of the requests of one case; if `traced`, their sizes come from a trace."""

    def __init__(self, case: Case, target: Target, variation: Variation, *, traced: bool = False) -> None:
        self._variation, self._is_constant = variation, variation.is_constant and not traced
        has_prompt, has_cap = traced or variation.prompt is not None, traced or variation.answer is not None
        case_with_holes = _with_holes(
            _with_echo_instruction(case) if variation.nonce else case, has_prompt=has_prompt, has_cap=has_cap
        )
        self._request = prepared_request.prepare(case.name, case_with_holes, target)
        # The cap holds for each of several choices.
        self._choices = self._request.token_cap // CAP_HOLE if has_cap else 0
        head, _, body = self._request.wire.partition(b"\r\n\r\n")
        self._head = (
            head[: head.rindex(CONTENT_LENGTH_START) + len(CONTENT_LENGTH_START)]
            if CONTENT_LENGTH_START in head
            else head
        )
        parts = _parts_between_holes(body, has_prompt=has_prompt, has_cap=has_cap, name=case.name)
        self._parts = (
            tuple(piece for part in parts for piece in _cut_at_hole(part, NONCE_HOLE)) if variation.nonce else parts
        )

    def render(self, seed: int, number: int, sizes: TokenCounts | None = None) -> PreparedRequest:
        """Renders the request of this number, the same in every process."""
        if self._is_constant:
            return self._request
        random, variation = Random(f"{seed} {number}"), self._variation
        prompt = cap = None
        if variation.prompt is not None:
            prompt = prompt_text.make_prompt(variation.prompt(random), number)
        if variation.answer is not None:
            cap = variation.answer(random)
        if sizes is not None:
            prompt = (
                prompt_text.make_prompt_from_blocks(sizes.blocks, sizes.prompt)
                if sizes.blocks
                else prompt_text.make_prompt(sizes.prompt, number)
            )
            cap = sizes.answer
        nonce = f"kestrel-{number % 1_000_000_000:09d}" if variation.nonce else ""
        leaves = variation.leave is not None and random.random() < variation.leave_share
        return replace(
            self._request,
            wire=self._fill_holes(prompt, cap, nonce),
            nonce=nonce,
            token_cap=self._request.token_cap if cap is None else cap * self._choices,
            leave=variation.leave if leaves else None,
        )

    def _fill_holes(self, prompt: str | None, cap: int | None, nonce: str) -> bytes:
        """The bytes with all holes filled."""
        values_by_hole: dict[str | int, bytes] = {
            PROMPT_HOLE: b"" if prompt is None else prompt.encode() + b" ",
            CAP_HOLE: str(cap).encode(),
            NONCE_HOLE: nonce.encode(),
        }
        body = b"".join(part if isinstance(part, bytes) else values_by_hole[part] for part in self._parts)
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)


def _with_echo_instruction(case: Case) -> Case:
    """The case with a text that asks the model to repeat a unique word."""
    spec = case.asks[-1]
    body = json_pointer.edit(spec.body, _find_text_pointer(case, spec.body), ECHO_INSTRUCTION + NONCE_HOLE)
    return replace(case, asks=(replace(spec, body=body),))


def _with_holes(case: Case, *, has_prompt: bool, has_cap: bool) -> Case:
    spec = case.asks[-1]
    body = spec.body
    if has_prompt:
        pointer = _find_text_pointer(case, body)
        body = json_pointer.edit(body, pointer, PROMPT_HOLE + json_pointer.get(body, pointer))
    return replace(case, asks=(replace(spec, body=body, cap=CAP_HOLE if has_cap else spec.cap),))


def _find_text_pointer(case: Case, body: Any) -> str:
    """The JSON pointer of the text of a request; raises ConfigError if it has none."""
    for template in TEXT_POINTERS.get(case.endpoint, ()):
        parent = template.partition("/{last}")[0]
        try:
            pointer = template.format(last=len(json_pointer.get(body, parent)) - 1)
            if isinstance(json_pointer.get(body, pointer), str):
                return pointer
        except (json_pointer.Missing, TypeError):
            continue
    raise ConfigError(f"load/scenarios.yaml, {case.name}", "it has no text for a `prompt`", "leave `prompt` out")


def _parts_between_holes(body: bytes, *, has_prompt: bool, has_cap: bool, name: str) -> tuple[bytes | str | int, ...]:
    """The body, cut at its holes; raises ConfigError if the cap has no hole."""
    parts: list[bytes | str | int] = [body]
    for hole, wanted in ((PROMPT_HOLE, has_prompt), (CAP_HOLE, has_cap)):
        if wanted:
            parts = [piece for part in parts for piece in _cut_at_hole(part, hole)]
            if hole not in parts:
                problem = "the provider names no field for the cap"
                raise ConfigError(f"load/scenarios.yaml, {name}", problem, "leave `answer` out")
    return tuple(parts)


def _cut_at_hole(part: bytes | str | int, hole: str | int) -> list[bytes | str | int]:
    if not isinstance(part, bytes) or str(hole).encode() not in part:
        return [part]
    before, _, behind = part.partition(str(hole).encode())
    return [before, hole, behind]
