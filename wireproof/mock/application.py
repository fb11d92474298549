"""The server without its sockets: a request in, an answer out."""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock import control
from wireproof.mock.accounts import limit_headers
from wireproof.mock.accounts.account import Caller, LimitState
from wireproof.mock.accounts.server_state import ServerState
from wireproof.mock.accounts.slots import account_key, asks_for_stream, tokens_made
from wireproof.mock.accounts.stored_items import ItemStore
from wireproof.mock.accounts.token_quota import demand_from_request, tokens_used
from wireproof.mock.endpoints.chat import create_chat_completion
from wireproof.mock.endpoints.completions import create_completion
from wireproof.mock.endpoints.embeddings import create_embeddings
from wireproof.mock.endpoints.health import report_health
from wireproof.mock.endpoints.images import create_images
from wireproof.mock.endpoints.models import list_models, retrieve_model
from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.endpoints.responses import count_input_tokens, create_response
from wireproof.mock.endpoints.stored_answers import (
    delete_response,
    list_stored_chats,
    retrieve_response,
    retrieve_stored_chat,
)
from wireproof.mock.endpoints.transcriptions import create_transcription
from wireproof.mock.faults.hooks import NO_HOOKS, FaultHooks
from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.protocol.answers import Answer, PlainAnswer, encode_answer, with_headers
from wireproof.mock.protocol.messages import HttpRequest, Outgoing
from wireproof.mock.protocol.negotiated_headers import headers_asked_for
from wireproof.mock.provider import body_validation, routes
from wireproof.mock.provider.api_keys import is_accepted_key, presented_key, refusal_for_key
from wireproof.mock.provider.cell_state import BAD_GATEWAY_ANSWER, cells_up, refuse_by_cell_state
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import RequestRefused, render_refusal
from wireproof.mock.provider.standing_headers import HeaderContext, response_headers

HANDLERS_BY_ENDPOINT: Mapping[str, Callable[[RequestContext, dict[str, Any]], Answer]] = {
    "chat": create_chat_completion,
    "completions": create_completion,
    "embeddings": create_embeddings,
    "responses": create_response,
    "response": retrieve_response,
    "response-delete": delete_response,
    "input-tokens": count_input_tokens,
    "chats-stored": list_stored_chats,
    "chat-stored": retrieve_stored_chat,
    "images": create_images,
    "transcriptions": create_transcription,
    "models": list_models,
    "model": retrieve_model,
    "health": report_health,
}
# Their bodies are no JSON: the handler reads the request itself.
ENDPOINTS_WITHOUT_JSON = frozenset({"transcriptions"})
ENDPOINTS_WITHOUT_QUOTA = frozenset({"health"})


class Application:
    """All profiles, and the state they share."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]], *, controlled: bool = False) -> None:
        self.profiles = tuple(Profile.from_mapping(name, row) for name, row in providers.items())
        self.controlled = controlled
        self.state = ServerState()
        self.ordinals = itertools.count()

    def handle(self, received: HttpRequest) -> Outgoing:
        """The answer to one request; whatever goes wrong inside is a 500 that says so."""
        try:
            return self._handle(received)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return self.refuse(received, RequestRefused("internal", "The server failed on this request."))

    def refuse(self, received: HttpRequest, refused: RequestRefused) -> Outgoing:
        """A refusal the front itself finds, in the envelope of the path's profile."""
        profile = routes.find_profile(self.profiles, received.path)
        said = render_refusal(profile, refused)
        if profile is None:
            return encode_answer(said, gap_s=0.0)
        return encode_answer(
            self._with_response_headers(profile, received, limit_headers.state_without_account(profile.rate), said),
            gap_s=0.0,
        )

    def _handle(self, received: HttpRequest) -> Outgoing:
        try:
            if self.controlled and received.path.startswith(control.CONTROL_PREFIX):
                return encode_answer(control.answer_control(self.state, received), gap_s=0.0)
            profile = routes.find_profile(self.profiles, received.path)
            if profile is None:
                raise RequestRefused("unknown-path", f"Invalid URL ({received.method} {received.path})")
            lapse = self._find_hooks(profile, received)
        except RequestRefused as refused:
            return self.refuse(received, refused)
        heard = received if body_validation.is_too_large(received.body) else lapse.on_request(received, profile)
        answered = self.answer(lapse.on_contract(profile), heard)
        if not self.controlled:
            return encode_answer(answered, gap_s=self.state.gap_s)
        known = self.state.slots.with_account_state(received)
        self.state.slots.remember_status(received, answered.status)
        said = self._answer_if_dead(lapse, received) or lapse.on_answer(answered, known)
        made = encode_answer(said, gap_s=self.state.gap_s, rewrite_ops=lapse.on_wire)
        return self.state.slots.occupy(received, made, self.state.gap_s * tokens_made(answered))

    def _answer_if_dead(self, lapse: FaultHooks, received: HttpRequest) -> PlainAnswer | None:
        """What a relay says to an account whose earlier request the server did not survive."""
        if lapse.kills_account is None:
            return None
        if account_key(received) in self.state.dead_accounts:
            return BAD_GATEWAY_ANSWER
        if lapse.kills_account(received):
            self.state.dead_accounts.add(account_key(received))
        return None

    def finish(self, received: HttpRequest, *, left: bool = False) -> None:
        """The answer is over, or its client has left."""
        if not self.state.slots.is_open(received):
            return
        self.state.slots.clients_left += left
        if not (left and self._ignores(received, "leaving" if asks_for_stream(received) else "leaving-plain")):
            self.state.slots.release(received)

    def sends_continue(self, received: HttpRequest) -> bool:
        """Whether a client that waits with its body is told to go on."""
        waits = (received.header("expect") or "").lower() == "100-continue"
        return waits and not self._ignores(received, "expectation")

    def _ignores(self, received: HttpRequest, to: str) -> bool:
        profile = routes.find_profile(self.profiles, received.path)
        try:
            return profile is not None and to in self._find_hooks(profile, received).ignores
        except RequestRefused:
            return False

    def _find_hooks(self, profile: Profile, received: HttpRequest) -> FaultHooks:
        if not self.controlled:
            return NO_HOOKS
        wanted = control.requested_fault(self.state, received)
        return NO_HOOKS if wanted is None else control.find_hooks(wanted, profile, received)

    def answer(self, profile: Profile, received: HttpRequest) -> Answer:
        """What the profile says to a request, refusals included, with the headers of every response."""
        key = presented_key(profile.auth, received)
        caller = self._find_caller(profile, received, key)
        meter = limit_headers.state_without_account(profile.rate)
        if caller is not None and received.method != "OPTIONS":
            meter = self.state.accounts.admit(caller)
        try:
            said = self._serve(profile, received, key, caller, meter)
        except RequestRefused as refused:
            said = render_refusal(profile, refused)
        if caller is not None:
            meter = self.state.accounts.with_tokens_left(caller, meter)
        return self._with_response_headers(profile, received, meter, said)

    def _find_caller(self, profile: Profile, received: HttpRequest, key: str | None) -> Caller | None:
        """The account a request belongs to; nobody's where its key is not known."""
        if key is None or not is_accepted_key(profile, key):
            return None
        ahead_s, fault = control.clock_and_fault(received) if self.controlled else (0.0, "")
        header = profile.headers.request.get("tenant")
        tenant = (received.header(header) if header else None) or ""
        return Caller(profile, key, received.at + self.state.ahead_s, ahead_s, tenant, fault)

    def _serve(
        self, profile: Profile, received: HttpRequest, key: str | None, caller: Caller | None, meter: LimitState
    ) -> Answer:
        if received.method == "OPTIONS":
            return routes.answer_preflight(profile, received.path)
        if body_validation.is_too_large(received.body):
            raise body_validation.too_large_refusal()
        route = routes.find_route(profile, received.method, received.path)
        if caller is None and route.endpoint not in profile.auth.public:
            raise refusal_for_key(profile, key)
        limit_headers.refuse_over_limit(profile, meter)
        if meter.exhausted and route.endpoint not in (*ENDPOINTS_WITHOUT_QUOTA, *profile.auth.public):
            limit_headers.refuse_used_up(profile, "The request volume of this month is used up.")
        trouble = control.requested_cell_state(received) if self.controlled else ""
        up = cells_up(self.state.cells.get(profile.name, profile.cells), trouble)
        refuse_by_cell_state(route.endpoint, up, trouble)
        kept = ItemStore() if caller is None else self.state.accounts.stored_items(caller)
        visit = RequestContext(profile, route.endpoint, meter.tier, route.path_value, received, self.ordinals, up, kept)
        return self._call_endpoint(visit, caller)

    def _call_endpoint(self, visit: RequestContext, caller: Caller | None) -> Answer:
        """What the endpoint says, and the tokens of it counted."""
        handler = HANDLERS_BY_ENDPOINT.get(visit.endpoint)
        if handler is None:
            raise RequestRefused("not-built", f"This server does not serve {visit.endpoint}.", status=501)
        body = parse_request_body(visit.profile, visit.endpoint, visit.received)
        if caller is None:
            return handler(visit, body)
        use = demand_from_request(visit.profile, visit.endpoint, body)
        limit_headers.refuse_used_up(visit.profile, self.state.accounts.missing_reason(caller, use))
        answer = handler(visit, body)
        self.state.accounts.charge(caller, use, tokens_used(answer))
        return answer

    def _with_response_headers(
        self, profile: Profile, received: HttpRequest, meter: LimitState, answer: Answer
    ) -> Answer:
        """The answer with its request id, the profile's standing headers and the account's limits."""
        elsewhere = self.controlled and control.requested_cell_state(received) == "one-down"
        asked = HeaderContext(
            profile, received, HashRandom.from_values("request", next(self.ordinals)).hex(24), elsewhere
        )
        owed = (
            *response_headers(asked),
            *limit_headers.headers_for_limit(profile, meter),
            *headers_asked_for(received, answer),
        )
        return with_headers(answer, owed)


def parse_request_body(profile: Profile, endpoint: str, received: HttpRequest) -> body_validation.JsonObject:
    """The JSON object a request carries, where its endpoint takes one."""
    if received.method != "POST" or endpoint in ENDPOINTS_WITHOUT_JSON:
        return {}
    content_type = received.header("content-type")
    if content_type is None and "content_type" in profile.headers.request:
        raise RequestRefused("wrong-content-type", "The request names no content type; expected application/json.")
    return body_validation.parse_body(received.body, content_type)
