"""The usage of an answer: the tokens of its input and of its output."""

from __future__ import annotations

from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile


def chat_usage(profile: Profile, prompt: int, completion: int, thought: int = 0, cached: int = 0) -> JsonObject:
    """Returns the usage of a completion; the tokens of the thought are part of those of the completion."""
    usage: JsonObject = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    for member, details in USAGE_DETAILS_BY_MEMBER.items():
        if member in profile.members:
            usage["prompt_tokens_details"] = details and {**details, "cached_tokens": cached}
    if "details" in profile.members:
        usage["completion_tokens_details"] = {
            "reasoning_tokens": thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        }
    return usage


def response_usage(profile: Profile, prompt: int, completion: int, thought: int = 0, cached: int = 0) -> JsonObject:
    """Returns the usage of a response."""
    usage: JsonObject = {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": completion,
        "total_tokens": prompt + completion,
    }
    return usage | ({"output_tokens_details": {"reasoning_tokens": thought}} if "details" in profile.members else {})


def image_usage(prompt: int, output: int) -> JsonObject:
    """Returns the usage of pictures: the input is text, the output is not."""
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"text_tokens": prompt, "image_tokens": 0},
        "output_tokens": output,
        "total_tokens": prompt + output,
    }


# Member of a profile → the details that it adds to the tokens of the prompt; None for null.
USAGE_DETAILS_BY_MEMBER: dict[str, JsonObject | None] = {
    "details": {"cached_tokens": 0, "audio_tokens": 0},
    "cached_details": {"cached_tokens": 0},
    "null_details": None,
}
