"""The server without its sockets: a request in, an answer out."""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock import control, limits, routes, validate
from wireproof.mock.accounts import Caller, Meter, is_known, presented, refusal_of
from wireproof.mock.catalogue import model, models
from wireproof.mock.chat import chat
from wireproof.mock.completions import completions
from wireproof.mock.draw import Draw
from wireproof.mock.embed import embeddings
from wireproof.mock.endpoint import Visit
from wireproof.mock.health import health
from wireproof.mock.images import images
from wireproof.mock.lapse import NO_LAPSE, Lapse
from wireproof.mock.message import Outgoing, Received
from wireproof.mock.profile import Profile
from wireproof.mock.quota import use_of, used_by
from wireproof.mock.refusal import Refused, render
from wireproof.mock.responses import responses
from wireproof.mock.routes import Route
from wireproof.mock.said import Answer, encode, with_headers
from wireproof.mock.signing import Asked, standing
from wireproof.mock.state import State
from wireproof.mock.transcribe import transcriptions

HANDLERS: Mapping[str, Callable[[Visit, dict[str, Any]], Answer]] = {
    "chat": chat,
    "completions": completions,
    "embeddings": embeddings,
    "responses": responses,
    "images": images,
    "transcriptions": transcriptions,
    "models": models,
    "model": model,
    "health": health,
}
# Their bodies are no JSON: the handler reads the request itself.
NOT_JSON = frozenset({"transcriptions"})
WITHOUT_CELLS = frozenset({"models", "model", "health"})
WITHOUT_QUOTA = frozenset({"health"})
# What becomes of a request whose cell is in this state: the cause, and what is said of it.
TROUBLES: Mapping[str, tuple[str, str]] = {
    "down": ("unavailable", "No cell is available to serve this request."),
    "failing": ("upstream-failed", "The provider of this model failed on this request."),
    "misconfigured": ("misconfigured", "The provider of this model is not configured."),
    "crashed": ("server-failed", "The server failed on this request."),
}


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
            return self.refuse(received, Refused("internal", "The server failed on this request."))

    def refuse(self, received: Received, refused: Refused) -> Outgoing:
        """A refusal the front itself finds, in the envelope of the path's profile."""
        profile = routes.profile_for(self.profiles, received.path)
        said = render(profile, refused)
        if profile is None:
            return encode(said, gap_s=0.0)
        return encode(self._signed(profile, received, limits.stranger(profile.rate), said), gap_s=0.0)

    def _handle(self, received: Received) -> Outgoing:
        try:
            if self.controlled and received.path.startswith(control.PREFIX):
                return encode(control.answer(self.state, received), gap_s=0.0)
            profile = routes.profile_for(self.profiles, received.path)
            if profile is None:
                raise Refused("unknown-path", f"Invalid URL ({received.method} {received.path})")
            lapse = self._lapse(profile, received)
        except Refused as refused:
            return self.refuse(received, refused)
        heard = received if validate.is_too_large(received.body) else lapse.hear(received, profile)
        answer = lapse.say(self.answer(lapse.rule(profile), heard), received)
        return encode(answer, gap_s=self.state.gap_s, frame=lapse.frame)

    def _lapse(self, profile: Profile, received: Received) -> Lapse:
        if not self.controlled:
            return NO_LAPSE
        wanted = control.wanted_fault(self.state, received)
        return NO_LAPSE if wanted is None else control.lapse_for(wanted, profile, received)

    def answer(self, profile: Profile, received: Received) -> Answer:
        """What the profile says to a request, refusals included, with the headers of every response."""
        key = presented(profile.auth, received)
        caller = self._caller(profile, received, key)
        meter = limits.stranger(profile.rate)
        if caller is not None and received.method != "OPTIONS":
            meter = self.state.accounts.admit(caller)
        try:
            said = self._serve(profile, received, key, caller, meter)
        except Refused as refused:
            said = render(profile, refused)
        if caller is not None:
            meter = self.state.accounts.since(caller, meter)
        return self._signed(profile, received, meter, said)

    def _caller(self, profile: Profile, received: Received, key: str | None) -> Caller | None:
        """The account a request belongs to; nobody's where its key is not known."""
        if key is None or not is_known(profile, key):
            return None
        ahead_s, fault = control.apart(received) if self.controlled else (0.0, "")
        header = profile.headers.request.get("tenant")
        tenant = (received.header(header) if header else None) or ""
        return Caller(profile, key, received.at + self.state.ahead_s, ahead_s, tenant, fault)

    def _serve(
        self, profile: Profile, received: Received, key: str | None, caller: Caller | None, meter: Meter
    ) -> Answer:
        if received.method == "OPTIONS":
            return routes.preflight(profile, received.path)
        route = routes.find(profile, received.method, received.path)
        if caller is None and route.endpoint not in profile.auth.public:
            raise refusal_of(profile, key)
        limits.refuse_rush(profile, meter)
        if meter.exhausted and route.endpoint not in (*WITHOUT_QUOTA, *profile.auth.public):
            limits.refuse_volume(profile, "The request volume of this month is used up.")
        cells = self._cells_up(profile, route, received)
        visit = Visit(profile, route.endpoint, meter.tier, route.held, received, self.ordinals, cells)
        return self._handled(visit, caller)

        if validate.is_too_large(received.body):
            raise validate.too_large()
    def _handled(self, visit: Visit, caller: Caller | None) -> Answer:
        """What the endpoint says, and the tokens of it counted."""
        handler = HANDLERS.get(visit.endpoint)
        if handler is None:
            raise Refused("not-built", f"This server does not serve {visit.endpoint}.", status=501)
        body = body_of(visit.profile, visit.endpoint, visit.received)
        if caller is None:
            return handler(visit, body)
        use = use_of(visit.profile, visit.endpoint, body)
        limits.refuse_volume(visit.profile, self.state.accounts.lack(caller, use))
        answer = handler(visit, body)
        self.state.accounts.charge(caller, use, used_by(answer))
        return answer

    def _cells_up(self, profile: Profile, route: Route, received: Received) -> int:
        """The cells that are up; a request that needs one is refused where its cell is in trouble."""
        trouble = control.cell_of(received) if self.controlled else ""
        up = 0 if trouble == "down" else self.state.cells.get(profile.name, profile.cells)
        if trouble == "one-down" and up > 1:
            up -= 1
        if route.endpoint not in WITHOUT_CELLS:
            refuse_trouble(trouble if up else "down")
        return up

    def _signed(self, profile: Profile, received: Received, meter: Meter, answer: Answer) -> Answer:
        """The answer with its request id, the profile's standing headers and the account's limits."""
        elsewhere = self.controlled and control.cell_of(received) == "one-down"
        asked = Asked(profile, received, Draw.of("request", next(self.ordinals)).hex(24), elsewhere)
        return with_headers(answer, (*standing(asked), *limits.headers_of(profile, meter)))


def body_of(profile: Profile, endpoint: str, received: Received) -> validate.Body:
    """The JSON object a request carries, where its endpoint takes one."""
    if received.method != "POST" or endpoint in NOT_JSON:
        return {}
    content_type = received.header("content-type")
    if content_type is None and "content_type" in profile.headers.request:
        raise Refused("wrong-content-type", "The request names no content type; expected application/json.")
    return validate.parse(received.body, content_type)


def refuse_trouble(state: str) -> None:
    """Refuse a request whose cell is in one of the states that serve nothing."""
    if state in TROUBLES:
        raise Refused(*TROUBLES[state])
