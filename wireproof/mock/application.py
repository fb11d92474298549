"""The reference server without its sockets: a request in, an answer out."""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock import control
from wireproof.mock.accounts import limit_headers
from wireproof.mock.accounts.account import Caller, LimitState
from wireproof.mock.accounts.fault_counts import FaultOrder
from wireproof.mock.accounts.journal import JournalEntry
from wireproof.mock.accounts.script_progress import AccountScript
from wireproof.mock.accounts.server_state import START_WITH_NOTHING, ServerState, StartState
from wireproof.mock.accounts.slots import account_key, asks_for_stream, tokens_made
from wireproof.mock.accounts.token_quota import demand_from_request, tokens_used
from wireproof.mock.endpoints.chat import create_chat_completion
from wireproof.mock.endpoints.compaction import compact_conversation
from wireproof.mock.endpoints.completions import create_completion
from wireproof.mock.endpoints.embeddings import create_embeddings
from wireproof.mock.endpoints.health import report_health
from wireproof.mock.endpoints.images import create_images
from wireproof.mock.endpoints.models import list_models, retrieve_model
from wireproof.mock.endpoints.request_context import RequestContext
from wireproof.mock.endpoints.responses import count_input_tokens, create_response
from wireproof.mock.endpoints.stored_chats import (
    delete_stored_chat,
    list_chat_messages,
    list_stored_chats,
    retrieve_stored_chat,
    update_stored_chat,
)
from wireproof.mock.endpoints.stored_responses import (
    cancel_response,
    delete_response,
    list_input_items,
    retrieve_response,
)
from wireproof.mock.endpoints.transcriptions import create_transcription
from wireproof.mock.faults.fault import Fault
from wireproof.mock.faults.hooks import FaultHooks, join_hooks
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
    "response-cancel": cancel_response,
    "response-items": list_input_items,
    "input-tokens": count_input_tokens,
    "response-compact": compact_conversation,
    "chats-stored": list_stored_chats,
    "chat-stored": retrieve_stored_chat,
    "chat-update": update_stored_chat,
    "chat-delete": delete_stored_chat,
    "chat-messages": list_chat_messages,
    "images": create_images,
    "transcriptions": create_transcription,
    "models": list_models,
    "model": retrieve_model,
    "health": report_health,
}
# Their bodies are forms, which the handler reads itself, or empty.
ENDPOINTS_WITHOUT_JSON = frozenset({"transcriptions", "response-cancel"})
ENDPOINTS_WITHOUT_QUOTA = frozenset({"health"})


class Application:
    """All profiles of the reference server, and the state they share.

    Attributes:
        more_faults: the faults beside those of the catalogue, by id.
    """

    def __init__(
        self,
        providers: Mapping[str, Mapping[str, Any]],
        *,
        controlled: bool = False,
        start: StartState = START_WITH_NOTHING,
    ) -> None:
        profiles = tuple(Profile.from_mapping(name, row) for name, row in providers.items())
        moved = () if start.at is None else tuple(replace(profile, serve_at=start.at) for profile in profiles)
        self.profiles = (*moved, *profiles)
        self.controlled = controlled
        self.state = ServerState(start=start)
        self.state.reset()
        self.ordinals = itertools.count()
        self.more_faults: dict[str, Fault] = {}

    def handle(self, request: HttpRequest) -> Outgoing:
        """Returns the answer to one request; a failure inside the server becomes a 500 answer."""
        try:
            return self._handle(request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return self.refuse(request, RequestRefused("internal", "The server failed on this request."))

    def refuse(self, request: HttpRequest, refusal: RequestRefused) -> Outgoing:
        """Returns a refusal that the front itself found, in the envelope of the profile that the path names."""
        return self._record(request, self._encode_refusal(request, refusal))

    def _encode_refusal(self, request: HttpRequest, refusal: RequestRefused) -> Outgoing:
        profile = routes.find_profile(self.profiles, request.path)
        answer = render_refusal(profile, refusal)
        if profile is None:
            return encode_answer(answer, gap_s=0.0)
        return encode_answer(
            self._with_response_headers(profile, request, limit_headers.state_without_account(profile.rate), answer),
            gap_s=0.0,
        )

    def _handle(self, request: HttpRequest) -> Outgoing:
        try:
            if self.controlled and request.path.startswith(control.CONTROL_PREFIX):
                return encode_answer(control.answer_control(self.state, request), gap_s=0.0)
            profile = routes.find_profile(self.profiles, request.path)
            if profile is None:
                raise RequestRefused("unknown-path", f"Invalid URL ({request.method} {request.path})")
            faults = self._find_faults(profile, request, self.state.fault_counts.count)
        except RequestRefused as refusal:
            return self.refuse(request, refusal)
        hooks = join_hooks([fault.hooks for fault in faults])
        changed_request = request if body_validation.is_too_large(request.body) else hooks.on_request(request, profile)
        answer = self.answer(hooks.on_contract(profile), changed_request)
        if not self.controlled and not faults:
            return encode_answer(answer, gap_s=self.state.gap_s)
        request_in_account = self.state.slots.with_account_state(request)
        self.state.slots.remember_status(request, answer.status)
        final_answer = self._answer_if_dead(hooks, request) or hooks.on_answer(answer, request_in_account)
        outgoing = encode_answer(final_answer, gap_s=self.state.gap_s, rewrite_ops=hooks.on_wire)
        self._record(request, outgoing, faults)
        return self.state.slots.occupy(request, outgoing, self.state.gap_s * tokens_made(answer))

    def _answer_if_dead(self, hooks: FaultHooks, request: HttpRequest) -> PlainAnswer | None:
        """Returns 502 for an account whose earlier request killed the server; None for every other account."""
        if hooks.kills_account is None:
            return None
        if account_key(request) in self.state.dead_accounts:
            return BAD_GATEWAY_ANSWER
        if hooks.kills_account(request):
            self.state.dead_accounts.add(account_key(request))
        return None

    def finish(self, request: HttpRequest, *, left: bool = False) -> None:
        """Ends an answer that was sent to its end, or whose client has left."""
        if not self.state.slots.is_open(request):
            self.state.fault_counts.forget(request)
            return
        self.state.slots.clients_left += left
        if not (left and self._ignores(request, "leaving" if asks_for_stream(request) else "leaving-plain")):
            self.state.slots.release(request)
        self.state.fault_counts.forget(request)

    def sends_continue(self, request: HttpRequest) -> bool:
        """True if the server sends 100 Continue to a client that waits with its body (RFC 9110 section 10.1.1)."""
        waits_with_body = (request.header("expect") or "").lower() == "100-continue"
        return waits_with_body and not self._ignores(request, "expectation")

    def _ignores(self, request: HttpRequest, event: str) -> bool:
        profile = routes.find_profile(self.profiles, request.path)
        try:
            faults = () if profile is None else self._find_faults(profile, request, self.state.fault_counts.number)
            return any(event in fault.hooks.ignores for fault in faults)
        except RequestRefused:
            return False

    def _find_faults(
        self, profile: Profile, request: HttpRequest, number: Callable[[HttpRequest, FaultOrder], int]
    ) -> tuple[Fault, ...]:
        """Returns the faults that the answer to this request shows.

        Args:
            number: returns the number of the request in its account for a counted fault.
        """
        orders = control.requested_faults(self.state, request) if self.controlled else self.state.faults
        wanted = [(self.more_faults.get(order.fault) or control.require_fault(order.fault), order) for order in orders]
        return tuple(
            fault
            for fault, order in wanted
            if control.concerns(fault, profile, request)
            and (not order.is_counted or order.covers(number(request, order)))
        )

    def _record(self, request: HttpRequest, outgoing: Outgoing, faults: tuple[Fault, ...] = ()) -> Outgoing:
        """Records a request and its status in the journal, if there is one; returns the answer."""
        if self.state.start.has_journal:
            profile = routes.find_profile(self.profiles, request.path)
            provider = "" if profile is None else profile.name
            endpoint = "" if profile is None else routes.endpoint_of(profile, request.method, request.path)
            ids = tuple(fault.id for fault in faults)
            self.state.journal.record(JournalEntry(request, provider, endpoint, outgoing.status, ids))
        return outgoing

    def answer(self, profile: Profile, request: HttpRequest) -> Answer:
        """Returns the answer of the profile, a refusal included, with the headers of every response."""
        key = presented_key(profile.auth, request)
        caller = self._find_caller(profile, request, key)
        limit_state = limit_headers.state_without_account(profile.rate)
        if caller is not None and request.method != "OPTIONS":
            limit_state = self.state.accounts.admit(caller)
        try:
            answer = self._serve(profile, request, key, caller, limit_state)
        except RequestRefused as refusal:
            answer = render_refusal(profile, refusal)
        if caller is not None:
            limit_state = self.state.accounts.with_tokens_left(caller, limit_state)
        return self._with_response_headers(profile, request, limit_state, answer)

    def _find_caller(self, profile: Profile, request: HttpRequest, key: str | None) -> Caller | None:
        """Returns the account that a request belongs to; None if its key is not accepted."""
        if key is None or not is_accepted_key(profile, key):
            return None
        ahead_s, fault = control.clock_and_fault(request) if self.controlled else (0.0, "")
        header = profile.headers.request.get("tenant")
        tenant = (request.header(header) if header else None) or ""
        return Caller(profile, key, request.at + self.state.ahead_s, ahead_s, tenant, fault)

    def _serve(
        self, profile: Profile, request: HttpRequest, key: str | None, caller: Caller | None, limit_state: LimitState
    ) -> Answer:
        if request.method == "OPTIONS":
            return routes.answer_preflight(profile, request.path)
        if body_validation.is_too_large(request.body):
            raise body_validation.too_large_refusal()
        route = routes.find_route(profile, request.method, request.path)
        if caller is None and route.endpoint not in profile.auth.public:
            raise refusal_for_key(profile, key)
        limit_headers.refuse_over_limit(profile, limit_state)
        if limit_state.exhausted and route.endpoint not in (*ENDPOINTS_WITHOUT_QUOTA, *profile.auth.public):
            limit_headers.refuse_used_up(profile, "The request volume of this month is used up.")
        cell_state = control.requested_cell_state(request) if self.controlled else ""
        up = cells_up(self.state.cells.get(profile.name, profile.cells), cell_state)
        refuse_by_cell_state(route.endpoint, up, cell_state)
        context = RequestContext(
            profile,
            route.endpoint,
            limit_state.tier,
            route.path_value,
            request,
            self.ordinals,
            up,
            script=AccountScript(self.state.script, request),
        )
        if caller is not None:
            accounts = self.state.accounts
            store, prefixes = accounts.stored_items(caller), accounts.prompt_prefixes(caller)
            context = replace(context, stored_items=store, prompt_prefixes=prefixes)
        return self._call_endpoint(context, caller)

    def _call_endpoint(self, context: RequestContext, caller: Caller | None) -> Answer:
        """Returns the answer of the endpoint, and charges its tokens to the account."""
        handler = HANDLERS_BY_ENDPOINT.get(context.endpoint)
        if handler is None:
            raise RequestRefused("not-built", f"This server does not serve {context.endpoint}.", status=501)
        body = parse_request_body(context.profile, context.endpoint, context.request)
        if caller is None:
            return handler(context, body)
        demand = demand_from_request(context.profile, context.endpoint, body)
        limit_headers.refuse_used_up(context.profile, self.state.accounts.missing_reason(caller, demand))
        answer = handler(context, body)
        self.state.accounts.charge(caller, demand, tokens_used(answer))
        return answer

    def _with_response_headers(
        self, profile: Profile, request: HttpRequest, limit_state: LimitState, answer: Answer
    ) -> Answer:
        """Returns the answer with its request id, the standing headers of the profile and the limits of the account."""
        served_elsewhere = self.controlled and control.requested_cell_state(request) == "one-down"
        context = HeaderContext(
            profile, request, HashRandom.from_values("request", next(self.ordinals)).hex(24), served_elsewhere
        )
        headers = (
            *response_headers(context),
            *limit_headers.headers_for_limit(profile, limit_state),
            *headers_asked_for(request, answer),
        )
        return with_headers(answer, headers)


def parse_request_body(profile: Profile, endpoint: str, request: HttpRequest) -> body_validation.JsonObject:
    """Returns the JSON object that a request carries; an empty one if its endpoint takes none."""
    if request.method != "POST" or endpoint in ENDPOINTS_WITHOUT_JSON:
        return {}
    content_type = request.header("content-type")
    if content_type is None and "content_type" in profile.headers.request:
        raise RequestRefused("wrong-content-type", "The request names no content type; expected application/json.")
    return body_validation.parse_body(request.body, content_type)
