"""Chooses a model for each role from a target's own model list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.formats.near_miss import did_you_mean
from wireproof.formats.strict_json import NotJson

# Ids of an error message about a model.
MAX_LISTED_IDS = 5
# Words in the ids of models that serve another purpose than chat.
NOT_CHAT_WORDS = (
    "embed", "whisper", "tts", "audio", "image", "dall-e", "moderation", "rerank", "transcribe", "realtime", "instruct",
    "davinci", "babbage", "bge-", "sora",
)  # fmt: skip


def with_models(target: Target, listed: CaseResult | None) -> Target:
    """The target with a listed model for each role that the options leave open."""
    if not isinstance(listed, tuple):
        return target
    return replace(target, models={**pick_models(target, listed[-1]), **target.models})


def pick_models(target: Target, listed: Exchange) -> dict[str, str]:
    """Role → model id: the documented model if it is listed, else the first one that fits."""
    # A model that the user named for another purpose is no chat model.
    ids = [name for name in listed_model_ids(target, listed) if name not in target.models.values()]
    chat = [name for name in ids if not any(word in name.lower() for word in NOT_CHAT_WORDS)]
    candidates = {"chat": chat[:1], "embeddings": [name for name in ids if "embed" in name.lower()][:1]}
    candidates["completions"] = [name for name in ids if "instruct" in name.lower()][:1]
    documented = {role: model for role, model in target.provider.models.items() if model in ids}
    return {**{role: names[0] for role, names in candidates.items() if names}, **documented}


def listed_model_ids(target: Target, listed: Exchange) -> Sequence[str]:
    """The model ids of a list response, in order; empty if the response is not a list."""
    try:
        items = json_pointer.get(listed.json, target.provider.list_items)
        ids = [json_pointer.get(item, target.provider.list_id) for item in items]
    except (NotJson, json_pointer.Missing, TypeError):
        return ()
    return [name for name in ids if isinstance(name, str)]


def unlisted_models(target: Target, listed: CaseResult | None) -> dict[str, str]:
    """Role → a question for the likely model, of each model that the target's own list does not have.

    A list that cannot be read says nothing about models. A server may serve a model that it does not list.
    """
    ids = listed_model_ids(target, listed[-1]) if isinstance(listed, tuple) else ()
    missing = {role: model for role, model in target.models.items() if ids and model not in ids}
    return {role: did_you_mean(model, ids, f"listed are {_first_ids(ids)}") for role, model in missing.items()}


def _first_ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - MAX_LISTED_IDS} more" if len(ids) > MAX_LISTED_IDS else ""
    return ", ".join(ids[:MAX_LISTED_IDS]) + more
