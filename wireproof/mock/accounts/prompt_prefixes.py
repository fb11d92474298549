"""The prefixes of the prompts of an account, which count as cached when another prompt begins with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

# OpenAI caches from 1,024 tokens on, in steps of 128.
MIN_CACHED_TOKENS, CACHED_TOKENS_STEP = 1024, 128
MAX_PREFIXES = 4096


@dataclass(slots=True)
class PromptPrefixes:
    """Digests of prefixes, oldest first; the oldest are dropped above MAX_PREFIXES."""

    digests: dict[bytes, None] = field(default_factory=dict)

    def count_cached(self, model: str, tokens: Sequence[str]) -> int:
        """Returns how many tokens an earlier prompt began with, and remembers the prefixes of this one."""
        cached, digest = 0, blake2b(model.encode(), digest_size=16)
        for end in range(CACHED_TOKENS_STEP, len(tokens) + 1, CACHED_TOKENS_STEP):
            digest.update("".join(tokens[end - CACHED_TOKENS_STEP : end]).encode(errors="surrogatepass"))
            if end < MIN_CACHED_TOKENS:
                continue
            if digest.digest() in self.digests:
                cached = end
            self.digests[digest.digest()] = None
        while len(self.digests) > MAX_PREFIXES:
            # Two requests of one account may both find the same prefix to be the oldest.
            self.digests.pop(next(iter(self.digests)), None)
        return cached
