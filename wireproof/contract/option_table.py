"""The options about targets; each row defines an option and the member of a target that it sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.contract import target_members as make
from wireproof.contract.case import PROFILES
from wireproof.contract.target import Deadlines, Network
from wireproof.contract.target_members import Make, as_given

# Headings of the help, in the order in which they are shown.
TARGET, NETWORK, AMOUNT = "target", "network", "number of requests, and their cost"
TOPICS = (TARGET, NETWORK, AMOUNT)
# The mock runs on this machine, so that a longer delay means it hangs.
MOCK_DEADLINES = Deadlines(connect=5.0, first_byte=5.0, idle=2.0, total=20.0)


@dataclass(frozen=True, slots=True)
class TargetOption:
    """One option about targets.

    Attributes:
        flag: how the option is written, `--name`.
        member: member of `Target` that the option sets.
        help: line of the help.
        metavar: placeholder of the value in the help.
        type: parser of the value.
        choices: accepted values.
        repeated: true if the option may be given several times.
        switch: true if the option takes no value.
        live: makes the member for an endpoint; None if another row or `target_options` makes it.
        mock: makes the member for the reference server; None likewise.
        topic: heading of the help under which the option stands.
    """

    flag: str
    member: str
    help: str
    metavar: str | None = None
    type: Callable[[str], Any] | None = None
    choices: tuple[str, ...] | None = None
    repeated: bool = False
    switch: bool = False
    live: Make | None = as_given
    mock: Make | None = as_given
    topic: str = TARGET

    @property
    def name(self) -> str:
        """Name of the attribute in which argparse stores the value."""
        return self.flag.removeprefix("--").replace("-", "_")

    def value_in(self, options: Mapping[str, Any]) -> Any:
        """The value among those that were set; empty or None if this option was not."""
        return options.get(self.name, () if self.repeated else None)

    @property
    def keywords(self) -> dict[str, Any]:
        """Keyword arguments of `add_argument`."""
        optional: dict[str, Any] = {"metavar": self.metavar, "type": self.type, "choices": self.choices}
        if self.repeated:
            optional |= {"action": "append", "default": []}
        if self.switch:
            optional["action"] = "store_true"
        return {"help": self.help} | {word: value for word, value in optional.items() if value is not None}


OPTIONS = (
    TargetOption(
        "--provider",
        "provider",
        "contract to judge by (repeat for several; default: openai with --endpoint, else every contract)",
        metavar="NAME",
        repeated=True,
        live=None,
        mock=None,
    ),
    TargetOption(
        "--endpoint",
        "base_url",
        "base URL of the API to judge (default: the reference server on this machine)",
        metavar="URL",
        live=make.base_url,
        mock=make.always(""),
    ),
    TargetOption(
        "--name",
        "name",
        "name of the endpoint in every report, in the baseline and in the matrix (default: that of --provider)",
        metavar="NAME",
        live=make.live_name,
        mock=make.mock_name,
    ),
    TargetOption(
        "--allow-http",
        "keys",
        "allow plain HTTP beyond this machine, which shows keys to anyone in between; for a network that you trust",
        switch=True,
        live=None,
        mock=None,
        topic=NETWORK,
    ),
    TargetOption(
        "--proxy",
        "network",
        "HTTP proxy to send every request through; env stands for HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY "
        "(default: none, whatever these variables are)",
        metavar="URL",
        live=make.live_network,
        mock=make.always(Network()),
        topic=NETWORK,
    ),
    TargetOption(
        "--ca-file",
        "network",
        "PEM file of the certificate authorities to trust (default: SSL_CERT_FILE, else those of certifi)",
        metavar="FILE",
        live=None,
        mock=None,
        topic=NETWORK,
    ),
    TargetOption(
        "--client-cert",
        "network",
        "PEM file of a client certificate; KEY is the file of its key, if that is another",
        metavar="FILE[,KEY]",
        live=None,
        mock=None,
        topic=NETWORK,
    ),
    TargetOption(
        "--wait",
        "wait",
        "maximum time until the endpoint is up, such as 60s: its list of models is requested without a key until an "
        "answer other than 502, 503 or 504 comes (default: no wait)",
        metavar="TIME",
        live=make.live_wait,
        mock=make.always(0.0),
        topic=NETWORK,
    ),
    TargetOption(
        "--model",
        "models",
        "model to request; ROLE is chat (default), embeddings, completions, image or audio (repeat for several); "
        "whether the chat model reasons or sees is found out unless a model for reasoning or vision is named",
        metavar="[ROLE=]ID",
        repeated=True,
        live=make.live_models,
        mock=make.mock_models,
    ),
    TargetOption(
        "--key-env",
        "keys",
        "environment variable with the API key (default: the one that the provider names)",
        metavar="NAME",
        live=make.live_keys,
        mock=make.mock_keys,
    ),
    TargetOption(
        "--key",
        "keys",
        "environment variable with the key of another tier; TIER-exhausted is a key with no quota left "
        "(repeat for several)",
        metavar="TIER=NAME",
        repeated=True,
        live=None,
        mock=None,
    ),
    TargetOption(
        "--tier",
        "tier",
        "tier of the API key, whose documented limits are then judged (default: not known)",
        metavar="NAME",
        live=make.live_tier,
        mock=make.mock_tier,
    ),
    TargetOption(
        "--one-slot",
        "means",
        "state that the target serves one request at a time, so that early disconnects can be judged",
        switch=True,
        live=make.live_means,
        mock=make.mock_means,
    ),
    TargetOption(
        "--header",
        "headers",
        "header line to send with every request (repeat for several)",
        metavar="'NAME: VALUE'",
        repeated=True,
        live=make.live_headers,
        mock=make.always({}),
    ),
    TargetOption(
        "--profile",
        "profile",
        "set of cases to send (default: core with --endpoint, else full)",
        choices=PROFILES,
        live=make.or_else("core"),
        mock=make.or_else("full"),
        topic=AMOUNT,
    ),
    TargetOption(
        "--providers",
        "provider",
        "YAML file that adds providers or changes them",
        metavar="FILE",
        live=None,
        mock=None,
    ),
    TargetOption(
        "--suite",
        "provider",
        "folder with contracts, cases and checks of your own (repeat for several); `wireproof init` writes one",
        metavar="DIR",
        repeated=True,
        live=None,
        mock=None,
    ),
    TargetOption(
        "--secret-env",
        "hidden",
        "environment variable with another secret to mask in all output (repeat for several)",
        metavar="NAME",
        repeated=True,
        live=make.live_hidden,
        mock=make.always(()),
    ),
    TargetOption(
        "--deadline",
        "deadlines",
        "time limit of each request; NAME is connect, first-byte, idle or total (repeat for several; "
        "live defaults: 5, 30, 30 and 120 seconds, and 300 to the first byte of the first chat)",
        metavar="NAME=SECONDS",
        repeated=True,
        live=make.deadlines(Deadlines()),
        mock=make.deadlines(MOCK_DEADLINES),
        topic=NETWORK,
    ),
    TargetOption(
        "--connections",
        "connections",
        "maximum number of requests in flight (default: 4)",
        metavar="N",
        type=int,
        live=make.or_else(4),
        mock=make.or_else(4),
        topic=NETWORK,
    ),
    TargetOption(
        "--pace",
        "pace",
        "maximum number of requests a minute (default: the limit of --tier, else none)",
        metavar="N",
        type=float,
        live=make.live_pace,
        topic=AMOUNT,
    ),
    TargetOption(
        "--patience",
        "patience",
        "maximum wait of a case for a rate-limit window to pass on a live target (default: 0; 65 covers a minute)",
        metavar="SECONDS",
        type=float,
        live=make.or_else(0.0),
        mock=make.always(0.0),
        topic=AMOUNT,
    ),
    TargetOption(
        "--max-requests",
        "max_requests",
        "send no more requests than this to a target, retries and repeats included",
        metavar="N",
        type=int,
        topic=AMOUNT,
    ),
    TargetOption(
        "--max-output-tokens",
        "max_output_tokens",
        "ask a target for no more output tokens than this altogether",
        metavar="N",
        type=int,
        topic=AMOUNT,
    ),
    TargetOption(
        "--max-cost",
        "max_cost",
        "send nothing that may make the run on a target cost more than this",
        metavar="DOLLARS",
        type=float,
        topic=AMOUNT,
    ),
    TargetOption(
        "--price",
        "price",
        "dollars per million input tokens and output tokens (default: the prices of the catalogue)",
        metavar="IN,OUT",
        live=make.price,
        mock=make.price,
        topic=AMOUNT,
    ),
)
BY_NAME = {row.name: row for row in OPTIONS}
