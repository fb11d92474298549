"""The headings under which the help of a command shows its options."""

from __future__ import annotations

import argparse
from typing import Any

from wireproof.contract.option_table import BY_NAME, TOPICS

# The headings of the options that are not about targets.
RUN_TOPICS = {
    "what fails the run": (
        "fail_on", "authority", "baseline", "baseline_skips", "require_decided", "write_baseline", "update_baseline",
        "prune_baseline",
    ),
    "reports": ("report_dir", "keep"),
    "an interrupted run": ("resume", "resend"),
    "generated requests": ("examples", "shrink", "replay"),
}  # fmt: skip
OTHER_TOPIC = "other options"


class GroupsByTopic:
    """Takes the options of a command, and adds each to the group of its heading."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._groups: dict[str, Any] = {}
        # All groups now, so that their order is not that of the options; the help leaves out empty ones.
        for topic in (*TOPICS, *RUN_TOPICS):
            self._group(topic)

    def add_argument(self, flag: str, **keywords: Any) -> Any:
        """Adds an option."""
        return self._group(topic_of(flag)).add_argument(flag, **keywords)

    def _group(self, topic: str) -> Any:
        if topic not in self._groups:
            self._groups[topic] = self._parser.add_argument_group(topic)
        return self._groups[topic]


def topic_of(flag: str) -> str:
    """The heading of an option."""
    name = flag.removeprefix("--").replace("-", "_")
    if name in BY_NAME:
        return BY_NAME[name].topic
    return next((topic for topic, names in RUN_TOPICS.items() if name in names), OTHER_TOPIC)
