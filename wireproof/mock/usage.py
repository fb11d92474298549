"""The count of what was read and sent."""

from __future__ import annotations

from typing import Any

from wireproof.mock.profile import Profile


def chat_usage(profile: Profile, prompt: int, completion: int) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if "details" in profile.members:
        plain["prompt_tokens_details"] = {"cached_tokens": 0, "audio_tokens": 0}
        plain["completion_tokens_details"] = {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        }
    return plain


def response_usage(prompt: int, completion: int) -> dict[str, Any]:
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + completion,
    }
