"""Keeping keys out of everything that is shown or stored.

What hides a secret is as long as the secret, so that offsets into the bytes hold. What is judged is what is stored:
an exchange is redacted before any check sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any

from wireproof.evidence.exchange import Break, Exchange, Read
from wireproof.evidence.secret_forms import SHORTEST, cookies, forms

MASK = "•"
# A cookie of this length is a secret wherever it shows up; a shorter one only where it is set.
LEARNT = 16
# As many characters at the cut edge of a text are taken for a part of a secret.
EDGE = 5
NEEDLE = 6
REMEMBERED = 100_000
STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?')
INDEX = re.compile(rb'"\w*index"\s*:\s*(\d+)')
# What the chunked coding puts between two parts of a body.
CHUNK_LINE = re.compile(rb"\r\n[0-9A-Fa-f]{1,8}[^\r\n]*\r\n")
Span = tuple[int, int]


@dataclass(slots=True)
class Redactor:
    """Replaces every secret, in each of its forms, by a mask of the same length."""

    _texts: tuple[str, ...] = ()
    _bytes: tuple[bytes, ...] = ()
    _needles: tuple[str, ...] = ()
    _starts: tuple[bytes, ...] = ()
    _clean: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Redactor:
        """A redactor of these secrets; values too short to be secrets are left out."""
        made = cls()
        made.learn(secrets)
        return made

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these as well from now on; the longest forms go first."""
        found = {form for secret in secrets if len(secret) >= SHORTEST for form in forms(secret)} - set(self._texts)
        if found:
            self._texts = tuple(sorted({*self._texts, *found}, key=lambda form: (-len(form), form)))
            coded = {form.encode() for form in self._texts} | set(_latin(self._texts))
            self._bytes = tuple(sorted(coded, key=lambda form: (-len(form), form)))
            self._needles = tuple({form[:NEEDLE] for form in self._texts})
            self._starts = tuple({form[:NEEDLE] for form in self._bytes})
            self._clean.clear()

    def text(self, text: str) -> str:
        """The text without secrets."""
        if text in self._clean:
            return text
        masked = text
        # Most forms begin alike, and most texts hold none of the beginnings.
        if any(needle in text for needle in self._needles):
            for form in self._texts:
                masked = masked.replace(form, MASK * len(form))
        if masked == text and len(self._clean) < REMEMBERED:
            self._clean.add(text)
        return masked

    def data(self, data: bytes) -> bytes:
        """The bytes without secrets."""
        if any(start in data for start in self._starts):
            for form in self._bytes:
                data = data.replace(form, b"*" * len(form))
        return data

    def facts(self, fact: Any) -> Any:
        """JSON data with every text masked; names and numbers stay, so that it is JSON still."""
        if isinstance(fact, str):
            return self.text(fact)
        if isinstance(fact, dict):
            return {name: self.facts(value) for name, value in fact.items()}
        return [self.facts(value) for value in fact] if isinstance(fact, list | tuple) else fact

    def parts(self, parts: Iterable[bytes], *, cut: bool = False) -> tuple[bytes, ...]:
        """The parts of one body without secrets, those that two parts or two events of a stream share included.

        Args:
            cut: the body is not whole: the beginning of a secret at its end is hidden too.
        """
        given = tuple(parts)
        whole = b"".join(given)
        masked = self._across(self.data(whole), _values(whole)) if b"data:" in whole else self.data(whole)
        if cut:
            masked = self._edge(masked)
        return tuple(masked[start:end] for start, end in pairwise(accumulate(map(len, given), initial=0)))

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be stored and judged."""
        self.learn(value.decode("latin-1") for value in cookies(exchange.headers) if len(value) >= LEARNT)
        request, broken = exchange.request, exchange.broken
        shown = replace(
            request,
            url=self.text(request.url),
            headers=tuple((name, self.text(value)) for name, value in request.headers),
            body=self.data(request.body),
        )
        kept = replace(exchange, request=shown, headers=tuple(self._line(*line) for line in exchange.headers))
        if broken is not None:
            kept = replace(kept, broken=Break(broken.kind, self.text(broken.detail), self._raw(broken.evidence)))
        return self._body(kept)

    def _line(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name.lower() == b"set-cookie":
            set_to = next(cookies([(name, value)]))
            value = value.replace(set_to, b"*" * len(set_to), 1) if set_to else value
        return self.data(name), self.data(value)

    def _body(self, exchange: Exchange) -> Exchange:
        cut = exchange.broken is not None or exchange.truncated
        raw = tuple(read.data for read in exchange.reads)
        plain, coding = exchange.decoded, exchange.coding
        masked = self.parts(plain, cut=cut)
        if coding is None or plain == raw or masked == plain:
            masked = self.parts(raw, cut=cut) if plain != raw else masked
            return exchange if masked == raw else replace(exchange, reads=_as_read(exchange.reads, masked))
        coded = coding.store(masked)
        # Coded anew it has another length, and a header that told the old one tells the new one.
        old, new = (str(sum(map(len, parts))).encode() for parts in (raw, coded))
        headers = tuple(
            (name, new if name.lower() == b"content-length" and value == old else value)
            for name, value in exchange.headers
        )
        return replace(exchange, headers=headers, reads=_as_read(exchange.reads, coded))

    def _raw(self, data: bytes) -> bytes:
        """The last bytes of a connection: cut at the start, with the lines of the chunked coding in between."""
        ends = [0, *(at for found in CHUNK_LINE.finditer(data) for at in found.span()), len(data)]
        pieces = tuple(zip(ends[::2], ends[1::2], strict=True))
        masked = self._across(self._across(self.data(data), [pieces]), _values(data))
        return self._edge(self._edge(masked)[::-1], [form[::-1] for form in self._bytes])[::-1]

    def _across(self, data: bytes, groups: Iterable[Sequence[Span]]) -> bytes:
        """The bytes with secrets masked that the spans of a group make together."""
        made = bytearray(data)
        for spans in groups:
            masked = self.data(b"".join(data[start:end] for start, end in spans))
            for start, end in spans:
                made[start:end], masked = masked[: end - start], masked[end - start :]
        return bytes(made)

    def _edge(self, data: bytes, known: Sequence[bytes] | None = None) -> bytes:
        for form in self._bytes if known is None else known:
            for length in range(len(form) - 1, EDGE - 1, -1):
                if data.endswith(form[:length]):
                    return data[:-length] + b"*" * length
        return data


def _latin(texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        try:
            yield text.encode("latin-1")
        except UnicodeEncodeError:
            continue


def _values(body: bytes) -> list[list[Span]]:
    """The string values of the events of a stream, those of the same name and place of each event together."""
    groups: dict[tuple[object, ...], list[Span]] = {}
    start = 0
    for line in body.splitlines(keepends=True):
        if line.startswith(b"data:"):
            indexes, name, seen = tuple(INDEX.findall(line)), b"", dict[bytes, int]()
            for found in STRING.finditer(line):
                if found[2]:
                    name = found[1]
                    continue
                seen[name] = seen.get(name, 0) + 1
                groups.setdefault((name, seen[name], indexes), []).append(
                    (start + found.start(1), start + found.end(1))
                )
        start += len(line)
    return [spans for spans in groups.values() if len(spans) > 1]


def _as_read(reads: Sequence[Read], bodies: Sequence[bytes]) -> tuple[Read, ...]:
    return tuple(Read(read.at_ns, data) for read, data in zip(reads, bodies, strict=True))
