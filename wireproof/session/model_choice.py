"""A model for each role, picked out of a target's own list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult
from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.formats.strict_json import NotJson

# Ids that tell of another use than chat, for picking a model nobody named.
NOT_CHAT_WORDS = (
    "embed", "whisper", "tts", "audio", "image", "dall-e", "moderation", "rerank", "transcribe", "realtime", "instruct",
    "davinci", "babbage", "bge-", "sora",
)  # fmt: skip


def with_models(target: Target, listed: CaseResult | None) -> Target:
    """The target with a model for each role that nobody named, out of its own list."""
    if not isinstance(listed, tuple):
        return target
    return replace(target, models={**pick_models(target, listed[-1]), **target.models})


def pick_models(target: Target, listed: Exchange) -> dict[str, str]:
    """A model for each role, out of the list: the documented one where it is listed, else the first that fits."""
    ids = listed_model_ids(target, listed)
    chat = [name for name in ids if not any(word in name.lower() for word in NOT_CHAT_WORDS)]
    found = {"chat": chat[:1], "embeddings": [name for name in ids if "embed" in name.lower()][:1]}
    found["completions"] = [name for name in ids if "instruct" in name.lower()][:1]
    documented = {role: model for role, model in target.provider.models.items() if model in ids}
    return {**{role: names[0] for role, names in found.items() if names}, **documented}


def listed_model_ids(target: Target, listed: Exchange) -> Sequence[str]:
    """The model ids of a list answer, in order; empty where it is no list."""
    try:
        items = json_pointer.get(listed.json, target.provider.list_items)
        ids = [json_pointer.get(item, target.provider.list_id) for item in items]
    except (NotJson, json_pointer.Missing, TypeError):
        return ()
    return [name for name in ids if isinstance(name, str)]
