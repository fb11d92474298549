"""The context of a request, which every endpoint is given, and the helpers that several endpoints share."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.accounts.prompt_prefixes import MIN_CACHED_TOKENS, PromptPrefixes
from wireproof.mock.accounts.script_progress import AccountScript
from wireproof.mock.accounts.stored_items import ItemStore
from wireproof.mock.model.conversation import Conversation
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.protocol.scripted_answers import ScriptedAnswer
from wireproof.mock.provider.model_entry import Model
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import TierRules
from wireproof.mock.provider.refusals import RequestRefused, scripted_refusal


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One admitted request.

    Attributes:
        path_value: the value in the placeholder of the path; None if it has none.
        ordinals: counts the requests of the server, so that ids differ.
        cells_up: the number of cells that are up.
        stored_items: the items that the account stores.
        script: the scripted answers; None if there are none.
        prompt_prefixes: the prefixes of the prompts of the account.
    """

    profile: Profile
    endpoint: str
    tier: TierRules
    path_value: str | None
    request: HttpRequest
    ordinals: Iterator[int] = field(default_factory=itertools.count)
    cells_up: int = 1
    stored_items: ItemStore = field(default_factory=ItemStore)
    script: AccountScript | None = None
    prompt_prefixes: PromptPrefixes = field(default_factory=PromptPrefixes)

    @property
    def created(self) -> int:
        return int(self.request.at)

    def new_id(self, prefix: str, draw: HashRandom) -> str:
        """An id that is drawn from the request and never given twice."""
        return f"{prefix}{draw.derive('id', next(self.ordinals)).hex(24)}"


def scripted_answer(context: RequestContext, conversation: Conversation) -> ScriptedAnswer | None:
    """Returns the scripted answer to a conversation; None if the model is to answer.

    Raises RequestRefused for a scripted error.
    """
    message = conversation.lines[-1].text if conversation.lines else ""
    answer = None if context.script is None else context.script.next_answer(context.endpoint, message)
    if answer is not None and answer.error is not None:
        raise scripted_refusal(answer.error, answer.delay_s)
    return answer


def find_model(context: RequestContext, name: str, role: str) -> Model:
    """Returns the model that a request names; raises RequestRefused if the key may not use it for this role."""
    model = context.profile.model(name)
    if model is None:
        raise RequestRefused(
            "unknown-model",
            f"The model '{name}' does not exist or you do not have access to it.",
            param="model",
        )
    if context.tier.models and name not in context.tier.models:
        raise RequestRefused("tier-locked-model", f"The model '{name}' is not available on your tier.", param="model")
    if role not in model.roles:
        raise RequestRefused("wrong-model-kind", f"The model '{name}' does not serve {role}.", param="model")
    return model


def check_context_length(context: RequestContext, model: Model, tokens: int, param: str) -> None:
    """Refuses tokens beyond the context of the model, if the provider has a refusal for it."""
    if model.context is None or tokens <= model.context or "context-exceeded" not in context.profile.refusals:
        return
    message = f"This model takes at most {model.context} tokens, and {tokens} were asked for."
    raise RequestRefused("context-exceeded", message, param=param)


def count_cached_tokens(context: RequestContext, model: str, conversation: Conversation, tools: Any, count: int) -> int:
    """The tokens of a prompt that an earlier one of the account began with, of its `count` tokens."""
    if count < MIN_CACHED_TOKENS:
        return 0
    prompt = "\n".join((json.dumps(tools), *(f"{line.role}: {line.text}" for line in conversation.lines)))
    return min(context.prompt_prefixes.count_cached(model, tokenize(prompt)), count)


def lowest_cap(body: dict[str, Any], *names: str | None) -> int | None:
    """The lowest of the token caps that a request sets; None if it sets none."""
    caps = [int(body[name]) for name in names if name is not None and body.get(name) is not None]
    return min(caps, default=None)


def stop_sequences(body: dict[str, Any]) -> tuple[str, ...]:
    stop = body.get("stop") or ()
    return (stop,) if isinstance(stop, str) else tuple(stop)


def served_tier(body: dict[str, Any]) -> str:
    """The tier that serves a request: the requested one, or `default` if the request leaves the choice."""
    tier = body.get("service_tier", "auto")
    return "default" if tier == "auto" else str(tier)
