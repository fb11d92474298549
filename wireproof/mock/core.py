"""The server without its sockets: a request in, an answer out."""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock import control, limits, routes, validate
from wireproof.mock.accounts import Meter, is_known, presented, refusal_of
from wireproof.mock.catalogue import model, models
from wireproof.mock.chat import chat
from wireproof.mock.completions import completions
from wireproof.mock.draw import Draw
from wireproof.mock.embed import embeddings
from wireproof.mock.endpoint import Visit
from wireproof.mock.health import health
from wireproof.mock.lapse import NO_LAPSE, Lapse
from wireproof.mock.message import Headers, Outgoing, Received
from wireproof.mock.profile import Profile
from wireproof.mock.refusal import Refused, render
from wireproof.mock.responses import responses
from wireproof.mock.routes import Route
from wireproof.mock.said import Answer, encode, with_headers
from wireproof.mock.state import State

HANDLERS: Mapping[str, Callable[[Visit, dict[str, Any]], Answer]] = {
    "chat": chat,
    "completions": completions,
    "embeddings": embeddings,
    "responses": responses,
    "models": models,
    "model": model,
    "health": health,
}
# Their bodies are no JSON: the handler reads the request itself.
NOT_JSON = frozenset({"transcriptions"})
WITHOUT_CELLS = frozenset({"models", "model", "health"})
WITHOUT_QUOTA = frozenset({"health"})
STATED = {"processing_ms": "7", "version": "2020-10-01"}


class Core:
    """All profiles, and the state they share."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]], *, controlled: bool = False) -> None:
        self.profiles = tuple(Profile.from_mapping(name, row) for name, row in providers.items())
        self.controlled = controlled
        self.state = State()
        self.ordinals = itertools.count()

    def handle(self, received: Received) -> Outgoing:
        """The answer to one request; whatever goes wrong inside is a 500 that says so."""
        try:
            return self._handle(received)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return self.refuse(received.path, Refused("internal", "The server failed on this request."))

    def refuse(self, path: str, refused: Refused) -> Outgoing:
        """A refusal the front itself finds, in the envelope of the path's profile."""
        profile = routes.profile_for(self.profiles, path)
        said = render(profile, refused)
        if profile is None:
            return encode(said, gap_s=0.0)
        return encode(self._signed(profile, limits.stranger(profile.rate), said), gap_s=0.0)

    def _handle(self, received: Received) -> Outgoing:
        try:
            if self.controlled and received.path.startswith(control.PREFIX):
                return encode(control.answer(self.state, received), gap_s=0.0)
            profile = routes.profile_for(self.profiles, received.path)
            if profile is None:
                raise Refused("unknown-path", f"Invalid URL ({received.method} {received.path})")
            lapse = self._lapse(profile, received)
        except Refused as refused:
            return self.refuse(received.path, refused)
        answer = lapse.say(self._answer(lapse.rule(profile), lapse.hear(received, profile)), received)
        return encode(answer, gap_s=self.state.gap_s, frame=lapse.frame)

    def _lapse(self, profile: Profile, received: Received) -> Lapse:
        if not self.controlled:
            return NO_LAPSE
        wanted = control.wanted_fault(self.state, received)
        return NO_LAPSE if wanted is None else control.lapse_for(wanted, profile, received)

    def _answer(self, profile: Profile, received: Received) -> Answer:
        """What the profile says to a request, refusals included, with the headers of every response."""
        ahead_s, fault = control.apart(received) if self.controlled else (0.0, "")
        key = presented(profile.auth, received)
        admitted = key if key is not None and is_known(profile, key) else None
        meter = limits.stranger(profile.rate)
        if admitted is not None and received.method != "OPTIONS":
            now = received.at + self.state.ahead_s
            meter = self.state.accounts.admit(profile, admitted, now, ahead_s, fault)
        try:
            said = self._serve(profile, received, key, admitted, meter)
        except Refused as refused:
            said = render(profile, refused)
        return self._signed(profile, meter, said)

    def _serve(
        self, profile: Profile, received: Received, key: str | None, admitted: str | None, meter: Meter
    ) -> Answer:
        if received.method == "OPTIONS":
            return routes.preflight(profile, received.path)
        route = routes.find(profile, received.method, received.path)
        if admitted is None and route.endpoint not in profile.auth.public:
            raise refusal_of(profile, key)
        self._refuse_excess(profile, route, meter)
        cells = self._cells_up(profile, received)
        if cells == 0 and route.endpoint not in WITHOUT_CELLS:
            raise Refused("unavailable", "No cell is available to serve this request.")
        handler = HANDLERS.get(route.endpoint)
        if handler is None:
            raise Refused("not-built", f"This server does not serve {route.endpoint}.", status=501)
        tier = meter.tier
        visit = Visit(profile, route.endpoint, tier, route.held, received, self.ordinals, cells)
        return handler(visit, body_of(route.endpoint, received))

    def _refuse_excess(self, profile: Profile, route: Route, meter: Meter) -> None:
        if meter.limited or route.endpoint not in WITHOUT_QUOTA:
            limits.refuse_excess(profile, meter)

    def _cells_up(self, profile: Profile, received: Received) -> int:
        if self.controlled and control.cells_down(received):
            return 0
        return self.state.cells.get(profile.name, profile.cells)

    def _signed(self, profile: Profile, meter: Meter, answer: Answer) -> Answer:
        """The answer with its request id, the profile's standing headers and the account's limits."""
        drawn = Draw.of("request", next(self.ordinals)).hex(24)
        standing: Headers = tuple(
            (header, STATED.get(meaning, f"req_{drawn}")) for meaning, header in profile.headers.response
        )
        return with_headers(answer, (*standing, *limits.headers_of(profile, meter)))


def body_of(endpoint: str, received: Received) -> validate.Body:
    """The JSON object a request carries, where its endpoint takes one."""
    if received.method != "POST" or endpoint in NOT_JSON:
        return {}
    return validate.parse(received.body, received.header("content-type"))
