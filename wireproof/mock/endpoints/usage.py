"""The count of what was read and sent."""

from __future__ import annotations

from typing import Any

from wireproof.mock.provider.profile import Profile

JsonObject = dict[str, Any]


def chat_usage(profile: Profile, prompt: int, completion: int, thought: int = 0) -> JsonObject:
    """The counts of a completion; those of the thought are part of the completion's."""
    plain: JsonObject = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    for member, details in USAGE_DETAILS_BY_MEMBER.items():
        if member in profile.members:
            plain |= details
    if "details" in profile.members:
        plain["completion_tokens_details"] = {
            "reasoning_tokens": thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        }
    return plain


def response_usage(profile: Profile, prompt: int, completion: int, thought: int = 0) -> JsonObject:
    made: JsonObject = {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": completion,
        "total_tokens": prompt + completion,
    }
    return made | ({"output_tokens_details": {"reasoning_tokens": thought}} if "details" in profile.members else {})


def image_usage(prompt: int, shown: int) -> JsonObject:
    """The counts of pictures: the prompt is text, what is made is not."""
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"text_tokens": prompt, "image_tokens": 0},
        "output_tokens": shown,
        "total_tokens": prompt + shown,
    }


# What each of a profile's members adds to the counts of a prompt.
USAGE_DETAILS_BY_MEMBER: dict[str, JsonObject] = {
    "details": {"prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0}},
    "cached_details": {"prompt_tokens_details": {"cached_tokens": 0}},
    "null_details": {"prompt_tokens_details": None},
}
